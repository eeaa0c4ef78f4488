//! How other tasks reach a connection: a bounded mailbox of one kick and one wake-up.
//!
//! Nothing is queued here. A kick stays the first one given; a wake-up is idempotent and costs one atomic swap while
//! the connection is awake anyway.

use crate::events::CloseReason;
use atomic_waker::AtomicWaker;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Poll, Waker};

/// Serial number of a connection, unique in this run of the broker.
pub type ConnectionId = u64;

static NEXT_CONNECTION: AtomicU64 = AtomicU64::new(1);

/// A connection's mailbox; shared by the connection, its queue and the admin surface.
#[derive(Debug)]
pub struct Mailbox {
    pub connection: ConnectionId,
    waker: AtomicWaker,
    awake: AtomicBool,
    kicked: AtomicBool,
    kick: Mutex<Option<CloseReason>>,
    /// The rules have changed: the subscriptions are to be authorised again.
    reauthorize: AtomicBool,
}

impl Mailbox {
    /// A mailbox with a fresh connection number.
    #[must_use]
    pub fn new() -> Self {
        Self {
            connection: NEXT_CONNECTION.fetch_add(1, Ordering::Relaxed),
            waker: AtomicWaker::new(),
            awake: AtomicBool::new(true),
            kicked: AtomicBool::new(false),
            kick: Mutex::new(None),
            reauthorize: AtomicBool::new(false),
        }
    }

    /// Wakes the connection unless it is awake already.
    pub fn wake(&self) {
        if !self.awake.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    /// Tells the connection to end. The first reason stays.
    pub fn kick(&self, reason: CloseReason) {
        self.kick.lock().get_or_insert(reason);
        self.kicked.store(true, Ordering::Release);
        self.awake.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Asks the connection to authorise its subscriptions again.
    pub fn reauthorize(&self) {
        self.reauthorize.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether that was asked for; answers once.
    pub fn take_reauthorize(&self) -> bool {
        self.reauthorize.load(Ordering::Relaxed) && self.reauthorize.swap(false, Ordering::AcqRel)
    }

    /// The reason for which the connection was told to end, if it was.
    #[must_use]
    pub fn kicked(&self) -> Option<CloseReason> {
        if self.kicked.load(Ordering::Acquire) {
            self.kick.lock().clone()
        } else {
            None
        }
    }

    /// Called by the connection before it looks for work: wake-ups from now on count again.
    pub fn rest(&self, waker: &Waker) {
        self.waker.register(waker);
        // A read-modify-write, so that whatever was set before a wake-up is seen after it.
        self.awake.swap(false, Ordering::AcqRel);
    }

    /// Waits until the connection is told to end.
    pub async fn until_kicked(&self) {
        std::future::poll_fn(|cx| {
            self.waker.register(cx.waker());
            if self.kicked.load(Ordering::Acquire) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Whether somebody has woken the connection since `rest`.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        self.awake.load(Ordering::Acquire)
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}
