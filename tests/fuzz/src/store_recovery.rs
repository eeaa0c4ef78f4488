//! What comes back from a disk: values that are whole or refused, and a broker that starts and serves whatever its
//! store answers. The database files themselves are not looked at here: damage below RocksDB is the subject of the
//! store's own tests.

use super::packets;
use super::pair::{self, Rig};
use std::sync::Arc;
use vmq_broker::registry::SessionRecord;
use vmq_broker::router::Subscription;
use vmq_broker::store::codec::{self, Body};
use vmq_broker::store::memory::MemoryStore;
use vmq_broker::store::{EntryOp, FlightState, Op, QueueId, Store, keys};
use vmq_mqtt::Version;

/// Rows of a store that are believed.
const ROWS_MAX: usize = 64;

/// A value or a key, by the first byte; or rows of a damaged store from which a broker starts.
pub fn store_recovery(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else {
        return;
    };
    match kind % 7 {
        0 => check_message(bytes),
        1 => check_entry(bytes),
        2 => check_flight(bytes),
        3 => check_record(bytes),
        4 => check_subscription(bytes),
        5 => check_keys(bytes),
        _ => check_start(bytes),
    }
}

fn check_message(bytes: &[u8]) {
    if let Some(message) = codec::decode_message(bytes) {
        let mut again = Vec::new();
        codec::encode_message(&message, &mut again);
        assert_eq!(again, bytes);
    }
}

fn check_entry(bytes: &[u8]) {
    let Some((delivery, body)) = codec::decode_entry(bytes) else {
        return;
    };
    let mut again = Vec::new();
    let reference = match &body {
        Body::Inline(message) => {
            codec::encode_inline_entry(delivery, message, &mut again);
            None
        }
        Body::Shared(reference) => {
            codec::encode_shared_entry(delivery, *reference, &mut again);
            Some(*reference)
        }
    };
    assert_eq!(again, bytes);
    assert_eq!(codec::decode_entry_reference(bytes), Some(reference));
}

fn check_flight(bytes: &[u8]) {
    if let Some(flight) = codec::decode_flight(bytes) {
        let mut again = Vec::new();
        codec::encode_flight(&flight, &mut again);
        assert_eq!(again, bytes);
        assert_eq!(codec::decode_flight_seq(bytes), flight.seq);
    }
}

fn check_record(bytes: &[u8]) {
    if let Some(record) = SessionRecord::decode(bytes) {
        assert_eq!(
            SessionRecord::decode(&record.encode()).as_ref(),
            Some(&record),
            "what was read can be written"
        );
        if let Some(will) = &record.will {
            drop(will.to_will().publish());
        }
    }
}

fn check_subscription(bytes: &[u8]) {
    if let Some(subscription) = Subscription::decode(bytes) {
        assert_eq!(Subscription::decode(&subscription.encode()), Some(subscription));
    }
}

fn check_keys(key: &[u8]) {
    let queue = keys::read_queue(key);
    if let (Some(queue), Some(position)) = (queue, keys::read_position(key)) {
        assert_eq!(keys::position(queue, position), key);
    }
    if let (Some(queue), Some(filter)) = (queue, keys::read_filter(key)) {
        assert_eq!(keys::subscription(queue, filter), key);
    }
    if let (Some(queue), Some(packet_id)) = (queue, keys::read_packet_id(key)) {
        assert_eq!(keys::received(queue, packet_id), key);
    }
    if let Some(mountpoint) = keys::read_mountpoint(key) {
        let prefix = keys::retained(&mountpoint, b"");
        assert!(key.starts_with(&prefix));
    }
}

