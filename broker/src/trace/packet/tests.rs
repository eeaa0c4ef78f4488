//! Each packet in each version, word for word (monitoring.md 8.3).

use super::*;
use bytes::Bytes;
use bytestring::ByteString;
use vmq_admin::command::trace::TracePayload;
use vmq_mqtt::packet::Props;
use vmq_mqtt::{Auth, Disconnect, Level, PacketId, Properties, QoS, SubscribeOptions};

fn shown(packet: &Packet, version: Version) -> String {
    let payloads = Payloads {
        form: TracePayload::Text,
        bytes_max: 10,
    };
    Shown {
        packet,
        version,
        payloads,
    }
    .to_string()
}

fn properties(fill: impl FnOnce(&mut Properties)) -> Props {
    let mut properties = Properties::default();
    fill(&mut properties);
    Some(Box::new(properties))
}

const fn id(id: u16) -> PacketId {
    PacketId::new(id).unwrap()
}

fn connect(version: Version, bridge: bool) -> Connect {
    Connect {
        level: Level { version, bridge },
        clean_start: true,
        keep_alive_secs: 30,
        client_id: "client".into(),
        will: None,
        username: Some("username".into()),
        password: Some(Bytes::from_static(b"secret")),
        properties: None,
    }
}

#[test]
fn connect_never_shows_the_password() {
    for (version, bridge, level) in [
        (Version::V3, false, 3),
        (Version::V4, false, 4),
        (Version::V3, true, 131),
        (Version::V4, true, 132),
    ] {
        let packet = Packet::Connect(Box::new(connect(version, bridge)));
        let expected = format!("CONNECT(c: client, v: {level}, u: username, p: pw_no_print, cs: 1, ka: 30)");
        assert_eq!(shown(&packet, version), expected);
    }
}

#[test]
fn connect_with_will_and_properties() {
    let mut packet = connect(Version::V5, false);
    packet.username = None;
    packet.clean_start = false;
    packet.properties = properties(|p| {
        p.session_expiry_secs = Some(60);
        p.authentication_method = Some("m".into());
        p.authentication_data = Some(Bytes::from_static(b"secret"));
    });
    packet.will = Some(Will {
        topic: "will/topic".into(),
        payload: Bytes::from_static(b"a long last will"),
        qos: QoS::AtLeastOnce,
        retain: true,
        properties: properties(|p| p.will_delay_secs = Some(5)),
    });
    let expected = "\
CONNECT(c: client, v: 5, u: undefined, p: pw_no_print, cs: false, ka: 30)
    with properties: #{p_authentication_data => <<\"redacted\">>,p_authentication_method => <<\"m\">>,p_session_expiry_interval => 60}
    with LWT(wr: 1, wq: 1, wt: will/topic) with payload:
    a long las (truncated)
    with properties: #{p_will_delay_interval => 5}";
    assert_eq!(shown(&Packet::Connect(Box::new(packet)), Version::V5), expected);
}

#[test]
fn connack() {
    let packet = |reason, properties| {
        Packet::ConnAck(ConnAck {
            session_present: true,
            reason,
            properties,
        })
    };
    let refused = packet(ReasonCode::NotAuthorized, None);
    assert_eq!(shown(&refused, Version::V4), "CONNACK(sp: 1, rc: 5)");
    assert_eq!(
        shown(&refused, Version::V5),
        "CONNACK(sp: 1, rc: not_authorized(135))"
    );
    let accepted = packet(
        ReasonCode::Success,
        properties(|p| {
            p.topic_alias_maximum = Some(10);
            p.retain_available = Some(true);
        }),
    );
    assert_eq!(
        shown(&accepted, Version::V5),
        "CONNACK(sp: 1, rc: success(0))\n    with properties: #{p_retain_available => true,p_topic_alias_max => 10}"
    );
}

fn publish(topic: &str, payload: &'static [u8], packet_id: Option<PacketId>, properties: Props) -> Packet {
    Packet::Publish(Publish {
        dup: true,
        qos: if packet_id.is_some() {
            QoS::ExactlyOnce
        } else {
            QoS::AtMostOnce
        },
        retain: false,
        topic: topic.into(),
        packet_id,
        properties,
        payload: Bytes::from_static(payload),
    })
}

#[test]
fn publish_has_its_payload_on_a_line_of_its_own() {
    for version in [Version::V3, Version::V4, Version::V5] {
        assert_eq!(
            shown(&publish("a/b", b"hello", Some(id(7)), None), version),
            "PUBLISH(d1, q2, r0, m7, \"a/b\") with payload:\n    hello"
        );
        assert_eq!(
            shown(&publish("a/b", b"\xffhello world", None, None), version),
            "PUBLISH(d1, q0, r0, m0, \"a/b\") with payload:\n    \\xffhello wor (truncated)"
        );
    }
    let all = properties(|p| {
        p.payload_format_indicator = Some(1);
        p.subscription_ids = vec![1, 2];
        p.correlation_data = Some(Bytes::from_static(b"\x00\xff"));
        p.user_properties.push("k", "v");
        p.user_properties.push("k2", "");
    });
    assert_eq!(
        shown(&publish("a", b"", None, all), Version::V5),
        "PUBLISH(d1, q0, r0, m0, \"a\") with payload:\n    \n    with properties: \
         #{p_correlation_data => <<\"\\x00\\xff\">>,p_payload_format_indicator => 1,p_subscription_id => [1,2],\
         p_user_property => [{<<\"k\">>,<<\"v\">>},{<<\"k2\">>,<<>>}]}"
    );
}

