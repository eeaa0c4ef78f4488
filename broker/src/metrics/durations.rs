//! Durations, counted by size, in the buckets that the original uses for its latencies. What takes long is worth knowing by
//! its order of magnitude; more buckets would be more lines on every page.

use super::snapshot::Histogram;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Upper bounds in microseconds; one more bucket has no bound.
const BOUNDS_MICROS: [u64; 6] = [10, 100, 1000, 10_000, 100_000, 1_000_000];

const BUCKETS: usize = BOUNDS_MICROS.len() + 1;

/// What many threads have measured; aligned so that two of them in a row do not share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Durations {
    counts: [AtomicU64; BUCKETS],
    sum_micros: AtomicU64,
}

/// What one piece of work has measured, to be added at one go.
#[derive(Debug, Default)]
pub struct Tally {
    counts: [u64; BUCKETS],
    sum_micros: u64,
    /// Of several that began together: the beginning, and how many they are.
    run: Option<(Instant, u64)>,
}

impl Durations {
    /// Counts one.
    pub fn observe(&self, duration: Duration) {
        let micros = micros(duration);
        self.counts[bucket(micros)].fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Counts what was gathered.
    pub fn add(&self, tally: &Tally) {
        for (sum, count) in self.counts.iter().zip(tally.counts) {
            if count > 0 {
                sum.fetch_add(count, Ordering::Relaxed);
            }
        }
        self.sum_micros.fetch_add(tally.sum_micros, Ordering::Relaxed);
    }
}

impl Tally {
    /// Counts what began `since` and ends now, `now` being the same for all of a tally. Many that began together cost no
    /// more than one.
    pub fn count(&mut self, since: Instant, now: Instant) {
        match &mut self.run {
            Some((began, count)) if *began == since => *count += 1,
            _ => {
                self.end(now);
                self.run = Some((since, 1));
            }
        }
    }

    /// To be called once, before it is added.
    pub fn end(&mut self, now: Instant) {
        if let Some((began, count)) = self.run.take() {
            let micros = micros(now.saturating_duration_since(began));
            self.counts[bucket(micros)] += count;
            self.sum_micros += micros * count;
        }
    }

    /// Whether there is anything to add.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts == [0; BUCKETS]
    }
}

/// What all of them have counted.
#[must_use]
pub fn histogram<'a>(parts: impl IntoIterator<Item = &'a Durations>) -> Histogram {
    let (mut counts, mut sum) = ([0; BUCKETS], 0);
    for part in parts {
        for (total, count) in counts.iter_mut().zip(&part.counts) {
            *total += count.load(Ordering::Relaxed);
        }
        sum += part.sum_micros.load(Ordering::Relaxed);
    }
    let mut so_far = 0;
    let cumulative = counts.iter().map(|count| {
        so_far += count;
        so_far
    });
    let buckets = BOUNDS_MICROS.into_iter().zip(cumulative).collect();
    Histogram {
        count: counts.iter().sum(),
        sum,
        buckets,
    }
}

fn bucket(micros: u64) -> usize {
    BOUNDS_MICROS.partition_point(|upper| *upper < micros)
}

fn micros(duration: Duration) -> u64 {
    duration.as_secs() * 1_000_000 + u64::from(duration.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_their_bucket() {
        let durations = Durations::default();
        for micros in [0, 10, 11, 100, 1_000_000, 1_000_001, 5_000_000] {
            durations.observe(Duration::from_micros(micros));
        }
        let all = histogram([&durations, &Durations::default()]);
        let expected = vec![
            (10, 2),
            (100, 4),
            (1000, 4),
            (10_000, 4),
            (100_000, 4),
            (1_000_000, 5),
        ];
        assert_eq!((all.count, all.sum), (7, 7_000_122));
        assert_eq!(all.buckets, expected);
    }

    #[test]
    fn what_began_together_is_counted_together() {
        let (tally, durations) = (&mut Tally::default(), Durations::default());
        assert!(tally.is_empty());
        let began = Instant::now();
        let later = began + Duration::from_micros(50);
        let now = began + Duration::from_micros(55);
        for since in [began, began, later, began] {
            tally.count(since, now);
        }
        tally.end(now);
        assert!(!tally.is_empty());
        durations.add(tally);
        let all = histogram([&durations]);
        assert_eq!((all.count, all.sum), (4, 3 * 55 + 5));
        assert_eq!(all.buckets[..2], [(10, 1), (100, 4)]);
    }

    /// Clocks of two threads may differ by a little.
    #[test]
    fn nothing_takes_less_than_no_time() {
        let tally = &mut Tally::default();
        let now = Instant::now();
        tally.count(now + Duration::from_secs(1), now);
        tally.end(now);
        assert_eq!((tally.counts[0], tally.sum_micros), (1, 0));
    }
}
