//! Finds the packets in a buffer without copying: fixed header, length, and the few fields the generator checks.
//!
//! It is a client's view: packets only a client sends are malformed here. The announced length is bounded, nothing
//! is allocated by it.

use super::{Ack, Qos, Version};

/// Longest packet accepted, in bytes; a broker in a load test sends nothing near it.
pub(crate) const PACKET_BYTES_MAX: usize = 1 << 20;

/// One packet from the broker. Slices point into the scanned buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    Publish(Publish<'a>),
    /// `reason` is 0 where the packet carries none.
    Ack {
        ack: Ack,
        packet_id: u16,
        reason: u8,
    },
    Connack {
        reason: u8,
        session_present: bool,
        /// Receive maximum of MQTT 5; 65535 when not announced.
        receive_maximum: u16,
    },
    /// `reason` is the greatest of all filters: 0x80 and more if one was refused.
    Suback {
        packet_id: u16,
        reason: u8,
    },
    Unsuback {
        packet_id: u16,
    },
    Pingresp,
    /// Only MQTT 5 brokers send it.
    Disconnect {
        reason: u8,
    },
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Publish<'a> {
    pub(crate) qos: Qos,
    pub(crate) dup: bool,
    pub(crate) retain: bool,
    pub(crate) topic: &'a [u8],
    /// 0 with QoS 0.
    pub(crate) packet_id: u16,
    pub(crate) payload: &'a [u8],
}

/// The bytes are no MQTT packet that a broker may send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// The first packet of `bytes` and its length; `None`: more bytes are needed.
#[inline]
pub(crate) fn next(bytes: &[u8], version: Version) -> Result<Option<(Packet<'_>, usize)>, Malformed> {
    let Some((header, body_bytes)) = fixed_header(bytes)? else {
        return Ok(None);
    };
    let end = header + body_bytes;
    if bytes.len() < end {
        return Ok(None);
    }
    let (first, body) = (bytes[0], &bytes[header..end]);
    let packet = if first >> 4 == 3 {
        Packet::Publish(publish(first, body, version)?)
    } else {
        other(first, body, version)?
    };
    Ok(Some((packet, end)))
}

/// Length of the fixed header and the remaining length it announces.
#[inline]
fn fixed_header(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    match bytes {
        [_, length, ..] if *length < 0x80 => Ok(Some((2, usize::from(*length)))),
        [_, rest @ ..] => {
            let Some((length, used)) = varint(rest)? else {
                return Ok(None);
            };
            if length > PACKET_BYTES_MAX {
                return Err(Malformed("packet is longer than a load test can cause"));
            }
            Ok(Some((1 + used, length)))
        }
        [] => Ok(None),
    }
}

/// Value and bytes used of a variable byte integer.
fn varint(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((value, at + 1)));
        }
    }
    if bytes.len() >= 4 {
        Err(Malformed("length has more than four bytes"))
    } else {
        Ok(None)
    }
}

#[inline]
fn publish(first: u8, body: &[u8], version: Version) -> Result<Publish<'_>, Malformed> {
    let qos = Qos::from_level(first >> 1 & 3).ok_or(Malformed("publish has qos 3"))?;
    let (topic_bytes, rest) = u16_field(body)?;
    let (topic, mut rest) = rest
        .split_at_checked(usize::from(topic_bytes))
        .ok_or(Malformed("publish ends within its topic"))?;
    let mut packet_id = 0;
    if qos != Qos::AtMostOnce {
        (packet_id, rest) = u16_field(rest)?;
        if packet_id == 0 {
            return Err(Malformed("publish has packet id 0"));
        }
    }
    if version == Version::V5 {
        (_, rest) = properties(rest)?;
    }
    Ok(Publish {
        qos,
        dup: first & 8 != 0,
        retain: first & 1 != 0,
        topic,
        packet_id,
        payload: rest,
    })
}

fn other(first: u8, body: &[u8], version: Version) -> Result<Packet<'_>, Malformed> {
    let ack = match first {
        0x20 => return connack(body, version),
        0x90 => return suback(body, version),
        0xb0 => {
            let (packet_id, _) = u16_field(body)?;
            return Ok(Packet::Unsuback { packet_id });
        }
        0xd0 if body.is_empty() => return Ok(Packet::Pingresp),
        0xe0 if version == Version::V5 => {
            return Ok(Packet::Disconnect {
                reason: body.first().copied().unwrap_or(0),
            });
        }
        0x40 => Ack::Puback,
        0x50 => Ack::Pubrec,
        0x62 => Ack::Pubrel,
        0x70 => Ack::Pubcomp,
        _ => return Err(Malformed("packet is not one a broker may send")),
    };
    let (packet_id, rest) = u16_field(body)?;
    if version == Version::V311 && !rest.is_empty() {
        return Err(Malformed("ack is longer than two bytes"));
    }
    Ok(Packet::Ack {
        ack,
        packet_id,
        reason: rest.first().copied().unwrap_or(0),
    })
}

fn connack(body: &[u8], version: Version) -> Result<Packet<'_>, Malformed> {
    let [flags, reason, rest @ ..] = body else {
        return Err(Malformed("connack is too short"));
    };
    let mut receive_maximum = u16::MAX;
    if version == Version::V5 && !rest.is_empty() {
        let (found, _) = properties(rest)?;
        receive_maximum = receive_maximum_of(found)?.unwrap_or(receive_maximum);
    }
    Ok(Packet::Connack {
        reason: *reason,
        session_present: flags & 1 != 0,
        receive_maximum,
    })
}

/// Walks the properties a CONNACK may have [MQTT5-3.2.2.3] up to the receive maximum.
fn receive_maximum_of(mut found: &[u8]) -> Result<Option<u16>, Malformed> {
    while let [id, rest @ ..] = found {
        let bytes = match id {
            0x21 => return u16_field(rest).map(|(value, _)| Some(value)),
            0x24 | 0x25 | 0x28 | 0x29 | 0x2a => 1,
            0x13 | 0x22 => 2,
            0x11 | 0x27 => 4,
            0x12 | 0x15 | 0x16 | 0x1a | 0x1c | 0x1f => 2 + usize::from(u16_field(rest)?.0),
            0x26 => {
                let name = 2 + usize::from(u16_field(rest)?.0);
                let value = rest.get(name..).ok_or(Malformed("user property is cut"))?;
                name + 2 + usize::from(u16_field(value)?.0)
            }
            _ => return Err(Malformed("connack has an unknown property")),
        };
        found = rest.get(bytes..).ok_or(Malformed("property is cut"))?;
    }
    Ok(None)
}

fn suback(body: &[u8], version: Version) -> Result<Packet<'_>, Malformed> {
    let (packet_id, mut rest) = u16_field(body)?;
    if version == Version::V5 {
        (_, rest) = properties(rest)?;
    }
    let reason = *rest.iter().max().ok_or(Malformed("suback has no reason code"))?;
    Ok(Packet::Suback { packet_id, reason })
}

/// The properties and what follows them.
#[inline]
fn properties(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    if let [0, rest @ ..] = bytes {
        return Ok((&[], rest));
    }
    let (length, used) = varint(bytes)?.ok_or(Malformed("property length is cut"))?;
    bytes[used..]
        .split_at_checked(length)
        .ok_or(Malformed("properties are cut"))
}

#[inline]
fn u16_field(bytes: &[u8]) -> Result<(u16, &[u8]), Malformed> {
    let (field, rest) = bytes
        .split_first_chunk::<2>()
        .ok_or(Malformed("packet is cut within a number"))?;
    Ok((u16::from_be_bytes(*field), rest))
}

#[cfg(test)]
mod tests;
