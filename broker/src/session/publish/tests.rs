//! PUBLISH and PUBREL from the client, for every version.

use super::PublishRequest;
use crate::session::tests::{
    VERSIONS, ack, ack_with, config, connect, connect_persistent, connect_v5, publish, receive, refuse,
    session, session_with, violation,
};
use crate::session::{Effects, Session, Step};
use crate::store::tests::support::id;
use crate::store::{Op, QueueId, StoredFlights, unix_millis};
use bytes::Bytes;
use std::time::Instant;
use vmq_config::SessionConfig;
use vmq_mqtt::{Packet, Properties, Publish, QoS, ReasonCode, Version};

/// Takes a publish that is left to be authorised.
fn request(session: &mut Session, publish: Publish) -> PublishRequest {
    match receive(session, Packet::Publish(publish)) {
        (Step::Publish(request), effects) => {
            assert!(effects.replies.is_empty() && effects.ops.is_empty());
            request
        }
        (step, _) => panic!("{step:?}"),
    }
}

fn accept(session: &mut Session, publish: Publish) -> Effects {
    let request = request(session, publish);
    let mut effects = Effects::default();
    session.publish_accepted(request, &mut effects);
    effects
}

fn with(topic: &'static str, properties: Properties) -> Publish {
    Publish {
        properties: Some(Box::new(properties)),
        ..publish(topic, QoS::AtMostOnce, 0)
    }
}

#[test]
fn acknowledgements_of_accepted_publishes() {
    for version in VERSIONS {
        let mut session = session(&connect(version));
        assert!(
            accept(&mut session, publish("a", QoS::AtMostOnce, 0))
                .replies
                .is_empty()
        );
        assert_eq!(
            accept(&mut session, publish("a", QoS::AtLeastOnce, 5)).replies,
            [Packet::PubAck(ack(5))]
        );
        let effects = accept(&mut session, publish("a", QoS::ExactlyOnce, 6));
        assert_eq!(effects.replies, [Packet::PubRec(ack(6))]);
        assert!(
            effects.ops.is_empty(),
            "nothing is stored for a session that ends with its connection"
        );
        let (_, effects) = receive(&mut session, Packet::PubRel(ack(6)));
        assert_eq!(effects.replies, [Packet::PubComp(ack(6))]);
        assert!(effects.ops.is_empty());
    }
}

#[test]
fn open_exchanges_of_a_persistent_session_are_stored() {
    for version in VERSIONS {
        let mut session = session(&connect_persistent(version));
        let effects = accept(&mut session, publish("a", QoS::ExactlyOnce, 6));
        let queue = QueueId(7);
        assert!(
            matches!(effects.ops[..], [Op::PutReceived { queue: q, packet_id }] if q == queue && packet_id == id(6))
        );
        let (_, effects) = receive(&mut session, Packet::PubRel(ack(6)));
        assert!(
            matches!(effects.ops[..], [Op::DeleteReceived { queue: q, packet_id }] if q == queue && packet_id == id(6))
        );
    }
}

/// [MQTT-4.3.3-10]
#[test]
fn a_repeated_publish_is_acknowledged_and_not_routed_again() {
    for version in VERSIONS {
        let mut session = session(&connect(version));
        accept(&mut session, publish("a", QoS::ExactlyOnce, 6));
        for dup in [true, false] {
            let again = Publish {
                dup,
                ..publish("a", QoS::ExactlyOnce, 6)
            };
            let (step, effects) = receive(&mut session, Packet::Publish(again));
            assert!(matches!(step, Step::Done));
            assert_eq!(effects.replies, [Packet::PubRec(ack(6))]);
        }
        receive(&mut session, Packet::PubRel(ack(6)));
        request(&mut session, publish("a", QoS::ExactlyOnce, 6));
    }
}

#[test]
fn exchanges_survive_the_connection() {
    let resumed = StoredFlights {
        flights: vec![],
        received: vec![id(6)],
    };
    let mut session = session_with(&connect_persistent(Version::V4), config(), resumed);
    let (step, _) = receive(&mut session, Packet::Publish(publish("a", QoS::ExactlyOnce, 6)));
    assert!(matches!(step, Step::Done));
}

