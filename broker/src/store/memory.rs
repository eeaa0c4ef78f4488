//! The store without a disk: the same answers from maps, forgotten when the process ends. For tests and for brokers
//! that are told to keep nothing. Commits are durable at once.

use super::codec::{Delivery, FlightRecord};
use super::{
    Commit, Entry, Flight, FlightState, Op, QueueId, Seq, Store, StoreError, StoredFlights, StoredSession,
};
use crate::message::Message;
use crate::metrics::durations;
use crate::metrics::snapshot::Histogram;
use ahash::AHashSet;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vmq_mqtt::PacketId;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    maps: Mutex<Maps>,
    failing: AtomicBool,
    closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Maps {
    sessions: BTreeMap<QueueId, Vec<u8>>,
    subscriptions: BTreeMap<(QueueId, String), Vec<u8>>,
    entries: BTreeMap<(QueueId, Seq), Entry>,
    flights: BTreeMap<(QueueId, u64), FlightRecord>,
    received: BTreeSet<(QueueId, PacketId)>,
    retained: BTreeMap<(String, Vec<u8>), Arc<Message>>,
    last_queue_id: u64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes every later submit fail like a full disk does, or ends that; for tests of withheld acknowledgements.
    pub fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Release);
    }
}

impl Store for MemoryStore {
    fn submit(&self, ops: Vec<Op>) -> Commit {
        if self.closed.load(Ordering::Acquire) || (self.failing.load(Ordering::Acquire) && !ops.is_empty()) {
            let commit = Commit::pending();
            commit.complete(false);
            return commit;
        }
        let mut maps = self.maps.lock();
        for op in ops {
            maps.apply(op);
        }
        Commit::durable()
    }

    /// Nothing takes time here.
    fn commit_durations(&self) -> Histogram {
        durations::histogram([])
    }

    fn pending_bytes(&self) -> usize {
        0
    }

    /// What is in it belongs to a test.
    fn memory_bytes(&self) -> u64 {
        0
    }

    fn failure(&self) -> Option<String> {
        self.failing
            .load(Ordering::Acquire)
            .then(|| "the store was told to fail".to_owned())
    }

    fn load_sessions(&self, each: &mut dyn FnMut(StoredSession)) -> Result<(), StoreError> {
        // Gathered first: `each` may call the store, and the lock must not travel.
        let sessions: Vec<_> = {
            let maps = self.maps.lock();
            maps.sessions
                .keys()
                .filter_map(|&queue| maps.session(queue))
                .collect()
        };
        sessions.into_iter().for_each(each);
        Ok(())
    }

    fn load_retained(&self, each: &mut dyn FnMut(String, Message)) -> Result<(), StoreError> {
        let retained = self.maps.lock().retained.clone();
        for ((mountpoint, _), message) in retained {
            each(mountpoint, Message::clone(&message));
        }
        Ok(())
    }

    fn read_entries(&self, queue: QueueId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let maps = self.maps.lock();
        let in_flight = maps.in_flight(queue);
        let entries = maps.entries.range((queue, from)..=(queue, Seq::MAX));
        let waiting = entries.filter(|((_, seq), _)| !in_flight.contains(seq));
        Ok(waiting.take(limit).map(|(_, entry)| entry.clone()).collect())
    }

    fn read_entries_newest(&self, queue: QueueId, to: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let maps = self.maps.lock();
        let in_flight = maps.in_flight(queue);
        let entries = maps.entries.range((queue, 0)..=(queue, to)).rev();
        let waiting = entries.filter(|((_, seq), _)| !in_flight.contains(seq));
        Ok(waiting.take(limit).map(|(_, entry)| entry.clone()).collect())
    }

    fn read_flights(&self, queue: QueueId) -> Result<StoredFlights, StoreError> {
        let maps = self.maps.lock();
        let flights = maps.flights.range((queue, 0)..=(queue, u64::MAX));
        let received = maps
            .received
            .range((queue, PacketId::MIN)..=(queue, PacketId::MAX));
        Ok(StoredFlights {
            flights: flights
                .map(|(&(_, order), record)| maps.flight(queue, order, record))
                .collect(),
            received: received.map(|&(_, packet_id)| packet_id).collect(),
        })
    }

