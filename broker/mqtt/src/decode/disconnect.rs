//! DISCONNECT and AUTH.

use super::properties;
use super::reader::Reader;
use super::reasons;
use crate::property::Allowed;
use crate::{Auth, DecodeError, Disconnect, ReasonCode, Version};

/// Version 5 may leave out the properties, and the reason when it is success; 3.x has neither.
pub(super) fn decode_disconnect(
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<Disconnect, DecodeError> {
    let v5 = version == Version::V5;
    let has_reason = v5 && !reader.is_empty();
    let reason = if has_reason {
        reasons::read(reader, reasons::DISCONNECT)?
    } else {
        ReasonCode::Success
    };
    let has_properties = v5 && !reader.is_empty();
    let properties = if has_properties {
        properties::read(reader, Allowed::DISCONNECT)?
    } else {
        None
    };
    Ok(Disconnect { reason, properties })
}

/// Reason and properties may only be left out together.
pub(super) fn decode_auth(reader: &mut Reader<'_>, version: Version) -> Result<Auth, DecodeError> {
    if version != Version::V5 {
        return Err(DecodeError::malformed("unknown_packet_type"));
    }
    if reader.is_empty() {
        return Ok(Auth {
            reason: ReasonCode::Success,
            properties: None,
        });
    }
    let reason = reasons::read(reader, reasons::AUTH)?;
    Ok(Auth {
        reason,
        properties: properties::read(reader, Allowed::AUTH)?,
    })
}
