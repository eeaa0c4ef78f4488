//! Turns groups of operations into one RocksDB batch, and keeps the number of entries that share a message.
//!
//! Only the writer thread does this, so counts are read, changed and written back without a lock. A batch sees what
//! it has changed itself (`changed`), then what the last batches changed (`Memo`), then the database.

use super::database::{Database, Tables};
use super::floors::{Family, Traffic};
use super::memo::Memo;
use crate::message::Message;
use crate::store::codec::{self, Delivery, FlightRecord};
use crate::store::{EntryOp, FlightState, MessageRef, Op, QueueId, Seq, StoreError, keys};
use ahash::{AHashMap, AHashSet};
use rocksdb::{ColumnFamily, WriteBatch};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message of one queue lies in its entry up to this size. Above it lies apart like a shared one, so that counting
/// entries at boot does not read payloads.
const INLINE_BYTES_MAX: usize = 1024;

/// Upper bound of everything, for deleting to the end of a column family.
const END: [u8; 17] = [0xFF; 17];

/// Where the message of an entry is: `None` = inline.
pub(super) type Slot = Option<MessageRef>;

/// A batch being filled.
pub(super) struct Batch<'a> {
    tables: &'a Tables<'a>,
    memo: &'a mut Memo,
    out: WriteBatch,
    changed: Changes,
    scratch: Vec<u8>,
}

/// What a batch changes, by state after it.
#[derive(Default)]
pub(super) struct Changes {
    /// `None` = deleted. Sorted, so that a queue's are together.
    pub(super) entries: BTreeMap<(QueueId, Seq), Option<Slot>>,
    pub(super) counts: AHashMap<MessageRef, u32>,
    /// Queues with other records in this batch, which iterating the database would not show.
    touched: AHashSet<QueueId>,
    traffic: Traffic,
    pub(super) last_queue: u64,
}

impl<'a> Batch<'a> {
    pub(super) fn new(tables: &'a Tables<'a>, memo: &'a mut Memo) -> Self {
        let changed = Changes {
            last_queue: memo.last_queue(),
            ..Changes::default()
        };
        Self {
            tables,
            memo,
            out: WriteBatch::default(),
            changed,
            scratch: Vec::new(),
        }
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.out.size_in_bytes()
    }

    pub(super) fn add(&mut self, op: Op) {
        self.changed.last_queue = self.changed.last_queue.max(op.queue_written());
        match op {
            Op::PutSession { queue, record } => {
                self.out.put_cf(self.tables.sessions, keys::queue(queue), record);
            }
            Op::DeleteSession { queue } => self.delete_session(queue),
            Op::PutSubscription {
                queue,
                filter,
                options,
            } => {
                self.changed.touched.insert(queue);
                self.out.put_cf(
                    self.tables.subscriptions,
                    keys::subscription(queue, &filter),
                    options,
                );
            }
            Op::DeleteSubscription { queue, filter } => {
                self.out
                    .delete_cf(self.tables.subscriptions, keys::subscription(queue, &filter));
            }
            Op::PutEntries { message, entries } => self.put_entries(&message, &entries),
            Op::DeleteEntry { queue, seq } => self.delete_entry(queue, seq),
            Op::PutFlight {
                queue,
                order,
                packet_id,
                seq,
                message,
            } => {
                let record = FlightRecord {
                    packet_id,
                    state: FlightState::Published,
                    seq,
                    entry: message,
                };
                self.put_flight(queue, order, &record);
            }
            Op::ReleaseFlight {
                queue,
                order,
                packet_id,
                seq,
            } => {
                self.delete_entries_of(queue, seq);
                self.put_flight(queue, order, &FlightRecord::released(packet_id));
            }
            Op::DeleteFlight { queue, order, seq } => {
                self.delete_entries_of(queue, seq);
                self.changed.traffic.deleted(Family::Flights, queue, order);
                self.out
                    .delete_cf(self.tables.flights, keys::position(queue, order));
            }
            Op::PutReceived { queue, packet_id } => {
                self.changed.touched.insert(queue);
                self.out
                    .put_cf(self.tables.received, keys::received(queue, packet_id), b"");
            }
            Op::DeleteReceived { queue, packet_id } => {
                self.out
                    .delete_cf(self.tables.received, keys::received(queue, packet_id));
            }
            Op::PutRetained { mountpoint, message } => self.put_retained(&mountpoint, &message),
            Op::DeleteRetained { mountpoint, topic } => {
                self.out.delete_cf(
                    self.tables.retained,
                    keys::retained(&mountpoint, topic.as_bytes()),
                );
            }
        }
    }