#[test]
fn nothing_leaves_its_line() {
    let hostile = "x\n2026-01-01T00:00:00Z \"\u{1b}[0m\u{202e}";
    let lines = shown(&publish(hostile, b"a\nb", None, None), Version::V4);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(
        !lines.contains('\u{1b}') && !lines.contains('\u{202e}'),
        "{lines}"
    );
}

#[test]
fn acknowledgements() {
    let ack = |reason| Ack {
        packet_id: id(9),
        reason,
        properties: None,
    };
    let granted = || ack(ReasonCode::Success);
    for (name, packet) in [
        ("PUBACK", Packet::PubAck(granted())),
        ("PUBREC", Packet::PubRec(granted())),
        ("PUBREL", Packet::PubRel(granted())),
        ("PUBCOMP", Packet::PubComp(granted())),
    ] {
        assert_eq!(shown(&packet, Version::V4), format!("{name}(m9)"));
        assert_eq!(shown(&packet, Version::V5), format!("{name}(m9, rc: success(0))"));
    }
    let refused = Packet::PubAck(Ack {
        properties: properties(|p| p.reason_string = Some("no".into())),
        ..ack(ReasonCode::QuotaExceeded)
    });
    assert_eq!(
        shown(&refused, Version::V5),
        "PUBACK(m9, rc: quota_exceeded(151))\n    with properties: #{p_reason_string => <<\"no\">>}"
    );
}

#[test]
fn subscriptions() {
    let filter = |filter: &str, qos, retain_handling| SubscribeFilter {
        filter: ByteString::from(filter),
        options: SubscribeOptions {
            qos,
            no_local: true,
            retain_as_published: false,
            retain_handling,
        },
    };
    let packet = Packet::Subscribe(Subscribe {
        packet_id: id(1),
        properties: properties(|p| p.subscription_ids = vec![3]),
        filters: vec![
            filter("b/#", QoS::AtLeastOnce, RetainHandling::SendIfNew),
            filter("a", QoS::AtMostOnce, RetainHandling::Never),
        ],
    });
    let v5 = "\
SUBSCRIBE(m1) with topics:
    q:1, no_local:true, rap:false, rh:send_if_new_sub
    t: \"b/#\"
    q:0, no_local:true, rap:false, rh:dont_send
    t: \"a\"
    with properties: #{p_subscription_id => [3]}";
    assert_eq!(shown(&packet, Version::V5), v5);
    let Packet::Subscribe(subscribe) = packet else {
        return;
    };
    let packet = Packet::Subscribe(Subscribe {
        properties: None,
        ..subscribe
    });
    let v4 = "SUBSCRIBE(m1) with topics:\n    q:1, t: \"b/#\"\n    q:0, t: \"a\"";
    assert_eq!(shown(&packet, Version::V4), v4);
    let suback = Packet::SubAck(SubAck {
        packet_id: id(1),
        properties: None,
        reasons: vec![
            ReasonCode::Success,
            ReasonCode::GrantedQoS2,
            ReasonCode::NotAuthorized,
        ],
    });
    assert_eq!(shown(&suback, Version::V3), "SUBACK(m1, qt[0,2,not_allowed])");
    assert_eq!(shown(&suback, Version::V5), "SUBACK(m1, reason_codes:[0,2,135])");
}

#[test]
fn unsubscriptions() {
    let packet = Packet::Unsubscribe(Unsubscribe {
        packet_id: id(2),
        properties: None,
        filters: vec!["a".into(), "b".into()],
    });
    assert_eq!(shown(&packet, Version::V4), "UNSUBSCRIBE(m2)");
    assert_eq!(
        shown(&packet, Version::V5),
        "UNSUBSCRIBE(m2) with topics:\n    t: \"a\"\n    t: \"b\""
    );
    let unsuback = Packet::UnsubAck(SubAck {
        packet_id: id(2),
        properties: None,
        reasons: vec![ReasonCode::Success, ReasonCode::NoSubscriptionExisted],
    });
    assert_eq!(shown(&unsuback, Version::V4), "UNSUBACK(m2)");
    assert_eq!(shown(&unsuback, Version::V5), "UNSUBACK(m2, reason_codes:[0,17])");
}

#[test]
fn small_packets() {
    for version in [Version::V3, Version::V4, Version::V5] {
        assert_eq!(shown(&Packet::PingReq, version), "PINGREQ()");
        assert_eq!(shown(&Packet::PingResp, version), "PINGRESP()");
    }
    let disconnect = |reason| {
        Packet::Disconnect(Disconnect {
            reason,
            properties: None,
        })
    };
    let normal = disconnect(ReasonCode::Success);
    assert_eq!(shown(&normal, Version::V4), "DISCONNECT()");
    assert_eq!(shown(&normal, Version::V5), "DISCONNECT(rc:normal_disconnect(0))");
    assert_eq!(
        shown(&disconnect(ReasonCode::SessionTakenOver), Version::V5),
        "DISCONNECT(rc:session_taken_over(142))"
    );
    let auth = Packet::Auth(Auth {
        reason: ReasonCode::ContinueAuthentication,
        properties: None,
    });
    assert_eq!(shown(&auth, Version::V5), "AUTH(rc:continue_authentication(24))");
}
