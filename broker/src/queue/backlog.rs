//! Backlog: the part of a queue that lies on disk only, and how far a session has read it.

use super::Delivery;
use crate::store::Seq;
use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use vmq_config::QueueKind;

/// Messages read ahead from the disk in one step.
pub(super) const READ_AHEAD: usize = 100;

/// The stored messages a queue had before the present session attached. How many they are is at hand, for who looks at a
/// million queues; all else is in a box, for those that have none.
#[derive(Debug)]
pub(super) struct Backlog {
    /// Messages that wait, those read ahead included.
    pub waiting: u64,
    place: Box<Place>,
}

/// Where the messages of a backlog are.
#[derive(Debug)]
pub(super) struct Place {
    /// No waiting message has a smaller number.
    pub oldest: Seq,
    /// Where to read next: upwards from here (fifo), or downwards from here (lifo).
    pub cursor: Seq,
    /// Only numbers below belong to the backlog; `Seq::MAX` while the queue is offline.
    pub boundary: Seq,
    /// How many more messages may move online (`max_online_messages` without override); `None` = all.
    pub budget: Option<u64>,
    /// Lifo queues only: the numbers that wait, ascending. Taking from the end leaves holes among the numbers, and a full
    /// queue must give up a message, not a hole.
    pub positions: VecDeque<Seq>,
    /// Read, but not yet taken by the session.
    pub loaded: VecDeque<Delivery>,
}

impl Backlog {
    /// The backlog of an offline queue whose waiting messages start at `oldest`.
    pub(super) fn offline(oldest: Seq, waiting: u64) -> Self {
        Self {
            waiting,
            place: Box::new(Place {
                oldest,
                cursor: oldest,
                boundary: Seq::MAX,
                budget: None,
                positions: VecDeque::new(),
                loaded: VecDeque::new(),
            }),
        }
    }

    /// Fixes the backlog when a session attaches: what arrives from now on (numbers from `next_seq`) waits in memory.
    pub(super) fn attach(&mut self, next_seq: Seq, kind: QueueKind, budget: Option<u64>) {
        self.boundary = next_seq;
        self.budget = budget;
        self.cursor = match kind {
            QueueKind::Fifo => self.oldest,
            QueueKind::Lifo => next_seq.saturating_sub(1),
        };
    }

    /// Gives up the oldest waiting message (full lifo queue), unless the store has not been given it yet.
    pub(super) fn drop_oldest(&mut self, visible_below: Seq) -> Option<Seq> {
        let oldest = self.positions.pop_front_if(|oldest| *oldest < visible_below)?;
        self.oldest = self.positions.front().copied().unwrap_or(oldest + 1);
        self.waiting = self.waiting.saturating_sub(1);
        Some(oldest)
    }

    /// The numbers of a lifo backlog that the session has not taken.
    pub(super) fn untaken_positions(&self) -> impl Iterator<Item = Seq> {
        let unread = self.positions.iter().copied().filter(|seq| *seq <= self.cursor);
        unread.chain(self.loaded.iter().map(|delivery| delivery.seq))
    }
}

impl Deref for Backlog {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl DerefMut for Backlog {
    fn deref_mut(&mut self) -> &mut Place {
        &mut self.place
    }
}
