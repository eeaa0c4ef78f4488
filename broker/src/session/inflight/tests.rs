//! The window alone, then the acknowledgements that move it; last, random operations against a map.

mod model;

use super::{Window, stored_seq};
use crate::metrics::Counter;
use crate::queue::Delivery;
use crate::session::Session;
use crate::session::tests::{ack, ack_with, config, connect, connect_persistent, receive, session_with};
use crate::store::tests::support::{id, message};
use crate::store::{Entry, Flight as StoredFlight, FlightState, Op, Seq, StoredFlights};
use std::time::{Duration, Instant};
use vmq_config::SessionConfig;
use vmq_mqtt::{Packet, QoS, ReasonCode, Version};

fn delivery(seq: Seq, qos: QoS) -> Delivery {
    Delivery {
        message: message("a"),
        seq,
        subscription_id: 0,
        qos,
        retain: false,
    }
}

fn qos_1(seq: Seq) -> Delivery {
    delivery(seq, QoS::AtLeastOnce)
}

fn entry(seq: Seq) -> Entry {
    qos_1(seq).to_entry()
}

fn published(order: u64, packet_id: u16, seq: Seq) -> StoredFlight {
    StoredFlight {
        order,
        packet_id: id(packet_id),
        state: FlightState::Published,
        entry: Some(entry(seq)),
    }
}

fn released(order: u64, packet_id: u16) -> StoredFlight {
    StoredFlight {
        order,
        packet_id: id(packet_id),
        state: FlightState::Released,
        entry: None,
    }
}

fn empty(limit: u16) -> Window {
    Window::resume(limit, 0, Vec::new(), 1)
}

fn open(window: &mut Window) -> u16 {
    window.open(&qos_1(1), Instant::now()).unwrap().0.get()
}

// === The window ===

#[test]
fn an_exchange_takes_a_place_until_it_is_finished() {
    let mut window = empty(2);
    assert_eq!((open(&mut window), open(&mut window)), (1, 2));
    assert_eq!((window.room(), window.len()), (0, 2));
    assert_eq!(window.finish(id(2)), Some((2, Some(1))));
    assert_eq!((window.room(), window.len()), (1, 1));
    assert_eq!(window.finish(id(2)), None, "once");
    assert_eq!(window.finish(id(1)), Some((1, Some(1))));
    assert_eq!((window.room(), window.len(), window.flights.len()), (2, 0, 0));
}

#[test]
fn ids_start_again_at_1_and_skip_those_in_use() {
    let mut window = Window::resume(10, u16::MAX - 1, vec![published(1, 1, 1), published(2, 3, 2)], 1);
    let given: Vec<_> = (0..4).map(|_| open(&mut window)).collect();
    assert_eq!(given, [u16::MAX, 2, 4, 5]);
    assert_eq!(window.last_packet_id(), 5);
}

#[test]
fn an_id_is_free_again_only_when_its_exchange_is_finished() {
    let mut window = empty(u16::MAX);
    assert_eq!(open(&mut window), 1);
    window.last_packet_id = u16::MAX;
    assert_eq!(open(&mut window), 2, "1 is in use");
    window.finish(id(1)).unwrap();
    window.last_packet_id = u16::MAX;
    assert_eq!(open(&mut window), 1);
}

#[test]
fn all_ids_can_be_in_use() {
    let stored = (1..=u16::MAX).map(|n| released(u64::from(n), n)).collect();
    let mut window = Window::resume(u16::MAX, u16::MAX, stored, 1);
    assert!(window.open(&qos_1(1), Instant::now()).is_none());
    window.finish(id(40_000)).unwrap();
    assert_eq!(open(&mut window), 40_000);
}

#[test]
fn what_is_resumed_is_sent_again_in_order_of_sending() {
    let stored = vec![published(4, 65_535, 40), released(5, 1), published(9, 2, 42)];
    let mut window = Window::resume(2, 2, stored, 1);
    assert_eq!(
        (window.room(), window.len()),
        (2, 3),
        "to be sent again: none is counted yet"
    );
    assert_eq!(window.stored_positions(), [40, 0, 42]);
    let now = Instant::now();
    let first = window
        .next_unsent(now)
        .map(|flight| (flight.packet_id.get(), flight.dup, flight.state))
        .unwrap();
    assert_eq!(first, (65_535, true, FlightState::Published));
    assert_eq!(window.next_unsent(now).unwrap().state, FlightState::Released);
    assert!(window.next_unsent(now).is_none(), "the window is full");
    window.finish(id(1)).unwrap();
    assert_eq!(window.next_unsent(now).unwrap().packet_id, id(2));
    assert!(window.next_unsent(now).is_none());
    window.finish(id(2)).unwrap();
    let (packet_id, order) = window.open(&qos_1(43), now).unwrap();
    assert_eq!((packet_id.get(), order), (3, 10), "numbers go on");
}

