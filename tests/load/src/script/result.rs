//! What came out of a scenario file: the result file, which can be merged with those of other processes and machines.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::assertion::Assertion;
use super::meter::{Counter, Latency, Meter, Quantile, latency_figure};
use crate::probe::Interval;
use crate::tally::latency_histogram;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Played {
    pub(super) scenario: String,
    /// Version of the load generator.
    pub(super) version: String,
    pub(super) processes: usize,
    /// From the start of the first client until all were done.
    pub(super) seconds: f64,
    pub(super) counters: BTreeMap<String, u64>,
    pub(super) latencies: BTreeMap<String, Recorded>,
    pub(super) broker: Option<Broker>,
    /// Processor time of the generator.
    pub(super) generator_cpu_us: f64,
    /// Of clients that could not do their steps: the first texts, and how many there are.
    pub(super) faults: Vec<String>,
    pub(super) fault_count: u64,
    pub(super) assertions: Vec<Judged>,
    pub(super) progress: Vec<Second>,
}

/// A histogram. The quantiles are for readers; merging counts the buckets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) count: u64,
    pub(super) mean_us: f64,
    pub(super) p50_us: f64,
    pub(super) p90_us: f64,
    pub(super) p99_us: f64,
    pub(super) p999_us: f64,
    pub(super) max_us: f64,
    /// Nanoseconds, and how many.
    buckets: Vec<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Broker {
    pub(super) cpu_us: f64,
    pub(super) rss_bytes: u64,
}

/// An assertion and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Judged {
    pub(super) text: String,
    /// `None`: not measured.
    pub(super) value: Option<f64>,
    pub(super) passed: bool,
}

/// One interval of the progress.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Second {
    /// Its end, from the start.
    pub(super) at_secs: f64,
    pub(super) connections: u64,
    pub(super) published: u64,
    pub(super) consumed: u64,
    pub(super) p50_us: f64,
    /// Of several processes: the greatest.
    pub(super) p99_us: f64,
}

impl Recorded {
    pub(super) fn of(histogram: &Histogram<u64>) -> Recorded {
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

    pub(super) fn histogram(&self) -> Histogram<u64> {
        let mut histogram = latency_histogram();
        for (nanos, count) in &self.buckets {
            histogram.saturating_record_n(*nanos, *count);
        }
        histogram
    }
}

impl Played {
    pub(super) fn of(scenario: &str, meter: &Meter, interval: &Interval, rss: Option<u64>) -> Played {
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
        Played {
            scenario: scenario.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
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
        }
    }

    pub(super) fn count(&self, counter: Counter) -> u64 {
        self.counters
            .get(Counter::NAMES[counter as usize])
            .copied()
            .unwrap_or(0)
    }

    /// The value of a figure: counts, microseconds, bytes.
    pub(super) fn value(&self, name: &str) -> Option<f64> {
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
            "published_per_s" => Some(self.count(Counter::Published) as f64 / self.seconds),
            "consumed_per_s" => Some(consumed / self.seconds),
            "faults" => Some(self.fault_count as f64),
            "broker_cpu" => Some(self.broker?.cpu_us / consumed.max(1.0)),
            "broker_rss" => Some(self.broker?.rss_bytes as f64),
            _ => None,
        }
    }

    pub(super) fn judge(&mut self, assertions: &[Assertion]) {
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
    pub(super) fn passed(&self) -> bool {
        self.fault_count == 0 && self.assertions.iter().all(|judged| judged.passed)
    }
}
