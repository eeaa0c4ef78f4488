//! Short ways to write the packets that tests send.

use bytes::Bytes;
use std::num::NonZeroU16;
use vmq_mqtt::packet::Props;
use vmq_mqtt::{PacketId, Properties, Publish, QoS, SubscribeOptions};

pub const QOS0: QoS = QoS::AtMostOnce;
pub const QOS1: QoS = QoS::AtLeastOnce;
pub const QOS2: QoS = QoS::ExactlyOnce;

/// A packet id.
#[must_use]
pub fn id(value: u16) -> PacketId {
    NonZeroU16::new(value).unwrap()
}

/// A QoS 0 PUBLISH, to be refined with `Publish { retain: true, ..publish("a", "b") }`.
#[must_use]
pub fn publish(topic: &str, payload: impl AsRef<[u8]>) -> Publish {
    Publish {
        dup: false,
        qos: QOS0,
        retain: false,
        topic: topic.into(),
        packet_id: None,
        properties: None,
        payload: Bytes::copy_from_slice(payload.as_ref()),
    }
}

/// Properties, filled in by the closure.
#[must_use]
pub fn properties(fill: impl FnOnce(&mut Properties)) -> Props {
    let mut properties = Properties::default();
    fill(&mut properties);
    Some(Box::new(properties))
}

/// Subscription options with a QoS and nothing else.
#[must_use]
pub fn options(qos: QoS) -> SubscribeOptions {
    SubscribeOptions {
        qos,
        ..SubscribeOptions::default()
    }
}
