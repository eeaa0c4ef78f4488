//! Packets have their places.

use crate::metrics::packets::{Place, place_of_received, place_of_sent};
use crate::metrics::{Counter, Metrics, Reasoned};
use std::collections::BTreeSet;
use vmq_mqtt::{
    Ack, Auth, ConnAck, Disconnect, Packet, PacketId, Publish, QoS, ReasonCode, SubAck, Subscribe,
    Unsubscribe, Version,
};

/// One of each but CONNECT, with this code where there is one.
fn packets(reason: ReasonCode) -> Vec<Packet> {
    let (packet_id, properties) = (PacketId::MIN, None);
    let ack = || Ack {
        packet_id,
        reason,
        properties: None,
    };
    let sub_ack = || SubAck {
        packet_id,
        properties: None,
        reasons: vec![],
    };
    let publish = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: "a".into(),
        packet_id: None,
        properties: None,
        payload: bytes::Bytes::new(),
    };
    let subscribe = Subscribe {
        packet_id,
        properties: None,
        filters: vec![],
    };
    let unsubscribe = Unsubscribe {
        packet_id,
        properties,
        filters: vec![],
    };
    let connack = ConnAck {
        session_present: false,
        reason,
        properties: None,
    };
    let disconnect = Disconnect {
        reason,
        properties: None,
    };
    vec![
        Packet::ConnAck(connack),
        Packet::Publish(publish),
        Packet::PubAck(ack()),
        Packet::PubRec(ack()),
        Packet::PubRel(ack()),
        Packet::PubComp(ack()),
        Packet::Subscribe(subscribe),
        Packet::SubAck(sub_ack()),
        Packet::Unsubscribe(unsubscribe),
        Packet::UnsubAck(sub_ack()),
        Packet::PingReq,
        Packet::PingResp,
        Packet::Disconnect(disconnect),
        Packet::Auth(Auth {
            reason,
            properties: None,
        }),
    ]
}

/// Name of the metric, version and code.
fn told(place: Place) -> (&'static str, String) {
    match place {
        Place::Counter(counter) => (counter.family().name, counter.label().to_owned()),
        Place::Coded(group, code) => {
            let labels = format!(
                "mqtt_version={},{}={}",
                group.version(),
                group.label(),
                group.word(code)
            );
            (group.family().name, labels)
        }
    }
}

#[test]
fn packets_are_counted_under_their_name_and_version() {
    for version in [Version::V3, Version::V4, Version::V5] {
        for packet in packets(ReasonCode::Success) {
            let word = format!("{:?}", packet.packet_type()).to_lowercase();
            for (place, direction) in [
                (place_of_received(&packet, version), "received"),
                (place_of_sent(&packet, version), "sent"),
            ] {
                let Some(place) = place else { continue };
                let (name, labels) = told(place);
                assert_eq!(name, format!("mqtt_{word}_{direction}"));
                let only_v5 = matches!(place, Place::Coded(group, _) if group != Reasoned::ConnackSent4);
                let expected = if version == Version::V5 || only_v5 {
                    "5"
                } else {
                    "4"
                };
                assert!(
                    labels.starts_with(&format!("mqtt_version={expected}")),
                    "{name} {labels}"
                );
            }
        }
    }
}

#[test]
fn every_counter_of_packets_has_its_packet() {
    let mut used = BTreeSet::from([
        told(Place::Counter(Counter::ConnectReceived4)),
        told(Place::Counter(Counter::ConnectReceived5)),
    ]);
    for version in [Version::V4, Version::V5] {
        for code in ReasonCode::ALL {
            for packet in packets(*code) {
                let places = [
                    place_of_received(&packet, version),
                    place_of_sent(&packet, version),
                ];
                used.extend(places.into_iter().flatten().map(told));
            }
        }
    }
    let is_used = |name: &str, labels: &str| used.contains(&(name, labels.to_owned()));
    for counter in Counter::ALL {
        let name = counter.family().name;
        let is_packet = name.ends_with("_received") || name.ends_with("_sent");
        let is_old = name.starts_with("mqtt_connack_");
        if name.starts_with("mqtt_") && is_packet && !is_old {
            assert!(is_used(name, counter.label()), "{name} {}", counter.label());
        }
    }
    for group in Reasoned::ALL {
        for code in group.codes() {
            let (name, labels) = told(Place::Coded(*group, *code));
            assert!(is_used(name, &labels), "{name} {labels}");
        }
    }
}

/// monitoring.md 1.1: the return codes of 3.1 and 3.1.1 are what stands on the wire.
#[test]
fn several_reasons_have_one_return_code() {
    let metrics = Metrics::default();
    for reason in [
        ReasonCode::ServerBusy,
        ReasonCode::ServerUnavailable,
        ReasonCode::Banned,
    ] {
        let connack = Packet::ConnAck(ConnAck {
            session_present: false,
            reason,
            properties: None,
        });
        metrics.sent(&connack, Version::V4);
        metrics.sent(&connack, Version::V5);
    }
    let of = |group, code| metrics.value_coded(group, code);
    assert_eq!(of(Reasoned::ConnackSent4, ReasonCode::ServerUnavailable), 2);
    assert_eq!(of(Reasoned::ConnackSent4, ReasonCode::NotAuthorized), 1);
    assert_eq!(of(Reasoned::ConnackSent5, ReasonCode::ServerBusy), 1);
    assert_eq!(metrics.sum("mqtt_connack_sent"), 6);
}

#[test]
fn packets_of_one_direction_only() {
    use Packet::{ConnAck, PingReq, PingResp, SubAck, Subscribe, UnsubAck, Unsubscribe};
    for packet in packets(ReasonCode::Success) {
        let to_server = matches!(packet, Subscribe(_) | Unsubscribe(_) | PingReq);
        let to_client = matches!(packet, ConnAck(_) | SubAck(_) | UnsubAck(_) | PingResp);
        let (received, sent) = (
            place_of_received(&packet, Version::V4),
            place_of_sent(&packet, Version::V4),
        );
        assert_eq!(
            (received.is_none(), sent.is_none()),
            (to_client, to_server),
            "{packet:?}"
        );
    }
}
