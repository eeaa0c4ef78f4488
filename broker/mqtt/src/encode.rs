//! Packets to bytes. The connection's writer appends packets to one buffer with [`encode`] and, for deliveries,
//! [`encode_publish`]; tests and the load generator encode the client's packets with the same functions.
//!
//! What is appended is always one well-formed packet: strings and binary fields over 65535 bytes are cut, properties
//! that the packet may not carry are left out, and a packet over the protocol's size limit is not written at all.
//! The size is computed first, so that the buffer grows once.

mod sink;
mod properties;
mod publish;
mod connect;
mod control;
#[cfg(test)]
mod tests;

pub use publish::{PublishParts, encode_publish, publish_size};

use crate::{Packet, PacketType, ReasonCode, Version, varint};
use bytes::{BufMut, BytesMut};
pub(crate) use sink::cut;
use sink::{Counter, Sink};

/// Appends the packet to `out`. Packets that a version does not have (AUTH, a server DISCONNECT in 3.x) append nothing,
/// and so does a packet whose Remaining Length would exceed 268435455. A DISCONNECT of 3.x is the client's, and
/// therefore written, when its reason is success.
///
/// In 3.x properties and reason codes are left out or mapped to that version's return codes. A CONNECT is written in
/// the version of its level.
pub fn encode(packet: &Packet, version: Version, out: &mut BytesMut) {
    if let Packet::Publish(publish) = packet {
        return publish::encode_packet(publish, version, out);
    }
    let Some((first_byte, remaining)) = header(packet, version) else {
        return;
    };
    out.reserve(1 + varint::size(remaining) + remaining as usize);
    out.put_u8(first_byte);
    Sink::varint(out, remaining);
    put_body(packet, version, out);
}

/// Bytes that `encode` will append for this packet.
#[must_use]
pub fn encoded_size(packet: &Packet, version: Version) -> usize {
    if let Packet::Publish(publish) = packet {
        return publish::packet_size(publish, version);
    }
    header(packet, version).map_or(0, |(_, remaining)| {
        1 + varint::size(remaining) + remaining as usize
    })
}

/// First byte and Remaining Length; `None` for a packet that is not written.
fn header(packet: &Packet, version: Version) -> Option<(u8, u32)> {
    let kind = match packet {
        Packet::Connect(_) => PacketType::Connect,
        Packet::ConnAck(_) => PacketType::ConnAck,
        Packet::Publish(_) => PacketType::Publish,
        Packet::PubAck(_) => PacketType::PubAck,
        Packet::PubRec(_) => PacketType::PubRec,
        Packet::PubRel(_) => PacketType::PubRel,
        Packet::PubComp(_) => PacketType::PubComp,
        Packet::Subscribe(_) => PacketType::Subscribe,
        Packet::SubAck(_) => PacketType::SubAck,
        Packet::Unsubscribe(_) => PacketType::Unsubscribe,
        Packet::UnsubAck(_) => PacketType::UnsubAck,
        Packet::PingReq => PacketType::PingReq,
        Packet::PingResp => PacketType::PingResp,
        Packet::Disconnect(_) => PacketType::Disconnect,
        Packet::Auth(_) => PacketType::Auth,
    };
    let known = match packet {
        Packet::Auth(_) => version == Version::V5,
        Packet::Disconnect(disconnect) => version == Version::V5 || disconnect.reason == ReasonCode::Success,
        _ => true,
    };
    if !known {
        return None;
    }
    let mut counter = Counter::default();
    put_body(packet, version, &mut counter);
    remaining_length(counter.bytes()).map(|remaining| (kind.first_byte(), remaining))
}

/// `None` over the protocol's limit.
fn remaining_length(bytes: usize) -> Option<u32> {
    u32::try_from(bytes)
        .ok()
        .filter(|&remaining| remaining <= varint::MAX)
}

fn put_body(packet: &Packet, version: Version, out: &mut impl Sink) {
    match packet {
        Packet::Connect(connect) => connect::put_connect(connect, out),
        Packet::ConnAck(connack) => connect::put_connack(connack, version, out),
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            control::put_ack(ack, version, out);
        }
        Packet::Subscribe(subscribe) => control::put_subscribe(subscribe, version, out),
        Packet::SubAck(suback) => control::put_suback(suback, version, out),
        Packet::Unsubscribe(unsubscribe) => control::put_unsubscribe(unsubscribe, version, out),
        Packet::UnsubAck(unsuback) => control::put_unsuback(unsuback, version, out),
        Packet::Disconnect(disconnect) => control::put_disconnect(disconnect, version, out),
        Packet::Auth(auth) => control::put_auth(auth, out),
        // A PUBLISH has its own way, see `encode`.
        Packet::Publish(_) | Packet::PingReq | Packet::PingResp => {}
    }
}
