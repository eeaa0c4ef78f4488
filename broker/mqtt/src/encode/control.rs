//! Acknowledgements, subscriptions, DISCONNECT and AUTH. Version 5 packets take the shortest form that says the same.

use super::properties;
use super::sink::Sink;
use crate::property::Allowed;
use crate::{
    Ack, Auth, Disconnect, Props, ReasonCode, SubAck, Subscribe, SubscribeOptions, Unsubscribe, Version,
};

/// PUBACK, PUBREC, PUBREL, PUBCOMP. In 3.x there is nothing to say but the identifier.
pub(super) fn put_ack(ack: &Ack, version: Version, out: &mut impl Sink) {
    out.u16(ack.packet_id.get());
    if version == Version::V5 {
        put_reason(ack.reason, &ack.properties, Allowed::ACK, out);
    }
}

/// A reason that may be left out when it is success, and properties that may be left out when there are none.
fn put_reason(reason: ReasonCode, properties: &Props, allowed: Allowed, out: &mut impl Sink) {
    let no_properties = properties::are_none(properties, allowed);
    if no_properties && reason == ReasonCode::Success {
        return;
    }
    out.u8(reason.as_u8());
    if !no_properties {
        properties::put(properties, allowed, out);
    }
}

pub(super) fn put_subscribe(subscribe: &Subscribe, version: Version, out: &mut impl Sink) {
    out.u16(subscribe.packet_id.get());
    if version == Version::V5 {
        properties::put(&subscribe.properties, Allowed::SUBSCRIBE, out);
    }
    for entry in &subscribe.filters {
        out.string(&entry.filter);
        out.u8(options_byte(entry.options, version));
    }
}

fn options_byte(options: SubscribeOptions, version: Version) -> u8 {
    if version != Version::V5 {
        return options.qos.as_u8();
    }
    options.qos.as_u8()
        | u8::from(options.no_local) << 2
        | u8::from(options.retain_as_published) << 3
        | (options.retain_handling as u8) << 4
}

/// In 3.x a refusal is 0x80, whatever its reason.
pub(super) fn put_suback(suback: &SubAck, version: Version, out: &mut impl Sink) {
    out.u16(suback.packet_id.get());
    if version == Version::V5 {
        properties::put(&suback.properties, Allowed::ACK, out);
    }
    for reason in &suback.reasons {
        let refused_v3 = version != Version::V5 && reason.is_error();
        out.u8(if refused_v3 { 0x80 } else { reason.as_u8() });
    }
}

pub(super) fn put_unsubscribe(unsubscribe: &Unsubscribe, version: Version, out: &mut impl Sink) {
    out.u16(unsubscribe.packet_id.get());
    if version == Version::V5 {
        properties::put(&unsubscribe.properties, Allowed::UNSUBSCRIBE, out);
    }
    for filter in &unsubscribe.filters {
        out.string(filter);
    }
}

/// A 3.x UNSUBACK has no payload.
pub(super) fn put_unsuback(unsuback: &SubAck, version: Version, out: &mut impl Sink) {
    out.u16(unsuback.packet_id.get());
    if version == Version::V5 {
        properties::put(&unsuback.properties, Allowed::ACK, out);
        for reason in &unsuback.reasons {
            out.u8(reason.as_u8());
        }
    }
}

/// The 3.x packet is two bytes.
pub(super) fn put_disconnect(disconnect: &Disconnect, version: Version, out: &mut impl Sink) {
    if version == Version::V5 {
        put_reason(
            disconnect.reason,
            &disconnect.properties,
            Allowed::DISCONNECT,
            out,
        );
    }
}

/// Reason and properties are left out together or not at all.
pub(super) fn put_auth(auth: &Auth, out: &mut impl Sink) {
    if auth.reason == ReasonCode::Success && properties::are_none(&auth.properties, Allowed::AUTH) {
        return;
    }
    out.u8(auth.reason.as_u8());
    properties::put(&auth.properties, Allowed::AUTH, out);
}