/// mqtt.md 14.2 point 7: the client was told 0x83 and may use the id for another message.
#[test]
fn an_exchange_that_was_not_stored_is_not_open() {
    let mut session = session(&connect_persistent(Version::V5));
    accept(&mut session, publish("a", QoS::ExactlyOnce, 6));
    session.forget_received(id(6));
    request(&mut session, publish("b", QoS::ExactlyOnce, 6));
}

#[test]
fn a_pubrel_of_an_unknown_exchange() {
    for (version, reason) in [
        (Version::V3, ReasonCode::Success),
        (Version::V4, ReasonCode::Success),
        (Version::V5, ReasonCode::PacketIdNotFound),
    ] {
        let (_, effects) = receive(&mut session(&connect_persistent(version)), Packet::PubRel(ack(9)));
        assert_eq!(effects.replies, [Packet::PubComp(ack_with(9, reason))]);
        assert!(effects.ops.is_empty());
    }
}

/// mqtt.md 5.3
#[test]
fn acknowledgements_of_refused_publishes() {
    for (version, told) in [
        (Version::V3, ReasonCode::Success),
        (Version::V5, ReasonCode::NotAuthorized),
    ] {
        let mut session = session(&connect_persistent(version));
        for (qos, replies) in [
            (QoS::AtMostOnce, vec![]),
            (QoS::AtLeastOnce, vec![Packet::PubAck(ack_with(3, told))]),
            (QoS::ExactlyOnce, vec![Packet::PubRec(ack_with(3, told))]),
        ] {
            let request = request(&mut session, publish("a", qos, 3));
            let mut effects = Effects::default();
            session.publish_refused(&request, ReasonCode::NotAuthorized, &mut effects);
            assert_eq!(effects.replies, replies);
            assert!(effects.ops.is_empty(), "the id is free again");
        }
        request(&mut session, publish("a", QoS::ExactlyOnce, 3));
    }
}

/// mqtt.md 5.1
#[test]
fn clients_do_not_publish_to_hidden_topics() {
    for (version, told) in [
        (Version::V3, ReasonCode::Success),
        (Version::V4, ReasonCode::Success),
        (Version::V5, ReasonCode::TopicNameInvalid),
    ] {
        for (qos, replies) in [
            (QoS::AtMostOnce, vec![]),
            (QoS::AtLeastOnce, vec![Packet::PubAck(ack_with(3, told))]),
            (QoS::ExactlyOnce, vec![Packet::PubRec(ack_with(3, told))]),
        ] {
            let (step, effects) = receive(
                &mut session(&connect(version)),
                Packet::Publish(publish("$x/y", qos, 3)),
            );
            assert!(matches!(step, Step::Reserved(request) if request.topic == "$x/y"));
            assert_eq!(effects.replies, replies);
        }
    }
}

/// mqtt.md 5.4
#[test]
fn more_open_exchanges_than_receive_maximum() {
    let config = SessionConfig {
        receive_max_broker: 2,
        ..config()
    };
    let mut v5 = session_with(&connect(Version::V5), config.clone(), StoredFlights::default());
    for packet_id in [1, 2] {
        accept(&mut v5, publish("a", QoS::ExactlyOnce, packet_id));
    }
    let again = receive(&mut v5, Packet::Publish(publish("a", QoS::ExactlyOnce, 2)));
    assert!(matches!(again.0, Step::Done), "a repetition does not count again");
    let reason = refuse(&mut v5, Packet::Publish(publish("a", QoS::ExactlyOnce, 3)));
    assert_eq!(violation(&reason), ReasonCode::ReceiveMaximumExceeded);
    receive(&mut v5, Packet::PubRel(ack(1)));
    accept(&mut v5, publish("a", QoS::ExactlyOnce, 3));

    let mut v4 = session_with(&connect(Version::V4), config, StoredFlights::default());
    for packet_id in 1..=3 {
        accept(&mut v4, publish("a", QoS::ExactlyOnce, packet_id));
    }
}

#[test]
fn topics_that_are_no_topics() {
    for (topic, code) in [
        ("", ReasonCode::ProtocolError),
        ("a/+/b", ReasonCode::TopicNameInvalid),
        ("a/#", ReasonCode::TopicNameInvalid),
        ("1/2/3/4/5/6/7/8/9/10/11", ReasonCode::TopicNameInvalid),
        ("a\0b", ReasonCode::MalformedPacket),
    ] {
        for version in VERSIONS {
            let reason = refuse(
                &mut session(&connect(version)),
                Packet::Publish(publish(topic, QoS::AtMostOnce, 0)),
            );
            assert_eq!(violation(&reason), code, "{topic:?}");
        }
    }
    request(
        &mut session(&connect(Version::V4)),
        publish("1/2/3/4/5/6/7/8/9/10", QoS::AtMostOnce, 0),
    );
}

