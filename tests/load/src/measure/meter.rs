//! What all clients of a load have counted and timed.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use hdrhistogram::Histogram;

use super::figure::{Counter, Latency};

/// Longest latency told apart; longer ones count as this. One minute.
const LATENCY_NANOS_MAX: u64 = 60_000_000_000;

/// Faults kept as text; of more only the number is.
const FAULTS_MAX: usize = 20;

/// What one client has seen in one batch.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    counts: [u64; Counter::NAMES.len()],
    /// Nanoseconds, and how many took so long.
    samples: Vec<(Latency, u64, u64)>,
    /// A missing number that came late after all.
    found: u64,
}

impl Batch {
    pub(crate) fn count(&mut self, counter: Counter, count: u64) {
        self.counts[counter as usize] += count;
    }

    pub(crate) fn found(&mut self) {
        self.found += 1;
    }

    pub(crate) fn time(&mut self, latency: Latency, nanos: u64) {
        self.samples.push((latency, nanos, 1));
    }

    /// So many took so long.
    pub(crate) fn time_all(&mut self, latency: Latency, nanos: u64, count: u64) {
        if count > 0 {
            self.samples.push((latency, nanos, count));
        }
    }
}

#[derive(Debug)]
struct Times {
    all: Vec<Histogram<u64>>,
    /// Publish to receive since the last look.
    recent: Histogram<u64>,
    /// `all` takes what comes; `recent` always does.
    measuring: bool,
}

impl Times {
    fn record(&mut self, latency: Latency, nanos: u64, count: u64) {
        if latency == Latency::PubToSub {
            self.recent.saturating_record_n(nanos, count);
        }
        if self.measuring
            && let Some(histogram) = self.all.get_mut(latency as usize)
        {
            histogram.saturating_record_n(nanos, count);
        }
    }
}

#[derive(Debug)]
pub(crate) struct Meter {
    counters: [AtomicU64; Counter::NAMES.len()],
    times: Mutex<Times>,
    /// Messages of each stream of this process.
    sent: Mutex<HashMap<u32, u64>>,
    faults: Mutex<(Vec<String>, u64)>,
}

impl Meter {
    pub(crate) fn new() -> Meter {
        Meter {
            counters: std::array::from_fn(|_| AtomicU64::new(0)),
            times: Mutex::new(Times {
                all: Latency::NAMES.iter().map(|_| latency_histogram()).collect(),
                recent: latency_histogram(),
                measuring: true,
            }),
            sent: Mutex::default(),
            faults: Mutex::default(),
        }
    }

    /// Takes what a batch holds.
    pub(crate) fn take(&self, batch: &mut Batch) {
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
        for (latency, nanos, count) in batch.samples.drain(..) {
            times.record(latency, nanos, count);
        }
    }

    /// What has just ended, and since when it lasted. `since` is emptied.
    pub(crate) fn record(&self, since: &mut Vec<(Latency, u64)>, now_nanos: u64) {
        if since.is_empty() {
            return;
        }
        let mut times = lock(&self.times);
        for (latency, began) in since.drain(..) {
            times.record(latency, now_nanos.saturating_sub(began), 1);
        }
    }

    pub(crate) fn time(&self, latency: Latency, nanos: u64) {
        lock(&self.times).record(latency, nanos, 1);
    }

    /// An interval begins: what was timed of these before does not count.
    pub(crate) fn begin(&self, anew: &[Latency]) {
        let mut times = lock(&self.times);
        times.measuring = true;
        for latency in anew {
            if let Some(histogram) = times.all.get_mut(*latency as usize) {
                histogram.reset();
            }
        }
    }

    /// The interval is over: what comes later is counted, and not timed.
    pub(crate) fn end(&self) {
        lock(&self.times).measuring = false;
    }

    /// Of one kind, in nanoseconds.
    pub(crate) fn histogram(&self, latency: Latency) -> Histogram<u64> {
        let times = lock(&self.times);
        times
            .all
            .get(latency as usize)
            .map_or_else(latency_histogram, Clone::clone)
    }

    pub(crate) fn get(&self, counter: Counter) -> u64 {
        self.counters[counter as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, counter: Counter, count: u64) {
        self.counters[counter as usize].fetch_add(count, Ordering::Relaxed);
    }

    /// Connections that are there now.
    pub(crate) fn connections(&self) -> u64 {
        self.get(Counter::Connects)
            .saturating_sub(self.get(Counter::Ended))
    }

    /// Publishes of QoS 1 and 2 without their last ack.
    pub(crate) fn outstanding(&self) -> u64 {
        self.get(Counter::AckedSent)
            .saturating_sub(self.get(Counter::AckedDone))
    }

    pub(crate) fn counters(&self) -> Vec<u64> {
        self.counters
            .iter()
            .map(|counter| counter.load(Ordering::Relaxed))
            .collect()
    }

    pub(crate) fn histograms(&self) -> Vec<Histogram<u64>> {
        lock(&self.times).all.clone()
    }

    /// Publish to receive since the last call.
    pub(crate) fn take_recent(&self) -> Histogram<u64> {
        std::mem::replace(&mut lock(&self.times).recent, latency_histogram())
    }

    pub(crate) fn stream_ended(&self, stream: u32, sent: u64) {
        lock(&self.sent).insert(stream, sent);
    }

    pub(crate) fn sent_of(&self, stream: u32) -> Option<u64> {
        lock(&self.sent).get(&stream).copied()
    }

    /// A client could not do its steps.
    pub(crate) fn fault(&self, what: String) {
        let mut faults = lock(&self.faults);
        faults.1 += 1;
        if faults.0.len() < FAULTS_MAX {
            faults.0.push(what);
        }
    }

    /// Texts of the first, and the number of all.
    pub(crate) fn faults(&self) -> (Vec<String>, u64) {
        lock(&self.faults).clone()
    }
}

/// Nanoseconds, two significant digits: below one percent of error.
pub(crate) fn latency_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_NANOS_MAX, 2).expect("the bounds are constants that fit")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_begins_anew_and_ends() {
        let meter = Meter::new();
        meter.time(Latency::Connack, 5);
        meter.time(Latency::PubToSub, 5);
        meter.begin(&Latency::TRAFFIC);
        meter.record(&mut vec![(Latency::PubToSub, 10), (Latency::Exchange, 10)], 30);
        meter.end();
        meter.time(Latency::PubToSub, 7);
        let count = |latency| meter.histogram(latency).len();
        assert_eq!(
            [Latency::Connack, Latency::PubToSub, Latency::Exchange].map(count),
            [1, 1, 1]
        );
        assert_eq!(meter.take_recent().len(), 3, "progress sees everything");
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
