//! SUBSCRIBE, UNSUBSCRIBE and their answers. Filters are valid UTF-8 after this; their syntax is the session's
//! business, which answers 0x8F.

use super::properties;
use super::reader::Reader;
use super::reasons;
use crate::property::Allowed;
use crate::{
    DecodeError, QoS, ReasonCode, RetainHandling, SubAck, Subscribe, SubscribeFilter, SubscribeOptions,
    Unsubscribe, Version,
};

pub(super) fn decode_subscribe(reader: &mut Reader<'_>, version: Version) -> Result<Subscribe, DecodeError> {
    let v5 = version == Version::V5;
    let packet_id = reader.packet_id()?;
    let properties = if v5 {
        properties::read(reader, Allowed::SUBSCRIBE)?
    } else {
        None
    };
    let mut filters = Vec::with_capacity(1);
    while !reader.is_empty() {
        let filter = reader.string()?;
        let options = read_options(reader.u8()?, v5)?;
        filters.push(SubscribeFilter { filter, options });
    }
    if filters.is_empty() {
        return Err(DecodeError::protocol("subscribe_without_filter"));
    }
    Ok(Subscribe {
        packet_id,
        properties,
        filters,
    })
}

/// Subscription options [MQTT-3.8.3-5]: 3.1 and 3.1.1 have the QoS only.
fn read_options(byte: u8, v5: bool) -> Result<SubscribeOptions, DecodeError> {
    let reserved = if v5 { 0xC0 } else { 0xFC };
    if byte & reserved != 0 {
        return Err(DecodeError::malformed("reserved_subscribe_options"));
    }
    let retain_handling = match byte >> 4 {
        0 => RetainHandling::Send,
        1 => RetainHandling::SendIfNew,
        2 => RetainHandling::Never,
        _ => return Err(DecodeError::protocol("retain_handling_3")),
    };
    Ok(SubscribeOptions {
        qos: QoS::from_u8(byte & 3).ok_or(DecodeError::protocol("subscribe_qos_3"))?,
        no_local: byte & 0x04 != 0,
        retain_as_published: byte & 0x08 != 0,
        retain_handling,
    })
}

pub(super) fn decode_suback(reader: &mut Reader<'_>, version: Version) -> Result<SubAck, DecodeError> {
    let allowed = if version == Version::V5 {
        reasons::SUBACK
    } else {
        reasons::SUBACK_V3
    };
    read_answer(reader, version, allowed)
}

pub(super) fn decode_unsubscribe(
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<Unsubscribe, DecodeError> {
    let packet_id = reader.packet_id()?;
    let properties = if version == Version::V5 {
        properties::read(reader, Allowed::UNSUBSCRIBE)?
    } else {
        None
    };
    let mut filters = Vec::with_capacity(1);
    while !reader.is_empty() {
        filters.push(reader.string()?);
    }
    if filters.is_empty() {
        return Err(DecodeError::protocol("unsubscribe_without_filter"));
    }
    Ok(Unsubscribe {
        packet_id,
        properties,
        filters,
    })
}

/// A 3.x UNSUBACK is the packet identifier alone.
pub(super) fn decode_unsuback(reader: &mut Reader<'_>, version: Version) -> Result<SubAck, DecodeError> {
    if version == Version::V5 {
        return read_answer(reader, version, reasons::UNSUBACK);
    }
    Ok(SubAck {
        packet_id: reader.packet_id()?,
        properties: None,
        reasons: Vec::new(),
    })
}

fn read_answer(
    reader: &mut Reader<'_>,
    version: Version,
    allowed: &[ReasonCode],
) -> Result<SubAck, DecodeError> {
    let packet_id = reader.packet_id()?;
    let properties = if version == Version::V5 {
        properties::read(reader, Allowed::ACK)?
    } else {
        None
    };
    if reader.is_empty() {
        return Err(DecodeError::protocol("answer_without_reason"));
    }
    // One byte each, and all of them have arrived: this length is not merely announced.
    let mut reasons = Vec::with_capacity(reader.remaining());
    while !reader.is_empty() {
        reasons.push(reasons::read(reader, allowed)?);
    }
    Ok(SubAck {
        packet_id,
        properties,
        reasons,
    })
}
