//! Emptying: the attached session takes what it can send, and has the backlog read from disk when it needs it.

use super::backlog::READ_AHEAD;
use super::{Delivery, Queue, State};
use crate::mailbox::ConnectionId;
use crate::store::{Entry, Op, QueueId, Seq, Store, StoreError};
use std::collections::VecDeque;
use vmq_config::QueueKind;

/// What `take` found.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// Everything that is visible was taken.
    Empty,
    /// The bound was reached; more waits.
    More,
    /// The next messages must be read from disk first (`ReadAhead`), unless a read is under way.
    OnDisk(ReadAhead),
    /// The next messages are about to become visible; the queue will wake its owner.
    Soon,
}

/// A read that the session has to start: done on a blocking thread, after a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadAhead {
    pub queue: QueueId,
    pub from: Seq,
    pub kind: QueueKind,
}

impl ReadAhead {
    /// Reads; blocks on the disk.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn read(self, store: &dyn Store) -> Result<Vec<Entry>, StoreError> {
        match self.kind {
            QueueKind::Fifo => store.read_entries(self.queue, self.from, READ_AHEAD),
            QueueKind::Lifo => store.read_entries_newest(self.queue, self.from, READ_AHEAD),
        }
    }
}

impl Queue {
    /// Moves up to `max` visible deliveries to `out`, in order. Only the attached connection may take.
    pub fn take(&self, connection: ConnectionId, max: usize, out: &mut VecDeque<Delivery>) -> Taken {
        let mut state = self.state.lock();
        if state.memory_of(connection).is_none() {
            return Taken::Empty;
        }
        let mut room = max;
        if let Some(blocked) = state.take_backlog(self.id, &mut room, out) {
            return blocked;
        }
        let visible_below = state.visible_below();
        let Some(memory) = state.memory_of(connection) else {
            return Taken::Empty;
        };
        while room > 0 {
            match memory.front() {
                None => return Taken::Empty,
                Some(next) if next.seq >= visible_below => return Taken::Soon,
                Some(_) => out.extend(memory.pop_front()),
            }
            room -= 1;
        }
        if memory.is_empty() {
            Taken::Empty
        } else {
            Taken::More
        }
    }

    /// The entries that a `ReadAhead` found. Returns deletions for those that do not fit online any more, and how many
    /// they are.
    pub fn loaded(&self, read: ReadAhead, entries: Vec<Entry>) -> (Vec<Op>, u64) {
        let mut state = self.state.lock();
        let Some(backlog) = &mut state.backlog else {
            return (Vec::new(), 0);
        };
        // Another session of this queue has read the same part already.
        if read.from != backlog.cursor {
            return (Vec::new(), 0);
        }
        let mut ops = Vec::new();
        let exhausted = entries.len() < READ_AHEAD;
        for entry in entries {
            if entry.seq >= backlog.boundary {
                backlog.cursor = backlog.boundary;
                break;
            }
            backlog.cursor = match read.kind {
                QueueKind::Fifo => entry.seq + 1,
                QueueKind::Lifo => entry.seq.saturating_sub(1),
            };
            if backlog.budget == Some(0) {
                backlog.waiting = backlog.waiting.saturating_sub(1);
                ops.push(Op::DeleteEntry {
                    queue: self.id,
                    seq: entry.seq,
                });
                continue;
            }
            backlog.budget = backlog.budget.map(|budget| budget - 1);
            backlog.loaded.push_back(Delivery::from_entry(entry));
        }
        if exhausted {
            backlog.waiting = backlog.loaded.len() as u64;
        }
        let dropped = ops.len() as u64;
        drop(state);
        (ops, dropped)
    }
}

impl State {
    /// Takes from the backlog. `Some` = memory must wait.
    fn take_backlog(
        &mut self,
        queue: QueueId,
        room: &mut usize,
        out: &mut VecDeque<Delivery>,
    ) -> Option<Taken> {
        let kind = self.limits.kind;
        let visible_below = self.visible_below();
        let backlog = self.backlog.as_mut()?;
        while *room > 0
            && let Some(delivery) = backlog.loaded.pop_front()
        {
            backlog.waiting = backlog.waiting.saturating_sub(1);
            out.push_back(delivery);
            *room -= 1;
        }
        if !backlog.loaded.is_empty() {
            return Some(Taken::More);
        }
        let finished = match kind {
            QueueKind::Fifo => backlog.cursor >= backlog.boundary,
            QueueKind::Lifo => backlog.cursor < backlog.oldest,
        };
        if backlog.waiting == 0 || finished {
            self.backlog = None;
            return None;
        }
        if *room == 0 {
            return Some(Taken::More);
        }
        // Numbers that were given out but not yet handed to the store would be missed by a read.
        if visible_below < backlog.boundary {
            return Some(Taken::Soon);
        }
        Some(Taken::OnDisk(ReadAhead {
            queue,
            from: backlog.cursor,
            kind,
        }))
    }
}
