//! CONNECT and CONNACK. The protocol name and level decide which version the rest of the connection speaks; levels
//! nobody speaks are told apart from noise, because they get an answer.

use super::properties;
use super::reader::Reader;
use super::reasons;
use crate::error::RefusedLevel;
use crate::property::Allowed;
use crate::{ConnAck, Connect, DecodeError, Level, Packet, QoS, ReasonCode, Version, Will};
use bytes::Bytes;

const RESERVED: u8 = 0x01;
const CLEAN_START: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS_SHIFT: u8 = 3;
const WILL_RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USERNAME: u8 = 0x80;

pub(super) fn decode_connect(body: &Bytes) -> Result<Packet, DecodeError> {
    let mut reader = Reader::new(body);
    let level = read_level(&mut reader)?;
    let flags = reader.u8()?;
    check_flags(flags, level.version)?;
    let keep_alive_secs = reader.u16()?;
    let v5 = level.version == Version::V5;
    let properties = if v5 {
        properties::read(&mut reader, Allowed::CONNECT)?
    } else {
        None
    };
    if properties
        .as_ref()
        .is_some_and(|p| p.authentication_data.is_some() && p.authentication_method.is_none())
    {
        return Err(DecodeError::protocol("authentication_data_without_method"));
    }
    let connect = Connect {
        level,
        clean_start: flags & CLEAN_START != 0,
        keep_alive_secs,
        client_id: reader.string()?,
        will: if flags & WILL != 0 {
            Some(read_will(&mut reader, flags, v5)?)
        } else {
            None
        },
        username: if flags & USERNAME != 0 {
            Some(reader.string()?)
        } else {
            None
        },
        password: if flags & PASSWORD != 0 {
            Some(reader.binary()?)
        } else {
            None
        },
        properties,
    };
    reader.finish()?;
    Ok(Packet::Connect(Box::new(connect)))
}

/// The table of protocol names and levels (mqtt.md 2.1).
fn read_level(reader: &mut Reader<'_>) -> Result<Level, DecodeError> {
    let name = reader.binary()?;
    let is_v3_name = match &name[..] {
        b"MQTT" => false,
        b"MQIsdp" => true,
        _ => return Err(DecodeError::malformed("unknown_protocol_name")),
    };
    let (version, bridge) = match (is_v3_name, reader.u8()?) {
        (true, 3) => (Version::V3, false),
        // The name of 3.1.1 with the bridge level of 3.1 is what some bridges send.
        (_, 131) => (Version::V3, true),
        (false, 4) => (Version::V4, false),
        (false, 132) => (Version::V4, true),
        (false, 5) => (Version::V5, false),
        (true, _) | (false, 0..=3) => return Err(refused(RefusedLevel::V3Format)),
        (false, _) => return Err(refused(RefusedLevel::V5Format)),
    };
    Ok(Level { version, bridge })
}

const fn refused(format: RefusedLevel) -> DecodeError {
    DecodeError {
        reason: ReasonCode::UnsupportedProtocolVersion,
        what: "unsupported_protocol_level",
        refused_level: Some(format),
    }
}

/// [MQTT-3.1.2-3], [MQTT-3.1.2-11] to [MQTT-3.1.2-13]; a password without user name is new in version 5.
fn check_flags(flags: u8, version: Version) -> Result<(), DecodeError> {
    if flags & RESERVED != 0 {
        return Err(DecodeError::malformed("reserved_connect_flag"));
    }
    let will_qos = (flags >> WILL_QOS_SHIFT) & 3;
    if flags & WILL == 0 && (will_qos != 0 || flags & WILL_RETAIN != 0) {
        return Err(DecodeError::malformed("will_flags_without_will"));
    }
    if will_qos == 3 {
        return Err(DecodeError::malformed("will_qos_3"));
    }
    if version != Version::V5 && flags & PASSWORD != 0 && flags & USERNAME == 0 {
        return Err(DecodeError::malformed("password_without_username"));
    }
    Ok(())
}

fn read_will(reader: &mut Reader<'_>, flags: u8, v5: bool) -> Result<Will, DecodeError> {
    let properties = if v5 {
        properties::read(reader, Allowed::WILL)?
    } else {
        None
    };
    let topic = reader.string()?;
    if topic.is_empty() {
        return Err(DecodeError::malformed("will_topic_empty"));
    }
    Ok(Will {
        topic,
        payload: reader.binary()?,
        qos: QoS::from_u8((flags >> WILL_QOS_SHIFT) & 3).ok_or(DecodeError::malformed("will_qos_3"))?,
        retain: flags & WILL_RETAIN != 0,
        properties,
    })
}

pub(super) fn decode_connack(reader: &mut Reader<'_>, version: Version) -> Result<ConnAck, DecodeError> {
    let flags = reader.u8()?;
    if flags > 1 {
        return Err(DecodeError::malformed("reserved_connack_flags"));
    }
    let (reason, properties) = if version == Version::V5 {
        let reason = reasons::read(reader, reasons::CONNACK)?;
        (reason, properties::read(reader, Allowed::CONNACK)?)
    } else {
        (v3_return_code(reader.u8()?)?, None)
    };
    let session_present = flags == 1;
    if session_present && reason != ReasonCode::Success {
        return Err(DecodeError::protocol("session_present_in_refusal"));
    }
    Ok(ConnAck {
        session_present,
        reason,
        properties,
    })
}

/// The reverse of [`ReasonCode::connack_v3`].
fn v3_return_code(code: u8) -> Result<ReasonCode, DecodeError> {
    Ok(match code {
        0 => ReasonCode::Success,
        1 => ReasonCode::UnsupportedProtocolVersion,
        2 => ReasonCode::ClientIdNotValid,
        3 => ReasonCode::ServerUnavailable,
        4 => ReasonCode::BadUsernameOrPassword,
        5 => ReasonCode::NotAuthorized,
        _ => return Err(DecodeError::malformed("unknown_connack_return_code")),
    })
}
