//! CONNECT and CONNACK.

use super::properties;
use super::sink::Sink;
use crate::property::Allowed;
use crate::{ConnAck, Connect, Version};

/// In the version of its level; the 3.1 bridge level gets the name of 3.1.
pub(super) fn put_connect(connect: &Connect, out: &mut impl Sink) {
    let version = connect.level.version;
    out.string(if version == Version::V3 { "MQIsdp" } else { "MQTT" });
    out.u8(connect.level.byte());
    out.u8(flags(connect));
    out.u16(connect.keep_alive_secs);
    if version == Version::V5 {
        properties::put(&connect.properties, Allowed::CONNECT, out);
    }
    out.string(&connect.client_id);
    if let Some(will) = &connect.will {
        if version == Version::V5 {
            properties::put(&will.properties, Allowed::WILL, out);
        }
        out.string(&will.topic);
        out.binary(&will.payload);
    }
    if let Some(username) = &connect.username {
        out.string(username);
    }
    if let Some(password) = &connect.password {
        out.binary(password);
    }
}

fn flags(connect: &Connect) -> u8 {
    let will = connect.will.as_ref().map_or(0, |will| {
        0x04 | will.qos.as_u8() << 3 | u8::from(will.retain) << 5
    });
    u8::from(connect.clean_start) << 1
        | will
        | u8::from(connect.password.is_some()) << 6
        | u8::from(connect.username.is_some()) << 7
}

pub(super) fn put_connack(connack: &ConnAck, version: Version, out: &mut impl Sink) {
    // 3.1 reserves the flag; it is set for those clients too, as the original does.
    out.u8(u8::from(connack.session_present));
    if version == Version::V5 {
        out.u8(connack.reason.as_u8());
        properties::put(&connack.properties, Allowed::CONNACK, out);
    } else {
        out.u8(connack.reason.connack_v3());
    }
}
