//! Deadlines: when offline sessions end and parked wills are due. Entries are hints: the queue itself knows whether
//! it is really due, so a session that came back needs no removal here.

use crate::message::UnixMillis;
use crate::queue::Queue;
use crate::store::unix_millis;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// The longest sleep: the wall clock may be set.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// Queues by the time at which they must be looked at.
#[derive(Debug, Default)]
pub struct Deadlines {
    entries: Mutex<Entries>,
    earlier: Notify,
}

#[derive(Debug, Default)]
struct Entries {
    by_time: BTreeMap<(UnixMillis, u64), Weak<Queue>>,
    serial: u64,
}

impl Deadlines {
    /// Has the queue looked at when the time has come, unless it is looked at earlier anyway: one entry for each queue,
    /// however often its client comes and goes.
    pub fn add(&self, at: UnixMillis, queue: &Arc<Queue>) {
        if queue.noted_deadline.fetch_min(at, Ordering::AcqRel) <= at {
            return;
        }
        let first = {
            let mut entries = self.entries.lock();
            let first = entries
                .by_time
                .first_key_value()
                .is_none_or(|((earliest, _), _)| at < *earliest);
            entries.serial += 1;
            let serial = entries.serial;
            entries.by_time.insert((at, serial), Arc::downgrade(queue));
            first
        };
        if first {
            self.earlier.notify_one();
        }
    }

    /// Waits until at least one entry is due and returns those queues.
    pub async fn due(&self) -> Vec<Arc<Queue>> {
        loop {
            let due = self.take_due(unix_millis());
            if !due.is_empty() {
                return due;
            }
            let wait = self.next_in(unix_millis());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.earlier.notified() => {}
            }
        }
    }

    /// The queues that are due now.
    pub fn take_due(&self, now: UnixMillis) -> Vec<Arc<Queue>> {
        let mut entries = self.entries.lock();
        let later = entries.by_time.split_off(&(now + 1, 0));
        let due = std::mem::replace(&mut entries.by_time, later);
        let due: Vec<_> = due.into_values().filter_map(|queue| queue.upgrade()).collect();
        for queue in &due {
            queue.noted_deadline.store(u64::MAX, Ordering::Release);
        }
        due
    }

    fn next_in(&self, now: UnixMillis) -> Duration {
        let entries = self.entries.lock();
        entries
            .by_time
            .first_key_value()
            .map_or(SLEEP_MAX, |((at, _), _)| {
                Duration::from_millis(at.saturating_sub(now) + 1).min(SLEEP_MAX)
            })
    }
}

#[cfg(test)]
mod tests;
