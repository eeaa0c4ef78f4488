//! Values of the store as bytes: messages, entries, exchanges. Written by hand to be compact and to stay readable by
//! later versions: each value opens with the version of its layout.
//!
//! Decoding trusts nothing: it returns `None` for bytes that `encode_*` cannot have written, never panics and
//! never allocates by an announced length. What decodes encodes to the same bytes again.

pub mod cursor;
pub mod message;

use super::{Entry, EntryOp, FlightState, MessageRef, Seq};
use crate::message::Message;
use cursor::{Cursor, put_varint};
pub use message::{decode_message, encode_message};
use std::sync::Arc;
use vmq_mqtt::{PacketId, QoS};

const VERSION: u8 = 1;

const ENTRY_QOS: u8 = 0b0000_0011;
const ENTRY_RETAIN: u8 = 0b0000_0100;
const ENTRY_SUBSCRIPTION_ID: u8 = 0b0000_1000;
const ENTRY_SHARED: u8 = 0b0001_0000;
const ENTRY_KNOWN: u8 = ENTRY_QOS | ENTRY_RETAIN | ENTRY_SUBSCRIPTION_ID | ENTRY_SHARED;

const FLIGHT_RELEASED: u8 = 0b0000_0001;
const FLIGHT_SEQ: u8 = 0b0000_0010;
const FLIGHT_ENTRY: u8 = 0b0000_0100;
const FLIGHT_KNOWN: u8 = FLIGHT_RELEASED | FLIGHT_SEQ | FLIGHT_ENTRY;

/// How a delivery is to be made: the part of an entry that is not the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub qos: QoS,
    pub retain: bool,
    /// 0 = none.
    pub subscription_id: u32,
}

/// Where the message of a stored entry is.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Inline(Message),
    Shared(MessageRef),
}

/// An exchange as stored: `entry` carries a message that was never queued.
#[derive(Clone, Debug, PartialEq)]
pub struct FlightRecord {
    pub packet_id: PacketId,
    pub state: FlightState,
    pub seq: Option<Seq>,
    pub entry: Option<Entry>,
}

/// Appends an entry that holds its message.
pub fn encode_inline_entry(delivery: Delivery, message: &Message, out: &mut Vec<u8>) {
    encode_delivery(delivery, 0, out);
    encode_message(message, out);
}

/// Appends an entry that points to its message.
pub fn encode_shared_entry(delivery: Delivery, reference: MessageRef, out: &mut Vec<u8>) {
    encode_delivery(delivery, ENTRY_SHARED, out);
    out.extend_from_slice(&reference.0);
}

fn encode_delivery(delivery: Delivery, shared: u8, out: &mut Vec<u8>) {
    let mut flags = delivery.qos.as_u8() | shared;
    if delivery.retain {
        flags |= ENTRY_RETAIN;
    }
    if delivery.subscription_id != 0 {
        flags |= ENTRY_SUBSCRIPTION_ID;
    }
    out.extend_from_slice(&[VERSION, flags]);
    if delivery.subscription_id != 0 {
        put_varint(u64::from(delivery.subscription_id), out);
    }
}

/// Reads an entry; `None` if it is damaged.
#[must_use]
pub fn decode_entry(bytes: &[u8]) -> Option<(Delivery, Body)> {
    let (delivery, shared, rest) = decode_delivery(bytes)?;
    let body = if shared {
        Body::Shared(MessageRef(rest.try_into().ok()?))
    } else {
        Body::Inline(decode_message(rest)?)
    };
    Some((delivery, body))
}

/// Reads only where the message of an entry is: `Some(None)` = inline; `None` if the entry is damaged.
#[must_use]
pub fn decode_entry_reference(bytes: &[u8]) -> Option<Option<MessageRef>> {
    let (_, shared, rest) = decode_delivery(bytes)?;
    if !shared {
        return Some(None);
    }
    Some(Some(MessageRef(rest.try_into().ok()?)))
}

