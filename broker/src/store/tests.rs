//! What every store must do, run against both; and random operations that must leave both alike.

mod model;
pub(crate) mod support;

use super::memory::MemoryStore;
use super::rocks::RocksStore;
use super::{CommitState, Entry, Flight, FlightState, Op, QueueId, Store, StoredFlights, StoredSession};
use crate::message::Message;
use std::path::Path;
use std::sync::Arc;
use support::{entry, id, message, publish, put, retained, session, sessions, wait, waiting};
use vmq_config::{StoreConfig, SyncPolicy};
use vmq_mqtt::QoS;

fn open(dir: &Path, sync: SyncPolicy) -> RocksStore {
    RocksStore::open(&StoreConfig {
        dir: dir.to_owned(),
        sync,
        memory_bytes: 32 << 20,
    })
    .unwrap()
}

/// Runs a check against each store, each time on an empty one.
fn for_each_store(check: impl Fn(&dyn Store)) {
    check(&MemoryStore::new());
    for sync in [SyncPolicy::Batch, SyncPolicy::Always, SyncPolicy::Never] {
        let dir = tempfile::tempdir().unwrap();
        check(&open(dir.path(), sync));
    }
}

#[test]
fn entries_are_read_in_order_and_from_both_ends() {
    for_each_store(|store| {
        for seq in [1, 2, 3, 255, 256, 70_000] {
            put(
                store,
                vec![
                    publish(&format!("m{seq}"), &[7], seq),
                    publish("other", &[6, 8], seq),
                ],
            );
        }
        assert_eq!(waiting(store, 7), [1, 2, 3, 255, 256, 70_000]);
        let seqs = |entries: Vec<Entry>| entries.iter().map(|entry| entry.seq).collect::<Vec<_>>();
        assert_eq!(seqs(store.read_entries(QueueId(7), 3, 2).unwrap()), [3, 255]);
        assert_eq!(seqs(store.read_entries(QueueId(7), 4, 1).unwrap()), [255]);
        assert_eq!(
            seqs(store.read_entries_newest(QueueId(7), u64::MAX, 2).unwrap()),
            [70_000, 256]
        );
        assert_eq!(
            seqs(store.read_entries_newest(QueueId(7), 254, 9).unwrap()),
            [3, 2, 1]
        );
        assert_eq!(
            seqs(store.read_entries_newest(QueueId(7), 0, 9).unwrap()),
            Vec::<u64>::new()
        );
        assert_eq!(
            seqs(store.read_entries(QueueId(9), 0, 9).unwrap()),
            Vec::<u64>::new()
        );
        assert_eq!(
            store.read_entries(QueueId(7), 255, 1).unwrap()[0].message,
            message("m255")
        );
        put(
            store,
            vec![
                Op::DeleteEntry {
                    queue: QueueId(7),
                    seq: 2,
                },
                Op::DeleteEntry {
                    queue: QueueId(7),
                    seq: 9,
                },
            ],
        );
        assert_eq!(waiting(store, 7), [1, 3, 255, 256, 70_000]);
        assert_eq!(waiting(store, 6).len(), 6);
    });
}

#[test]
fn deliveries_keep_their_own_options_and_share_the_message() {
    for_each_store(|store| {
        let mut first = entry(1, 10);
        first.qos = QoS::ExactlyOnce;
        first.retain = true;
        let mut second = entry(2, 20);
        second.subscription_id = 268_435_455;
        // Overlapping subscriptions: the same queue twice.
        let third = entry(2, 21);
        put(
            store,
            vec![Op::PutEntries {
                message: message("m"),
                entries: vec![first, second, third],
            }],
        );
        let expected = Entry {
            seq: 10,
            message: message("m"),
            qos: QoS::ExactlyOnce,
            retain: true,
            subscription_id: 0,
        };
        assert_eq!(store.read_entries(QueueId(1), 0, 9).unwrap(), [expected]);
        let both = store.read_entries(QueueId(2), 0, 9).unwrap();
        assert_eq!(
            both.iter().map(|entry| entry.subscription_id).collect::<Vec<_>>(),
            [268_435_455, 0]
        );
        put(
            store,
            vec![
                Op::DeleteEntry {
                    queue: QueueId(2),
                    seq: 20,
                },
                Op::DeleteEntry {
                    queue: QueueId(1),
                    seq: 10,
                },
            ],
        );
        assert_eq!(
            store.read_entries(QueueId(2), 0, 9).unwrap()[0].message,
            message("m")
        );
    });
}

