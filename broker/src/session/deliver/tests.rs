//! What leaves for the client: order, window, expiry, size, aliases, what is stored with it.

use super::{Outgoing, SendEffects, Sendable, remaining_secs};
use crate::message::Message;
use crate::queue::Delivery;
use crate::router::Subscription;
use crate::session::alias::TopicForm;
use crate::session::tests::{
    ack, config, connect, connect_persistent, connect_v5, receive, session, session_with,
};
use crate::session::{Replay, Session};
use crate::store::tests::support::{id, message};
use crate::store::{Entry, Flight, FlightState, Op, Seq, StoredFlights};
use std::sync::Arc;
use std::time::Instant;
use vmq_config::SessionConfig;
use vmq_mqtt::{Packet, Properties, QoS, Version};

fn delivery(text: &str, qos: QoS, seq: Seq) -> Delivery {
    Delivery {
        message: message(text),
        seq,
        subscription_id: 0,
        qos,
        retain: false,
    }
}

fn expiring(text: &str, at: u64, seq: Seq) -> Delivery {
    let mut message = Message::new(text, b"", QoS::AtLeastOnce, false);
    message.expires_at = Some(at);
    Delivery {
        message: Arc::new(message),
        ..delivery(text, QoS::AtLeastOnce, seq)
    }
}

fn park(session: &mut Session, deliveries: impl IntoIterator<Item = Delivery>) {
    session.parked().extend(deliveries);
}

/// Everything that may leave at wall-clock time `wall`.
fn send_all(session: &mut Session, wall: u64) -> (Vec<Outgoing>, SendEffects) {
    let mut effects = SendEffects::default();
    let mut sent = Vec::new();
    while let Some(next) = session.next_send(Instant::now(), wall, &mut effects) {
        match next {
            Sendable::Publish(outgoing) => sent.push(outgoing),
            Sendable::PubRel(packet_id) => panic!("PUBREL {packet_id}"),
        }
    }
    (sent, effects)
}

fn topics(sent: &[Outgoing]) -> Vec<&str> {
    sent.iter()
        .map(|outgoing| outgoing.delivery.message.topic())
        .collect()
}

#[test]
fn messages_leave_in_order_as_far_as_the_window_goes() {
    let config = SessionConfig {
        max_inflight_messages: 2,
        ..config()
    };
    let mut session = session_with(&connect(Version::V4), config, StoredFlights::default());
    let qos = [
        QoS::AtMostOnce,
        QoS::AtLeastOnce,
        QoS::ExactlyOnce,
        QoS::AtMostOnce,
        QoS::AtLeastOnce,
        QoS::AtMostOnce,
    ];
    let names = ["a", "b", "c", "d", "e", "f"];
    park(
        &mut session,
        names
            .into_iter()
            .zip(qos)
            .map(|(name, qos)| delivery(name, qos, 0)),
    );
    let (sent, effects) = send_all(&mut session, 0);
    assert_eq!(
        topics(&sent),
        ["a", "b", "c", "d"],
        "QoS 0 behind a message that waits does not overtake it"
    );
    let ids: Vec<_> = sent
        .iter()
        .map(|outgoing| outgoing.packet_id.map_or(0, std::num::NonZero::get))
        .collect();
    assert_eq!(ids, [0, 1, 2, 0]);
    assert!(effects.ops.is_empty() && !effects.hold);
    assert!(session.has_parked());
    receive(&mut session, Packet::PubAck(ack(1)));
    assert_eq!(topics(&send_all(&mut session, 0).0), ["e", "f"]);
    assert!(!session.has_parked());
}

#[test]
fn exchanges_of_a_persistent_session_are_stored() {
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let mut session = session(&connect_persistent(Version::V5));
        park(
            &mut session,
            [delivery("queued", qos, 5), delivery("retained", qos, 0)],
        );
        let (_, effects) = send_all(&mut session, 0);
        assert!(effects.hold, "the packets wait for the store");
        let [
            Op::PutFlight {
                order: 1,
                seq: Some(5),
                message: None,
                ..
            },
            Op::PutFlight {
                order: 2,
                seq: None,
                message: Some(entry),
                ..
            },
        ] = &effects.ops[..]
        else {
            panic!("{:?}", effects.ops)
        };
        assert_eq!(entry.message.topic(), "retained");
    }
}

