//! The scanner against packets that mqttbytes wrote, cut at every byte, and against packets that are wrong.

use super::*;
use bytes::BytesMut;
use mqttbytes::{QoS, v4, v5};

/// Scans `bytes` whole, and checks that no shorter piece of it is taken for a packet.
fn whole(bytes: &[u8], version: Version) -> Packet<'_> {
    for cut in 0..bytes.len() {
        assert_eq!(next(&bytes[..cut], version), Ok(None), "cut at {cut}");
    }
    let (packet, used) = next(bytes, version).unwrap().unwrap();
    assert_eq!(used, bytes.len());
    packet
}

#[test]
fn publish_of_3_1_1_is_read() {
    for (qos, level) in [(QoS::AtMostOnce, 0), (QoS::AtLeastOnce, 1), (QoS::ExactlyOnce, 2)] {
        for payload in [vec![7; 64], vec![7; 1000]] {
            let mut packet = v4::Publish::new("a/b", qos, payload.clone());
            packet.pkid = 300;
            packet.dup = level > 0;
            let mut bytes = BytesMut::new();
            packet.write(&mut bytes).unwrap();
            let Packet::Publish(publish) = whole(&bytes, Version::V311) else {
                panic!("not a PUBLISH")
            };
            assert_eq!(publish.qos.level(), level);
            assert_eq!((publish.topic, publish.payload), (&b"a/b"[..], &payload[..]));
            assert_eq!(publish.packet_id, if level == 0 { 0 } else { 300 });
            assert_eq!((publish.dup, publish.retain), (level > 0, false));
        }
    }
}

#[test]
fn publish_of_5_is_read_past_its_properties() {
    let mut packet = v5::Publish::new("a/b", QoS::AtLeastOnce, vec![9; 20]);
    packet.pkid = 5;
    packet.properties = Some(v5::PublishProperties {
        payload_format_indicator: None,
        message_expiry_interval: Some(60),
        topic_alias: None,
        response_topic: Some("r".repeat(200)), // property length of two bytes
        correlation_data: None,
        user_properties: vec![("k".into(), "v".into())],
        subscription_identifiers: Vec::new(),
        content_type: None,
    });
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes).unwrap();
    let Packet::Publish(publish) = whole(&bytes, Version::V5) else {
        panic!("not a PUBLISH")
    };
    assert_eq!((publish.packet_id, publish.payload), (5, &[9; 20][..]));
}

#[test]
fn acks_and_suback_are_read() {
    let mut bytes = BytesMut::new();
    v4::PubAck::new(11).write(&mut bytes).unwrap();
    let expected = Packet::Ack {
        ack: Ack::Puback,
        packet_id: 11,
        reason: 0,
    };
    assert_eq!(whole(&bytes, Version::V311), expected);

    let refused = [0x40, 4, 0, 11, 0x97, 0]; // quota exceeded, no properties
    let expected = Packet::Ack {
        ack: Ack::Puback,
        packet_id: 11,
        reason: 0x97,
    };
    assert_eq!(whole(&refused, Version::V5), expected);

    let mut bytes = BytesMut::new();
    v4::SubAck::new(3, vec![v4::SubscribeReasonCode::Failure])
        .write(&mut bytes)
        .unwrap();
    assert_eq!(
        whole(&bytes, Version::V311),
        Packet::Suback {
            packet_id: 3,
            reason: 0x80
        }
    );
    assert_eq!(
        whole(&[0x90, 4, 0, 3, 0, 1], Version::V5),
        Packet::Suback {
            packet_id: 3,
            reason: 1
        }
    );
}

#[test]
fn connack_gives_the_receive_maximum() {
    let mut bytes = BytesMut::new();
    v4::ConnAck::new(v4::ConnectReturnCode::Success, true)
        .write(&mut bytes)
        .unwrap();
    let expected = Packet::Connack {
        reason: 0,
        session_present: true,
        receive_maximum: 65535,
    };
    assert_eq!(whole(&bytes, Version::V311), expected);

    // Topic alias maximum, user property, assigned client id, then the receive maximum.
    let bytes = [
        0x20, 21, 0, 0, 18, 0x22, 0, 10, 0x26, 0, 1, b'k', 0, 1, b'v', 0x12, 0, 2, b'i', b'd', 0x21, 0, 20,
    ];
    let expected = Packet::Connack {
        reason: 0,
        session_present: false,
        receive_maximum: 20,
    };
    assert_eq!(whole(&bytes, Version::V5), expected);
}

#[test]
fn wrong_packets_are_refused() {
    let cases: [(&[u8], &str); 8] = [
        (&[0x36, 2, 0, 0], "publish has qos 3"),
        (&[0x32, 4, 0, 0, 0, 0], "publish has packet id 0"),
        (&[0x30, 3, 0, 9, b'a'], "publish ends within its topic"),
        (
            &[0x30, 0xff, 0xff, 0xff, 0xff, 1],
            "length has more than four bytes",
        ),
        (
            &[0x30, 0xff, 0xff, 0xff, 0x7f],
            "packet is longer than a load test can cause",
        ),
        (&[0x60, 2, 0, 1], "packet is not one a broker may send"),
        (&[0x10, 0], "packet is not one a broker may send"),
        (&[0x40, 3, 0, 1, 0], "ack is longer than two bytes"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(next(bytes, Version::V311), Err(Malformed(expected)));
    }
}
