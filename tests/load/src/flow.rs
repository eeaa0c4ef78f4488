//! Bounds what is in flight between one publisher and its subscribers: they share counters, because they live in
//! one process.
//!
//! Holds: a publisher is never more than `window` messages ahead of its slowest subscriber, so no broker queue can
//! grow beyond that. A refill waits until `batch` messages fit, so that the size of bursts is a setting and not an
//! accident of scheduling.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, OnceLock};
use std::task::Waker;

use crate::schedule::Schedule;
use crate::stamp::now_nanos;

/// Sizes of a flow, in messages.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Window {
    /// Sent and not yet received by the slowest subscriber.
    pub(crate) messages: u64,
    /// Least number of messages written at once.
    pub(crate) batch: u64,
}

/// How the progress of the subscribers makes the progress of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Each gets every message: the slowest rules.
    Each,
    /// Each message goes to one of them: they have what all of them have together.
    Shared,
}

#[derive(Debug)]
pub(crate) struct Flow {
    window: Window,
    audience: Audience,
    /// When messages are due; without it, as soon as there is room.
    pace: OnceLock<Schedule>,
    /// Next sequence number each subscriber expects; of a shared audience, how many it has.
    progress: Vec<AtomicU64>,
    /// Where the slowest subscriber was last seen: the first to look at next time.
    slowest: AtomicUsize,
    /// The publisher found no room and its waker is stored.
    waiting: AtomicBool,
    waker: Mutex<Option<Waker>>,
    stopped: AtomicBool,
}

impl Flow {
    pub(crate) fn new(window: Window, audience: Audience, subscribers: usize) -> Flow {
        let messages = window.messages.max(1);
        Flow {
            window: Window {
                messages,
                batch: window.batch.clamp(1, messages),
            },
            audience,
            pace: OnceLock::new(),
            progress: (0..subscribers).map(|_| AtomicU64::new(0)).collect(),
            slowest: AtomicUsize::new(0),
            waiting: AtomicBool::new(false),
            waker: Mutex::new(None),
            stopped: AtomicBool::new(false),
        }
    }

    /// From now on messages are sent when they are due, and not before. Set once, before the first.
    pub(crate) fn pace(&self, schedule: Schedule) {
        self.pace.get_or_init(|| schedule);
    }

    /// When message `sequence` is due; `None` = there is no schedule.
    pub(crate) fn due_nanos(&self, sequence: u64) -> Option<u64> {
        self.pace.get().map(|schedule| schedule.due(sequence))
    }

    /// Messages the publisher may send, having sent `sent`; 0 while fewer than a batch fit.
    pub(crate) fn room(&self, sent: u64) -> u64 {
        let due = match self.pace.get() {
            Some(schedule) => schedule.due_before(now_nanos() + 1).saturating_sub(sent),
            None => u64::MAX,
        };
        match self.audience {
            _ if due == 0 => 0,
            Audience::Each => self.room_of_slowest(sent).min(due),
            Audience::Shared => self.room_of_all(sent).min(due),
        }
    }

    fn room_of_all(&self, sent: u64) -> u64 {
        let received: u64 = self
            .progress
            .iter()
            .map(|seen| seen.load(Ordering::Acquire))
            .sum();
        let room = self.window.messages - sent.saturating_sub(received).min(self.window.messages);
        if room < self.window.batch { 0 } else { room }
    }

    fn room_of_slowest(&self, sent: u64) -> u64 {
        // A message may be sent while sent < progress + window, for every subscriber.
        let enough = (sent + self.window.batch).saturating_sub(self.window.messages);
        let hint = self.slowest.load(Ordering::Relaxed);
        if self
            .progress
            .get(hint)
            .is_some_and(|seen| seen.load(Ordering::Acquire) < enough)
        {
            return 0;
        }
        let mut least = u64::MAX;
        for (at, seen) in self.progress.iter().enumerate() {
            let seen = seen.load(Ordering::Acquire);
            if seen < least {
                least = seen;
                if seen < enough {
                    self.slowest.store(at, Ordering::Relaxed);
                    return 0;
                }
            }
        }
        self.window.messages - sent.saturating_sub(least).min(self.window.messages)
    }