#[test]
fn qos_0_is_never_stored() {
    let mut session = session(&connect_persistent(Version::V4));
    park(&mut session, [delivery("a", QoS::AtMostOnce, 0)]);
    assert!(send_all(&mut session, 0).1.ops.is_empty());
}

#[test]
fn expired_messages_are_dropped_and_forgotten() {
    let mut session = session(&connect_persistent(Version::V4));
    park(
        &mut session,
        [
            expiring("old", 999, 1),
            expiring("edge", 1000, 2),
            expiring("volatile", 1, 0),
        ],
    );
    let (sent, effects) = send_all(&mut session, 1000);
    assert_eq!(
        topics(&sent),
        ["edge"],
        "a message lives for the millisecond of its deadline"
    );
    assert_eq!(effects.expired, 2);
    assert!(matches!(effects.ops[0], Op::DeleteEntry { seq: 1, .. }));
    assert_eq!(effects.ops.len(), 2);
}

#[test]
fn remaining_seconds_are_rounded_up() {
    for (deadline, wall, secs) in [
        (5000, 0, 5),
        (5001, 0, 6),
        (5000, 4999, 1),
        (5000, 5000, 1),
        (5000, 9000, 1),
    ] {
        let delivery = expiring("a", deadline, 0);
        assert_eq!(remaining_secs(&delivery.message, wall), Some(secs));
    }
    assert_eq!(
        remaining_secs(&expiring("a", u64::MAX, 0).message, 0),
        Some(u32::MAX)
    );
    assert_eq!(remaining_secs(&message("a"), 0), None);
}

// === Unfinished exchanges ===

fn unfinished() -> StoredFlights {
    let flight = |order: u64, packet_id, state, text: Option<&str>| Flight {
        order,
        packet_id: id(packet_id),
        state,
        entry: text.map(|text| Entry {
            seq: order,
            ..delivery(text, QoS::ExactlyOnce, 0).to_entry()
        }),
    };
    StoredFlights {
        flights: vec![
            flight(3, 9, FlightState::Published, Some("first")),
            flight(4, 2, FlightState::Released, None),
            flight(5, 3, FlightState::Published, Some("third")),
        ],
        received: vec![],
    }
}

#[test]
fn unfinished_exchanges_come_before_everything_else() {
    for version in [Version::V3, Version::V4, Version::V5] {
        let mut session = session_with(&connect_persistent(version), config(), unfinished());
        park(&mut session, [delivery("new", QoS::AtLeastOnce, 9)]);
        let mut effects = SendEffects::default();
        let mut next = || match session.next_send(Instant::now(), 0, &mut effects) {
            Some(Sendable::Publish(out)) => (
                out.delivery.message.topic().to_owned(),
                out.packet_id.unwrap().get(),
                out.dup,
            ),
            Some(Sendable::PubRel(packet_id)) => ("PUBREL".to_owned(), packet_id.get(), false),
            None => panic!("more was expected"),
        };
        assert_eq!(next(), ("first".to_owned(), 9, true));
        assert_eq!(next(), ("PUBREL".to_owned(), 2, false));
        assert_eq!(next(), ("third".to_owned(), 3, true));
        assert_eq!(next(), ("new".to_owned(), 4, false));
        assert_eq!(effects.ops.len(), 1, "they are stored already");
    }
}

#[test]
fn a_message_that_was_sent_once_does_not_expire() {
    let mut stored = unfinished();
    stored.flights.truncate(1);
    let entry = stored.flights[0].entry.as_mut().unwrap();
    entry.message = expiring("first", 1, 0).message;
    let mut session = session_with(&connect_persistent(Version::V5), config(), stored);
    let (sent, effects) = send_all(&mut session, 1_000_000);
    assert_eq!((topics(&sent), effects.expired), (vec!["first"], 0));
    assert_eq!(sent[0].expiry_secs, Some(1));
}

/// mqtt.md 6.6 makes no difference between the first transmission and a later one; the client that comes back may
/// have a smaller Maximum Packet Size than before [MQTT-3.1.2-24].
#[test]
fn a_retransmission_must_fit_too() {
    let mut stored = unfinished();
    stored.flights.truncate(1);
    let mut connect = connect_persistent(Version::V5);
    connect.properties.as_mut().unwrap().maximum_packet_size = Some(10);
    let mut session = session_with(&connect, config(), stored);
    let (sent, effects) = send_all(&mut session, 0);
    assert!(sent.is_empty());
    assert_eq!(effects.too_large, 1);
    assert!(matches!(
        effects.ops[..],
        [Op::DeleteFlight {
            order: 3,
            seq: Some(3),
            ..
        }]
    ));
    assert_eq!(session.inflight(), 0);
}

