//! One phase: what the well-behaved clients and the broker's process show in some seconds, attacked or not.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::attackers::Attackers;
use super::well_behaved::WellBehaved;
use crate::probe::{Reading, peak_resident_bytes};
use crate::stamp::now_nanos;

#[derive(Clone, Debug, Serialize)]
pub(super) struct Phase {
    /// Messages that were due.
    pub(super) messages: u64,
    /// Those of them that had not come ten seconds after the end.
    pub(super) undelivered: u64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) p999_ms: f64,
    pub(super) greatest_ms: f64,
    /// Processor time per second.
    pub(super) broker_cores: f64,
    pub(super) attackers_cores: f64,
    /// Of processes that have nothing to do with it.
    pub(super) others_cores: f64,
    /// Of the broker, since its start.
    pub(super) rss_peak_bytes: u64,
}

impl Phase {
    /// Measures from now on. `pid` is the broker's.
    pub(super) async fn measure(
        seconds: f64,
        pid: u32,
        good: &WellBehaved,
        attackers: Option<&Attackers>,
    ) -> Result<Phase> {
        let length = Duration::from_secs_f64(seconds);
        let start_nanos = now_nanos();
        let end_nanos = start_nanos + u64::try_from(length.as_nanos())?;
        good.meter.open(start_nanos..end_nanos);
        let start = Reading::take(Some(pid))?;
        tokio::time::sleep(length).await;
        let interval = start.until(&Reading::take(Some(pid))?);
        let attackers_cpu = attackers.map_or(Ok(Duration::ZERO), Attackers::cpu)?;
        let latencies = good.meter.close().await;

        let millis = |nanos: u64| nanos as f64 / 1e6;
        let at = |quantile| millis(latencies.histogram.value_at_quantile(quantile));
        let cores = |cpu: Duration| cpu.as_secs_f64() / interval.elapsed.as_secs_f64();
        Ok(Phase {
            messages: latencies.histogram.len(),
            undelivered: latencies.undelivered,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            greatest_ms: millis(latencies.histogram.max()),
            broker_cores: cores(interval.broker_cpu.unwrap_or_default()),
            attackers_cores: cores(attackers_cpu),
            others_cores: cores(interval.others.saturating_sub(attackers_cpu)),
            rss_peak_bytes: peak_resident_bytes(pid)?,
        })
    }

    /// One line.
    pub(super) fn told(&self) -> String {
        format!(
            "p50 {:.3} ms, p99 {:.3} ms, greatest {:.1} ms of {} messages, {} undelivered; broker {:.2} cores, peak {} MiB; \
             attackers {:.2} cores, others {:.2}",
            self.p50_ms,
            self.p99_ms,
            self.greatest_ms,
            self.messages,
            self.undelivered,
            self.broker_cores,
            self.rss_peak_bytes >> 20,
            self.attackers_cores,
            self.others_cores,
        )
    }
}