#[test]
fn properties_that_a_client_may_not_send() {
    let mut session = session(&connect(Version::V5));
    let ids = Properties {
        subscription_ids: vec![1],
        ..Properties::default()
    };
    let reason = refuse(&mut session, Packet::Publish(with("a", ids)));
    assert_eq!(violation(&reason), ReasonCode::ProtocolError);
    for topic in ["a/+", "", "#"] {
        let response = Properties {
            response_topic: Some(topic.into()),
            ..Properties::default()
        };
        let reason = refuse(&mut session, Packet::Publish(with("a", response)));
        assert_eq!(violation(&reason), ReasonCode::MalformedPacket);
    }
}

#[test]
fn an_alias_stands_for_its_topic() {
    let config = SessionConfig {
        topic_alias_max_client: 5,
        ..config()
    };
    let mut session = session_with(&connect(Version::V5), config, StoredFlights::default());
    let alias = |alias| Properties {
        topic_alias: Some(alias),
        ..Properties::default()
    };
    assert_eq!(request(&mut session, with("a/b", alias(2))).topic, "a/b");
    let resolved = request(&mut session, with("", alias(2)));
    assert_eq!(resolved.topic, "a/b");
    assert!(
        resolved.into_message().properties.is_none(),
        "an alias is not forwarded"
    );
    assert_eq!(
        violation(&refuse(&mut session, Packet::Publish(with("", alias(3))))),
        ReasonCode::TopicAliasInvalid
    );
}

#[test]
fn a_hidden_topic_behind_an_alias_stays_hidden() {
    let config = SessionConfig {
        topic_alias_max_client: 5,
        ..config()
    };
    let mut session = session_with(&connect(Version::V5), config, StoredFlights::default());
    let alias = Properties {
        topic_alias: Some(1),
        ..Properties::default()
    };
    for topic in ["$SYS/x", ""] {
        let (step, _) = receive(&mut session, Packet::Publish(with(topic, alias.clone())));
        assert!(matches!(step, Step::Reserved(_)));
    }
}

#[test]
fn a_message_keeps_what_is_forwarded() {
    let properties = Properties {
        message_expiry_secs: Some(10),
        payload_format_indicator: Some(1),
        content_type: Some("t".into()),
        response_topic: Some("r".into()),
        correlation_data: Some(Bytes::from_static(b"c")),
        user_properties: [("k", "1"), ("k", "2")].into_iter().collect(),
        ..Properties::default()
    };
    let before = unix_millis();
    let mut session = session(&connect_v5(Properties::default()));
    let message = request(
        &mut session,
        Publish {
            retain: true,
            ..with("a", properties.clone())
        },
    )
    .into_message();
    let deadline = message.expires_at.unwrap();
    assert!((before + 10_000..=unix_millis() + 10_000).contains(&deadline));
    let forwarded = Properties {
        message_expiry_secs: None,
        ..properties
    };
    assert_eq!(message.properties.as_deref(), Some(&forwarded));
    assert_eq!(
        (message.topic(), message.payload(), message.retain),
        ("a", &b"x"[..], true)
    );
}

#[test]
fn an_expiry_alone_leaves_no_properties() {
    let mut session = session(&connect(Version::V5));
    let expiry = Properties {
        message_expiry_secs: Some(0),
        ..Properties::default()
    };
    let message = request(&mut session, with("a", expiry)).into_message();
    assert!(message.properties.is_none() && message.expires_at.is_some());
}

#[test]
fn too_many_publishes_pause_reading() {
    let config = SessionConfig {
        max_message_rate: 2,
        ..config()
    };
    let mut session = session_with(&connect(Version::V4), config, StoredFlights::default());
    let now = Instant::now();
    for expected in [false, true] {
        let packet = Packet::Publish(publish("a", QoS::AtMostOnce, 0));
        session.receive(packet, now, &mut Effects::default()).unwrap();
        assert_eq!(session.paused_until(now).is_some(), expected);
    }
}