// === Size ===

fn sized(maximum_packet_size: u32) -> Session {
    session(&connect_v5(Properties {
        maximum_packet_size: Some(maximum_packet_size),
        session_expiry_secs: Some(9),
        ..Properties::default()
    }))
}

#[test]
fn what_the_client_cannot_take_is_dropped() {
    // Header 2, topic 2 + 3, id 2, no properties 1, payload 3.
    for (size, fits) in [(13, true), (12, false)] {
        let mut session = sized(size);
        park(
            &mut session,
            [
                delivery("abc", QoS::AtLeastOnce, 4),
                delivery("a", QoS::AtMostOnce, 0),
            ],
        );
        let (sent, effects) = send_all(&mut session, 0);
        assert_eq!(sent.len(), if fits { 2 } else { 1 });
        assert_eq!(effects.too_large, u64::from(!fits));
        assert_eq!(
            session.inflight(),
            usize::from(fits),
            "no place in the window is lost"
        );
        assert_eq!(matches!(effects.ops[..], [Op::DeleteEntry { seq: 4, .. }]), !fits);
    }
}

#[test]
fn user_properties_are_given_up_first() {
    let mut message = Message::new("abc", b"abc", QoS::AtMostOnce, false);
    message.properties = Some(Box::new(Properties {
        content_type: Some("t".into()),
        user_properties: [("k", "v")].into_iter().collect(),
        ..Properties::default()
    }));
    let message = Arc::new(message);
    let sent_with = |size| {
        let mut session = sized(size);
        park(
            &mut session,
            [Delivery {
                message: Arc::clone(&message),
                ..delivery("", QoS::AtMostOnce, 0)
            }],
        );
        let (sent, _) = send_all(&mut session, 0);
        sent.into_iter()
            .next()
            .map(|outgoing| outgoing.delivery.message.properties.clone().unwrap())
    };
    // Header 2, topic 5, length of properties 1, content type 4, user property 7, payload 3.
    assert_eq!(sent_with(22).unwrap().user_properties.len(), 1);
    for size in [21, 15] {
        let properties = sent_with(size).unwrap();
        assert!(properties.user_properties.is_empty());
        assert_eq!(properties.content_type.as_deref(), Some("t"));
    }
    assert!(sent_with(14).is_none());
    assert_eq!(
        message.properties.as_ref().unwrap().user_properties.len(),
        1,
        "others still get them"
    );
}

#[test]
fn older_versions_have_no_packet_size() {
    let config = SessionConfig {
        m5_max_packet_size: 5,
        ..config()
    };
    let mut session = session_with(&connect(Version::V4), config, StoredFlights::default());
    park(&mut session, [delivery("a long topic", QoS::AtLeastOnce, 0)]);
    assert_eq!(send_all(&mut session, 0).0.len(), 1);
}

// === Aliases, rights, replays ===

#[test]
fn topics_are_introduced_once() {
    let config = SessionConfig {
        topic_alias_max_broker: 1,
        ..config()
    };
    let connect = connect_v5(Properties {
        topic_alias_maximum: Some(5),
        ..Properties::default()
    });
    let mut session = session_with(&connect, config, StoredFlights::default());
    park(
        &mut session,
        ["a", "a", "b"].map(|topic| delivery(topic, QoS::AtMostOnce, 0)),
    );
    let forms: Vec<_> = send_all(&mut session, 0)
        .0
        .iter()
        .map(|outgoing| outgoing.topic)
        .collect();
    assert_eq!(
        forms,
        [TopicForm::Introduce(1), TopicForm::Alias(1), TopicForm::Full]
    );
}

