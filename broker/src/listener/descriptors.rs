//! File descriptors: how many connections all listeners together may hold, so that the process never uses its last ones.
//! At the limit clients wait in the kernel's backlog, while the store still opens its tables and an operator still gets
//! in through the admin socket, reloads the configuration and reads the log.

use crate::store::rocks::OPEN_FILES_MAX;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// What the store may have open: tables up to its limit, and its logs, manifest, lock and the tables being written.
const STORE: u64 = OPEN_FILES_MAX as u64 + 64;

/// Everything else that is no client: standard streams, log files, listeners, the poller, the admin socket and its
/// clients, the files that a reload reads.
const PROCESS: u64 = 128;

/// What is kept from clients where the limit is large enough.
pub(crate) const RESERVE: u64 = STORE + PROCESS;

/// The descriptors for connections. Clones share one count.
#[derive(Clone, Debug)]
pub struct Descriptors(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Connections that may be open at the same time.
    capacity: usize,
    taken: AtomicUsize,
    freed: Notify,
}

/// The right to one descriptor; given back when it is dropped.
#[derive(Debug)]
pub struct Slot(Arc<Shared>);

// === impl Descriptors ===

impl Descriptors {
    /// For the limit of open files of this process (`None` = there is none), read after it was raised.
    ///
    /// The reserve is what store and process need at most, but no more than half of the limit: the store only comes near
    /// its share with some thirty gigabytes of data, and a small limit belongs to a small broker.
    #[must_use]
    pub fn new(open_files_limit: Option<u64>) -> Self {
        let capacity = open_files_limit.map_or(u64::MAX, |limit| limit - RESERVE.min(limit / 2));
        Self(Arc::new(Shared {
            // Without a single connection a broker would only look as if it ran.
            capacity: usize::try_from(capacity).unwrap_or(usize::MAX).max(1),
            taken: AtomicUsize::new(0),
            freed: Notify::new(),
        }))
    }

    /// Takes one; `None` = only the reserve is left.
    #[must_use]
    pub fn try_take(&self) -> Option<Slot> {
        let taken = |taken: usize| (taken < self.0.capacity).then_some(taken + 1);
        self.0
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, taken)
            .ok()
            .map(|_| Slot(Arc::clone(&self.0)))
    }

    /// Waits until one may be free again. To miss nothing, call this first, then try, then wait: the future counts from
    /// the moment it is made.
    pub fn changed(&self) -> Notified<'_> {
        self.0.freed.notified()
    }

    /// Connections that may be open at the same time.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// Slots in use.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Acquire)
    }
}

// === impl Slot ===

impl Drop for Slot {
    fn drop(&mut self) {
        // Who waits has seen all of them taken, so only the first one given back is news.
        if self.0.taken.fetch_sub(1, Ordering::AcqRel) == self.0.capacity {
            self.0.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Descriptors;
    use std::task::{Context, Waker};

    #[test]
    fn keeps_a_reserve_that_fits_the_limit() {
        for (limit, capacity) in [
            (0, 1),
            (1, 1),
            (2, 1),
            (256, 128),
            (1024, 512),
            (1408, 704),
            (4096, 3392),
            (65_536, 64_832),
            (1_048_576, 1_047_872),
        ] {
            assert_eq!(Descriptors::new(Some(limit)).capacity(), capacity, "{limit}");
        }
        assert!(Descriptors::new(None).capacity() > 1 << 40);
    }

    #[test]
    fn gives_no_more_than_there_are_and_takes_them_back() {
        let descriptors = Descriptors::new(Some(8));
        let mut slots: Vec<_> = std::iter::from_fn(|| descriptors.try_take()).collect();
        assert_eq!((slots.len(), descriptors.taken()), (4, 4));
        slots.pop();
        let other = descriptors.clone();
        assert!(other.try_take().is_some_and(|_| descriptors.try_take().is_none()));
        assert_eq!(descriptors.taken(), 3);
        drop(slots);
        assert_eq!(descriptors.taken(), 0);
    }

    #[test]
    fn threads_share_the_count() {
        let descriptors = Descriptors::new(Some(100));
        let slots: Vec<_> = std::thread::scope(|scope| {
            let take = || {
                std::iter::from_fn(|| descriptors.try_take())
                    .take(40)
                    .collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(slots.len(), 50);
    }

    #[test]
    fn a_slot_given_back_between_trying_and_waiting_is_not_missed() {
        let descriptors = Descriptors::new(Some(2));
        let slot = descriptors.try_take().unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let mut changed = std::pin::pin!(descriptors.changed());
        assert!(descriptors.try_take().is_none());
        drop(slot);
        assert!(changed.as_mut().poll(&mut context).is_ready());
    }

    #[tokio::test]
    async fn everybody_who_waits_gets_a_turn() {
        let descriptors = Descriptors::new(Some(2));
        let slot = descriptors.try_take().unwrap();
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let descriptors = descriptors.clone();
                tokio::spawn(async move {
                    loop {
                        let changed = descriptors.changed();
                        if descriptors.try_take().is_some() {
                            return;
                        }
                        changed.await;
                    }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(slot);
        for waiting in waiting {
            waiting.await.unwrap();
        }
        assert_eq!(descriptors.taken(), 0);
    }
}
