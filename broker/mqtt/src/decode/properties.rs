//! The property block of version 5: identifiers allowed in the packet, each once, values in range. One pass; the
//! block's own length bounds the work, a constant bounds what user properties may cost in memory.

use super::reader::Reader;
use crate::property::{Allowed, id};
use crate::{DecodeError, Properties, Props, ReasonCode, UserProperties};
use bytestring::ByteString;

/// Five bytes on the wire are one more to look at for everybody who looks, so that a count is bounded beside the packet
/// size.
const USER_PROPERTIES_MAX: usize = 10_000;

/// Reads a property block with its length; an empty one is `None`. An identifier that is unknown or not `allowed`
/// is malformed, one that comes twice a protocol error.
pub(super) fn read(reader: &mut Reader<'_>, allowed: Allowed) -> Result<Props, DecodeError> {
    let len = reader.varint()? as usize;
    if len == 0 {
        return Ok(None);
    }
    let mut block = reader.section(len)?;
    let mut properties = Box::<Properties>::default();
    let mut seen = Allowed::NONE;
    while !block.is_empty() {
        let id = block.u8()?;
        if !allowed.has(id) {
            return Err(DecodeError::malformed("property_not_allowed"));
        }
        let repeatable =
            id == id::USER_PROPERTY || (id == id::SUBSCRIPTION_ID && allowed == Allowed::PUBLISH);
        if seen.has(id) && !repeatable {
            return Err(DecodeError::protocol("property_repeated"));
        }
        seen = seen.with(id);
        read_value(id, &mut block, &mut properties)?;
    }
    Ok(Some(properties))
}

fn read_value(id: u8, block: &mut Reader<'_>, to: &mut Properties) -> Result<(), DecodeError> {
    match id {
        id::PAYLOAD_FORMAT_INDICATOR => to.payload_format_indicator = Some(zero_or_one(block)?),
        id::MESSAGE_EXPIRY => to.message_expiry_secs = Some(block.u32()?),
        id::CONTENT_TYPE => to.content_type = Some(block.string()?),
        id::RESPONSE_TOPIC => to.response_topic = Some(response_topic(block)?),
        id::CORRELATION_DATA => to.correlation_data = Some(block.binary()?),
        id::SUBSCRIPTION_ID => to.subscription_ids.push(subscription_id(block)?),
        id::SESSION_EXPIRY => to.session_expiry_secs = Some(block.u32()?),
        id::ASSIGNED_CLIENT_ID => to.assigned_client_id = Some(block.string()?),
        id::SERVER_KEEP_ALIVE => to.server_keep_alive_secs = Some(block.u16()?),
        id::AUTHENTICATION_METHOD => to.authentication_method = Some(block.string()?),
        id::AUTHENTICATION_DATA => to.authentication_data = Some(block.binary()?),
        id::REQUEST_PROBLEM_INFORMATION => to.request_problem_information = Some(boolean(block)?),
        id::WILL_DELAY => to.will_delay_secs = Some(block.u32()?),
        id::REQUEST_RESPONSE_INFORMATION => to.request_response_information = Some(boolean(block)?),
        id::RESPONSE_INFORMATION => to.response_information = Some(block.string()?),
        id::SERVER_REFERENCE => to.server_reference = Some(block.string()?),
        id::REASON_STRING => to.reason_string = Some(block.string()?),
        id::RECEIVE_MAXIMUM => to.receive_maximum = Some(above_zero(block.u16()?)?),
        id::TOPIC_ALIAS_MAXIMUM => to.topic_alias_maximum = Some(block.u16()?),
        // 0 has a reason code of its own, which the session answers.
        id::TOPIC_ALIAS => to.topic_alias = Some(block.u16()?),
        id::MAXIMUM_QOS => to.maximum_qos = Some(zero_or_one(block)?),
        id::RETAIN_AVAILABLE => to.retain_available = Some(boolean(block)?),
        id::USER_PROPERTY => user_property(block, &mut to.user_properties)?,
        id::MAXIMUM_PACKET_SIZE => to.maximum_packet_size = Some(above_zero(block.u32()?)?),
        id::WILDCARD_SUBSCRIPTION_AVAILABLE => to.wildcard_subscription_available = Some(boolean(block)?),
        id::SUBSCRIPTION_IDS_AVAILABLE => to.subscription_ids_available = Some(boolean(block)?),
        id::SHARED_SUBSCRIPTION_AVAILABLE => to.shared_subscription_available = Some(boolean(block)?),
        _ => return Err(DecodeError::malformed("property_not_allowed")),
    }
    Ok(())
}

fn zero_or_one(block: &mut Reader<'_>) -> Result<u8, DecodeError> {
    match block.u8()? {
        value @ (0 | 1) => Ok(value),
        _ => Err(DecodeError::protocol("property_not_0_or_1")),
    }
}

fn boolean(block: &mut Reader<'_>) -> Result<bool, DecodeError> {
    Ok(zero_or_one(block)? == 1)
}

fn above_zero<T: Default + PartialEq>(value: T) -> Result<T, DecodeError> {
    if value == T::default() {
        Err(DecodeError::protocol("property_is_zero"))
    } else {
        Ok(value)
    }
}

fn subscription_id(block: &mut Reader<'_>) -> Result<u32, DecodeError> {
    above_zero(block.varint()?)
}

/// A topic name without wildcards [MQTT-3.3.2-14]; its depth is the session's business.
fn response_topic(block: &mut Reader<'_>) -> Result<ByteString, DecodeError> {
    let topic = block.string()?;
    if topic.is_empty() || topic.contains(['+', '#']) {
        return Err(DecodeError::malformed("response_topic_invalid"));
    }
    Ok(topic)
}

fn user_property(block: &mut Reader<'_>, to: &mut UserProperties) -> Result<(), DecodeError> {
    if to.len() == USER_PROPERTIES_MAX {
        return Err(DecodeError {
            reason: ReasonCode::PacketTooLarge,
            what: "too_many_user_properties",
            refused_level: None,
        });
    }
    if to.is_empty() {
        // What is left of the block bounds them, and mostly consists of them.
        to.reserve(1 + block.remaining());
    }
    to.push_wire(block.pair()?);
    Ok(())
}