#[test]
fn a_message_that_is_dropped_introduces_no_alias() {
    let config = SessionConfig {
        topic_alias_max_broker: 5,
        ..config()
    };
    let connect = connect_v5(Properties {
        topic_alias_maximum: Some(5),
        maximum_packet_size: Some(20),
        ..Properties::default()
    });
    let mut session = session_with(&connect, config, StoredFlights::default());
    let mut large = delivery("a", QoS::AtMostOnce, 0);
    large.message = Arc::new(Message::new("a", &[0; 50], QoS::AtMostOnce, false));
    park(&mut session, [large, delivery("a", QoS::AtMostOnce, 0)]);
    let (sent, effects) = send_all(&mut session, 0);
    assert_eq!((effects.too_large, sent.len()), (1, 1));
    assert_eq!(
        sent[0].topic,
        TopicForm::Introduce(1),
        "the client has not seen it yet"
    );
}

/// The alias table is full, so the topic is sent without one, and the packet is as large as the client allows.
#[test]
fn an_alias_that_is_not_sent_needs_no_room() {
    let config = SessionConfig {
        topic_alias_max_broker: 1,
        ..config()
    };
    let connect = connect_v5(Properties {
        topic_alias_maximum: Some(1),
        maximum_packet_size: Some(13),
        ..Properties::default()
    });
    let mut session = session_with(&connect, config, StoredFlights::default());
    // Header 2, topic 2 + 4, no properties 1, payload 4.
    let names = ["a", "abcd"];
    park(
        &mut session,
        names.map(|topic| delivery(topic, QoS::AtMostOnce, 0)),
    );
    let (sent, effects) = send_all(&mut session, 0);
    assert_eq!((topics(&sent), effects.too_large), (names.to_vec(), 0));
}

#[test]
fn messages_of_a_revoked_subscription_are_held_back() {
    let mut session = session(&connect_persistent(Version::V4));
    session.restrict(vec![Arc::from("a/#")]);
    park(
        &mut session,
        [
            delivery("a/b", QoS::AtLeastOnce, 1),
            delivery("b", QoS::AtLeastOnce, 2),
        ],
    );
    let (sent, effects) = send_all(&mut session, 0);
    assert_eq!((topics(&sent), effects.revoked), (vec!["a/b"], 1));
    assert!(matches!(effects.ops[1], Op::DeleteEntry { seq: 2, .. }));
}

fn replaying(qos: QoS, upgrade_outgoing_qos: bool) -> Session {
    let config = SessionConfig {
        upgrade_outgoing_qos,
        ..config()
    };
    let mut session = session_with(&connect(Version::V5), config, StoredFlights::default());
    let cursor = crate::retain::Cursor::new(&Arc::from(""), "#");
    session.replays.push_back(Replay {
        cursor,
        subscription: Subscription {
            qos,
            id: 4,
            ..Default::default()
        },
    });
    session
}

/// mqtt.md 10.3
#[test]
fn retained_messages_carry_the_flag_and_the_subscription() {
    for (granted, upgrade, qos) in [
        (QoS::AtMostOnce, false, QoS::AtMostOnce),
        (QoS::ExactlyOnce, false, QoS::AtLeastOnce),
        (QoS::ExactlyOnce, true, QoS::ExactlyOnce),
    ] {
        let mut session = replaying(granted, upgrade);
        session.park_retained(vec![message("a")], false);
        assert!(session.replay().is_some());
        session.park_retained(vec![message("b")], true);
        assert!(session.replay().is_none());
        for delivery in session.parked() {
            assert!(delivery.retain);
            assert_eq!(
                (delivery.qos, delivery.subscription_id, delivery.seq),
                (qos, 4, 0)
            );
        }
        assert_eq!(session.parked().len(), 2);
    }
}

#[test]
fn a_result_without_a_replay_is_ignored() {
    let mut session = session(&connect(Version::V4));
    session.park_retained(vec![message("a")], true);
    assert!(!session.has_parked());
}

#[test]
fn what_a_leaving_session_leaves() {
    let mut session = session(&connect_persistent(Version::V4));
    park(
        &mut session,
        [
            delivery("a", QoS::AtLeastOnce, 5),
            delivery("b", QoS::ExactlyOnce, 6),
        ],
    );
    send_all(&mut session, 0);
    receive(&mut session, Packet::PubRec(ack(2)));
    park(&mut session, [delivery("c", QoS::AtLeastOnce, 7)]);
    let (flights, untaken, last_packet_id) = session.leave();
    assert_eq!((flights, last_packet_id), (vec![5, 0], 2));
    assert_eq!(
        untaken.iter().map(|delivery| delivery.seq).collect::<Vec<_>>(),
        [7]
    );
    assert!(!session.has_parked());
}
