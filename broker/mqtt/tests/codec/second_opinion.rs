//! Our packets through an independent codec and back: we encode, mqttbytes decodes and encodes, we decode. Left out
//! is what mqttbytes 0.6.0 gets wrong, each with its reason.

use crate::packets::packet;
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use vmq_mqtt::{Packet, Props, ReasonCode, Version, decode, encode, next_frame};

/// It keeps user name and password as one pair of strings in which empty means absent.
fn has_representable_login(username: Option<&str>, password: Option<&Bytes>) -> bool {
    let is_text = |bytes: &Bytes| !bytes.is_empty() && std::str::from_utf8(bytes).is_ok();
    username.is_none_or(|name| !name.is_empty()) && password.is_none_or(is_text)
}

/// It counts one byte too many for each Subscription Identifier and stops reading too early.
fn has_readable_ids(properties: &Props) -> bool {
    properties.as_ref().is_none_or(|p| p.subscription_ids.is_empty())
}

fn is_read_right(packet: &Packet, version: Version) -> bool {
    match packet {
        // Bridge levels are unknown to it.
        Packet::Connect(c) => {
            !c.level.bridge && has_representable_login(c.username.as_deref(), c.password.as_ref())
        }
        Packet::Publish(p) => has_readable_ids(&p.properties),
        Packet::Subscribe(s) => has_readable_ids(&s.properties),
        // It cannot read the short forms of version 5.
        Packet::Disconnect(d) => version != Version::V5 || d.properties.is_some(),
        // AUTH is missing.
        Packet::Auth(_) => false,
        _ => true,
    }
}

fn is_written_right(packet: &Packet, version: Version) -> bool {
    match packet {
        // It leaves out the property length when there are no properties.
        Packet::ConnAck(c) => version != Version::V5 || c.properties.is_some(),
        _ => true,
    }
}

fn rewrite_v4(mut bytes: BytesMut) -> BytesMut {
    use mqttbytes::v4::Packet::*;
    let mut out = BytesMut::new();
    match mqttbytes::v4::read(&mut bytes, usize::MAX).expect("readable") {
        Connect(packet) => packet.write(&mut out),
        ConnAck(packet) => packet.write(&mut out),
        Publish(packet) => packet.write(&mut out),
        PubAck(packet) => packet.write(&mut out),
        PubRec(packet) => packet.write(&mut out),
        PubRel(packet) => packet.write(&mut out),
        PubComp(packet) => packet.write(&mut out),
        Subscribe(packet) => packet.write(&mut out),
        SubAck(packet) => packet.write(&mut out),
        Unsubscribe(packet) => packet.write(&mut out),
        UnsubAck(packet) => packet.write(&mut out),
        PingReq => mqttbytes::v4::PingReq.write(&mut out),
        PingResp => mqttbytes::v4::PingResp.write(&mut out),
        Disconnect => mqttbytes::v4::Disconnect.write(&mut out),
    }
    .expect("writable");
    out
}

fn rewrite_v5(mut bytes: BytesMut) -> BytesMut {
    use mqttbytes::v5::Packet::*;
    let mut out = BytesMut::new();
    match mqttbytes::v5::read(&mut bytes, usize::MAX).expect("readable") {
        Connect(packet) => packet.write(&mut out),
        ConnAck(packet) => packet.write(&mut out),
        Publish(packet) => packet.write(&mut out),
        PubAck(packet) => packet.write(&mut out),
        PubRec(packet) => packet.write(&mut out),
        PubRel(packet) => packet.write(&mut out),
        PubComp(packet) => packet.write(&mut out),
        Subscribe(packet) => packet.write(&mut out),
        SubAck(packet) => packet.write(&mut out),
        Unsubscribe(packet) => packet.write(&mut out),
        UnsubAck(packet) => packet.write(&mut out),
        PingReq => mqttbytes::v5::PingReq.write(&mut out),
        PingResp => mqttbytes::v5::PingResp.write(&mut out),
        Disconnect(packet) => packet.write(&mut out),
    }
    .expect("writable");
    out
}

fn check(packet: Packet, version: Version) -> Result<(), TestCaseError> {
    prop_assume!(is_read_right(&packet, version));
    let mut ours = BytesMut::new();
    encode(&packet, version, &mut ours);
    let mut theirs = if version == Version::V5 {
        rewrite_v5(ours)
    } else {
        rewrite_v4(ours)
    };
    if is_written_right(&packet, version) {
        let frame = next_frame(&mut theirs, 0)
            .expect("well formed")
            .expect("a whole packet");
        let version = if matches!(packet, Packet::Connect(_)) {
            None
        } else {
            Some(version)
        };
        prop_assert_eq!(decode(frame.clone(), version), Ok(packet));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn version_4_agrees(packet in packet(Version::V4)) {
        check(packet, Version::V4)?;
    }

    #[test]
    fn version_5_agrees(packet in packet(Version::V5)) {
        check(packet, Version::V5)?;
    }
}

/// Identifiers it writes, which it cannot read back itself.
#[test]
fn subscription_identifiers_of_theirs_are_read_by_ours() {
    let mut subscribe = mqttbytes::v5::Subscribe::new("a/#", mqttbytes::QoS::AtLeastOnce);
    subscribe.pkid = 9;
    subscribe.properties = Some(mqttbytes::v5::SubscribeProperties {
        id: Some(16_384),
        user_properties: vec![("k".into(), "v".into())],
    });
    let mut bytes = BytesMut::new();
    subscribe.write(&mut bytes).expect("writable");
    let frame = next_frame(&mut bytes, 0).unwrap().expect("a whole packet");
    let Ok(Packet::Subscribe(read)) = decode(frame.clone(), Some(Version::V5)) else {
        panic!("{frame:?}")
    };
    let properties = read.properties.expect("has properties");
    assert_eq!(properties.subscription_ids, [16_384]);
    assert_eq!(properties.user_properties.len(), 1);
}

#[test]
fn reason_codes_have_the_same_numbers() {
    use mqttbytes::v5::DisconnectReasonCode as Theirs;
    // Ours to theirs, where the name alone does not tell.
    let renamed = [
        ("Success", "NormalDisconnection"),
        ("DisconnectWithWill", "DisconnectWithWillMessage"),
        ("QosNotSupported", "QoSNotSupported"),
        (
            "SharedSubscriptionsNotSupported",
            "SharedSubscriptionNotSupported",
        ),
        ("MaxConnectTime", "MaximumConnectTime"),
        (
            "SubscriptionIdsNotSupported",
            "SubscriptionIdentifiersNotSupported",
        ),
    ];
    let mut compared = 0;
    for code in ReasonCode::ALL {
        if let Ok(theirs) = Theirs::try_from(code.as_u8()) {
            let name = format!("{code:?}");
            let expected = renamed
                .iter()
                .find(|(ours, _)| *ours == name)
                .map_or(&name[..], |(_, theirs)| theirs);
            assert_eq!(format!("{theirs:?}"), expected);
            compared += 1;
        }
    }
    assert_eq!(compared, 29);
}
