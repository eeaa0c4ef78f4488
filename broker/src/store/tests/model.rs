//! Random operations, as a broker would produce them, must leave the store on disk like the one in memory, also after
//! it was closed and opened again.

use super::open;
use crate::store::memory::MemoryStore;
use crate::store::rocks::RocksStore;
use crate::store::tests::support::{Random, entry, id, retained, sessions, wait};
use crate::store::{Commit, CommitState, Entry, Flight, Op, QueueId, Seq, Store, StoreError};
use std::sync::Arc;
use vmq_config::SyncPolicy;

/// Produces operations as a broker would: positions ascend, packet ids and orders are those of real exchanges.
struct Broker {
    random: Random,
    next_seq: Seq,
    next_order: u64,
}

const QUEUES: usize = 6;

impl Broker {
    fn queue(&mut self) -> QueueId {
        QueueId(1 + self.random.below(QUEUES) as u64)
    }

    fn group(&mut self, model: &MemoryStore) -> Vec<Op> {
        (0..self.random.below(6)).map(|_| self.op(model)).collect()
    }

    fn op(&mut self, model: &MemoryStore) -> Op {
        let queue = self.queue();
        let stored = model.read_flights(queue).unwrap();
        let picked = stored.flights.get(self.random.below(8)).cloned();
        let seq = self.some_seq(model, queue);
        match self.random.below(16) {
            0 => Op::PutSession {
                queue,
                record: self.random.bytes(20),
            },
            1 if self.random.chance(3) => Op::DeleteSession { queue },
            2 => Op::PutSubscription {
                queue,
                filter: self.random.text(),
                options: self.random.bytes(3),
            },
            3 => Op::DeleteSubscription {
                queue,
                filter: self.random.text(),
            },
            4 => Op::PutReceived {
                queue,
                packet_id: id(1 + self.random.below(9) as u16),
            },
            5 => Op::DeleteReceived {
                queue,
                packet_id: id(1 + self.random.below(9) as u16),
            },
            6 => Op::PutRetained {
                mountpoint: self.random.text(),
                message: Arc::new(self.random.message()),
            },
            7 => Op::DeleteRetained {
                mountpoint: self.random.text(),
                topic: self.random.topic(),
            },
            8 | 9 => self.put_flight(queue, seq),
            10 => match picked {
                Some(Flight {
                    order,
                    packet_id,
                    entry,
                    ..
                }) => Op::ReleaseFlight {
                    queue,
                    order,
                    packet_id,
                    seq: entry.map(|entry| entry.seq),
                },
                None => Op::DeleteEntry {
                    queue,
                    seq: seq.unwrap_or(3),
                },
            },
            11 => match picked {
                Some(Flight { order, entry, .. }) => Op::DeleteFlight {
                    queue,
                    order,
                    seq: entry.map(|entry| entry.seq),
                },
                None => Op::DeleteEntry {
                    queue,
                    seq: seq.unwrap_or(4),
                },
            },
            12 => Op::DeleteEntry {
                queue,
                seq: seq.unwrap_or(5),
            },
            _ => self.put_entries(),
        }
    }

    fn some_seq(&mut self, model: &MemoryStore, queue: QueueId) -> Option<Seq> {
        let entries = model.read_entries(queue, 0, 20).unwrap();
        entries.get(self.random.below(20)).map(|entry| entry.seq)
    }

    fn put_flight(&mut self, queue: QueueId, seq: Option<Seq>) -> Op {
        self.next_order += 1;
        let replayed = seq.is_none().then(|| {
            self.random
                .delivery()
                .into_entry(0, Arc::new(self.random.message()))
        });
        Op::PutFlight {
            queue,
            order: self.next_order,
            packet_id: self.random.packet_id(),
            seq,
            message: replayed,
        }
    }

    fn put_entries(&mut self) -> Op {
        let entries = (0..self.random.below(4)).map(|_| {
            self.next_seq += 1;
            let delivery = self.random.delivery();
            let mut op = entry(self.queue().0, self.next_seq);
            (op.qos, op.retain, op.subscription_id) =
                (delivery.qos, delivery.retain, delivery.subscription_id);
            op
        });
        let entries = entries.collect();
        Op::PutEntries {
            message: Arc::new(self.random.message()),
            entries,
        }
    }
}

fn assert_alike(model: &MemoryStore, store: &RocksStore) {
    assert_eq!(sessions(model), sessions(store));
    assert_eq!(retained(model), retained(store));
    assert_eq!(model.last_queue_id(), store.last_queue_id());
    for queue in (0..=QUEUES as u64 + 1).map(QueueId) {
        assert_eq!(
            model.read_flights(queue).unwrap(),
            store.read_flights(queue).unwrap()
        );
        for (at, limit) in [(0, usize::MAX), (u64::MAX, 3), (40, 5), (100, 1)] {
            assert_eq!(
                model.read_entries(queue, at, limit).unwrap(),
                store.read_entries(queue, at, limit).unwrap()
            );
            let newest = |store: &dyn Store| -> Result<Vec<Entry>, StoreError> {
                store.read_entries_newest(queue, at, limit)
            };
            assert_eq!(newest(model).unwrap(), newest(store).unwrap());
        }
    }
    store.audit();
}

#[test]
fn random_operations_leave_both_stores_alike() {
    for seed in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let model = MemoryStore::new();
        let mut broker = Broker {
            random: Random::new(seed),
            next_seq: 0,
            next_order: 0,
        };
        for _ in 0..8 {
            let store = open(dir.path(), SyncPolicy::Never);
            for _ in 0..10 {
                let commits: Vec<Commit> = (0..broker.random.below(20))
                    .map(|_| {
                        let group = broker.group(&model);
                        assert_eq!(wait(&model.submit(group.clone())), CommitState::Durable);
                        store.submit(group)
                    })
                    .collect();
                assert!(
                    commits.iter().all(|commit| wait(commit) == CommitState::Durable),
                    "seed {seed}"
                );
                assert_alike(&model, &store);
            }
        }
    }
}
