//! Properties of the value encoding, over generated values and over garbage.

use super::*;
use crate::store::tests::support::Random;
use bytes::Bytes;
use vmq_mqtt::Properties;

fn entry_round_trip(delivery: Delivery, message: &Message) {
    let mut out = Vec::new();
    encode_inline_entry(delivery, message, &mut out);
    assert_eq!(
        decode_entry(&out),
        Some((delivery, Body::Inline(message.clone())))
    );
    assert_eq!(decode_entry_reference(&out), Some(None));
    let reference = MessageRef::compose(7, u64::MAX);
    out.clear();
    encode_shared_entry(delivery, reference, &mut out);
    assert_eq!(decode_entry(&out), Some((delivery, Body::Shared(reference))));
    assert_eq!(decode_entry_reference(&out), Some(Some(reference)));
    out.push(0);
    assert_eq!(decode_entry(&out), None, "a reference has a fixed length");
}

#[test]
fn generated_values_come_back_unchanged() {
    let mut random = Random::new(1);
    for _ in 0..2000 {
        let message = random.message();
        let mut out = Vec::new();
        encode_message(&message, &mut out);
        assert_eq!(decode_message(&out), Some(message.clone()));

        let delivery = random.delivery();
        entry_round_trip(delivery, &message);

        let flight = FlightRecord {
            packet_id: random.packet_id(),
            state: if random.chance(2) {
                FlightState::Released
            } else {
                FlightState::Published
            },
            seq: random.chance(2).then(|| random.next()),
            entry: random
                .chance(2)
                .then(|| delivery.into_entry(random.next(), Arc::new(message))),
        };
        out.clear();
        encode_flight(&flight, &mut out);
        assert_eq!(decode_flight_seq(&out), flight.seq);
        assert_eq!(decode_flight(&out), Some(flight));
    }
}

#[test]
fn only_forwarded_properties_are_stored() {
    let mut message = Message::new("t", b"p", QoS::AtLeastOnce, false);
    message.properties = Some(Box::new(Properties {
        payload_format_indicator: Some(1),
        correlation_data: Some(Bytes::from_static(b"c")),
        topic_alias: Some(3),
        message_expiry_secs: Some(9),
        subscription_ids: vec![4],
        ..Properties::default()
    }));
    let mut out = Vec::new();
    encode_message(&message, &mut out);
    let stored = decode_message(&out).expect("just encoded");
    let expected = Properties {
        payload_format_indicator: Some(1),
        correlation_data: Some(Bytes::from_static(b"c")),
        ..Properties::default()
    };
    assert_eq!(stored.properties.as_deref(), Some(&expected));
}

/// Garbage must not panic, and what is accepted must be exactly what would have been written.
#[test]
fn garbage_is_refused_or_canonical() {
    let mut random = Random::new(2);
    for round in 0..60_000 {
        let mut bytes = if round % 3 == 0 {
            random.bytes(40)
        } else {
            let mut out = Vec::new();
            encode_inline_entry(random.delivery(), &random.message(), &mut out);
            out
        };
        for _ in 0..random.below(4) {
            random.damage(&mut bytes);
        }
        check_canonical(&bytes);
        check_canonical(bytes.get(2..).unwrap_or_default());
    }
}

fn check_canonical(bytes: &[u8]) {
    let mut out = Vec::new();
    if let Some(message) = decode_message(bytes) {
        encode_message(&message, &mut out);
        assert_eq!(out, bytes);
    }
    out.clear();
    match decode_entry(bytes) {
        Some((delivery, Body::Inline(message))) => encode_inline_entry(delivery, &message, &mut out),
        Some((delivery, Body::Shared(reference))) => encode_shared_entry(delivery, reference, &mut out),
        None => out.extend_from_slice(bytes),
    }
    assert_eq!(out, bytes);
    if let Some(flight) = decode_flight(bytes) {
        out.clear();
        encode_flight(&flight, &mut out);
        assert_eq!(out, bytes);
    }
    // Damaged values must not disturb the partial readers either.
    let _: (Option<Option<MessageRef>>, Option<Seq>) =
        (decode_entry_reference(bytes), decode_flight_seq(bytes));
}
