//! PUBLISH: the hot path of fan-out. The size is computed once, then the borrowed parts are copied into the write
//! buffer and nothing else is allocated.

use super::properties::Fields;
use super::remaining_length;
use super::sink::{Counter, Sink, cut};
use crate::property::{Allowed, id};
use crate::{PacketId, PacketType, Props, Publish, QoS, Version, varint};
use bytes::{BufMut, BytesMut};

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

/// Bytes that `encode_publish` will append (fixed header included); 0 when it would exceed the protocol's limit.
#[must_use]
pub fn publish_size(parts: &PublishParts<'_>, version: Version) -> usize {
    packet_bytes(Layout::of(parts, subscription_ids(parts), version))
}

/// Appends a PUBLISH to `out`; nothing when its Remaining Length would exceed 268435455 bytes. A `qos` above 0 without
/// `packet_id` is written as QoS 0.
pub fn encode_publish(parts: &PublishParts<'_>, version: Version, out: &mut BytesMut) {
    put(parts, subscription_ids(parts), version, out);
}

/// A whole packet, which may have several Subscription Identifiers.
pub(super) fn encode_packet(publish: &Publish, version: Version, out: &mut BytesMut) {
    let (parts, ids) = parts_of(publish);
    put(&parts, ids, version, out);
}

pub(super) fn packet_size(publish: &Publish, version: Version) -> usize {
    let (parts, ids) = parts_of(publish);
    packet_bytes(Layout::of(&parts, ids, version))
}

fn subscription_ids<'a>(parts: &'a PublishParts<'_>) -> &'a [u32] {
    if parts.subscription_id == 0 {
        &[]
    } else {
        std::slice::from_ref(&parts.subscription_id)
    }
}

fn parts_of(publish: &Publish) -> (PublishParts<'_>, &[u32]) {
    let properties = publish.properties.as_deref();
    let parts = PublishParts {
        dup: publish.dup,
        qos: publish.qos,
        retain: publish.retain,
        topic: publish.topic.as_bytes(),
        packet_id: publish.packet_id,
        properties: &publish.properties,
        message_expiry_secs: properties.and_then(|p| p.message_expiry_secs),
        topic_alias: properties.and_then(|p| p.topic_alias),
        subscription_id: 0,
        payload: &publish.payload,
    };
    (parts, properties.map_or(&[], |p| &p.subscription_ids))
}

/// Lengths that precede what they count.
#[derive(Clone, Copy)]
struct Layout {
    remaining: u32,
    properties: u32,
}

impl Layout {
    /// `None` over the protocol's limit.
    fn of(parts: &PublishParts<'_>, ids: &[u32], version: Version) -> Option<Self> {
        let mut bytes = 2 + cut(parts.topic).len() + parts.payload.len();
        if written_id(parts).is_some() {
            bytes += 2;
        }
        let mut properties = 0;
        if version == Version::V5 {
            let mut counter = Counter::default();
            put_properties(parts, ids, &mut counter);
            properties = remaining_length(counter.bytes())?;
            bytes += varint::size(properties) + counter.bytes();
        }
        Some(Self {
            remaining: remaining_length(bytes)?,
            properties,
        })
    }
}

fn packet_bytes(layout: Option<Layout>) -> usize {
    layout.map_or(0, |layout| {
        1 + varint::size(layout.remaining) + layout.remaining as usize
    })
}

fn written_id(parts: &PublishParts<'_>) -> Option<PacketId> {
    parts.packet_id.filter(|_| parts.qos != QoS::AtMostOnce)
}

fn put(parts: &PublishParts<'_>, ids: &[u32], version: Version, out: &mut BytesMut) {
    let Some(layout) = Layout::of(parts, ids, version) else {
        return;
    };
    out.reserve(packet_bytes(Some(layout)));
    let packet_id = written_id(parts);
    let qos = if packet_id.is_some() { parts.qos.as_u8() } else { 0 };
    let flags = u8::from(parts.dup) << 3 | qos << 1 | u8::from(parts.retain);
    let topic = cut(parts.topic);
    let (remaining, remaining_size) = varint::write(layout.remaining);
    // One copy of a small array costs less than three tiny appends.
    let mut start = [0u8; 7];
    start[0] = PacketType::Publish.first_byte() | flags;
    start[1..5].copy_from_slice(&remaining);
    let topic_len = u16::try_from(topic.len()).unwrap_or(u16::MAX);
    start[1 + remaining_size..3 + remaining_size].copy_from_slice(&topic_len.to_be_bytes());
    out.put_slice(&start[..3 + remaining_size]);
    out.put_slice(topic);
    if let Some(packet_id) = packet_id {
        out.put_u16(packet_id.get());
    }
    if version == Version::V5 {
        Sink::varint(out, layout.properties);
        if layout.properties != 0 {
            put_properties(parts, ids, out);
        }
    }
    out.put_slice(parts.payload);
}

fn put_properties(parts: &PublishParts<'_>, ids: &[u32], out: &mut impl Sink) {
    let mut fields = Fields {
        allowed: Allowed::PUBLISH,
        out,
    };
    fields.four(id::MESSAGE_EXPIRY, parts.message_expiry_secs);
    fields.two(id::TOPIC_ALIAS, parts.topic_alias);
    fields.subscription_ids(ids);
    if let Some(from) = parts.properties {
        fields.byte(id::PAYLOAD_FORMAT_INDICATOR, from.payload_format_indicator);
        fields.string(id::CONTENT_TYPE, from.content_type.as_deref());
        fields.string(id::RESPONSE_TOPIC, from.response_topic.as_deref());
        fields.binary(id::CORRELATION_DATA, from.correlation_data.as_deref());
        fields.user_properties(from);
    }
}
