//! Pace: so many steps a second. Steps that could not be made in time are forgotten, so that an attacker that was held
//! up does not come back with all its force at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// What may be caught up with.
const BACKLOG: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Pace {
    step: Duration,
    next: Instant,
}

impl Pace {
    pub(super) fn per_second(rate: u32) -> Pace {
        Pace {
            step: Duration::from_secs(1) / rate.max(1),
            next: Instant::now(),
        }
    }

    /// Waits until a step is due, without taking it: may be dropped at any time.
    pub(super) async fn due(&self) {
        sleep_until(self.next).await;
    }

    /// Takes the steps that are due.
    pub(super) fn take(&mut self, now: Instant) -> u32 {
        if now < self.next {
            return 0;
        }
        let earliest = now.checked_sub(BACKLOG.max(self.step)).unwrap_or(now);
        self.next = self.next.max(earliest);
        let steps = 1 + (now - self.next).as_nanos() / self.step.as_nanos().max(1);
        let steps = u32::try_from(steps).unwrap_or(1);
        self.next += self.step * steps;
        steps
    }
}

/// A pace many tasks share: each step goes to one of them.
#[derive(Clone, Debug)]
pub(super) struct SharedPace(Arc<Mutex<(Pace, u32)>>);

impl SharedPace {
    pub(super) fn per_second(rate: u32) -> SharedPace {
        SharedPace(Arc::new(Mutex::new((Pace::per_second(rate), 0))))
    }

    /// Waits for one step and takes it.
    pub(super) async fn step(&self) {
        let mut shared = self.0.lock().await;
        while shared.1 == 0 {
            shared.0.due().await;
            shared.1 = shared.0.take(Instant::now());
        }
        shared.1 -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_missed_long_ago_is_forgotten() {
        let mut pace = Pace::per_second(1000);
        let start = pace.next;
        assert_eq!(pace.take(start), 1);
        assert_eq!(pace.take(start), 0, "a step is taken once");
        assert_eq!(pace.take(start + Duration::from_millis(4)), 4);
        let steps = pace.take(start + Duration::from_secs(60));
        assert_eq!(steps, 51, "the backlog and the step that is due");
        let mut slow = Pace::per_second(1);
        assert_eq!(slow.take(start + Duration::from_secs(60)), 2);
    }
}
