//! Stored: the messages that lie on disk for one client, page by page: first those in flight, then those that wait.

use super::super::query::Cell;
use crate::store::{Entry, QueueId, Seq, Store, StoreError, keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::time::{Duration, Instant};
use vmq_admin::command::session::Field;

/// Messages read at a time.
const PAGE: usize = 100;

/// A message that is stored for a client.
pub(super) struct StoredMessage {
    queue: QueueId,
    entry: Entry,
    /// It is in flight: it was sent before, and will be sent again.
    dup: bool,
}

/// The messages of one client.
pub(super) struct Pages<'a> {
    store: &'a dyn Store,
    queue: QueueId,
    /// Where to read on; `None` = in flight comes first.
    next: Option<Seq>,
    finished: bool,
    /// What reading may still take.
    patience: Duration,
}

/// Why the rows of a client are left out.
#[derive(Debug, thiserror::Error)]
pub(super) enum TooSlow {
    #[error("timeout")]
    Timeout,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<'a> Pages<'a> {
    /// Of a queue; reading may take so long in all.
    pub(super) const fn new(store: &'a dyn Store, queue: QueueId, patience: Duration) -> Self {
        Self {
            store,
            queue,
            next: None,
            finished: false,
            patience,
        }
    }

    /// The next page; it may be empty. `None` = that was all.
    pub(super) fn next(&mut self) -> Result<Option<Vec<StoredMessage>>, TooSlow> {
        if self.finished {
            return Ok(None);
        }
        let begun = Instant::now();
        let page = match self.next {
            None => self.in_flight()?,
            Some(from) => self.waiting(from)?,
        };
        self.patience = self
            .patience
            .checked_sub(begun.elapsed())
            .ok_or(TooSlow::Timeout)?;
        Ok(Some(page))
    }

    fn in_flight(&mut self) -> Result<Vec<StoredMessage>, TooSlow> {
        self.next = Some(0);
        let flights = self.store.read_flights(self.queue)?.flights;
        // A retained message that was sent to the client is none of its queue and has no position there.
        let entries = flights.into_iter().filter_map(|flight| flight.entry);
        let of_queue = entries.filter(|entry| entry.seq != 0);
        Ok(of_queue.map(|entry| self.message(entry, true)).collect())
    }

    fn waiting(&mut self, from: Seq) -> Result<Vec<StoredMessage>, TooSlow> {
        let entries = self.store.read_entries(self.queue, from, PAGE)?;
        self.finished = entries.len() < PAGE;
        self.next = entries.last().map(|last| last.seq.saturating_add(1));
        Ok(entries
            .into_iter()
            .map(|entry| self.message(entry, false))
            .collect())
    }

    const fn message(&self, entry: Entry, dup: bool) -> StoredMessage {
        StoredMessage {
            queue: self.queue,
            entry,
            dup,
        }
    }
}

impl StoredMessage {
    /// The value of a field of messages.
    pub(super) fn cell(&self, field: Field) -> Cell<'_> {
        let message = &self.entry.message;
        match field {
            Field::MsgRef => {
                let position = keys::position(self.queue, self.entry.seq);
                Cell::Text(Cow::Owned(STANDARD.encode(position)))
            }
            Field::MsgQos => Cell::Number(self.entry.qos.as_u8().into()),
            Field::RoutingKey => Cell::Text(Cow::Borrowed(message.topic())),
            Field::Dup => Cell::Flag(self.dup),
            Field::Payload => Cell::Bytes(message.payload()),
            _ => Cell::Missing,
        }
    }
}
