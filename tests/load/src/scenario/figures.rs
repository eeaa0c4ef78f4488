//! Figures that more than one scenario has.

use hdrhistogram::Histogram;

use super::{Outcome, micros};
use crate::probe::{Interval, Reading};

impl Outcome {
    /// Processor time of the broker in an interval, for each of `count` things of the kind `unit` names.
    pub(super) fn push_cost(
        &mut self,
        name: &'static str,
        unit: &'static str,
        interval: &Interval,
        count: f64,
    ) {
        if let Some(cpu) = interval.broker_cpu {
            self.push(name, unit, cpu.as_secs_f64() * 1e6 / count.max(1.0));
        }
    }

    /// Quantiles of a histogram of nanoseconds, in microseconds.
    pub(super) fn push_latency(&mut self, histogram: &Histogram<u64>, names: &[(&'static str, f64)]) {
        for (name, quantile) in names {
            self.push(name, "us", micros(histogram.value_at_quantile(*quantile) as f64));
        }
    }

    /// Noise of the machine in an interval.
    pub(super) fn push_others(&mut self, interval: &Interval) {
        let elapsed = interval.elapsed.as_secs_f64();
        self.push("others_busy", "cores", interval.others.as_secs_f64() / elapsed);
    }
}

/// One phase of a scenario, from now until `end`.
#[derive(Debug)]
pub(super) struct Phase {
    start: Reading,
    pid: Option<u32>,
}

impl Phase {
    pub(super) fn begin(pid: Option<u32>) -> anyhow::Result<Phase> {
        let start = Reading::take(pid)?;
        Ok(Phase { start, pid })
    }

    pub(super) fn end(self) -> anyhow::Result<Interval> {
        Ok(self.start.until(&Reading::take(self.pid)?))
    }
}