    /// Stores who is to be woken. The caller must look at `room` and `is_stopped` again afterwards.
    pub(crate) fn wait(&self, waker: &Waker) {
        let mut slot = self.waker.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match slot.as_mut() {
            Some(stored) => stored.clone_from(waker),
            None => *slot = Some(waker.clone()),
        }
        drop(slot);
        self.waiting.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst); // pairs with the one in `wake`: one side sees the other's store
    }

    /// Subscriber `slot` expects `next` from now on; of a shared audience, it has `next` of them. `wake` follows once per batch.
    #[inline]
    pub(crate) fn advance(&self, slot: usize, next: u64) {
        if let Some(progress) = self.progress.get(slot) {
            progress.store(next, Ordering::Release);
        }
    }

    /// Wakes the publisher if it waits.
    pub(crate) fn wake(&self) {
        fence(Ordering::SeqCst);
        if !self.waiting.load(Ordering::Relaxed) || !self.waiting.swap(false, Ordering::AcqRel) {
            return;
        }
        let waker = self
            .waker
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Asks the publisher to send nothing new.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::task::Wake;

    #[derive(Default)]
    struct Flag(AtomicBool);

    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn the_slowest_subscriber_rules() {
        let flow = Flow::new(
            Window {
                messages: 10,
                batch: 4,
            },
            Audience::Each,
            3,
        );
        assert_eq!(flow.room(0), 10);
        assert_eq!(flow.room(7), 0, "three fit, a batch is four");
        for slot in 0..2 {
            flow.advance(slot, 7);
        }
        assert_eq!(flow.room(7), 0);
        flow.advance(2, 1);
        assert_eq!(flow.room(7), 4);
        flow.advance(2, 7);
        assert_eq!(flow.room(7), 10);
    }

    #[test]
    fn a_shared_audience_counts_together() {
        let window = Window {
            messages: 10,
            batch: 4,
        };
        let flow = Flow::new(window, Audience::Shared, 3);
        assert_eq!(flow.room(0), 10);
        assert_eq!(flow.room(7), 0, "three fit, a batch is four");
        flow.advance(1, 1);
        assert_eq!(flow.room(7), 4);
        flow.advance(2, 4);
        assert_eq!(flow.room(7), 8);
    }

    #[test]
    fn nothing_is_sent_before_it_is_due() {
        let window = Window {
            messages: 10,
            batch: 1,
        };
        let flow = Flow::new(window, Audience::Each, 1);
        let hour = 3_600_000_000_000;
        flow.pace(Schedule::share(now_nanos().saturating_sub(1), 1, 0, 1));
        assert_eq!((flow.room(0), flow.room(1)), (1, 0));
        let late = Flow::new(window, Audience::Each, 1);
        late.pace(Schedule::share(now_nanos() + hour, 1_000_000, 0, 1));
        assert_eq!(late.room(0), 0);
    }

    #[test]
    fn a_waiting_publisher_is_woken_once() {
        let flow = Flow::new(
            Window {
                messages: 1,
                batch: 1,
            },
            Audience::Each,
            1,
        );
        let flag = Arc::new(Flag::default());
        flow.wake();
        flow.wait(&Waker::from(Arc::clone(&flag)));
        assert!(!flag.0.load(Ordering::SeqCst));
        flow.advance(0, 1);
        flow.wake();
        assert!(flag.0.swap(false, Ordering::SeqCst));
        flow.wake();
        assert!(!flag.0.load(Ordering::SeqCst));
        flow.wait(&Waker::from(Arc::clone(&flag)));
        flow.stop();
        assert!(flow.is_stopped() && flag.0.load(Ordering::SeqCst));
    }
}