    /// Writes the batch; `false` = there was nothing to write. On success the memo learns what changed; on failure it
    /// forgets everything, for nobody knows what the database holds then.
    pub(super) fn commit(mut self, database: &Database, sync: bool) -> Result<bool, StoreError> {
        self.put_counts();
        if self.changed.last_queue > self.memo.last_queue() {
            let last = self.changed.last_queue.to_be_bytes();
            self.out.put_cf(self.tables.meta, keys::META_LAST_QUEUE, last);
        }
        if self.out.is_empty() {
            return Ok(false);
        }
        database.floors.lower(&self.changed.traffic);
        match database.write(self.tables, self.out, sync) {
            Ok(()) => {
                self.memo
                    .deletions
                    .count(self.tables, &database.floors, &self.changed.traffic);
                self.memo.learn(self.changed);
                Ok(true)
            }
            Err(error) => {
                self.memo.forget();
                Err(error)
            }
        }
    }

    fn put_entries(&mut self, message: &Arc<Message>, entries: &[EntryOp]) {
        if let [only] = entries {
            self.scratch.clear();
            codec::encode_inline_entry(Delivery::of_op(only), message, &mut self.scratch);
            if self.scratch.len() <= INLINE_BYTES_MAX {
                self.put_entry(only, None);
                return;
            }
        }
        let Ok(count) = u32::try_from(entries.len()) else {
            return;
        };
        if count == 0 {
            return;
        }
        let reference = self.memo.next_reference();
        self.scratch.clear();
        codec::encode_message(message, &mut self.scratch);
        self.out.put_cf(self.tables.bodies, reference.0, &self.scratch);
        self.changed.counts.insert(reference, count);
        for entry in entries {
            self.scratch.clear();
            codec::encode_shared_entry(Delivery::of_op(entry), reference, &mut self.scratch);
            self.put_entry(entry, Some(reference));
        }
    }

    /// Puts the entry whose value is in `scratch`.
    fn put_entry(&mut self, entry: &EntryOp, slot: Slot) {
        self.out.put_cf(
            self.tables.entries,
            keys::position(entry.queue, entry.seq),
            &self.scratch,
        );
        self.changed.entries.insert((entry.queue, entry.seq), Some(slot));
        self.changed.traffic.put(Family::Entries, entry.queue, entry.seq);
    }

    fn delete_entries_of(&mut self, queue: QueueId, seq: Option<Seq>) {
        if let Some(seq) = seq {
            self.delete_entry(queue, seq);
        }
    }

    fn delete_entry(&mut self, queue: QueueId, seq: Seq) {
        if let Some(slot) = self.slot(queue, seq) {
            self.delete_found(queue, seq, slot);
        }
    }

    fn delete_found(&mut self, queue: QueueId, seq: Seq, slot: Slot) {
        self.out
            .delete_cf(self.tables.entries, keys::position(queue, seq));
        self.changed.entries.insert((queue, seq), None);
        self.changed.traffic.deleted(Family::Entries, queue, seq);
        if let Some(reference) = slot {
            self.release(reference);
        }
    }

    /// Where the message of an entry is; `None` if there is no such entry.
    fn slot(&self, queue: QueueId, seq: Seq) -> Option<Slot> {
        if let Some(state) = self.changed.entries.get(&(queue, seq)) {
            return *state;
        }
        if let Some(slot) = self.memo.slot(queue, seq) {
            return Some(slot);
        }
        match self
            .tables
            .db
            .get_pinned_cf(self.tables.entries, keys::position(queue, seq))
        {
            Ok(None) => None,
            // A damaged entry is deleted all the same; at worst its message stays behind.
            Ok(Some(value)) => Some(codec::decode_entry_reference(&value).flatten()),
            Err(error) => {
                tracing::error!(queue = queue.0, seq, %error, "cannot read a stored entry that is to be deleted");
                Some(None)
            }
        }
    }

