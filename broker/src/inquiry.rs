//! Inquiries: what somebody wants to know of a connection and only its own task can tell. It is asked like a wake-up and
//! answers in its next turn; a connection that nobody asks about keeps nothing for it.

use crate::mailbox::{ConnectionId, Mailbox};
use crate::session::look::SessionLook;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Inquiries of one connection that may wait at a time.
const WAITING_MAX: usize = 16;

/// How long a connection may take: it may be waiting for a hook.
const PATIENCE: Duration = Duration::from_secs(1);

/// Those who wait for an answer.
#[derive(Debug, Default)]
pub struct Inquiries {
    waiting: Mutex<HashMap<ConnectionId, Vec<Inquiry>>>,
    /// Makes names of things that only have a place in memory, without telling the place.
    names: RandomState,
}

/// One of them.
#[derive(Debug)]
pub struct Inquiry {
    /// Messages of each kind that are wanted.
    pub messages_max: usize,
    answer: oneshot::Sender<SessionLook>,
}

impl Inquiries {
    /// Asks a connection to tell of itself. `None` = it does not answer in time, or has gone.
    pub async fn ask(&self, mailbox: &Mailbox, messages_max: usize) -> Option<SessionLook> {
        let (answer, answered) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock();
            let own = waiting.entry(mailbox.connection).or_default();
            own.retain(|inquiry| !inquiry.answer.is_closed());
            if own.len() >= WAITING_MAX {
                return None;
            }
            own.push(Inquiry { messages_max, answer });
        }
        let _left = Left {
            inquiries: self,
            connection: mailbox.connection,
        };
        mailbox.ask();
        timeout(PATIENCE, answered).await.ok()?.ok()
    }

    /// Those who wait for this connection.
    pub fn take(&self, connection: ConnectionId) -> Vec<Inquiry> {
        self.waiting.lock().remove(&connection).unwrap_or_default()
    }

    /// A name of a place in memory, different in every run.
    #[must_use]
    pub fn name<T>(&self, place: &T) -> String {
        format!("m{:016x}", self.names.hash_one(std::ptr::from_ref(place)))
    }
}

impl Inquiry {
    /// Answers; nobody may be waiting any more.
    pub fn answer(self, look: SessionLook) {
        drop(self.answer.send(look));
    }
}

/// Whoever asked does not wait any more: a connection that never answers leaves nothing behind.
struct Left<'a> {
    inquiries: &'a Inquiries,
    connection: ConnectionId,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        let mut waiting = self.inquiries.waiting.lock();
        if let Some(own) = waiting.get_mut(&self.connection) {
            // One's own receiver is dropped before this guard.
            own.retain(|inquiry| !inquiry.answer.is_closed());
            if own.is_empty() {
                waiting.remove(&self.connection);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_gets_no_answer_leaves_nothing_behind() {
        let (inquiries, mailbox) = (Inquiries::default(), Mailbox::new());
        assert!(inquiries.ask(&mailbox, 1).await.is_none());
        assert!(mailbox.take_asked());
        assert!(!mailbox.take_asked());
        assert!(inquiries.waiting.lock().is_empty());
    }
}
