//! What came out of a scenario file: the result file, which can be merged with those of other processes and machines.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::assertion::Assertion;
use super::figure::{Counter, Latency, Quantile, latency_figure};
use super::meter::{Meter, latency_histogram};
use crate::machine::Machine;
use crate::probe::Interval;
use crate::scenario::Outcome;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) scenario: String,
    /// Version of the load generator.
    pub(crate) version: String,
    /// Where the generator ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) machine: Option<Machine>,
    pub(crate) processes: usize,
    /// From the start of the first client until all were done; of a named scenario, all that there was.
    pub(crate) seconds: f64,
    pub(crate) counters: BTreeMap<String, u64>,
    pub(crate) latencies: BTreeMap<String, Recorded>,
    pub(crate) broker: Option<Broker>,
    /// Processor time of the generator.
    pub(crate) generator_cpu_us: f64,
    /// Of clients that could not do their steps: the first texts, and how many there are.
    pub(crate) faults: Vec<String>,
    pub(crate) fault_count: u64,
    pub(crate) assertions: Vec<Judged>,
    pub(crate) progress: Vec<Second>,
    /// What was run, of a named scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<serde_json::Value>,
    /// Figures of its measured interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<Outcome>,
}

/// A histogram. The quantiles are for readers; merging counts the buckets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) count: u64,
    pub(crate) mean_us: f64,
    pub(crate) p50_us: f64,
    pub(crate) p90_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) p999_us: f64,
    pub(crate) max_us: f64,
    /// Nanoseconds, and how many.
    buckets: Vec<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Broker {
    pub(crate) cpu_us: f64,
    pub(crate) rss_bytes: u64,
}

/// An assertion and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub(crate) text: String,
    /// `None`: not measured.
    pub(crate) value: Option<f64>,
    pub(crate) passed: bool,
}

/// One interval of the progress.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Second {
    /// Its end, from the start.
    pub(crate) at_secs: f64,
    pub(crate) connections: u64,
    pub(crate) published: u64,
    pub(crate) consumed: u64,
    pub(crate) p50_us: f64,
    /// Of several processes: the greatest.
    pub(crate) p99_us: f64,
}

impl Recorded {
    pub(crate) fn of(histogram: &Histogram<u64>) -> Recorded {
        let micros = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1e3;
        let empty = histogram.is_empty();
        let recorded = histogram.iter_recorded();
        Recorded {
            count: histogram.len(),
            mean_us: if empty { 0.0 } else { histogram.mean() / 1e3 },
            p50_us: micros(0.5),
            p90_us: micros(0.9),
            p99_us: micros(0.99),
            p999_us: micros(0.999),
            max_us: micros(1.0),
            buckets: recorded
                .map(|bucket| (bucket.value_iterated_to(), bucket.count_at_value()))
                .collect(),
        }
    }

    pub(crate) fn histogram(&self) -> Histogram<u64> {
        let mut histogram = latency_histogram();
        for (nanos, count) in &self.buckets {
            histogram.saturating_record_n(*nanos, *count);
        }
        histogram
    }
}

impl Measured {
    pub(crate) fn of(scenario: &str, meter: &Meter, interval: &Interval, rss: Option<u64>) -> Measured {
        let counters = Counter::NAMES
            .iter()
            .map(|name| (*name).to_owned())
            .zip(meter.counters())
            .collect();
        let latencies = Latency::NAMES
            .iter()
            .zip(meter.histograms())
            .filter(|(_, histogram)| !histogram.is_empty())
            .map(|(name, histogram)| ((*name).to_owned(), Recorded::of(&histogram)));
        let (faults, fault_count) = meter.faults();
        Measured {
            scenario: scenario.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            machine: Some(Machine::here()),
            processes: 1,
            seconds: interval.elapsed.as_secs_f64(),
            counters,
            latencies: latencies.collect(),
            broker: interval.broker_cpu.zip(rss).map(|(cpu, rss_bytes)| Broker {
                cpu_us: cpu.as_secs_f64() * 1e6,
                rss_bytes,
            }),
            generator_cpu_us: interval.own_cpu.as_secs_f64() * 1e6,
            faults,
            fault_count,
            assertions: Vec::new(),
            progress: Vec::new(),
            plan: None,
            outcome: None,
        }
    }

    pub(crate) fn count(&self, counter: Counter) -> u64 {
        self.counters
            .get(Counter::NAMES[counter as usize])
            .copied()
            .unwrap_or(0)
    }

    /// The value of a figure: counts, microseconds, bytes.
    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        if let Some(value) = self.outcome.as_ref().and_then(|outcome| outcome.figure(name)) {
            return Some(value);
        }
        if let Some(count) = self.counters.get(name) {
            return Some(*count as f64);
        }
        if let Some((latency, quantile)) = latency_figure(name) {
            let recorded = self.latencies.get(*Latency::NAMES.get(latency)?)?;
            return Some(match quantile {
                Quantile::Mean => recorded.mean_us,
                Quantile::At(quantile) => recorded.histogram().value_at_quantile(quantile) as f64 / 1e3,
            });
        }
        let consumed = self.count(Counter::Consumed) as f64;
        let difference = |from: Counter, minus: Counter| self.count(from) as f64 - self.count(minus) as f64;
        match name {
            "connections" => Some(difference(Counter::Connects, Counter::Ended)),
            "outstanding" => Some(difference(Counter::AckedSent, Counter::AckedDone)),
            "outstanding.qos1" => Some(difference(Counter::AckedSent1, Counter::Pubacks)),
            "outstanding.qos2" => {
                let ended = difference(Counter::AckedDone, Counter::Pubacks);
                Some(self.count(Counter::AckedSent2) as f64 - ended)
            }
            "published_per_s" => Some(self.count(Counter::Published) as f64 / self.seconds),
            "consumed_per_s" => Some(consumed / self.seconds),
            "faults" => Some(self.fault_count as f64),
            "broker_cpu" => Some(self.broker?.cpu_us / consumed.max(1.0)),
            "broker_rss" => Some(self.broker?.rss_bytes as f64),
            _ => None,
        }
    }

    pub(crate) fn judge(&mut self, assertions: &[Assertion]) {
        let judge = |assertion: &Assertion| {
            let (value, passed) = assertion.judge(|name| self.value(name));
            Judged {
                text: assertion.text.clone(),
                value,
                passed,
            }
        };
        self.assertions = assertions.iter().map(judge).collect();
    }

    /// No client failed, and everything is as it must be.
    pub(crate) fn passed(&self) -> bool {
        let sound = self
            .outcome
            .as_ref()
            .is_none_or(|outcome| outcome.faults.is_empty());
        sound && self.fault_count == 0 && self.assertions.iter().all(|judged| judged.passed)
    }
}
