//! What the well-behaved clients meet: latencies of the messages that are due in a window, and everything that must not
//! happen. Shared by all of them; the driver opens and closes the windows.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::measure::latency_histogram;
use crate::schedule::Schedule;
use crate::stamp::{Stamp, now_nanos};

/// How long after its end the messages of a window are waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Texts kept of what went wrong.
const ERRORS_MAX: usize = 5;

#[derive(Debug)]
pub(super) struct Meter {
    pairs: Vec<Pair>,
    window: Mutex<Option<Window>>,
    /// Connections the broker ended.
    disconnects: AtomicU64,
    /// Acks with an error code, and messages that are not ours.
    wrong: AtomicU64,
    errors: Mutex<Vec<String>>,
}

/// One publisher and its subscriber; the subscriber is the only writer.
#[derive(Debug)]
struct Pair {
    schedule: Schedule,
    /// Sequence of the next message.
    next: AtomicU64,
    missing: AtomicU64,
    repeated: AtomicU64,
}

#[derive(Debug)]
struct Window {
    /// Of due times, by `now_nanos`.
    due: Range<u64>,
    latencies: Histogram<u64>,
}

/// Latencies of one window.
#[derive(Debug)]
pub(super) struct Latencies {
    /// Nanoseconds from due to delivery.
    pub(super) histogram: Histogram<u64>,
    /// Messages that had not come when patience ended; the histogram holds the time they had been waited for.
    pub(super) undelivered: u64,
}

/// What must not happen, from the start of the clients.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub(super) struct Harm {
    pub(super) disconnects: u64,
    pub(super) missing: u64,
    pub(super) repeated: u64,
    pub(super) wrong: u64,
    /// The first few errors, in words.
    pub(super) errors: Vec<String>,
}

impl Meter {
    /// One schedule for each pair.
    pub(super) fn new(schedules: impl IntoIterator<Item = Schedule>) -> Meter {
        let pair = |schedule| Pair {
            schedule,
            next: AtomicU64::new(0),
            missing: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
        };
        Meter {
            pairs: schedules.into_iter().map(pair).collect(),
            window: Mutex::new(None),
            disconnects: AtomicU64::new(0),
            wrong: AtomicU64::new(0),
            errors: Mutex::new(Vec::new()),
        }
    }

    /// Takes a delivery of pair `number` at `now`.
    pub(super) fn delivered(&self, number: usize, stamp: Option<Stamp>, now: u64) {
        let own = |stamp: &Stamp| usize::try_from(stamp.publisher) == Ok(number);
        let (Some(pair), Some(stamp)) = (self.pairs.get(number), stamp.filter(own)) else {
            self.wrong();
            return;
        };
        let expected = pair.next.load(Ordering::Relaxed);
        if stamp.sequence < expected {
            pair.repeated.fetch_add(1, Ordering::Relaxed);
            return;
        }
        pair.missing
            .fetch_add(stamp.sequence - expected, Ordering::Relaxed);
        pair.next.store(stamp.sequence + 1, Ordering::Relaxed);
        let due = pair.schedule.due(stamp.sequence);
        if let Some(window) = lock(&self.window).as_mut()
            && window.due.contains(&due)
        {
            window.latencies.saturating_record(now.saturating_sub(due));
        }
    }

    /// An ack with an error code, or what nobody has sent.
    pub(super) fn wrong(&self) {
        self.wrong.fetch_add(1, Ordering::Relaxed);
    }

    /// The connection of a client has ended, which it did not want.
    pub(super) fn disconnected(&self, who: &str, error: &anyhow::Error) {
        self.disconnects.fetch_add(1, Ordering::Relaxed);
        let mut errors = lock(&self.errors);
        if errors.len() < ERRORS_MAX {
            errors.push(format!("{who}: {error:#}"));
        }
    }

    /// From now on, messages that are due within `due` are measured.
    pub(super) fn open(&self, due: Range<u64>) {
        *lock(&self.window) = Some(Window {
            due,
            latencies: latency_histogram(),
        });
    }

    /// Waits, with patience, for the messages of the window and closes it.
    pub(super) async fn close(&self) -> Latencies {
        let start = Instant::now();
        let due = lock(&self.window)
            .as_ref()
            .map_or(0..0, |window| window.due.clone());
        while self.outstanding(&due).next().is_some() && start.elapsed() < PATIENCE {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        self.close_at(now_nanos())
    }

    fn close_at(&self, now: u64) -> Latencies {
        let Some(mut window) = lock(&self.window).take() else {
            return Latencies {
                histogram: latency_histogram(),
                undelivered: 0,
            };
        };
        let mut undelivered = 0;
        for due in self.outstanding(&window.due) {
            window.latencies.saturating_record(now.saturating_sub(due));
            undelivered += 1;
        }
        Latencies {
            histogram: window.latencies,
            undelivered,
        }
    }

    /// Due times within `due` of messages that have not come.
    fn outstanding(&self, due: &Range<u64>) -> impl Iterator<Item = u64> {
        self.pairs.iter().flat_map(move |pair| {
            let next = pair.next.load(Ordering::Relaxed);
            let first = pair.schedule.due_before(due.start).max(next);
            (first..pair.schedule.due_before(due.end)).map(|sequence| pair.schedule.due(sequence))
        })
    }

    pub(super) fn harm(&self) -> Harm {
        let sum = |count: fn(&Pair) -> &AtomicU64| {
            let counts = self.pairs.iter().map(count);
            counts.map(|count| count.load(Ordering::Relaxed)).sum()
        };
        Harm {
            disconnects: self.disconnects.load(Ordering::Relaxed),
            missing: sum(|pair| &pair.missing),
            repeated: sum(|pair| &pair.repeated),
            wrong: self.wrong.load(Ordering::Relaxed),
            errors: lock(&self.errors).clone(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests;
