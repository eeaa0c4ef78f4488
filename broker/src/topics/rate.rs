//! A rate that forgets: every message counts less the longer ago it was, by half in about three and a half seconds. Two
//! numbers, whatever happens.

use std::time::Instant;

/// Seconds in which what was counted falls to 37 %.
const MEMORY_SECS: f64 = 5.0;

/// Messages, or bytes, per second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    per_second: f64,
    last: Instant,
}

impl Rate {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            per_second: 0.0,
            last: now,
        }
    }

    /// Counts so many of them.
    pub(super) fn add(&mut self, count: f64, now: Instant) {
        self.per_second = self.faded(now) + count / MEMORY_SECS;
        self.last = self.last.max(now);
    }

    /// When something was counted last.
    pub(super) const fn last(&self) -> Instant {
        self.last
    }

    /// The rate now, of something that is counted since `began`: what was before that is not known, and not nothing.
    pub(super) fn now(&self, began: Instant, now: Instant) -> f64 {
        let counted_secs = now.saturating_duration_since(began).as_secs_f64().max(0.5);
        self.faded(now) / (1.0 - (-counted_secs / MEMORY_SECS).exp())
    }

    fn faded(&self, now: Instant) -> f64 {
        let secs = now.saturating_duration_since(self.last).as_secs_f64();
        self.per_second * (-secs / MEMORY_SECS).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_steady_stream_has_its_rate_from_the_first_second_on() {
        let began = Instant::now();
        let mut rate = Rate::new(began);
        for step in 1..=1000_u64 {
            let now = began + Duration::from_millis(step * 10);
            rate.add(2.0, now);
            if step >= 100 {
                let found = rate.now(began, now);
                assert!((190.0..215.0).contains(&found), "{step}: {found}");
            }
        }
        let later = began + Duration::from_secs(70);
        assert!(rate.now(began, later) < 0.01);
    }
}
