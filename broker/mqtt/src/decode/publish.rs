//! PUBLISH and its acknowledgements.

use super::Frame;
use super::properties;
use super::reader::Reader;
use super::reasons;
use crate::property::Allowed;
use crate::{Ack, DecodeError, Packet, Publish, QoS, ReasonCode, Version};
use bytes::Buf;

/// A Subscription Identifier, topic alias 0 and wildcards in the topic are left to the session, which has its own
/// answers for them.
pub(super) fn decode_publish(mut frame: Frame, version: Version) -> Result<Packet, DecodeError> {
    let qos = QoS::from_u8((frame.first_byte >> 1) & 3).ok_or(DecodeError::malformed("publish_qos_3"))?;
    let mut reader = Reader::new(&frame.body);
    let topic = reader.string()?;
    let packet_id = if qos == QoS::AtMostOnce {
        None
    } else {
        Some(reader.packet_id()?)
    };
    let properties = if version == Version::V5 {
        properties::read(&mut reader, Allowed::PUBLISH)?
    } else {
        None
    };
    if topic.is_empty() {
        check_alias_instead(version, properties.as_ref().and_then(|p| p.topic_alias))?;
    }
    let payload_at = frame.body.len() - reader.remaining();
    frame.body.advance(payload_at);
    Ok(Packet::Publish(Publish {
        dup: frame.first_byte & 0x08 != 0,
        qos,
        retain: frame.first_byte & 0x01 != 0,
        topic,
        packet_id,
        properties,
        payload: frame.body,
    }))
}

/// An empty topic needs a topic alias [MQTT-4.7.3-1].
#[cold]
fn check_alias_instead(version: Version, alias: Option<u16>) -> Result<(), DecodeError> {
    match (version, alias) {
        (Version::V5, Some(_)) => Ok(()),
        (Version::V5, None) => Err(DecodeError::protocol("topic_empty_without_alias")),
        _ => Err(DecodeError::malformed("topic_empty")),
    }
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP. Version 5 may leave out the properties, and the reason when it is success.
pub(super) fn decode_ack(
    reader: &mut Reader<'_>,
    version: Version,
    allowed: &[ReasonCode],
) -> Result<Ack, DecodeError> {
    let packet_id = reader.packet_id()?;
    let v5 = version == Version::V5;
    let has_reason = v5 && !reader.is_empty();
    let reason = if has_reason {
        reasons::read(reader, allowed)?
    } else {
        ReasonCode::Success
    };
    let has_properties = v5 && !reader.is_empty();
    let properties = if has_properties {
        properties::read(reader, Allowed::ACK)?
    } else {
        None
    };
    Ok(Ack {
        packet_id,
        reason,
        properties,
    })
}
