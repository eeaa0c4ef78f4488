//! The encoder against mqttbytes: what we send is what an independent decoder reads.

use super::*;
use bytes::BytesMut;
use mqttbytes::{v4, v5};

fn read_v4(bytes: &[u8]) -> v4::Packet {
    let mut stream = BytesMut::from(bytes);
    let packet = v4::read(&mut stream, 1 << 20).unwrap();
    assert!(stream.is_empty(), "no byte is left over");
    packet
}

fn read_v5(bytes: &[u8]) -> v5::Packet {
    let mut stream = BytesMut::from(bytes);
    let packet = v5::read(&mut stream, 1 << 20).unwrap();
    assert!(stream.is_empty(), "no byte is left over");
    packet
}

fn options(version: Version, clean: bool, expiry_secs: u32) -> Connect {
    Connect {
        clean,
        expiry_secs,
        ..Connect::new(version, "load-7".into())
    }
}

#[test]
fn connect_is_read_by_mqttbytes() {
    let mut out = Vec::new();
    connect(&mut out, &options(Version::V311, false, 9));
    let v4::Packet::Connect(packet) = read_v4(&out) else {
        panic!("not a CONNECT")
    };
    assert_eq!(
        (packet.client_id.as_str(), packet.clean_session, packet.keep_alive),
        ("load-7", false, 300)
    );

    for (expiry_secs, expected) in [(0, None), (3600, Some(3600))] {
        let mut out = Vec::new();
        connect(&mut out, &options(Version::V5, true, expiry_secs));
        let v5::Packet::Connect(packet) = read_v5(&out) else {
            panic!("not a CONNECT")
        };
        assert_eq!(
            (packet.client_id.as_str(), packet.clean_session),
            ("load-7", true)
        );
        assert_eq!(
            packet
                .properties
                .and_then(|properties| properties.session_expiry_interval),
            expected
        );
    }
}

#[test]
fn subscribe_is_read_by_mqttbytes() {
    let mut out = Vec::new();
    subscribe(&mut out, Version::V311, 17, "a/+/b", Qos::ExactlyOnce);
    let v4::Packet::Subscribe(packet) = read_v4(&out) else {
        panic!("not a SUBSCRIBE")
    };
    assert_eq!((packet.pkid, packet.filters[0].path.as_str()), (17, "a/+/b"));
    assert_eq!(packet.filters[0].qos, mqttbytes::QoS::ExactlyOnce);

    let mut out = Vec::new();
    subscribe(&mut out, Version::V5, 18, "a/#", Qos::AtLeastOnce);
    let v5::Packet::Subscribe(packet) = read_v5(&out) else {
        panic!("not a SUBSCRIBE")
    };
    assert_eq!((packet.pkid, packet.filters[0].path.as_str()), (18, "a/#"));
    assert_eq!(packet.filters[0].qos, mqttbytes::QoS::AtLeastOnce);
}

#[test]
fn acks_and_disconnect_are_read_by_mqttbytes() {
    let mut out = Vec::new();
    ack(&mut out, Ack::Puback, 513);
    ack(&mut out, Ack::Pubrec, 514);
    ack(&mut out, Ack::Pubrel, 515);
    ack(&mut out, Ack::Pubcomp, 516);
    disconnect(&mut out);
    let mut stream = BytesMut::from(&out[..]);
    let mut next = || v4::read(&mut stream, 1 << 20).unwrap();
    assert!(matches!(next(), v4::Packet::PubAck(packet) if packet.pkid == 513));
    assert!(matches!(next(), v4::Packet::PubRec(packet) if packet.pkid == 514));
    assert!(matches!(next(), v4::Packet::PubRel(packet) if packet.pkid == 515));
    assert!(matches!(next(), v4::Packet::PubComp(packet) if packet.pkid == 516));
    assert_eq!(next(), v4::Packet::Disconnect);
}

#[test]
fn publish_carries_its_id_and_stamp_in_both_versions() {
    let stamp = Stamp {
        publisher: 3,
        sequence: 70_000,
        sent_nanos: 123_456_789,
    };
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        // 300 bytes need two bytes of remaining length, 1 is raised to the stamp.
        for payload_bytes in [1, 64, 300] {
            let mut out = Vec::new();
            let template = PublishTemplate::new(Version::V311, "load/t", qos, payload_bytes);
            template.push(&mut out, 258, stamp);
            assert_eq!(out.len(), template.wire_bytes());
            let v4::Packet::Publish(packet) = read_v4(&out) else {
                panic!("not a PUBLISH")
            };
            assert_eq!((packet.topic.as_str(), packet.qos as u8), ("load/t", qos.level()));
            assert_eq!(packet.pkid, if qos == Qos::AtMostOnce { 0 } else { 258 });
            assert_eq!(packet.payload.len(), payload_bytes.max(STAMP_BYTES));
            assert_eq!(Stamp::read(&packet.payload), Some(stamp));

            let mut out = Vec::new();
            PublishTemplate::new(Version::V5, "load/t", qos, payload_bytes).push(&mut out, 258, stamp);
            let v5::Packet::Publish(packet) = read_v5(&out) else {
                panic!("not a PUBLISH")
            };
            assert_eq!((packet.topic.as_str(), packet.qos as u8), ("load/t", qos.level()));
            assert_eq!(Stamp::read(&packet.payload), Some(stamp));
        }
    }
}
