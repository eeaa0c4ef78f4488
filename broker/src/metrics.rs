//! Metrics: counters that cost one relaxed addition on a cache line of the bumping thread.

pub mod catalogue;
pub mod systree;

pub use catalogue::Counter;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Threads share shards only when there are more of them than this.
const SHARDS: usize = 16;

/// All counters of a broker, sharded by thread.
#[derive(Debug)]
pub struct Metrics {
    shards: Box<[Shard]>,
}

/// One thread's counters; aligned so that two threads never share a cache line.
#[derive(Debug)]
#[repr(align(128))]
struct Shard([AtomicU64; Counter::COUNT]);

static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: Cell<usize> = Cell::new(NEXT_SHARD.fetch_add(1, Ordering::Relaxed) % SHARDS);
}

impl Default for Metrics {
    fn default() -> Self {
        let shard = || Shard(std::array::from_fn(|_| AtomicU64::new(0)));
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
        }
    }
}

impl Metrics {
    /// Adds `n` to a counter.
    pub fn add(&self, counter: Counter, n: u64) {
        if n > 0 {
            self.shards[SHARD.with(Cell::get)].0[counter as usize].fetch_add(n, Ordering::Relaxed);
        }
    }

    /// Adds one.
    pub fn bump(&self, counter: Counter) {
        self.add(counter, 1);
    }

    /// The value of one counter.
    #[must_use]
    pub fn value(&self, counter: Counter) -> u64 {
        self.shards
            .iter()
            .map(|shard| shard.0[counter as usize].load(Ordering::Relaxed))
            .sum()
    }

    /// The sum over all labels of a metric; 0 for a name the catalogue does not have.
    #[must_use]
    pub fn sum(&self, name: &str) -> u64 {
        Counter::ALL
            .iter()
            .filter(|counter| counter.name() == name)
            .map(|counter| self.value(*counter))
            .sum()
    }
}

#[cfg(test)]
mod tests;
