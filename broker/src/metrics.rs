//! Metrics: counters that cost one relaxed addition on a cache line of the bumping thread, and what is made of them.
//!
//! `families` names everything, `catalogue` and `reasoned` are the counters, `gauges` and `process` look at the parts and
//! at the process when they are asked, `survey` at what takes longer, once a second. `snapshot` reads all of it once; the faces (`text`, `prometheus`, `systree`,
//! `graphite`) print a snapshot and never read a counter.

pub mod families;
pub mod catalogue;
pub mod reasoned;
pub mod packets;
pub mod durations;

// One reading.
pub mod process;
pub mod survey;
pub mod gauges;
pub mod snapshot;
pub mod history;
pub mod rates;

// The faces.
pub mod text;
pub mod prometheus;
pub mod systree;
pub mod graphite;

pub use catalogue::Counter;
pub use reasoned::Reasoned;
pub use snapshot::Snapshot;

use durations::{Durations, Tally};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use vmq_mqtt::ReasonCode;

/// Threads share shards only when there are more of them than this.
pub(crate) const SHARDS: usize = 16;

/// Numbers of one shard: the counters, then those with a code.
const SERIES: usize = Counter::COUNT + Reasoned::SERIES;

/// All counters of a broker, sharded by thread.
#[derive(Debug)]
pub struct Metrics {
    shards: Box<[Shard]>,
    /// What is taken off when a value is shown: its sum at the last reset.
    base: Box<[AtomicU64]>,
    /// How long deliveries took, by shard.
    deliveries: Box<[Durations]>,
}

/// One thread's counters; aligned so that two threads never share a cache line.
#[derive(Debug)]
#[repr(align(128))]
struct Shard([AtomicU64; SERIES]);

static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: Cell<usize> = Cell::new(NEXT_SHARD.fetch_add(1, Ordering::Relaxed) % SHARDS);
}

/// The number of this thread among those that count, below `SHARDS`.
pub(crate) fn thread_shard() -> usize {
    SHARD.with(Cell::get)
}

impl Default for Metrics {
    fn default() -> Self {
        let shard = || Shard(std::array::from_fn(|_| AtomicU64::new(0)));
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            base: (0..SERIES).map(|_| AtomicU64::new(0)).collect(),
            deliveries: (0..SHARDS).map(|_| Durations::default()).collect(),
        }
    }
}

impl Metrics {
    /// Adds `n` to a counter.
    pub fn add(&self, counter: Counter, n: u64) {
        self.add_at(counter as usize, n);
    }

    /// Adds one.
    pub fn bump(&self, counter: Counter) {
        self.add(counter, 1);
    }

    /// Adds `n` to the counter of a code.
    pub fn add_coded(&self, group: Reasoned, code: ReasonCode, n: u64) {
        self.add_at(Counter::COUNT + group.series(code), n);
    }

    fn add_at(&self, series: usize, n: u64) {
        if n > 0 {
            self.shards[SHARD.with(Cell::get)].0[series].fetch_add(n, Ordering::Relaxed);
        }
    }

    /// Adds how long the deliveries of a round took.
    pub fn delivered(&self, tally: &Tally) {
        if !tally.is_empty() {
            self.deliveries[SHARD.with(Cell::get)].add(tally);
        }
    }

    /// The value of one counter since the start, or since the last reset.
    #[must_use]
    pub fn value(&self, counter: Counter) -> u64 {
        self.value_at(counter as usize)
    }

    /// The same of the counter of a code.
    #[must_use]
    pub fn value_coded(&self, group: Reasoned, code: ReasonCode) -> u64 {
        self.value_at(Counter::COUNT + group.series(code))
    }

    /// The value since the start, whatever was reset.
    #[must_use]
    pub fn total(&self, counter: Counter) -> u64 {
        self.total_at(counter as usize)
    }

    /// The sum over all labels of a metric; 0 for a name the catalogue does not have.
    #[must_use]
    pub fn sum(&self, name: &str) -> u64 {
        let plain = Counter::ALL
            .iter()
            .filter(|counter| counter.family().name == name)
            .map(|counter| self.value(*counter));
        let coded = Reasoned::ALL
            .iter()
            .filter(|group| group.family().name == name)
            .flat_map(|group| group.codes().iter().map(|code| self.value_coded(*group, *code)));
        plain.chain(coded).sum()
    }

    /// Lets every counter that `metrics reset` is about begin at 0 again. Nothing that is counted meanwhile gets lost:
    /// the counters go on, only what is shown changes.
    pub fn reset(&self) {
        for (series, base) in self.base.iter().enumerate() {
            if Counter::ALL.get(series).is_none_or(|counter| counter.is_reset()) {
                base.store(self.total_at(series), Ordering::Relaxed);
            }
        }
    }

    /// All values since the start, in the order of the catalogue.
    fn totals(&self) -> Vec<u64> {
        (0..SERIES).map(|series| self.total_at(series)).collect()
    }

    fn value_at(&self, series: usize) -> u64 {
        self.total_at(series)
            .saturating_sub(self.base[series].load(Ordering::Relaxed))
    }

    fn total_at(&self, series: usize) -> u64 {
        let of_shard = |shard: &Shard| shard.0[series].load(Ordering::Relaxed);
        self.shards.iter().map(of_shard).sum()
    }
}

#[cfg(test)]
mod tests;
