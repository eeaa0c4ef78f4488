//! Arbitrary packets that a peer of the given version may send.

use bytes::Bytes;
use bytestring::ByteString;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use vmq_mqtt::{
    Ack, Auth, ConnAck, Connect, Disconnect, Level, Packet, PacketId, Properties, Props, Publish, QoS,
    ReasonCode, RetainHandling, SubAck, Subscribe, SubscribeFilter, SubscribeOptions, Unsubscribe, Version,
    Will,
};

pub(crate) const VERSIONS: [Version; 3] = [Version::V3, Version::V4, Version::V5];

/// Any packet of the version.
pub(crate) fn packet(version: Version) -> BoxedStrategy<Packet> {
    let mut kinds = vec![
        connect(version).boxed(),
        connack(version).boxed(),
        publish(version).boxed(),
        acks(version).boxed(),
        subscribe(version).boxed(),
        answers(version).boxed(),
        unsubscribe(version).boxed(),
        select(vec![Packet::PingReq, Packet::PingResp]).boxed(),
        disconnect(version).boxed(),
    ];
    if version == Version::V5 {
        kinds.push(auth().boxed());
    }
    proptest::strategy::Union::new(kinds).boxed()
}

fn text() -> impl Strategy<Value = ByteString> {
    vec(any::<char>().prop_filter("no U+0000", |&c| c != '\0'), 0..8)
        .prop_map(|chars| chars.into_iter().collect::<String>().into())
}

fn topic() -> impl Strategy<Value = ByteString> {
    text().prop_map(|text| format!("t{text}").into())
}

fn binary() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn packet_id() -> impl Strategy<Value = PacketId> {
    (1..=u16::MAX).prop_map(|id| PacketId::new(id).expect("above 0"))
}

fn qos() -> impl Strategy<Value = QoS> {
    select(vec![QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce])
}

/// All 27 properties, each present or not, with valid values.
fn all_properties() -> impl Strategy<Value = Properties> {
    let strings = vec(of(text()), 6);
    let numbers = (
        of(any::<u32>()),
        of(any::<u32>()),
        of(any::<u32>()),
        of(1..=u32::MAX),
    );
    let small = (
        of(0u8..2),
        of(0u8..2),
        of(any::<u16>()),
        of(1..=u16::MAX),
        of(any::<u16>()),
        of(any::<u16>()),
    );
    let bytes = (of(binary()), of(binary()));
    let flags = vec(of(any::<bool>()), 6);
    let lists = (
        vec(1u32..=vmq_mqtt::varint::MAX, 0..3),
        vec((text(), text()), 0..4),
    );
    let response_topic = of(topic().prop_map(|topic| topic.replace(['+', '#'], "x").into()));
    (strings, numbers, small, bytes, flags, lists, response_topic).prop_map(
        |(strings, numbers, small, bytes, flags, lists, response_topic)| Properties {
            payload_format_indicator: small.0,
            message_expiry_secs: numbers.0,
            content_type: strings[0].clone(),
            response_topic,
            correlation_data: bytes.0,
            subscription_ids: lists.0,
            session_expiry_secs: numbers.1,
            assigned_client_id: strings[1].clone(),
            server_keep_alive_secs: small.2,
            authentication_method: strings[2].clone(),
            authentication_data: bytes.1,
            request_problem_information: flags[0],
            will_delay_secs: numbers.2,
            request_response_information: flags[1],
            response_information: strings[3].clone(),
            server_reference: strings[4].clone(),
            reason_string: strings[5].clone(),
            receive_maximum: small.3,
            topic_alias_maximum: small.4,
            topic_alias: small.5,
            maximum_qos: small.1,
            retain_available: flags[2],
            user_properties: lists.1.into_iter().collect(),
            maximum_packet_size: numbers.3,
            wildcard_subscription_available: flags[3],
            subscription_ids_available: flags[4],
            shared_subscription_available: flags[5],
        },
    )
}

/// The properties that `keep` copies; none at all before version 5.
fn props(version: Version, keep: fn(Properties) -> Properties) -> BoxedStrategy<Props> {
    if version != Version::V5 {
        return Just(None).boxed();
    }
    let kept = all_properties().prop_map(move |all| {
        Some(keep(all))
            .filter(|kept| *kept != Properties::default())
            .map(Box::new)
    });
    prop_oneof![Just(None), kept].boxed()
}

fn publish_only(all: Properties) -> Properties {
    Properties {
        payload_format_indicator: all.payload_format_indicator,
        message_expiry_secs: all.message_expiry_secs,
        content_type: all.content_type,
        response_topic: all.response_topic,
        correlation_data: all.correlation_data,
        subscription_ids: all.subscription_ids,
        topic_alias: all.topic_alias,
        user_properties: all.user_properties,
        ..Properties::default()
    }
}

