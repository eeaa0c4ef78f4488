//! Exact bytes of what the broker sends.

use super::*;
use crate::{
    Ack, Auth, ConnAck, Connect, Disconnect, Level, PacketId, Properties, Props, Publish, QoS, SubAck,
    decode, next_frame,
};
use bytes::Bytes;

fn id(value: u16) -> PacketId {
    PacketId::new(value).unwrap()
}

fn bytes_of(packet: &Packet, version: Version) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode(packet, version, &mut out);
    assert_eq!(out.len(), encoded_size(packet, version), "{packet:?}");
    out.to_vec()
}

fn reason_string(text: &str) -> Props {
    Some(Box::new(Properties {
        reason_string: Some(text.into()),
        ..Properties::default()
    }))
}

#[test]
fn connack_of_every_version() {
    let accepted = Packet::ConnAck(ConnAck {
        session_present: false,
        reason: ReasonCode::Success,
        properties: Some(Box::default()),
    });
    assert_eq!(bytes_of(&accepted, Version::V5), [0x20, 3, 0, 0, 0]);
    assert_eq!(bytes_of(&accepted, Version::V4), [0x20, 2, 0, 0]);
    let resumed = Packet::ConnAck(ConnAck {
        session_present: true,
        reason: ReasonCode::Success,
        properties: None,
    });
    assert_eq!(bytes_of(&resumed, Version::V3), [0x20, 2, 1, 0]);
    let refused = Packet::ConnAck(ConnAck {
        session_present: false,
        reason: ReasonCode::UnsupportedProtocolVersion,
        properties: None,
    });
    assert_eq!(bytes_of(&refused, Version::V5), [0x20, 3, 0, 0x84, 0]);
    assert_eq!(bytes_of(&refused, Version::V4), [0x20, 2, 0, 1]);
}

#[test]
fn acks_take_the_shortest_form() {
    let ack = |reason, properties| {
        Packet::PubRec(Ack {
            packet_id: id(0x1234),
            reason,
            properties,
        })
    };
    let success = ReasonCode::Success;
    assert_eq!(bytes_of(&ack(success, None), Version::V5), [0x50, 2, 0x12, 0x34]);
    assert_eq!(
        bytes_of(&ack(success, Some(Box::default())), Version::V5),
        [0x50, 2, 0x12, 0x34]
    );
    assert_eq!(
        bytes_of(&ack(ReasonCode::NotAuthorized, None), Version::V5),
        [0x50, 3, 0x12, 0x34, 0x87]
    );
    assert_eq!(
        bytes_of(&ack(ReasonCode::NotAuthorized, None), Version::V3),
        [0x50, 2, 0x12, 0x34]
    );
    assert_eq!(
        bytes_of(&ack(success, reason_string("no")), Version::V5),
        [0x50, 9, 0x12, 0x34, 0, 5, 0x1F, 0, 2, b'n', b'o']
    );
    assert_eq!(
        bytes_of(&ack(success, reason_string("no")), Version::V4),
        [0x50, 2, 0x12, 0x34]
    );
    let release = Packet::PubRel(Ack {
        packet_id: id(1),
        reason: success,
        properties: None,
    });
    assert_eq!(bytes_of(&release, Version::V5), [0x62, 2, 0, 1]);
}

#[test]
fn suback_and_unsuback_of_every_version() {
    let reasons = vec![
        ReasonCode::GrantedQoS2,
        ReasonCode::NotAuthorized,
        ReasonCode::Success,
    ];
    let suback = Packet::SubAck(SubAck {
        packet_id: id(7),
        properties: None,
        reasons: reasons.clone(),
    });
    assert_eq!(bytes_of(&suback, Version::V5), [0x90, 6, 0, 7, 0, 2, 0x87, 0]);
    assert_eq!(bytes_of(&suback, Version::V4), [0x90, 5, 0, 7, 2, 0x80, 0]);
    let unsuback = Packet::UnsubAck(SubAck {
        packet_id: id(7),
        properties: None,
        reasons: vec![ReasonCode::NoSubscriptionExisted],
    });
    assert_eq!(bytes_of(&unsuback, Version::V5), [0xB0, 4, 0, 7, 0, 0x11]);
    assert_eq!(bytes_of(&unsuback, Version::V4), [0xB0, 2, 0, 7]);
}

#[test]
fn packets_a_version_lacks_append_nothing() {
    let auth = Packet::Auth(Auth {
        reason: ReasonCode::ContinueAuthentication,
        properties: None,
    });
    assert_eq!(bytes_of(&auth, Version::V5), [0xF0, 2, 0x18, 0]);
    assert_eq!(bytes_of(&auth, Version::V4), []);
    let taken_over = Packet::Disconnect(Disconnect {
        reason: ReasonCode::SessionTakenOver,
        properties: None,
    });
    assert_eq!(bytes_of(&taken_over, Version::V5), [0xE0, 1, 0x8E]);
    assert_eq!(bytes_of(&taken_over, Version::V4), []);
    let normal = Packet::Disconnect(Disconnect {
        reason: ReasonCode::Success,
        properties: None,
    });
    assert_eq!(bytes_of(&normal, Version::V5), [0xE0, 0]);
    assert_eq!(bytes_of(&normal, Version::V4), [0xE0, 0]);
    assert_eq!(bytes_of(&Packet::PingResp, Version::V3), [0xD0, 0]);
}

#[test]
fn properties_of_other_packets_are_left_out() {
    let properties = Properties {
        session_expiry_secs: Some(1),
        receive_maximum: Some(2),
        reason_string: Some("x".into()),
        ..Properties::default()
    };
    let suback = Packet::SubAck(SubAck {
        packet_id: id(1),
        properties: Some(Box::new(properties)),
        reasons: vec![ReasonCode::Success],
    });
    assert_eq!(
        bytes_of(&suback, Version::V5),
        [0x90, 8, 0, 1, 4, 0x1F, 0, 1, b'x', 0]
    );
}

