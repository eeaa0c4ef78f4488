//! Held packets: they leave in order, once the store has what they acknowledge.

use super::{Outbox, SEGMENTS_MAX};
use crate::store::Commit;
use crate::store::tests::support::id;
use bytes::BytesMut;
use std::task::{Context, Waker};
use vmq_mqtt::{Ack, Packet, ReasonCode, SubAck, Version, encode};

fn ack(packet_id: u16, reason: ReasonCode) -> Ack {
    Ack {
        packet_id: id(packet_id),
        reason,
        properties: None,
    }
}

fn puback(packet_id: u16) -> Packet {
    Packet::PubAck(ack(packet_id, ReasonCode::Success))
}

fn suback(reason: ReasonCode) -> Packet {
    Packet::SubAck(SubAck {
        packet_id: id(1),
        properties: None,
        reasons: vec![reason, reason],
    })
}

fn bytes(packets: &[Packet], version: Version) -> BytesMut {
    let mut out = BytesMut::new();
    packets
        .iter()
        .for_each(|packet| encode(packet, version, &mut out));
    out
}

/// What leaves now, and which replies were reported.
fn release(outbox: &mut Outbox) -> (BytesMut, Vec<Packet>) {
    let (mut out, mut told) = (BytesMut::new(), Vec::new());
    let not_received = outbox.release(Version::V5, &mut out, |reply| told.push(reply.clone()));
    assert!(not_received.is_empty());
    (out, told)
}

fn is_ready(outbox: &Outbox) -> bool {
    outbox
        .poll_ready(&mut Context::from_waker(Waker::noop()))
        .is_ready()
}

#[test]
fn nothing_is_held_at_first() {
    let mut outbox = Outbox::default();
    assert!(outbox.is_empty() && !outbox.is_full() && !is_ready(&outbox));
    assert!(release(&mut outbox).0.is_empty());
}

#[test]
fn a_reply_waits_for_its_commit() {
    let (mut outbox, commit) = (Outbox::default(), Commit::pending());
    outbox.hold_replies(Some(commit.clone()), vec![puback(1)]);
    assert!(!outbox.is_empty() && !is_ready(&outbox));
    assert!(release(&mut outbox).0.is_empty());
    commit.complete(true);
    assert!(is_ready(&outbox));
    let expected = vec![puback(1)];
    assert_eq!(release(&mut outbox), (bytes(&expected, Version::V5), expected));
    assert!(outbox.is_empty());
}

#[test]
fn what_is_behind_waits_too() {
    let (mut outbox, commit) = (Outbox::default(), Commit::pending());
    outbox.hold_replies(Some(Commit::durable()), vec![puback(1)]);
    outbox.hold_replies(Some(commit.clone()), vec![puback(2), puback(3)]);
    outbox.hold_replies(None, vec![Packet::PingResp]);
    outbox.hold_encoded(Some(Commit::durable()), BytesMut::from(&b"publish"[..]));
    assert_eq!(release(&mut outbox).1, [puback(1)]);
    assert!(release(&mut outbox).1.is_empty());
    commit.complete(true);
    let (out, told) = release(&mut outbox);
    let mut expected = bytes(&[puback(2), puback(3), Packet::PingResp], Version::V5);
    expected.extend_from_slice(b"publish");
    assert_eq!(
        (out, told),
        (expected, vec![puback(2), puback(3), Packet::PingResp])
    );
}

#[test]
fn a_later_commit_does_not_overtake() {
    let (mut outbox, first, second) = (Outbox::default(), Commit::pending(), Commit::pending());
    outbox.hold_replies(Some(first.clone()), vec![puback(1)]);
    outbox.hold_replies(Some(second.clone()), vec![puback(2)]);
    second.complete(true);
    assert!(!is_ready(&outbox) && release(&mut outbox).1.is_empty());
    first.complete(true);
    assert_eq!(release(&mut outbox).1, [puback(1), puback(2)]);
}

#[test]
fn replies_without_a_commit_are_ready() {
    let mut outbox = Outbox::default();
    outbox.hold_replies(None, vec![Packet::PingResp]);
    assert!(is_ready(&outbox));
}

#[test]
fn it_is_full_at_its_bound() {
    let mut outbox = Outbox::default();
    for n in 1..=SEGMENTS_MAX {
        assert!(!outbox.is_full());
        outbox.hold_encoded(Some(Commit::durable()), BytesMut::from(&[n as u8][..]));
    }
    assert!(outbox.is_full());
    release(&mut outbox);
    assert!(!outbox.is_full() && outbox.is_empty());
}

#[test]
fn deliveries_that_wait_for_nothing_join_what_is_in_front() {
    let (mut outbox, commit) = (Outbox::default(), Commit::pending());
    outbox.hold_encoded(None, BytesMut::new());
    assert!(outbox.is_empty(), "nothing is nothing");
    outbox.hold_replies(Some(commit.clone()), vec![Packet::PingResp]);
    for _ in 0..SEGMENTS_MAX * 2 {
        outbox.hold_encoded(None, BytesMut::from(&b"ab"[..]));
    }
    assert!(!outbox.is_full());
    assert_eq!(outbox.bytes(), SEGMENTS_MAX * 4);
    commit.complete(true);
    let (out, _) = release(&mut outbox);
    assert_eq!(out.len(), 2 + SEGMENTS_MAX * 4);
    assert_eq!(outbox.bytes(), 0);
}

/// mqtt.md 14.2 point 7
#[test]
fn what_the_store_could_not_write_is_not_acknowledged() {
    let failed = ReasonCode::ImplementationSpecificError;
    let pubrel = Packet::PubRel(ack(1, ReasonCode::Success));
    let pubcomp = Packet::PubComp(ack(1, ReasonCode::Success));
    let unsuback = Packet::UnsubAck(SubAck {
        packet_id: id(1),
        properties: None,
        reasons: vec![ReasonCode::Success],
    });
    let pubrec = Packet::PubRec(ack(1, ReasonCode::Success));
    let replies = vec![
        puback(1),
        pubrec,
        pubrel,
        pubcomp,
        suback(ReasonCode::GrantedQoS1),
        unsuback,
        Packet::PingResp,
    ];
    for (version, expected) in [
        (
            Version::V5,
            vec![
                Packet::PubAck(ack(1, failed)),
                Packet::PubRec(ack(1, failed)),
                suback(failed),
                Packet::PingResp,
            ],
        ),
        (
            Version::V4,
            vec![suback(ReasonCode::UnspecifiedError), Packet::PingResp],
        ),
        (
            Version::V3,
            vec![suback(ReasonCode::UnspecifiedError), Packet::PingResp],
        ),
    ] {
        let (mut outbox, commit) = (Outbox::default(), Commit::pending());
        outbox.hold_replies(Some(commit.clone()), replies.clone());
        outbox.hold_replies(None, vec![puback(2)]);
        commit.complete(false);
        assert!(is_ready(&outbox));
        let (mut out, mut told) = (BytesMut::new(), Vec::new());
        let not_received = outbox.release(version, &mut out, |reply| told.push(reply.clone()));
        assert_eq!(not_received, [id(1)], "the exchange of the PUBREC is not open");
        let mut all = expected;
        all.push(puback(2));
        assert_eq!((out, told), (bytes(&all, version), all));
    }
}
