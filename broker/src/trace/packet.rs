//! Packets as they stand in a trace, for every version (monitoring.md 8.3). The words and their order are those of the
//! original; passwords are never shown.

use super::properties::with_properties;
use super::text::{Payload, Payloads, bit};
use crate::logging::render::{Plain, Quoted};
use std::fmt::{self, Display, Formatter, Write as _};
use vmq_mqtt::{
    Ack, ConnAck, Connect, Packet, Publish, ReasonCode, RetainHandling, SubAck, Subscribe, SubscribeFilter,
    Unsubscribe, Version, Will,
};

/// A packet, and how to show it.
pub(super) struct Shown<'a> {
    pub(super) packet: &'a Packet,
    pub(super) version: Version,
    pub(super) payloads: Payloads,
}

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let v5 = self.version == Version::V5;
        match self.packet {
            Packet::Connect(packet) => connect(f, packet, self.payloads),
            Packet::ConnAck(packet) => connack(f, packet, v5),
            Packet::Publish(packet) => publish(f, packet, self.payloads),
            Packet::PubAck(packet) => ack(f, "PUBACK", packet, v5),
            Packet::PubRec(packet) => ack(f, "PUBREC", packet, v5),
            Packet::PubRel(packet) => ack(f, "PUBREL", packet, v5),
            Packet::PubComp(packet) => ack(f, "PUBCOMP", packet, v5),
            Packet::Subscribe(packet) => subscribe(f, packet, v5),
            Packet::SubAck(packet) => suback(f, packet, v5),
            Packet::Unsubscribe(packet) => unsubscribe(f, packet, v5),
            Packet::UnsubAck(packet) if v5 => reason_codes(f, "UNSUBACK", packet),
            Packet::UnsubAck(packet) => write!(f, "UNSUBACK(m{})", packet.packet_id),
            Packet::PingReq => f.write_str("PINGREQ()"),
            Packet::PingResp => f.write_str("PINGRESP()"),
            Packet::Disconnect(_) if !v5 => f.write_str("DISCONNECT()"),
            Packet::Disconnect(packet) => {
                // Code 0 has a name of its own here.
                let name = match packet.reason {
                    ReasonCode::Success => "normal_disconnect",
                    other => other.name(),
                };
                write!(f, "DISCONNECT(rc:{name}({}))", packet.reason.as_u8())?;
                with_properties(f, packet.properties.as_deref())
            }
            Packet::Auth(packet) => {
                write!(f, "AUTH(rc:{})", Reason(packet.reason))?;
                with_properties(f, packet.properties.as_deref())
            }
        }
    }
}

/// `not_authorized(135)`.
struct Reason(ReasonCode);

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.0.name(), self.0.as_u8())
    }
}

fn connect(f: &mut Formatter<'_>, packet: &Connect, payloads: Payloads) -> fmt::Result {
    write!(
        f,
        "CONNECT(c: {}, v: {}, u: {}, p: pw_no_print, cs: ",
        Plain(&packet.client_id),
        packet.level.byte(),
        Plain(packet.username.as_deref().unwrap_or("undefined")),
    )?;
    match packet.level.version {
        Version::V5 => write!(f, "{}", packet.clean_start)?,
        Version::V3 | Version::V4 => write!(f, "{}", bit(packet.clean_start))?,
    }
    write!(f, ", ka: {})", packet.keep_alive_secs)?;
    with_properties(f, packet.properties.as_deref())?;
    packet
        .will
        .as_ref()
        .map_or(Ok(()), |will| last_will(f, will, payloads))
}

fn last_will(f: &mut Formatter<'_>, will: &Will, payloads: Payloads) -> fmt::Result {
    let (bytes, topic) = (&*will.payload, Plain(&will.topic));
    write!(
        f,
        "\n    with LWT(wr: {}, wq: {}, wt: {topic}){}",
        bit(will.retain),
        will.qos.as_u8(),
        Payload { bytes, payloads },
    )?;
    with_properties(f, will.properties.as_deref())
}