    fn last_queue_id(&self) -> u64 {
        self.maps.lock().last_queue_id
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

// === impl Maps ===

impl Maps {
    fn apply(&mut self, op: Op) {
        self.last_queue_id = self.last_queue_id.max(op.queue_written());
        match op {
            Op::PutSession { queue, record } => {
                self.sessions.insert(queue, record);
            }
            Op::DeleteSession { queue } => self.delete_session(queue),
            Op::PutSubscription {
                queue,
                filter,
                options,
            } => {
                self.subscriptions.insert((queue, filter), options);
            }
            Op::DeleteSubscription { queue, filter } => {
                self.subscriptions.remove(&(queue, filter));
            }
            Op::PutEntries { message, entries } => {
                for op in entries {
                    let entry = Delivery::of_op(&op).into_entry(op.seq, message.clone());
                    self.entries.insert((op.queue, op.seq), entry);
                }
            }
            Op::DeleteEntry { queue, seq } => self.delete_entry(queue, Some(seq)),
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
                self.flights.insert((queue, order), record);
            }
            Op::ReleaseFlight {
                queue,
                order,
                packet_id,
                seq,
            } => {
                self.delete_entry(queue, seq);
                self.flights
                    .insert((queue, order), FlightRecord::released(packet_id));
            }
            Op::DeleteFlight { queue, order, seq } => {
                self.delete_entry(queue, seq);
                self.flights.remove(&(queue, order));
            }
            Op::PutReceived { queue, packet_id } => {
                self.received.insert((queue, packet_id));
            }
            Op::DeleteReceived { queue, packet_id } => {
                self.received.remove(&(queue, packet_id));
            }
            Op::PutRetained { mountpoint, message } => {
                self.retained
                    .insert((mountpoint, message.topic_bytes().to_vec()), message);
            }
            Op::DeleteRetained { mountpoint, topic } => {
                self.retained.remove(&(mountpoint, topic.into_bytes()));
            }
        }
    }

    fn delete_entry(&mut self, queue: QueueId, seq: Option<Seq>) {
        if let Some(seq) = seq {
            self.entries.remove(&(queue, seq));
        }
    }

    fn delete_session(&mut self, queue: QueueId) {
        self.sessions.remove(&queue);
        self.subscriptions.retain(|(owner, _), _| *owner != queue);
        self.entries.retain(|(owner, _), _| *owner != queue);
        self.flights.retain(|(owner, _), _| *owner != queue);
        self.received.retain(|(owner, _)| *owner != queue);
    }

    /// Positions of the entries that are in flight.
    fn in_flight(&self, queue: QueueId) -> AHashSet<Seq> {
        let flights = self.flights.range((queue, 0)..=(queue, u64::MAX));
        flights.filter_map(|(_, record)| record.seq).collect()
    }

    fn flight(&self, queue: QueueId, order: u64, record: &FlightRecord) -> Flight {
        let queued = || {
            record
                .seq
                .and_then(|seq| self.entries.get(&(queue, seq)).cloned())
        };
        Flight {
            order,
            packet_id: record.packet_id,
            state: record.state,
            entry: record.entry.clone().or_else(queued),
        }
    }

    fn session(&self, queue: QueueId) -> Option<StoredSession> {
        let subscriptions = self.subscriptions.range((queue, String::new())..);
        let own = subscriptions.take_while(|((owner, _), _)| *owner == queue);
        let in_flight = self.in_flight(queue);
        let seqs: Vec<Seq> = self
            .entries
            .range((queue, 0)..=(queue, Seq::MAX))
            .map(|(&(_, seq), _)| seq)
            .collect();
        Some(StoredSession {
            queue,
            record: self.sessions.get(&queue)?.clone(),
            subscriptions: own
                .map(|((_, filter), options)| (filter.clone(), options.clone()))
                .collect(),
            waiting: seqs.iter().filter(|seq| !in_flight.contains(seq)).count() as u64,
            range: seqs.first().copied().zip(seqs.last().copied()),
        })
    }
}