fn will_only(all: Properties) -> Properties {
    Properties {
        will_delay_secs: all.will_delay_secs,
        subscription_ids: Vec::new(),
        topic_alias: None,
        ..publish_only(all)
    }
}

fn ack_only(all: Properties) -> Properties {
    Properties {
        reason_string: all.reason_string,
        user_properties: all.user_properties,
        ..Properties::default()
    }
}

fn connect_only(all: Properties) -> Properties {
    Properties {
        session_expiry_secs: all.session_expiry_secs,
        authentication_data: all.authentication_method.as_ref().and(all.authentication_data),
        authentication_method: all.authentication_method,
        request_problem_information: all.request_problem_information,
        request_response_information: all.request_response_information,
        receive_maximum: all.receive_maximum,
        topic_alias_maximum: all.topic_alias_maximum,
        user_properties: all.user_properties,
        maximum_packet_size: all.maximum_packet_size,
        ..Properties::default()
    }
}

fn connack_only(all: Properties) -> Properties {
    Properties {
        payload_format_indicator: None,
        message_expiry_secs: None,
        content_type: None,
        response_topic: None,
        correlation_data: None,
        subscription_ids: Vec::new(),
        request_problem_information: None,
        will_delay_secs: None,
        request_response_information: None,
        topic_alias: None,
        ..all
    }
}

fn connect(version: Version) -> impl Strategy<Value = Packet> {
    let will = (topic(), binary(), qos(), any::<bool>(), props(version, will_only)).prop_map(
        |(topic, payload, qos, retain, properties)| Will {
            topic,
            payload,
            qos,
            retain,
            properties,
        },
    );
    let bridge = if version == Version::V5 {
        Just(false).boxed()
    } else {
        any::<bool>().boxed()
    };
    let parts = (
        bridge,
        any::<bool>(),
        any::<u16>(),
        text(),
        of(will),
        of(text()),
        of(binary()),
    );
    (parts, props(version, connect_only)).prop_map(move |(parts, properties)| {
        let (bridge, clean_start, keep_alive_secs, client_id, will, username, password) = parts;
        let password_allowed = version == Version::V5 || username.is_some();
        Packet::Connect(Box::new(Connect {
            level: Level { version, bridge },
            clean_start,
            keep_alive_secs,
            client_id,
            will,
            username,
            password: password.filter(|_| password_allowed),
            properties,
        }))
    })
}

fn connack(version: Version) -> impl Strategy<Value = Packet> {
    use ReasonCode::*;
    let reasons = if version == Version::V5 {
        vec![
            Success,
            Success,
            UnspecifiedError,
            Banned,
            BadAuthenticationMethod,
            ServerMoved,
            ConnectionRateExceeded,
        ]
    } else {
        let refusals = [
            UnsupportedProtocolVersion,
            ClientIdNotValid,
            ServerUnavailable,
            BadUsernameOrPassword,
        ];
        [&[Success, Success, NotAuthorized][..], &refusals].concat()
    };
    (any::<bool>(), select(reasons), props(version, connack_only)).prop_map(
        |(present, reason, properties)| {
            let session_present = present && reason == Success;
            Packet::ConnAck(ConnAck {
                session_present,
                reason,
                properties,
            })
        },
    )
}

pub(crate) fn publish(version: Version) -> impl Strategy<Value = Packet> {
    let fields = (
        any::<bool>(),
        qos(),
        any::<bool>(),
        topic(),
        packet_id(),
        any::<bool>(),
        binary(),
    );
    (fields, props(version, publish_only)).prop_map(|(fields, properties)| {
        let (dup, qos, retain, topic, id, drop_topic, payload) = fields;
        let has_alias = properties.as_ref().is_some_and(|p| p.topic_alias.is_some());
        let topic = if drop_topic && has_alias {
            ByteString::new()
        } else {
            topic
        };
        let packet_id = (qos != QoS::AtMostOnce).then_some(id);
        Packet::Publish(Publish {
            dup,
            qos,
            retain,
            topic,
            packet_id,
            properties,
            payload,
        })
    })
}

