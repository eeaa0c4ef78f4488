//! Packets to bytes. (interface fixed; body below to be written)

use crate::{Packet, Props, PacketId, QoS, Version};
use bytes::BytesMut;

/// Appends the packet to `out`. Packets that a version does not have (AUTH, a server DISCONNECT in 3.x) append nothing.
pub fn encode(packet: &Packet, version: Version, out: &mut BytesMut) {
    let _unused = (packet, version, out);
}

/// The parts of an outgoing PUBLISH, borrowed: the broker's hot path encodes from a shared message without building
/// a `Packet`.
#[derive(Clone, Copy, Debug)]
pub struct PublishParts<'a> {
    pub dup: bool,
    pub qos: QoS,
    pub retain: bool,
    /// Topic bytes, valid UTF-8; empty with a topic alias.
    pub topic: &'a [u8],
    /// Present exactly when `qos` is above 0.
    pub packet_id: Option<PacketId>,
    /// Properties as the publisher sent them (payload format, content type, response topic, correlation data, user
    /// properties); expiry, alias and subscription identifiers are taken from the fields below instead.
    pub properties: &'a Props,
    /// Remaining seconds.
    pub message_expiry_secs: Option<u32>,
    pub topic_alias: Option<u16>,
    /// 0 = none.
    pub subscription_id: u32,
    pub payload: &'a [u8],
}

/// Bytes that `encode_publish` will append (fixed header included).
#[must_use]
pub fn publish_size(parts: &PublishParts<'_>, version: Version) -> usize {
    let _unused = (parts, version);
    0
}

/// Appends a PUBLISH to `out`.
pub fn encode_publish(parts: &PublishParts<'_>, version: Version, out: &mut BytesMut) {
    let _unused = (parts, version, out);
}

/// Bytes that `encode` will append for this packet.
#[must_use]
pub fn encoded_size(packet: &Packet, version: Version) -> usize {
    let _unused = (packet, version);
    0
}