#[test]
fn an_exchange_whose_message_has_expired_is_dropped_at_resume() {
    let gone = StoredFlight {
        entry: None,
        ..published(8, 5, 1)
    };
    let mut window = Window::resume(9, 5, vec![published(7, 4, 1), gone], 1);
    assert_eq!(window.len(), 1);
    assert_eq!(
        window.open(&qos_1(2), Instant::now()).unwrap().1,
        9,
        "its number is not used again"
    );
}

#[test]
fn without_a_counter_ids_go_on_behind_the_last_exchange() {
    let mut window = Window::resume(9, 0, vec![published(7, 44, 1)], 1);
    assert_eq!(open(&mut window), 45);
}

#[test]
fn numbers_of_exchanges_start_where_the_session_is_told() {
    let mut window = Window::resume(9, 0, Vec::new(), 1 << 32);
    assert_eq!(window.open(&qos_1(1), Instant::now()).unwrap().1, 1 << 32);
}

#[test]
fn a_pubrec_leaves_only_the_pubrel() {
    let mut window = empty(1);
    let now = Instant::now();
    window.open(&delivery(5, QoS::ExactlyOnce), now).unwrap();
    assert_eq!(window.release(id(1), now), Some(Some((1, Some(5)))));
    assert_eq!(window.release(id(1), now), Some(None), "a repetition");
    assert_eq!(window.room(), 0, "the place is free at PUBCOMP");
    assert_eq!(window.stored_positions(), [0]);
    assert_eq!(window.finish(id(1)), Some((1, None)));
    assert_eq!(window.release(id(1), now), None);
}

#[test]
fn acknowledgements_may_come_before_the_retransmission() {
    let now = Instant::now();
    let stored = vec![published(1, 1, 1), published(2, 2, 2), published(3, 3, 3)];
    let mut window = Window::resume(5, 3, stored, 1);
    window.release(id(2), now).unwrap();
    assert_eq!((window.room(), window.len()), (4, 3));
    window.finish(id(1)).unwrap();
    assert_eq!(
        window.next_unsent(now).unwrap().packet_id,
        id(3),
        "2 counts as sent by its PUBREL"
    );
    assert!(window.next_unsent(now).is_none());
    assert_eq!(window.len(), 2);
}

#[test]
fn what_is_late_is_sent_again_as_a_duplicate() {
    let start = Instant::now();
    let second = start + Duration::from_secs(5);
    let mut window = empty(9);
    window.open(&qos_1(1), start).unwrap();
    window.open(&qos_1(2), second).unwrap();
    let interval = Duration::from_secs(20);
    window.expire(interval, start + interval);
    assert_eq!((window.room(), window.len()), (8, 2));
    let flight = window.next_unsent(start + interval).unwrap();
    assert_eq!((flight.packet_id.get(), flight.dup), (1, true));
    assert!(
        window.next_unsent(start + interval).is_none(),
        "the other one is not late"
    );
}

#[test]
fn a_first_message_that_is_never_acknowledged_does_not_make_the_list_grow() {
    let mut window = empty(3);
    assert_eq!(open(&mut window), 1);
    for _ in 0..70_000 {
        let next = open(&mut window);
        assert_ne!(next, 1, "it is in use");
        assert!(window.finish(id(next)).is_some());
        assert!(window.flights.len() < 100);
    }
    assert_eq!((window.len(), window.room()), (1, 2));
    assert_eq!(window.finish(id(1)), Some((1, Some(1))));
    assert!(window.flights.is_empty() && window.used.len() == 0);
}

#[test]
fn positions_of_deliveries() {
    assert_eq!(stored_seq(None), None);
    assert_eq!(stored_seq(Some(&qos_1(0))), None);
    assert_eq!(stored_seq(Some(&qos_1(3))), Some(3));
}

// === Acknowledgements ===

fn in_flight(version: Version, persistent: bool) -> Session {
    let resumed = StoredFlights {
        flights: vec![published(1, 1, 11), published(2, 2, 12)],
        received: vec![],
    };
    let connect = if persistent {
        connect_persistent(version)
    } else {
        connect(version)
    };
    session_with(&connect, config(), resumed)
}

#[test]
fn puback_and_pubcomp_finish_an_exchange() {
    for version in [Version::V3, Version::V4, Version::V5] {
        for packet in [Packet::PubAck(ack(1)), Packet::PubComp(ack(1))] {
            let mut session = in_flight(version, true);
            let (_, effects) = receive(&mut session, packet.clone());
            assert!(matches!(
                effects.ops[..],
                [Op::DeleteFlight {
                    order: 1,
                    seq: Some(11),
                    ..
                }]
            ));
            assert!(effects.replies.is_empty() && effects.counted.is_empty());
            assert_eq!(session.inflight(), 1);
            let mut passing = in_flight(version, false);
            assert!(receive(&mut passing, packet).1.ops.is_empty());
        }
    }
}

#[test]
fn acknowledgements_of_nothing_are_counted() {
    for (version, packet, counter) in [
        (Version::V4, Packet::PubAck(ack(9)), Counter::PubackInvalid4),
        (Version::V5, Packet::PubAck(ack(9)), Counter::PubackInvalid5),
        (Version::V4, Packet::PubComp(ack(9)), Counter::PubcompInvalid4),
        (Version::V5, Packet::PubComp(ack(9)), Counter::PubcompInvalid5),
    ] {
        let mut session = in_flight(version, true);
        let (_, effects) = receive(&mut session, packet);
        assert_eq!(effects.counted, [counter]);
        assert!(effects.ops.is_empty() && effects.replies.is_empty());
        assert_eq!(session.inflight(), 2);
    }
}