#[test]
fn publish_parts_of_every_version() {
    let properties = Some(Box::new(Properties {
        message_expiry_secs: Some(99),
        topic_alias: Some(98),
        subscription_ids: vec![97],
        payload_format_indicator: Some(1),
        user_properties: [("k", "v")].into_iter().collect(),
        ..Properties::default()
    }));
    let parts = PublishParts {
        dup: true,
        qos: QoS::AtLeastOnce,
        retain: true,
        topic: b"a/b",
        packet_id: Some(id(5)),
        properties: &properties,
        message_expiry_secs: Some(10),
        topic_alias: Some(3),
        subscription_id: 200,
        payload: b"xyz",
    };
    let mut out = BytesMut::new();
    encode_publish(&parts, Version::V4, &mut out);
    assert_eq!(&out[..], b"\x3B\x0A\x00\x03a/b\x00\x05xyz");
    assert_eq!(publish_size(&parts, Version::V4), out.len());
    out.clear();
    encode_publish(&parts, Version::V5, &mut out);
    // The publisher's expiry, alias and identifier are replaced by those of the delivery.
    let block = b"\x02\x00\x00\x00\x0A\x23\x00\x03\x0B\xC8\x01\x01\x01\x26\x00\x01k\x00\x01v";
    let mut expected = b"\x3B\x1F\x00\x03a/b\x00\x05\x14".to_vec();
    expected.extend_from_slice(block);
    expected.extend_from_slice(b"xyz");
    assert_eq!(&out[..], &expected[..]);
    assert_eq!(publish_size(&parts, Version::V5), out.len());
}

#[test]
fn publish_without_an_identifier_is_qos_0() {
    let parts = PublishParts {
        dup: false,
        qos: QoS::ExactlyOnce,
        retain: false,
        topic: b"a",
        packet_id: None,
        properties: &None,
        message_expiry_secs: None,
        topic_alias: None,
        subscription_id: 0,
        payload: b"",
    };
    let mut out = BytesMut::new();
    encode_publish(&parts, Version::V5, &mut out);
    assert_eq!(&out[..], b"\x30\x04\x00\x01a\x00");
    out.clear();
    encode_publish(
        &PublishParts {
            qos: QoS::AtMostOnce,
            packet_id: Some(id(1)),
            ..parts
        },
        Version::V4,
        &mut out,
    );
    assert_eq!(&out[..], b"\x30\x03\x00\x01a");
}

#[test]
fn a_publish_over_the_limit_is_not_written() {
    let payload = vec![0u8; 268_435_455 - 3];
    let mut parts = PublishParts {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: b"a",
        packet_id: None,
        properties: &None,
        message_expiry_secs: None,
        topic_alias: None,
        subscription_id: 0,
        payload: &payload,
    };
    assert_eq!(publish_size(&parts, Version::V4), 268_435_455 + 5);
    parts.subscription_id = 1;
    assert_eq!(publish_size(&parts, Version::V5), 0);
    let mut out = BytesMut::new();
    encode_publish(&parts, Version::V5, &mut out);
    assert!(out.is_empty());
}

#[test]
fn long_fields_are_cut_between_characters() {
    let long = "ü".repeat(40_000);
    let disconnect = Packet::Disconnect(Disconnect {
        reason: ReasonCode::AdministrativeAction,
        properties: reason_string(&long),
    });
    let mut out = BytesMut::from(&bytes_of(&disconnect, Version::V5)[..]);
    let frame = next_frame(&mut out, 0).unwrap().unwrap();
    let Ok(Packet::Disconnect(decoded)) = decode(frame.clone(), Some(Version::V5)) else {
        panic!("{frame:?}")
    };
    assert_eq!(decoded.properties.unwrap().reason_string.unwrap(), long[..65_534]);

    let publish = Packet::Publish(Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: long.as_str().into(),
        packet_id: None,
        properties: None,
        payload: Bytes::from_static(b"p"),
    });
    let mut out = BytesMut::from(&bytes_of(&publish, Version::V4)[..]);
    let frame = next_frame(&mut out, 0).unwrap().unwrap();
    let Ok(Packet::Publish(decoded)) = decode(frame.clone(), Some(Version::V4)) else {
        panic!("{frame:?}")
    };
    assert_eq!((decoded.topic.len(), decoded.payload.len()), (65_534, 1));
}

#[test]
fn connect_is_written_in_the_version_of_its_level() {
    let connect = |version, bridge| {
        Packet::Connect(Box::new(Connect {
            level: Level { version, bridge },
            clean_start: true,
            keep_alive_secs: 60,
            client_id: "c".into(),
            will: None,
            username: Some("u".into()),
            password: Some(Bytes::from_static(b"p")),
            properties: None,
        }))
    };
    let v5 = b"\x10\x14\x00\x04MQTT\x05\xC2\x00\x3C\x00\x00\x01c\x00\x01u\x00\x01p";
    assert_eq!(bytes_of(&connect(Version::V5, false), Version::V3), v5);
    let v3_bridge = b"\x10\x15\x00\x06MQIsdp\x83\xC2\x00\x3C\x00\x01c\x00\x01u\x00\x01p";
    assert_eq!(bytes_of(&connect(Version::V3, true), Version::V5), v3_bridge);
    let v4_bridge = b"\x10\x13\x00\x04MQTT\x84\xC2\x00\x3C\x00\x01c\x00\x01u\x00\x01p";
    assert_eq!(bytes_of(&connect(Version::V4, true), Version::V4), v4_bridge);
}