fn decode_delivery(bytes: &[u8]) -> Option<(Delivery, bool, &[u8])> {
    let mut cursor = Cursor::new(bytes);
    if cursor.u8()? != VERSION {
        return None;
    }
    let flags = cursor.u8()?;
    if flags & !ENTRY_KNOWN != 0 {
        return None;
    }
    let subscription_id = if flags & ENTRY_SUBSCRIPTION_ID == 0 {
        0
    } else {
        u32::try_from(cursor.varint()?)
            .ok()
            .filter(|id| (1..=vmq_mqtt::varint::MAX).contains(id))?
    };
    let delivery = Delivery {
        qos: QoS::from_u8(flags & ENTRY_QOS)?,
        retain: flags & ENTRY_RETAIN != 0,
        subscription_id,
    };
    Some((delivery, flags & ENTRY_SHARED != 0, cursor.rest()))
}

/// Appends an exchange.
pub fn encode_flight(flight: &FlightRecord, out: &mut Vec<u8>) {
    let mut flags = 0;
    if flight.state == FlightState::Released {
        flags |= FLIGHT_RELEASED;
    }
    if flight.seq.is_some() {
        flags |= FLIGHT_SEQ;
    }
    if flight.entry.is_some() {
        flags |= FLIGHT_ENTRY;
    }
    out.extend_from_slice(&[VERSION, flags]);
    out.extend_from_slice(&flight.packet_id.get().to_be_bytes());
    if let Some(seq) = flight.seq {
        put_varint(seq, out);
    }
    if let Some(entry) = &flight.entry {
        put_varint(entry.seq, out);
        encode_inline_entry(Delivery::of(entry), &entry.message, out);
    }
}

/// Reads an exchange; `None` if it is damaged.
#[must_use]
pub fn decode_flight(bytes: &[u8]) -> Option<FlightRecord> {
    let mut cursor = Cursor::new(bytes);
    let (flags, packet_id, seq) = decode_flight_head(&mut cursor)?;
    let entry = if flags & FLIGHT_ENTRY == 0 {
        if !cursor.rest().is_empty() {
            return None;
        }
        None
    } else {
        let seq = cursor.varint()?;
        let (delivery, body) = decode_entry(cursor.rest())?;
        let Body::Inline(message) = body else { return None };
        Some(delivery.into_entry(seq, Arc::new(message)))
    };
    let state = if flags & FLIGHT_RELEASED == 0 {
        FlightState::Published
    } else {
        FlightState::Released
    };
    Some(FlightRecord {
        packet_id,
        state,
        seq,
        entry,
    })
}

/// Reads only which entry is in flight; `None` if there is none or the exchange is damaged.
#[must_use]
pub fn decode_flight_seq(bytes: &[u8]) -> Option<Seq> {
    decode_flight_head(&mut Cursor::new(bytes))?.2
}

fn decode_flight_head(cursor: &mut Cursor<'_>) -> Option<(u8, PacketId, Option<Seq>)> {
    if cursor.u8()? != VERSION {
        return None;
    }
    let flags = cursor.u8()?;
    if flags & !FLIGHT_KNOWN != 0 {
        return None;
    }
    let packet_id = PacketId::new(cursor.u16()?)?;
    let seq = if flags & FLIGHT_SEQ == 0 {
        None
    } else {
        Some(cursor.varint()?)
    };
    Some((flags, packet_id, seq))
}

impl FlightRecord {
    /// An exchange of which only the PUBREL is left.
    #[must_use]
    pub fn released(packet_id: PacketId) -> Self {
        Self {
            packet_id,
            state: FlightState::Released,
            seq: None,
            entry: None,
        }
    }
}

impl Delivery {
    /// The delivery one queue gets.
    #[must_use]
    pub fn of_op(op: &EntryOp) -> Self {
        Self {
            qos: op.qos,
            retain: op.retain,
            subscription_id: op.subscription_id,
        }
    }

    /// The delivery of an entry.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        Self {
            qos: entry.qos,
            retain: entry.retain,
            subscription_id: entry.subscription_id,
        }
    }

    /// The delivery with its message.
    #[must_use]
    pub fn into_entry(self, seq: Seq, message: Arc<Message>) -> Entry {
        Entry {
            seq,
            message,
            qos: self.qos,
            retain: self.retain,
            subscription_id: self.subscription_id,
        }
    }
}

#[cfg(test)]
mod tests;