fn acks(version: Version) -> impl Strategy<Value = Packet> {
    use ReasonCode::*;
    let v5 = version == Version::V5;
    let first = if v5 {
        vec![
            Success,
            NoMatchingSubscribers,
            NotAuthorized,
            PayloadFormatInvalid,
        ]
    } else {
        vec![Success]
    };
    let second = if v5 {
        vec![Success, PacketIdNotFound]
    } else {
        vec![Success]
    };
    (
        packet_id(),
        select(first),
        select(second),
        props(version, ack_only),
        0..4,
    )
        .prop_map(|(packet_id, first, second, properties, kind)| {
            let ack = |reason| Ack {
                packet_id,
                reason,
                properties,
            };
            match kind {
                0 => Packet::PubAck(ack(first)),
                1 => Packet::PubRec(ack(first)),
                2 => Packet::PubRel(ack(second)),
                _ => Packet::PubComp(ack(second)),
            }
        })
}

fn options(version: Version) -> BoxedStrategy<SubscribeOptions> {
    if version != Version::V5 {
        return qos()
            .prop_map(|qos| SubscribeOptions {
                qos,
                ..SubscribeOptions::default()
            })
            .boxed();
    }
    let handling = select(vec![
        RetainHandling::Send,
        RetainHandling::SendIfNew,
        RetainHandling::Never,
    ]);
    (qos(), any::<bool>(), any::<bool>(), handling)
        .prop_map(
            |(qos, no_local, retain_as_published, retain_handling)| SubscribeOptions {
                qos,
                no_local,
                retain_as_published,
                retain_handling,
            },
        )
        .boxed()
}

fn subscribe(version: Version) -> impl Strategy<Value = Packet> {
    fn keep(all: Properties) -> Properties {
        let subscription_ids = all.subscription_ids.into_iter().take(1).collect();
        Properties {
            subscription_ids,
            user_properties: all.user_properties,
            ..Properties::default()
        }
    }
    let filter =
        (topic(), options(version)).prop_map(|(filter, options)| SubscribeFilter { filter, options });
    (packet_id(), props(version, keep), vec(filter, 1..5)).prop_map(|(packet_id, properties, filters)| {
        Packet::Subscribe(Subscribe {
            packet_id,
            properties,
            filters,
        })
    })
}

fn unsubscribe(version: Version) -> impl Strategy<Value = Packet> {
    fn keep(all: Properties) -> Properties {
        Properties {
            user_properties: all.user_properties,
            ..Properties::default()
        }
    }
    (packet_id(), props(version, keep), vec(topic(), 1..5)).prop_map(|(packet_id, properties, filters)| {
        Packet::Unsubscribe(Unsubscribe {
            packet_id,
            properties,
            filters,
        })
    })
}

/// SUBACK and UNSUBACK.
fn answers(version: Version) -> impl Strategy<Value = Packet> {
    use ReasonCode::*;
    let v5 = version == Version::V5;
    let mut granted = vec![Success, GrantedQoS1, GrantedQoS2, UnspecifiedError];
    if v5 {
        granted.extend([NotAuthorized, QuotaExceeded, WildcardSubscriptionsNotSupported]);
    }
    let removed = select(vec![Success, NoSubscriptionExisted, NotAuthorized]);
    let removed = vec(removed, if v5 { 1..5 } else { 0..1 });
    (
        packet_id(),
        props(version, ack_only),
        vec(select(granted), 1..5),
        removed,
        any::<bool>(),
    )
        .prop_map(|(packet_id, properties, granted, removed, subscribe)| {
            let answer = |reasons| SubAck {
                packet_id,
                properties,
                reasons,
            };
            if subscribe {
                Packet::SubAck(answer(granted))
            } else {
                Packet::UnsubAck(answer(removed))
            }
        })
}

fn disconnect(version: Version) -> impl Strategy<Value = Packet> {
    use ReasonCode::*;
    fn keep(all: Properties) -> Properties {
        Properties {
            session_expiry_secs: all.session_expiry_secs,
            server_reference: all.server_reference.clone(),
            ..ack_only(all)
        }
    }
    let v5 = version == Version::V5;
    let reasons = if v5 {
        vec![Success, DisconnectWithWill, SessionTakenOver, MaxConnectTime]
    } else {
        vec![Success]
    };
    (select(reasons), props(version, keep))
        .prop_map(|(reason, properties)| Packet::Disconnect(Disconnect { reason, properties }))
}

fn auth() -> impl Strategy<Value = Packet> {
    use ReasonCode::*;
    fn keep(all: Properties) -> Properties {
        Properties {
            authentication_method: all.authentication_method.clone(),
            authentication_data: all.authentication_data.clone(),
            ..ack_only(all)
        }
    }
    (
        select(vec![Success, ContinueAuthentication, ReAuthenticate]),
        props(Version::V5, keep),
    )
        .prop_map(|(reason, properties)| Packet::Auth(Auth { reason, properties }))
}