    /// One entry less points to the message.
    fn release(&mut self, reference: MessageRef) {
        let count = match self.changed.counts.get(&reference) {
            Some(&count) => count,
            None => self
                .memo
                .count(reference)
                .unwrap_or_else(|| self.stored_count(reference)),
        };
        self.changed.counts.insert(reference, count.saturating_sub(1));
    }

    fn stored_count(&self, reference: MessageRef) -> u32 {
        match self.tables.db.get_pinned_cf(self.tables.counts, reference.0) {
            Ok(value) => value.and_then(|value| Some(u32::from_be_bytes(value.as_ref().try_into().ok()?))),
            Err(error) => {
                tracing::error!(%error, "cannot read how many entries share a stored message");
                // Rather keep a message for ever than lose one.
                Some(u32::MAX)
            }
        }
        .unwrap_or(1)
    }

    fn put_counts(&mut self) {
        for (reference, &count) in &self.changed.counts {
            if count == 0 {
                self.out.delete_cf(self.tables.bodies, reference.0);
                self.out.delete_cf(self.tables.counts, reference.0);
            } else {
                self.out
                    .put_cf(self.tables.counts, reference.0, count.to_be_bytes());
            }
        }
    }

    fn put_flight(&mut self, queue: QueueId, order: u64, record: &FlightRecord) {
        self.changed.touched.insert(queue);
        self.changed.traffic.put(Family::Flights, queue, order);
        self.scratch.clear();
        codec::encode_flight(record, &mut self.scratch);
        self.out
            .put_cf(self.tables.flights, keys::position(queue, order), &self.scratch);
    }

    fn put_retained(&mut self, mountpoint: &str, message: &Message) {
        self.scratch.clear();
        codec::encode_message(message, &mut self.scratch);
        self.out.put_cf(
            self.tables.retained,
            keys::retained(mountpoint, message.topic_bytes()),
            &self.scratch,
        );
    }

    // === a whole session ===

    fn delete_session(&mut self, queue: QueueId) {
        self.out.delete_cf(self.tables.sessions, keys::queue(queue));
        self.delete_all_entries(queue);
        let whole = self.changed.touched.contains(&queue);
        for family in [
            self.tables.subscriptions,
            self.tables.flights,
            self.tables.received,
        ] {
            if whole || !self.delete_one_by_one(family, queue) {
                // Covers what this batch has put as well. Not the rule: many range deletions slow reading down.
                let upper = keys::after_queue(queue).map_or_else(|| END.to_vec(), |key| key.to_vec());
                self.out
                    .delete_range_cf(family, keys::queue(queue).to_vec(), upper);
            }
        }
    }

    /// Deletes the keys of a queue that are in the database; `false` if they cannot be read.
    fn delete_one_by_one(&mut self, family: &ColumnFamily, queue: QueueId) -> bool {
        let upper = keys::after_queue(queue);
        let mut found = self.tables.iterate(
            family,
            &keys::queue(queue),
            upper.as_ref().map(<[u8; 8]>::as_slice),
            None,
        );
        found.seek_to_first();
        while let Some(key) = found.key() {
            self.out.delete_cf(family, key);
            found.next();
        }
        found.status().is_ok()
    }

    fn delete_all_entries(&mut self, queue: QueueId) {
        let upper = keys::after_queue(queue);
        let upper = upper.as_ref().map(<[u8; 8]>::as_slice);
        let mut found = self
            .tables
            .iterate(self.tables.entries, &keys::queue(queue), upper, None);
        found.seek_to_first();
        while let (Some(key), Some(value)) = (found.key(), found.value()) {
            if let Some(seq) = keys::read_position(key)
                && !self.changed.entries.contains_key(&(queue, seq))
            {
                self.delete_found(queue, seq, codec::decode_entry_reference(value).flatten());
            }
            found.next();
        }
        if let Err(error) = found.status() {
            tracing::error!(queue = queue.0, %error, "cannot read all stored entries of a session that is to be deleted");
        }
        let own = self.changed.entries.range((queue, Seq::MIN)..=(queue, Seq::MAX));
        let put: Vec<(Seq, Slot)> = own
            .filter_map(|(&(_, seq), slot)| Some((seq, (*slot)?)))
            .collect();
        for (seq, slot) in put {
            self.delete_found(queue, seq, slot);
        }
    }
}
