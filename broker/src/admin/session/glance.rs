//! Glance: a queue that is looked at once, and only when something is asked that needs its lock. With a million queues most
//! have an answer without it: who they are never changes, and whether a session is attached is a flag.

use crate::mailbox::Mailbox;
use crate::queue::{Look, Queue, QueueState};
use std::cell::OnceCell;

/// A queue, and the look at it that was taken if one was.
pub(super) struct Glance<'a> {
    pub queue: &'a Queue,
    look: OnceCell<Look>,
}

impl<'a> Glance<'a> {
    /// The look is taken when something needs it.
    pub(super) const fn at(queue: &'a Queue) -> Self {
        Self {
            queue,
            look: OnceCell::new(),
        }
    }

    /// The look is taken now, so that everything told of the queue is of one instant.
    pub(super) fn now(queue: &'a Queue) -> Self {
        Self {
            queue,
            look: OnceCell::from(queue.look()),
        }
    }

    /// The queue under its lock; the same at every call.
    pub(super) fn look(&self) -> &Look {
        self.look.get_or_init(|| self.queue.look())
    }

    /// Messages that wait for the attached sessions, and without one.
    pub(super) fn waiting(&self) -> (u64, u64) {
        if let Some(look) = self.look.get() {
            return (look.online_messages, look.offline_messages);
        }
        let waiting = self.queue.unacknowledged();
        (waiting.online, waiting.offline)
    }

    /// No session is attached.
    pub(super) fn is_offline(&self) -> bool {
        match self.look.get() {
            Some(look) => look.state == QueueState::Offline,
            None => !self.queue.is_online(),
        }
    }

    /// The first of the attached sessions.
    pub(super) fn session(&self) -> Option<&Mailbox> {
        if self.is_offline() {
            return None;
        }
        self.look().sessions.first().map(|mailbox| &**mailbox)
    }

    /// More than one session is attached.
    pub(super) fn has_members(&self) -> bool {
        !self.is_offline() && self.look().sessions.len() > 1
    }
}
