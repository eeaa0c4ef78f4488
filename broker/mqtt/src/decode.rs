//! Bytes to packets. [`next_frame`] splits complete packets off the read buffer, [`decode`] turns one into a
//! [`Packet`]; the connection task calls both for every packet it receives, tests and the load generator too, for
//! the other direction.
//!
//! Nothing is copied: topics, payloads and strings are slices of the read buffer and keep it alive; whoever stores
//! one for long copies it. Nothing is allocated by an announced length, nothing recurses, every input byte is looked
//! at a bounded number of times. What needs more than the packet itself (aliases, wildcards in topic names, filters,
//! who may send what) is the session's business.

mod reader;
mod properties;
pub mod reasons;
mod connect;
mod publish;
mod subscribe;
mod disconnect;
#[cfg(test)]
mod tests;

use crate::{Ack, DecodeError, Packet, PacketId, PacketType, ReasonCode, Version, varint};
use bytes::{Buf, Bytes, BytesMut};
use reader::Reader;

/// One complete packet as received: first byte and body (everything after the fixed header).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Type nibble and flags.
    pub first_byte: u8,
    /// Remaining Length bytes.
    pub body: Bytes,
}

/// Splits the next complete packet off `buffer`. `Ok(None)` = more bytes are needed. `size_max` bounds the Remaining
/// Length (bytes; 0 = the protocol's 268435455): a longer packet is refused as soon as its length is known.
///
/// The buffer is never grown here: memory follows the bytes received, not the length announced.
///
/// # Errors
/// A length of more than four bytes or a non-minimal one, a length over the bound.
pub fn next_frame(buffer: &mut BytesMut, size_max: u32) -> Result<Option<Frame>, DecodeError> {
    let [first_byte, rest @ ..] = &buffer[..] else {
        return Ok(None);
    };
    let first_byte = *first_byte;
    let length = varint::read(rest).map_err(|_| DecodeError::malformed("cant_parse_fixed_header"))?;
    let Some((remaining, length_size)) = length else {
        return Ok(None);
    };
    if size_max != 0 && remaining > size_max {
        return Err(DecodeError {
            reason: ReasonCode::PacketTooLarge,
            what: "packet_exceeds_max_size",
            refused_level: None,
        });
    }
    let remaining = remaining as usize;
    if rest.len() < length_size + remaining {
        return Ok(None);
    }
    buffer.advance(1 + length_size);
    // Splitting a vector-backed buffer allocates its reference count; a PINGREQ is not worth that.
    let body = if remaining == 0 {
        Bytes::new()
    } else {
        buffer.split_to(remaining).freeze()
    };
    Ok(Some(Frame { first_byte, body }))
}

/// Takes an acknowledgement that says nothing but its packet id off the front of `buffer`; `None` = something else is there, and
/// `buffer` is as it was. Most packets of QoS 1 and 2 are of this form, and splitting a frame off costs more than reading it.
pub fn next_ack(buffer: &mut BytesMut) -> Option<Packet> {
    let [first_byte, 2, high, low, ..] = buffer[..] else {
        return None;
    };
    let kind = PacketType::from_first_byte(first_byte).filter(|kind| kind.first_byte() == first_byte)?;
    let ack = |packet: fn(Ack) -> Packet| {
        Some(packet(Ack {
            packet_id: PacketId::new(u16::from_be_bytes([high, low]))?,
            reason: ReasonCode::Success,
            properties: None,
        }))
    };
    let packet = match kind {
        PacketType::PubAck => ack(Packet::PubAck),
        PacketType::PubRec => ack(Packet::PubRec),
        PacketType::PubRel => ack(Packet::PubRel),
        PacketType::PubComp => ack(Packet::PubComp),
        _ => None,
    }?;
    buffer.advance(4);
    Some(packet)
}

/// Decodes one frame. `version` is `None` until CONNECT has been seen (only CONNECT is accepted then). The frame is used up: what is
/// left of its body is the payload, which costs no reference count of its own.
///
/// # Errors
/// Whatever makes the packet malformed or a protocol error for that version.
pub fn decode(frame: Frame, version: Option<Version>) -> Result<Packet, DecodeError> {
    let kind = PacketType::from_first_byte(frame.first_byte);
    let Some(version) = version else {
        return match kind {
            Some(kind @ PacketType::Connect) => {
                check_flags(frame.first_byte, kind, Version::V5)?;
                connect::decode_connect(&frame.body)
            }
            _ => Err(DecodeError::protocol("first_packet_not_connect")),
        };
    };
    let Some(kind) = kind else {
        return Err(DecodeError::malformed("unknown_packet_type"));
    };
    check_flags(frame.first_byte, kind, version)?;
    let mut reader = Reader::new(&frame.body);
    let packet = match kind {
        // A level that would be refused in a first CONNECT must not be answered with a CONNACK here.
        PacketType::Connect => {
            return connect::decode_connect(&frame.body).map_err(|_| DecodeError::protocol("second_connect"));
        }
        PacketType::ConnAck => Packet::ConnAck(connect::decode_connack(&mut reader, version)?),
        PacketType::Publish => return publish::decode_publish(frame, version),
        PacketType::PubAck => Packet::PubAck(publish::decode_ack(&mut reader, version, reasons::PUBACK)?),
        PacketType::PubRec => Packet::PubRec(publish::decode_ack(&mut reader, version, reasons::PUBACK)?),
        PacketType::PubRel => Packet::PubRel(publish::decode_ack(&mut reader, version, reasons::PUBREL)?),
        PacketType::PubComp => Packet::PubComp(publish::decode_ack(&mut reader, version, reasons::PUBREL)?),
        PacketType::Subscribe => Packet::Subscribe(subscribe::decode_subscribe(&mut reader, version)?),
        PacketType::SubAck => Packet::SubAck(subscribe::decode_suback(&mut reader, version)?),
        PacketType::Unsubscribe => Packet::Unsubscribe(subscribe::decode_unsubscribe(&mut reader, version)?),
        PacketType::UnsubAck => Packet::UnsubAck(subscribe::decode_unsuback(&mut reader, version)?),
        PacketType::PingReq => Packet::PingReq,
        PacketType::PingResp => Packet::PingResp,
        PacketType::Disconnect => Packet::Disconnect(disconnect::decode_disconnect(&mut reader, version)?),
        PacketType::Auth => Packet::Auth(disconnect::decode_auth(&mut reader, version)?),
    };
    reader.finish()?;
    Ok(packet)
}

/// Reserved flags [MQTT-2.1.3-1]; those of a PUBLISH all have a meaning. MQTT 3.1 has a DUP flag in PUBREL, SUBSCRIBE and UNSUBSCRIBE too.
fn check_flags(first_byte: u8, kind: PacketType, version: Version) -> Result<(), DecodeError> {
    const DUP: u8 = 0x08;
    let expected = kind.first_byte();
    let has_dup_in_v3 = matches!(
        kind,
        PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe
    );
    if kind == PacketType::Publish
        || first_byte == expected
        || (version == Version::V3 && has_dup_in_v3 && first_byte == expected | DUP)
    {
        return Ok(());
    }
    Err(DecodeError::malformed("reserved_header_flags"))
}
