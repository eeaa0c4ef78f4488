//! What is read once, before the broker serves: sessions with the number of their waiting messages, and retained
//! messages. Column families are walked side by side in order of queue ids, so memory does not grow with the store.

use super::database::{Tables, View, read_error};
use crate::message::Message;
use crate::store::codec;
use crate::store::{QueueId, Seq, StoreError, StoredSession, keys};
use ahash::AHashSet;
use rocksdb::{ColumnFamily, DBRawIterator, ReadOptions};

/// Bytes read ahead of a walk over a whole column family.
const READAHEAD_BYTES: usize = 2 * 1024 * 1024;

/// Reads sessions from `from` on; `from` follows, so that a walk stopped by damage can go on behind it.
pub(super) fn sessions(
    tables: &Tables<'_>,
    from: &mut QueueId,
    each: &mut dyn FnMut(StoredSession),
) -> Result<(), StoreError> {
    let view = tables.db.snapshot();
    let mut sessions = Walk::new(tables, tables.sessions, &view, *from);
    let mut subscriptions = Walk::new(tables, tables.subscriptions, &view, *from);
    let mut flights = Walk::new(tables, tables.flights, &view, *from);
    let mut entries = Walk::new(tables, tables.entries, &view, *from);
    while let Some(queue) = sessions.queue()? {
        *from = queue;
        let mut session = StoredSession {
            queue,
            record: sessions.value().to_vec(),
            subscriptions: Vec::new(),
            waiting: 0,
            range: None,
        };
        subscriptions.of(queue, |key, options| match keys::read_filter(key) {
            Some(filter) => session.subscriptions.push((filter.to_owned(), options.to_vec())),
            None => tracing::error!(queue = queue.0, "left out a stored subscription that is damaged"),
        })?;
        let mut in_flight = AHashSet::new();
        flights.of(queue, |_, flight| {
            in_flight.extend(codec::decode_flight_seq(flight))
        })?;
        entries.of(queue, |key, _| {
            if let Some(seq) = keys::read_position(key) {
                count(&mut session, seq, in_flight.contains(&seq));
            }
        })?;
        each(session);
        let Some(next) = queue.0.checked_add(1) else {
            return Ok(());
        };
        *from = QueueId(next);
        sessions.next();
    }
    Ok(())
}

fn count(session: &mut StoredSession, seq: Seq, in_flight: bool) {
    session.waiting += u64::from(!in_flight);
    let first = session.range.map_or(seq, |(first, _)| first);
    session.range = Some((first, seq));
}

/// Reads retained messages from the key `from` on, which follows.
pub(super) fn retained(
    tables: &Tables<'_>,
    from: &mut Vec<u8>,
    each: &mut dyn FnMut(String, Message),
) -> Result<(), StoreError> {
    let mut found = tables.db.raw_iterator_cf_opt(tables.retained, walk_options());
    found.seek(&*from);
    while let (Some(key), Some(value)) = (found.key(), found.value()) {
        match (keys::read_mountpoint(key), codec::decode_message(value)) {
            (Some(mountpoint), Some(message)) => each(mountpoint, message),
            _ => tracing::error!("left out a stored retained message that is damaged"),
        }
        from.clear();
        from.extend_from_slice(key);
        from.push(0);
        found.next();
    }
    found.status().map_err(read_error)
}

/// Largest queue id of the session records.
pub(super) fn last_session(tables: &Tables<'_>) -> Result<u64, StoreError> {
    let mut found = tables.db.raw_iterator_cf(tables.sessions);
    found.seek_to_last();
    let last = found.key().and_then(keys::read_queue).map_or(0, |queue| queue.0);
    found.status().map_err(read_error)?;
    Ok(last)
}

fn walk_options() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_readahead_size(READAHEAD_BYTES);
    // What is read once must not push out what is read again.
    options.fill_cache(false);
    options
}

/// A walk over the records of one column family, queue by queue.
struct Walk<'a> {
    found: DBRawIterator<'a>,
}

impl<'a> Walk<'a> {
    fn new(tables: &Tables<'a>, family: &ColumnFamily, view: &View<'_>, from: QueueId) -> Self {
        let mut options = walk_options();
        options.set_snapshot(view);
        let mut found = tables.db.raw_iterator_cf_opt(family, options);
        found.seek(keys::queue(from));
        Self { found }
    }

    /// Queue of the record the walk stands on; `None` = at the end.
    fn queue(&mut self) -> Result<Option<QueueId>, StoreError> {
        while let Some(key) = self.found.key() {
            if let Some(queue) = keys::read_queue(key) {
                return Ok(Some(queue));
            }
            self.found.next();
        }
        self.found.status().map_err(read_error)?;
        Ok(None)
    }

    fn value(&self) -> &[u8] {
        self.found.value().unwrap_or_default()
    }

    fn next(&mut self) {
        self.found.next();
    }

    /// Gives the records of one queue to `each`, passing over those of queues before it (they have no session).
    fn of(&mut self, queue: QueueId, mut each: impl FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        while let Some(at) = self.queue()?.filter(|&at| at <= queue) {
            if at == queue
                && let (Some(key), Some(value)) = (self.found.key(), self.found.value())
            {
                each(key, value);
            }
            self.next();
        }
        Ok(())
    }
}