/// Starts a broker from rows nobody has checked, and lets the client of each session come back, take what is there, and
/// go for good.
fn check_start(bytes: &[u8]) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    drop(store.submit(rows(bytes)));
    pair::run(async {
        let rig = Rig::new(pair::settings(0), store);
        vmq_broker::broker::boot::load(&rig.core).expect("reading does not fail");
        let mut found = Vec::new();
        rig.core
            .registry
            .for_each(|queue| found.push(queue.subscriber.clone()));
        for subscriber in found {
            let id = &*subscriber.client_id;
            let may_come = &*subscriber.mountpoint == pair::MOUNTPOINT && pair::may_connect(&rig, id);
            if may_come {
                come_back(&rig, id).await;
                rig.end_session(id).await;
                assert!(rig.core.registry.get(&subscriber).is_none(), "the session ends");
            }
        }
        rig.check_gauges();
    });
}

/// Comes back as any client does and acknowledges everything.
async fn come_back(rig: &Rig, client_id: &str) {
    let mut link = rig.open(pair::PIPE_BYTES);
    link.send(&packets::connect(client_id, false, 3600), Version::V5);
    for _ in 0..ROWS_MAX {
        rig.settle(&mut [&mut link]).await;
        let answers: Vec<_> = link
            .packets(Version::V5)
            .iter()
            .filter_map(packets::answer)
            .collect();
        if answers.is_empty() {
            break;
        }
        for answer in &answers {
            link.send(answer, Version::V5);
        }
    }
    rig.end(link).await;
}

/// What the store holds: rows of a kind, a queue, a length, and bytes as they lie in the database. What a store cannot
/// decode it leaves out, so only what can be decoded gets in where the store decodes.
fn rows(bytes: &[u8]) -> Vec<Op> {
    let mut ops = Vec::new();
    let mut rest = bytes;
    for _ in 0..ROWS_MAX {
        let [kind, queue, length, after @ ..] = rest else {
            break;
        };
        let Some((value, after)) = after.split_at_checked(usize::from(*length)) else {
            break;
        };
        rest = after;
        ops.extend(row(*kind, QueueId(number(*queue)), value));
    }
    ops
}

fn row(kind: u8, queue: QueueId, value: &[u8]) -> Option<Op> {
    Some(match kind % 6 {
        0 => Op::PutSession {
            queue,
            record: value.to_vec(),
        },
        1 => {
            let (options, filter) = value.split_at_checked(7)?;
            Op::PutSubscription {
                queue,
                filter: std::str::from_utf8(filter).ok()?.to_owned(),
                options: options.to_vec(),
            }
        }
        2 => {
            let (seq, value) = value.split_first()?;
            let (delivery, Body::Inline(message)) = codec::decode_entry(value)? else {
                return None;
            };
            let entry = EntryOp {
                queue,
                seq: number(*seq),
                qos: delivery.qos,
                retain: delivery.retain,
                subscription_id: delivery.subscription_id,
            };
            Op::PutEntries {
                message: Arc::new(message),
                entries: vec![entry],
            }
        }
        3 => flight_row(queue, value)?,
        4 => Op::PutReceived {
            queue,
            packet_id: keys::read_packet_id(&[&[0; 8], value].concat())?,
        },
        _ => Op::PutRetained {
            mountpoint: pair::MOUNTPOINT.to_owned(),
            message: Arc::new(codec::decode_message(value)?),
        },
    })
}

fn flight_row(queue: QueueId, value: &[u8]) -> Option<Op> {
    let (order, value) = value.split_first()?;
    let (order, flight) = (number(*order), codec::decode_flight(value)?);
    Some(match flight.state {
        FlightState::Published => Op::PutFlight {
            queue,
            order,
            packet_id: flight.packet_id,
            seq: flight.seq,
            message: flight.entry,
        },
        FlightState::Released => Op::ReleaseFlight {
            queue,
            order,
            packet_id: flight.packet_id,
            seq: flight.seq,
        },
    })
}

/// A byte as a number of a key: small ones, and larger ones than any counter reaches in the life of a disk.
fn number(byte: u8) -> u64 {
    const LARGEST: u64 = u64::MAX / 2;
    match byte {
        0..=0xEF => u64::from(byte),
        _ => LARGEST - u64::from(0xFF - byte),
    }
}
