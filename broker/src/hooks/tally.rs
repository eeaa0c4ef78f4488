//! Tally: how often each hook of each plugin was asked, how often it did not allow or failed, and how long it took (console.md 4.8).
//! Counting is one relaxed addition on a cache line of the thread. Answers that come at once are timed now and then, since
//! nearly every message gets one; those that somebody waits for always are.

use crate::metrics::durations::{self, Durations};
use crate::metrics::snapshot::Histogram;
use crate::metrics::{SHARDS, thread_shard};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use vmq_config::Plugin;

/// One in so many answers that come at once is timed; a prime, so that no pattern of hooks hides one.
const TIMED_OF: u32 = 61;

/// Plugins that can be told apart, and hooks of each.
const PLUGINS: usize = 7;
const HOOKS: usize = 4;

/// What a chain is asked; both versions of MQTT are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    Register,
    Publish,
    Subscribe,
    Auth,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Allowed,
    /// It was refused, or left to the next plugin of the chain.
    Refused,
    /// No answer in time.
    Failed,
}

/// The counts of all hooks, sharded by thread, and their times.
#[derive(Debug)]
pub struct Tallies {
    shards: Box<[Shard]>,
    times: Box<[Durations]>,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard([Counts; PLUGINS * HOOKS]);

#[derive(Debug, Default)]
struct Counts {
    asked: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

/// What was counted of a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub asked: u64,
    pub refused: u64,
    pub failed: u64,
    /// In microseconds, of those that were timed.
    pub times: Histogram,
}

thread_local! {
    /// The first one of a thread is timed.
    static NTH: Cell<u32> = const { Cell::new(TIMED_OF - 1) };
}

impl Default for Tallies {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            times: (0..PLUGINS * HOOKS).map(|_| Durations::default()).collect(),
        }
    }
}

impl Tallies {
    /// When an answer that may come at once is asked for, if this one is to be timed.
    pub(super) fn begins() -> Option<Instant> {
        let nth = NTH.get().wrapping_add(1) % TIMED_OF;
        NTH.set(nth);
        (nth == 0).then(Instant::now)
    }

    /// Counts an answer.
    pub(super) fn count(&self, plugin: Plugin, hook: Hook, outcome: Outcome, time: Option<Duration>) {
        let at = place(plugin, hook);
        let counts = self.shards.get(thread_shard()).and_then(|shard| shard.0.get(at));
        if let Some(counts) = counts {
            counts.asked.fetch_add(1, Ordering::Relaxed);
            match outcome {
                Outcome::Allowed => {}
                Outcome::Refused => drop(counts.refused.fetch_add(1, Ordering::Relaxed)),
                Outcome::Failed => drop(counts.failed.fetch_add(1, Ordering::Relaxed)),
            }
        }
        if let Some((time, times)) = time.zip(self.times.get(at)) {
            times.observe(time);
        }
    }

    /// What was counted of a hook.
    #[must_use]
    pub fn of(&self, plugin: Plugin, hook: Hook) -> Tally {
        let at = place(plugin, hook);
        let sum = |of: fn(&Counts) -> &AtomicU64| {
            let counts = self.shards.iter().filter_map(|shard| shard.0.get(at));
            counts.map(|counts| of(counts).load(Ordering::Relaxed)).sum()
        };
        Tally {
            asked: sum(|counts| &counts.asked),
            refused: sum(|counts| &counts.refused),
            failed: sum(|counts| &counts.failed),
            times: durations::histogram(self.times.get(at)),
        }
    }
}

impl Tally {
    /// Microseconds that so many percent of the hooks took at most: the upper bound of their bucket. `None` = none was
    /// timed; more than the largest bound is told as ten times that.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let wanted = (self.times.count * percent).div_ceil(100).max(1);
        if self.times.count == 0 {
            return None;
        }
        let bucket = self.times.buckets.iter().find(|(_, count)| *count >= wanted);
        let largest = self.times.buckets.last().map_or(0, |(upper, _)| *upper);
        Some(bucket.map_or(largest * 10, |(upper, _)| *upper))
    }
}

fn place(plugin: Plugin, hook: Hook) -> usize {
    plugin as usize * HOOKS + hook as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plugin_has_a_place() {
        let last = place(Plugin::Webhooks, Hook::Auth);
        assert_eq!(last, PLUGINS * HOOKS - 1);
    }

    #[test]
    fn counts_and_percentiles() {
        let tallies = Tallies::default();
        let of = || tallies.of(Plugin::Acl, Hook::Publish);
        assert_eq!(
            (of(), of().percentile(99)),
            (
                Tally {
                    times: of().times,
                    ..Tally::default()
                },
                None
            )
        );
        for nth in 0..100 {
            let time = Duration::from_micros(if nth < 98 { 5 } else { 40_000 });
            let outcome = match nth {
                0..=2 => Outcome::Refused,
                3 => Outcome::Failed,
                _ => Outcome::Allowed,
            };
            tallies.count(Plugin::Acl, Hook::Publish, outcome, Some(time));
        }
        tallies.count(Plugin::Acl, Hook::Subscribe, Outcome::Allowed, None);
        let seen = of();
        assert_eq!((seen.asked, seen.refused, seen.failed), (100, 3, 1));
        assert_eq!(
            (seen.percentile(50), seen.percentile(99)),
            (Some(10), Some(100_000))
        );
        tallies.count(
            Plugin::Passwd,
            Hook::Register,
            Outcome::Allowed,
            Some(Duration::from_secs(5)),
        );
        let slow = tallies.of(Plugin::Passwd, Hook::Register);
        assert_eq!(slow.percentile(50), Some(10_000_000));
    }

    #[test]
    fn some_are_timed() {
        let timed = (0..2 * TIMED_OF).filter(|_| Tallies::begins().is_some()).count();
        assert_eq!(timed, 2);
    }
}