#[test]
fn exchanges_come_back_in_order_of_sending() {
    for_each_store(|store| {
        put(
            store,
            vec![
                session(1),
                publish("a", &[1], 1),
                publish("b", &[1], 2),
                publish("c", &[1, 2], 3),
            ],
        );
        let queue = QueueId(1);
        let replayed = Entry {
            seq: 0,
            message: message("r"),
            qos: QoS::AtLeastOnce,
            retain: true,
            subscription_id: 3,
        };
        put(
            store,
            vec![
                Op::PutFlight {
                    queue,
                    order: 11,
                    packet_id: id(1),
                    seq: Some(2),
                    message: None,
                },
                Op::PutFlight {
                    queue,
                    order: 10,
                    packet_id: id(65535),
                    seq: Some(1),
                    message: None,
                },
                Op::PutFlight {
                    queue,
                    order: 12,
                    packet_id: id(2),
                    seq: None,
                    message: Some(replayed.clone()),
                },
                Op::PutReceived {
                    queue,
                    packet_id: id(300),
                },
                Op::PutReceived {
                    queue,
                    packet_id: id(2),
                },
                Op::PutReceived {
                    queue,
                    packet_id: id(299),
                },
                Op::DeleteReceived {
                    queue,
                    packet_id: id(300),
                },
            ],
        );
        assert_eq!(waiting(store, 1), [3], "those in flight are left out");
        let newest = store.read_entries_newest(queue, u64::MAX, 9).unwrap();
        assert_eq!(newest.len(), 1);
        let booted = &sessions(store)[0];
        assert_eq!((booted.waiting, booted.range), (1, Some((1, 3))));

        let stored = store.read_flights(queue).unwrap();
        assert_eq!(stored.received, [id(2), id(299)]);
        let summary = |flight: &Flight| {
            (
                flight.order,
                flight.packet_id.get(),
                flight
                    .entry
                    .as_ref()
                    .map(|entry| entry.message.topic().to_owned()),
            )
        };
        let topic = |text: &str| Some(text.to_owned());
        assert_eq!(
            stored.flights.iter().map(summary).collect::<Vec<_>>(),
            [(10, 65535, topic("a")), (11, 1, topic("b")), (12, 2, topic("r"))]
        );
        assert_eq!(stored.flights[2].entry.as_ref(), Some(&replayed));

        put(
            store,
            vec![
                Op::ReleaseFlight {
                    queue,
                    order: 10,
                    packet_id: id(65535),
                    seq: Some(1),
                },
                Op::DeleteFlight {
                    queue,
                    order: 12,
                    seq: None,
                },
                Op::DeleteEntry { queue, seq: 2 },
            ],
        );
        let stored = store.read_flights(queue).unwrap();
        let released = Flight {
            order: 10,
            packet_id: id(65535),
            state: FlightState::Released,
            entry: None,
        };
        let expired = Flight {
            order: 11,
            packet_id: id(1),
            state: FlightState::Published,
            entry: None,
        };
        assert_eq!(stored.flights, [released, expired]);
        put(
            store,
            vec![
                Op::DeleteFlight {
                    queue,
                    order: 10,
                    seq: None,
                },
                Op::DeleteFlight {
                    queue,
                    order: 11,
                    seq: Some(2),
                },
            ],
        );
        assert_eq!(store.read_flights(queue).unwrap().flights, []);
        assert_eq!(sessions(store)[0].range, Some((3, 3)));
    });
}