/// mqtt.md 6.4
#[test]
fn pubrec_is_answered_with_pubrel() {
    for version in [Version::V3, Version::V4, Version::V5] {
        let mut session = in_flight(version, true);
        let (_, effects) = receive(&mut session, Packet::PubRec(ack(2)));
        assert_eq!(effects.replies, [Packet::PubRel(ack(2))]);
        assert!(matches!(
            effects.ops[..],
            [Op::ReleaseFlight {
                order: 2,
                seq: Some(12),
                ..
            }]
        ));
        let (_, again) = receive(&mut session, Packet::PubRec(ack(2)));
        assert_eq!(again.replies, [Packet::PubRel(ack(2))]);
        assert!(again.ops.is_empty());
        let (_, last) = receive(&mut session, Packet::PubComp(ack(2)));
        assert!(matches!(
            last.ops[..],
            [Op::DeleteFlight {
                order: 2,
                seq: None,
                ..
            }]
        ));
    }
}

#[test]
fn pubrec_of_nothing() {
    for (version, reason, counted) in [
        (Version::V3, ReasonCode::Success, vec![Counter::PubrecInvalid]),
        (Version::V4, ReasonCode::Success, vec![Counter::PubrecInvalid]),
        (Version::V5, ReasonCode::PacketIdNotFound, vec![]),
    ] {
        let (_, effects) = receive(&mut in_flight(version, true), Packet::PubRec(ack(9)));
        assert_eq!(effects.replies, [Packet::PubRel(ack_with(9, reason))]);
        assert_eq!(effects.counted, counted);
        assert!(effects.ops.is_empty());
    }
}

/// metrics.tsv: `mqtt_pubrec_invalid_error` exists for 3.x only.
#[test]
fn a_refusing_pubrec_of_nothing_is_not_counted_for_3_x() {
    let mut session = in_flight(Version::V5, true);
    let (_, effects) = receive(
        &mut session,
        Packet::PubRec(ack_with(9, ReasonCode::QuotaExceeded)),
    );
    assert!(effects.counted.is_empty());
}

/// [MQTT-4.3.3-4]
#[test]
fn a_refusing_pubrec_ends_the_exchange() {
    let mut session = in_flight(Version::V5, true);
    let (_, effects) = receive(
        &mut session,
        Packet::PubRec(ack_with(2, ReasonCode::QuotaExceeded)),
    );
    assert!(effects.replies.is_empty());
    assert!(matches!(
        effects.ops[..],
        [Op::DeleteFlight {
            order: 2,
            seq: Some(12),
            ..
        }]
    ));
    assert_eq!(session.inflight(), 1);
}

// === Retransmission ===

fn retrying(version: Version, retry_interval: Duration) -> (Session, Instant) {
    let config = SessionConfig {
        retry_interval,
        ..config()
    };
    let mut session = session_with(&connect(version), config, StoredFlights::default());
    let now = Instant::now();
    session.window.open(&qos_1(1), now).unwrap();
    (session, now)
}

/// mqtt.md 6.5
#[test]
fn only_3_x_retransmits_on_a_live_connection() {
    let interval = Duration::from_secs(20);
    for version in [Version::V3, Version::V4] {
        let (mut session, now) = retrying(version, interval);
        assert_eq!(session.retry_at(), Some(now + interval));
        session.retry(now + interval - Duration::from_nanos(1));
        assert_eq!(session.window.unsent, 0);
        session.retry(now + interval);
        assert_eq!(session.window.unsent, 1);
        assert_eq!(session.retry_at(), None, "nothing is on the wire");
    }
    assert_eq!(retrying(Version::V5, interval).0.retry_at(), None);
    assert_eq!(retrying(Version::V4, Duration::ZERO).0.retry_at(), None);
}

/// The first exchange got a PUBREC in between, so it is due later than the second; the second must not wait for it.
#[test]
fn the_exchange_sent_longest_ago_decides() {
    let interval = Duration::from_secs(20);
    let (mut session, now) = retrying(Version::V4, interval);
    session.window.open(&qos_1(2), now).unwrap();
    session
        .window
        .release(id(1), now + Duration::from_secs(19))
        .unwrap();
    assert_eq!(session.retry_at(), Some(now + interval));
}

#[test]
fn the_qos_of_an_exchange() {
    let mut window = empty(9);
    let now = Instant::now();
    window.open(&qos_1(1), now).unwrap();
    window.open(&delivery(2, QoS::ExactlyOnce), now).unwrap();
    window.release(id(2), now).unwrap();
    assert_eq!(window.find(id(1)).unwrap().qos(), QoS::AtLeastOnce);
    assert_eq!(window.find(id(2)).unwrap().qos(), QoS::ExactlyOnce);
}
