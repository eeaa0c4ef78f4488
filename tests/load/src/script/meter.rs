//! What all clients of a scenario have counted and timed, and the names it goes by in reports and assertions.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use hdrhistogram::Histogram;

use crate::tally::latency_histogram;

/// Faults kept as text; of more only the number is.
const FAULTS_MAX: usize = 20;

macro_rules! named {
    ($(#[$about:meta])* $kind:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $kind { $($(#[$doc])* $variant,)+ }

        impl $kind {
            /// Names, in the order of the variants.
            pub(super) const NAMES: &[&str] = &[$($name),+];
        }
    };
}

named! {
    /// Everything that is counted.
    Counter {
        Connects = "connects",
        ConnectErrors = "connect_errors",
        Reconnects = "reconnects",
        /// Connections that broke without a DISCONNECT of ours.
        Lost = "connections_lost",
        /// Connections that are over, broken or not.
        Ended = "connections_ended",
        Published = "published",
        Consumed = "consumed",
        Forwarded = "forwarded",
        /// Numbers missing in their streams.
        Loss = "loss",
        Duplicates = "duplicates",
        OutOfOrder = "out_of_order",
        /// Publishes of QoS 1 and 2.
        AckedSent = "publishes_to_ack",
        /// Exchanges that have ended.
        AckedDone = "publishes_acked",
        Refused = "publish_errors",
        Subacks = "subacks",
        SubackErrors = "suback_errors",
        Unsubacks = "unsubacks",
    }
}

named! {
    /// Everything that is timed.
    Latency {
        PubToSub = "pub_to_sub",
        PubToSub1 = "pub_to_sub.qos1",
        PubToSub2 = "pub_to_sub.qos2",
        Connack = "connack",
        Suback = "suback",
        Unsuback = "unsuback",
        Puback = "puback",
        Pubrec = "pubrec",
        /// PUBREL to PUBCOMP.
        Pubcomp = "pubcomp",
    }
}

/// Figures made of others, and those of the broker's process.
pub(super) const DERIVED: &[&str] = &[
    "connections",
    "outstanding",
    "published_per_s",
    "consumed_per_s",
    "faults",
    "broker_cpu",
    "broker_rss",
];

/// What one client has seen in one batch.
#[derive(Debug, Default)]
pub(super) struct Batch {
    counts: [u64; Counter::NAMES.len()],
    samples: Vec<(Latency, u64)>,
    /// A missing number that came late after all.
    found: u64,
}

impl Batch {
    pub(super) fn count(&mut self, counter: Counter, count: u64) {
        self.counts[counter as usize] += count;
    }

    pub(super) fn found(&mut self) {
        self.found += 1;
    }

    pub(super) fn time(&mut self, latency: Latency, nanos: u64) {
        self.samples.push((latency, nanos));
    }
}

#[derive(Debug)]
struct Times {
    all: Vec<Histogram<u64>>,
    /// Publish to receive since the last look.
    recent: Histogram<u64>,
}

#[derive(Debug)]
pub(super) struct Meter {
    counters: [AtomicU64; Counter::NAMES.len()],
    times: Mutex<Times>,
    /// Messages of each stream of this process.
    sent: Mutex<HashMap<u32, u64>>,
    faults: Mutex<(Vec<String>, u64)>,
}

impl Meter {
    pub(super) fn new() -> Meter {
        Meter {
            counters: std::array::from_fn(|_| AtomicU64::new(0)),
            times: Mutex::new(Times {
                all: Latency::NAMES.iter().map(|_| latency_histogram()).collect(),
                recent: latency_histogram(),
            }),
            sent: Mutex::default(),
            faults: Mutex::default(),
        }
    }

    /// Takes what a batch holds.
    pub(super) fn take(&self, batch: &mut Batch) {
        for (counter, count) in self.counters.iter().zip(&mut batch.counts) {
            if *count > 0 {
                counter.fetch_add(std::mem::take(count), Ordering::Relaxed);
            }
        }
        if batch.found > 0 {
            self.counters[Counter::Loss as usize]
                .fetch_sub(std::mem::take(&mut batch.found), Ordering::Relaxed);
        }
        if batch.samples.is_empty() {
            return;
        }
        let mut times = lock(&self.times);
        for (latency, nanos) in batch.samples.drain(..) {
            if latency == Latency::PubToSub {
                times.recent.saturating_record(nanos);
            }
            if let Some(histogram) = times.all.get_mut(latency as usize) {
                histogram.saturating_record(nanos);
            }
        }
    }

    pub(super) fn get(&self, counter: Counter) -> u64 {
        self.counters[counter as usize].load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, counter: Counter, count: u64) {
        self.counters[counter as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn counters(&self) -> Vec<u64> {
        self.counters
            .iter()
            .map(|counter| counter.load(Ordering::Relaxed))
            .collect()
    }

    pub(super) fn histograms(&self) -> Vec<Histogram<u64>> {
        lock(&self.times).all.clone()
    }

    /// Publish to receive since the last call.
    pub(super) fn take_recent(&self) -> Histogram<u64> {
        std::mem::replace(&mut lock(&self.times).recent, latency_histogram())
    }

    pub(super) fn stream_ended(&self, stream: u32, sent: u64) {
        lock(&self.sent).insert(stream, sent);
    }

    pub(super) fn sent_of(&self, stream: u32) -> Option<u64> {
        lock(&self.sent).get(&stream).copied()
    }

    /// A client could not do its steps.
    pub(super) fn fault(&self, what: String) {
        let mut faults = lock(&self.faults);
        faults.1 += 1;
        if faults.0.len() < FAULTS_MAX {
            faults.0.push(what);
        }
    }

    /// Texts of the first, and the number of all.
    pub(super) fn faults(&self) -> (Vec<String>, u64) {
        lock(&self.faults).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Latency and quantile of a figure as `puback.p99`; a quantile alone is that of publish to receive.
pub(super) fn latency_figure(name: &str) -> Option<(usize, Quantile)> {
    if let Some(quantile) = Quantile::parse(name) {
        return Some((Latency::PubToSub as usize, quantile));
    }
    Latency::NAMES.iter().enumerate().rev().find_map(|(at, latency)| {
        let quantile = name.strip_prefix(latency)?.strip_prefix('.')?;
        Some((at, Quantile::parse(quantile)?))
    })
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Quantile {
    /// 0 to 1.
    At(f64),
    Mean,
}

impl Quantile {
    fn parse(name: &str) -> Option<Quantile> {
        match name {
            "min" => Some(Quantile::At(0.0)),
            "max" => Some(Quantile::At(1.0)),
            "mean" => Some(Quantile::Mean),
            _ => {
                let percent: f64 = name.strip_prefix('p')?.parse().ok()?;
                (0.0..=100.0)
                    .contains(&percent)
                    .then_some(Quantile::At(percent / 100.0))
            }
        }
    }
}

/// Whether assertions may speak of `name`.
pub(super) fn is_figure(name: &str) -> bool {
    Counter::NAMES.contains(&name) || DERIVED.contains(&name) || latency_figure(name).is_some()
}

/// For messages about unknown ones.
pub(super) fn figure_names() -> String {
    format!(
        "{}, {}, p50, p99, p99.9, max, mean, min (publish to receive), and the same of {}, as in puback.p99",
        Counter::NAMES.join(", "),
        DERIVED.join(", "),
        Latency::NAMES.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_names() {
        assert_eq!(latency_figure("p99"), Some((0, Quantile::At(0.99))));
        assert_eq!(
            latency_figure("pub_to_sub.qos1.p50"),
            Some((1, Quantile::At(0.5)))
        );
        assert_eq!(
            latency_figure("puback.mean"),
            Some((Latency::Puback as usize, Quantile::Mean))
        );
        for unknown in ["p101", "puback", "puback.p", "soon", "connack.p99x"] {
            assert!(!is_figure(unknown), "{unknown}");
        }
        assert!(is_figure("loss") && is_figure("broker_cpu"));
    }

    #[test]
    fn what_comes_late_is_not_lost() {
        let meter = Meter::new();
        let mut batch = Batch::default();
        batch.count(Counter::Loss, 3);
        batch.found();
        batch.time(Latency::PubToSub, 1_000_000);
        meter.take(&mut batch);
        meter.take(&mut batch);
        assert_eq!(meter.get(Counter::Loss), 2);
        assert_eq!(
            (
                meter.take_recent().len(),
                meter.take_recent().len(),
                meter.histograms()[0].len()
            ),
            (1, 0, 1)
        );
    }
}
