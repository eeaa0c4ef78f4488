//! Reading: entries and exchanges of a queue, and everything the broker learns at boot.
//!
//! A damaged record is left out with an error in the log: one bad record must not keep a client from the rest.

use super::database::{Tables, View, read_error};
use super::floors::{Family, Floors};
use crate::message::Message;
use crate::store::codec::{self, Body};
use crate::store::{Entry, Flight, MessageRef, QueueId, Seq, StoreError, StoredFlights, keys};
use ahash::AHashSet;
use rocksdb::DBRawIterator;
use std::sync::Arc;

/// Which way a queue is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Oldest,
    Newest,
}

/// One queue, as it was at one instant.
pub(super) struct Queue<'a> {
    tables: &'a Tables<'a>,
    /// First live positions, known before the view was taken: one known later might hide an exchange of which the
    /// view still shows the entry.
    first_entry: Seq,
    first_flight: u64,
    view: View<'a>,
    queue: QueueId,
}

impl<'a> Queue<'a> {
    pub(super) fn new(tables: &'a Tables<'a>, floors: &Floors, queue: QueueId) -> Self {
        let first_entry = floors.of(Family::Entries, queue);
        let first_flight = floors.of(Family::Flights, queue);
        Self {
            tables,
            first_entry,
            first_flight,
            view: tables.db.snapshot(),
            queue,
        }
    }

    /// Up to `limit` waiting entries from `start` on.
    pub(super) fn entries(
        &self,
        start: Seq,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let in_flight = self.in_flight()?;
        let mut entries = Vec::new();
        let mut found = self.positions(Family::Entries);
        let key = keys::position(self.queue, start);
        match direction {
            Direction::Oldest => found.seek(key),
            Direction::Newest => found.seek_for_prev(key),
        }
        while entries.len() < limit
            && let (Some(key), Some(value)) = (found.key(), found.value())
        {
            if let Some(seq) = keys::read_position(key)
                && !in_flight.contains(&seq)
            {
                entries.extend(self.entry(seq, value)?);
            }
            match direction {
                Direction::Oldest => found.next(),
                Direction::Newest => found.prev(),
            }
        }
        found.status().map_err(read_error)?;
        Ok(entries)
    }

    /// Outgoing exchanges and received packet ids.
    pub(super) fn flights(&self) -> Result<StoredFlights, StoreError> {
        let mut stored = StoredFlights::default();
        let mut found = self.positions(Family::Flights);
        found.seek_to_first();
        while let (Some(key), Some(value)) = (found.key(), found.value()) {
            stored.flights.extend(self.flight(key, value)?);
            found.next();
        }
        found.status().map_err(read_error)?;
        let lower = keys::queue(self.queue);
        let mut found = self.iterate(self.tables.received, &lower);
        found.seek_to_first();
        while let Some(key) = found.key() {
            stored.received.extend(keys::read_packet_id(key));
            found.next();
        }
        found.status().map_err(read_error)?;
        Ok(stored)
    }

    fn positions(&self, family: Family) -> DBRawIterator<'a> {
        let floor = match family {
            Family::Entries => self.first_entry,
            Family::Flights => self.first_flight,
        };
        self.iterate(family.of(self.tables), &keys::position(self.queue, floor))
    }

    fn iterate(&self, family: &rocksdb::ColumnFamily, lower: &[u8]) -> DBRawIterator<'a> {
        let upper = keys::after_queue(self.queue);
        let upper = upper.as_ref().map(<[u8; 8]>::as_slice);
        self.tables.iterate(family, lower, upper, Some(&self.view))
    }

    /// Positions of the entries that are in flight.
    fn in_flight(&self) -> Result<AHashSet<Seq>, StoreError> {
        let mut seqs = AHashSet::new();
        let mut found = self.positions(Family::Flights);
        found.seek_to_first();
        while let Some(value) = found.value() {
            seqs.extend(codec::decode_flight_seq(value));
            found.next();
        }
        found.status().map_err(read_error)?;
        Ok(seqs)
    }

    /// The entry a value describes; `None` if it or its message is damaged.
    fn entry(&self, seq: Seq, value: &[u8]) -> Result<Option<Entry>, StoreError> {
        let decoded = match codec::decode_entry(value) {
            Some((delivery, Body::Inline(message))) => Some((delivery, message)),
            Some((delivery, Body::Shared(reference))) => {
                self.message(reference)?.map(|message| (delivery, message))
            }
            None => None,
        };
        if decoded.is_none() {
            tracing::error!(
                queue = self.queue.0,
                seq,
                "left out a stored message that is damaged"
            );
        }
        Ok(decoded.map(|(delivery, message)| delivery.into_entry(seq, Arc::new(message))))
    }

    fn message(&self, reference: MessageRef) -> Result<Option<Message>, StoreError> {
        let mut options = rocksdb::ReadOptions::default();
        options.set_snapshot(&self.view);
        let value = self
            .tables
            .db
            .get_pinned_cf_opt(self.tables.bodies, reference.0, &options)
            .map_err(read_error)?;
        Ok(value.and_then(|value| codec::decode_message(&value)))
    }

    fn flight(&self, key: &[u8], value: &[u8]) -> Result<Option<Flight>, StoreError> {
        let (Some(order), Some(record)) = (keys::read_position(key), codec::decode_flight(value)) else {
            tracing::error!(queue = self.queue.0, "left out a stored exchange that is damaged");
            return Ok(None);
        };
        let entry = match (record.entry, record.seq) {
            (Some(entry), _) => Some(entry),
            (None, Some(seq)) => self.queued(seq)?,
            (None, None) => None,
        };
        Ok(Some(Flight {
            order,
            packet_id: record.packet_id,
            state: record.state,
            entry,
        }))
    }

    fn queued(&self, seq: Seq) -> Result<Option<Entry>, StoreError> {
        let mut options = rocksdb::ReadOptions::default();
        options.set_snapshot(&self.view);
        let key = keys::position(self.queue, seq);
        let value = self
            .tables
            .db
            .get_pinned_cf_opt(self.tables.entries, key, &options)
            .map_err(read_error)?;
        match value {
            Some(value) => self.entry(seq, &value),
            None => Ok(None),
        }
    }
}