#[test]
fn a_deleted_session_leaves_nothing() {
    for_each_store(|store| {
        let fill = |queue: u64| {
            vec![
                session(queue),
                Op::PutSubscription {
                    queue: QueueId(queue),
                    filter: "a/#".into(),
                    options: vec![1],
                },
                publish("shared", &[queue, 99], queue),
                publish("alone", &[queue], 1000 + queue),
                Op::PutFlight {
                    queue: QueueId(queue),
                    order: 1,
                    packet_id: id(1),
                    seq: Some(queue),
                    message: None,
                },
                Op::PutReceived {
                    queue: QueueId(queue),
                    packet_id: id(1),
                },
            ]
        };
        for queue in 1..=3 {
            put(store, fill(queue));
        }
        put(store, vec![Op::DeleteSession { queue: QueueId(2) }]);
        // Filled and deleted in one group, and a record after the deletion stays.
        let mut group = fill(4);
        group.push(Op::DeleteSession { queue: QueueId(4) });
        group.push(session(4));
        put(store, group);
        let loaded = sessions(store);
        assert_eq!(
            loaded.iter().map(|session| session.queue.0).collect::<Vec<_>>(),
            [1, 3, 4]
        );
        assert_eq!(
            loaded[2],
            StoredSession {
                subscriptions: vec![],
                waiting: 0,
                range: None,
                ..loaded[2].clone()
            }
        );
        for queue in [2, 4] {
            assert_eq!(waiting(store, queue), Vec::<u64>::new());
            assert_eq!(
                store.read_flights(QueueId(queue)).unwrap(),
                StoredFlights::default()
            );
        }
        assert_eq!(
            waiting(store, 99),
            [1, 2, 3, 4],
            "shared messages stay for the others"
        );
        assert_eq!(store.last_queue_id(), 99);
    });
}

#[test]
fn sessions_carry_subscriptions_and_counts() {
    for_each_store(|store| {
        assert_eq!(sessions(store), []);
        assert_eq!(store.last_queue_id(), 0);
        let subscribe = |queue: u64, filter: &str, options: u8| Op::PutSubscription {
            queue: QueueId(queue),
            filter: filter.to_owned(),
            options: vec![options],
        };
        put(
            store,
            vec![
                session(300),
                session(2),
                subscribe(2, "b", 1),
                subscribe(2, "a/+", 2),
                subscribe(2, "b", 3),
            ],
        );
        put(
            store,
            vec![
                subscribe(300, "", 0),
                subscribe(2, "gone", 0),
                publish("m", &[2, 300], 5),
                publish("n", &[2], 6),
            ],
        );
        put(
            store,
            vec![Op::DeleteSubscription {
                queue: QueueId(2),
                filter: "gone".into(),
            }],
        );
        // Entries without a session record (it comes later) are not sessions.
        put(store, vec![publish("m", &[100], 5)]);
        let loaded = sessions(store);
        assert_eq!(
            loaded[0],
            StoredSession {
                queue: QueueId(2),
                record: b"record 2".to_vec(),
                subscriptions: vec![("a/+".into(), vec![2]), ("b".into(), vec![3])],
                waiting: 2,
                range: Some((5, 6)),
            }
        );
        assert_eq!(loaded[1].queue, QueueId(300));
        assert_eq!((loaded[1].waiting, loaded[1].range), (1, Some((5, 5))));
        assert_eq!(loaded.len(), 2);
    });
}

#[test]
fn retained_messages_are_sorted_and_replaced() {
    for_each_store(|store| {
        let retain = |mountpoint: &str, topic: &str, payload: &[u8]| Op::PutRetained {
            mountpoint: mountpoint.to_owned(),
            message: Arc::new(Message::new(topic, payload, QoS::AtMostOnce, true)),
        };
        put(
            store,
            vec![
                retain("m", "a", b"1"),
                retain("", "z", b"2"),
                retain("", "a/b", b"3"),
                retain("", "z", b"4"),
            ],
        );
        put(
            store,
            vec![
                retain("", "gone", b"5"),
                Op::DeleteRetained {
                    mountpoint: String::new(),
                    topic: "gone".into(),
                },
            ],
        );
        let loaded = retained(store);
        let summary: Vec<_> = loaded
            .iter()
            .map(|(mount, message)| (&**mount, message.topic(), message.payload()))
            .collect();
        assert_eq!(
            summary,
            [("", "a/b", &b"3"[..]), ("", "z", b"4"), ("m", "a", b"1")]
        );
    });
}

#[test]
fn a_closed_store_takes_nothing() {
    for_each_store(|store| {
        put(store, vec![session(1)]);
        put(store, vec![]);
        store.close();
        store.close();
        assert_eq!(wait(&store.submit(vec![session(2)])), CommitState::Failed);
        assert_eq!(store.pending_bytes(), 0);
    });
}
