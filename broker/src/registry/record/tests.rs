//! Session records: what was written is read back, and bytes that are no record are refused.

use super::{SessionRecord, WillRecord};
use crate::message::Message;
use crate::session::will::ParkedWill;
use crate::store::tests::support::Random;
use std::sync::Arc;
use vmq_mqtt::{Properties, QoS};

fn random(random: &mut Random) -> SessionRecord {
    let will = random.chance(2).then(|| {
        let mut message = random.message();
        message.expires_at = None;
        message.properties = message
            .properties
            .filter(|properties| **properties != Properties::default());
        let parked = ParkedWill {
            message: Arc::new(message),
            fire_at: random.next(),
            message_expiry_secs: random.chance(2).then(|| random.next() as u32),
        };
        let record = WillRecord::from_will(&parked);
        assert!(record.to_will() == parked, "a will is read back");
        record
    });
    SessionRecord {
        mountpoint: random.text(),
        client_id: random.text(),
        username: random.chance(2).then(|| random.text()),
        expiry_secs: random.chance(2).then(|| random.next() as u32),
        expires_at: random.chance(2).then(|| random.next()),
        last_packet_id: random.next() as u16,
        will,
    }
}

#[test]
fn records_are_read_back() {
    let mut source = Random::new(1);
    for _ in 0..500 {
        let record = random(&mut source);
        assert_eq!(SessionRecord::decode(&record.encode()), Some(record));
    }
}

#[test]
fn a_record_that_was_cut_is_refused() {
    let mut source = Random::new(2);
    for _ in 0..50 {
        let bytes = random(&mut source).encode();
        for len in 0..bytes.len() {
            assert_eq!(
                SessionRecord::decode(&bytes[..len]),
                None,
                "{len} of {}",
                bytes.len()
            );
        }
    }
}

#[test]
fn damaged_records_and_noise_do_no_harm() {
    let mut source = Random::new(3);
    for _ in 0..3000 {
        let mut bytes = random(&mut source).encode();
        (0..=source.below(4)).for_each(|_| source.damage(&mut bytes));
        if let Some(record) = SessionRecord::decode(&bytes) {
            drop(record.will.map(|will| will.to_will()));
        }
        let mut noise = source.bytes(60);
        noise.insert(0, 1);
        drop(SessionRecord::decode(&noise));
    }
}

#[test]
fn other_versions_are_refused() {
    let mut bytes = random(&mut Random::new(4)).encode();
    assert_eq!(bytes[0], 1);
    bytes[0] = 2;
    assert_eq!(SessionRecord::decode(&bytes), None);
    assert_eq!(SessionRecord::decode(&[]), None);
}

#[test]
fn a_will_without_properties_gets_none() {
    let message = Message::new("a", b"", QoS::ExactlyOnce, true);
    let parked = ParkedWill {
        message: Arc::new(message),
        fire_at: 5,
        message_expiry_secs: None,
    };
    let back = WillRecord::from_will(&parked).to_will();
    assert!(back.message.properties.is_none());
    let damaged = WillRecord {
        qos: 9,
        ..WillRecord::from_will(&parked)
    };
    assert_eq!(damaged.to_will().message.qos, QoS::AtMostOnce);
}