fn connack(f: &mut Formatter<'_>, packet: &ConnAck, v5: bool) -> fmt::Result {
    write!(f, "CONNACK(sp: {}, rc: ", bit(packet.session_present))?;
    if v5 {
        write!(f, "{})", Reason(packet.reason))?;
    } else {
        write!(f, "{})", packet.reason.connack_v3())?;
    }
    with_properties(f, packet.properties.as_deref())
}

fn publish(f: &mut Formatter<'_>, packet: &Publish, payloads: Payloads) -> fmt::Result {
    write!(
        f,
        "PUBLISH(d{}, q{}, r{}, m{}, {}){}",
        bit(packet.dup),
        packet.qos.as_u8(),
        bit(packet.retain),
        packet.packet_id.map_or(0, u16::from),
        Quoted(&packet.topic),
        Payload {
            bytes: &packet.payload,
            payloads
        },
    )?;
    with_properties(f, packet.properties.as_deref())
}

fn ack(f: &mut Formatter<'_>, name: &str, packet: &Ack, v5: bool) -> fmt::Result {
    write!(f, "{name}(m{}", packet.packet_id)?;
    if v5 {
        write!(f, ", rc: {}", Reason(packet.reason))?;
    }
    f.write_char(')')?;
    with_properties(f, packet.properties.as_deref())
}

fn subscribe(f: &mut Formatter<'_>, packet: &Subscribe, v5: bool) -> fmt::Result {
    write!(f, "SUBSCRIBE(m{}) with topics:", packet.packet_id)?;
    for filter in &packet.filters {
        subscription(f, filter, v5)?;
    }
    with_properties(f, packet.properties.as_deref())
}

/// One filter of a SUBSCRIBE, on lines of its own. Hooks are asked about the same.
pub(super) fn subscription(f: &mut Formatter<'_>, filter: &SubscribeFilter, v5: bool) -> fmt::Result {
    let SubscribeFilter { filter, options } = filter;
    let (qos, topic) = (options.qos.as_u8(), Quoted(filter));
    if !v5 {
        return write!(f, "\n    q:{qos}, t: {topic}");
    }
    let handling = match options.retain_handling {
        RetainHandling::Send => "send_retain",
        RetainHandling::SendIfNew => "send_if_new_sub",
        RetainHandling::Never => "dont_send",
    };
    let (no_local, published) = (options.no_local, options.retain_as_published);
    write!(
        f,
        "\n    q:{qos}, no_local:{no_local}, rap:{published}, rh:{handling}\n    t: {topic}"
    )
}

fn suback(f: &mut Formatter<'_>, packet: &SubAck, v5: bool) -> fmt::Result {
    if v5 {
        return reason_codes(f, "SUBACK", packet);
    }
    write!(f, "SUBACK(m{}, qt[", packet.packet_id)?;
    list(f, packet.reasons.iter(), |f, reason| match reason.is_error() {
        true => f.write_str("not_allowed"),
        false => write!(f, "{}", reason.as_u8()),
    })?;
    f.write_str("])")
}

fn reason_codes(f: &mut Formatter<'_>, name: &str, packet: &SubAck) -> fmt::Result {
    write!(f, "{name}(m{}, reason_codes:[", packet.packet_id)?;
    list(f, packet.reasons.iter(), |f, reason| {
        write!(f, "{}", reason.as_u8())
    })?;
    f.write_str("])")?;
    with_properties(f, packet.properties.as_deref())
}

fn unsubscribe(f: &mut Formatter<'_>, packet: &Unsubscribe, v5: bool) -> fmt::Result {
    write!(f, "UNSUBSCRIBE(m{})", packet.packet_id)?;
    if !v5 {
        return Ok(());
    }
    f.write_str(" with topics:")?;
    for filter in &packet.filters {
        write!(f, "\n    t: {}", Quoted(filter))?;
    }
    with_properties(f, packet.properties.as_deref())
}

/// Parts with commas between them.
pub(super) fn list<T>(
    f: &mut Formatter<'_>,
    parts: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (position, part) in parts.enumerate() {
        if position > 0 {
            f.write_char(',')?;
        }
        write(f, part)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
