//! The promise that a submitted group will be durable: a small shared cell that the writer completes.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};

/// What became of a submitted group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitState {
    Pending,
    Durable,
    /// The write failed: nothing of the group may be acknowledged.
    Failed,
}

/// Handle on a submitted group. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Commit(Arc<Cell>);

#[derive(Debug)]
struct Cell {
    state: AtomicU8,
    waker: Mutex<Option<Waker>>,
}

impl Commit {
    /// A commit that is still pending.
    #[must_use]
    pub fn pending() -> Self {
        Self(Arc::new(Cell {
            state: AtomicU8::new(0),
            waker: Mutex::new(None),
        }))
    }

    /// A commit that is durable already (memory store, nothing to write).
    #[must_use]
    pub fn durable() -> Self {
        Self(Arc::new(Cell {
            state: AtomicU8::new(1),
            waker: Mutex::new(None),
        }))
    }

    /// Present state; never blocks.
    #[must_use]
    pub fn state(&self) -> CommitState {
        match self.0.state.load(Ordering::Acquire) {
            0 => CommitState::Pending,
            1 => CommitState::Durable,
            _ => CommitState::Failed,
        }
    }

    /// Called once by the writer: settles the state and wakes the one waiter.
    pub fn complete(&self, durable: bool) {
        self.0.state.store(if durable { 1 } else { 2 }, Ordering::Release);
        let waker = self.0.waker.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Polls for completion; one task may wait on a commit (the last one to poll).
    pub fn poll_done(&self, cx: &mut Context<'_>) -> Poll<CommitState> {
        if self.state() == CommitState::Pending {
            *self.0.waker.lock() = Some(cx.waker().clone());
        }
        // Looked at again after the waker is in place: the writer may have completed in between.
        match self.state() {
            CommitState::Pending => Poll::Pending,
            done => Poll::Ready(done),
        }
    }

    /// Waits for completion.
    pub async fn done(&self) -> CommitState {
        std::future::poll_fn(|cx| self.poll_done(cx)).await
    }
}
