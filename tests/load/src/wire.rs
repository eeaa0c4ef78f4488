//! Encodes the few packets a load generator sends. The scanner for what comes back is in `scan`.
//!
//! Holds: nothing here allocates except by growing the caller's buffer; a PUBLISH is copied from a template and
//! only its packet id and stamp are written anew. Tests compare every packet with mqttbytes.

pub(crate) mod scan;

use crate::stamp::{STAMP_BYTES, Stamp};
use crate::transport::Way;

/// Protocol level of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) enum Version {
    /// MQTT 3.1.1, level 4.
    V311,
    /// MQTT 5.0, level 5.
    V5,
}

/// Quality of service, 0 to 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[expect(clippy::enum_variant_names, reason = "these are the names of the standard")]
pub(crate) enum Qos {
    AtMostOnce,
    AtLeastOnce,
    ExactlyOnce,
}

impl Qos {
    pub(crate) fn level(self) -> u8 {
        match self {
            Qos::AtMostOnce => 0,
            Qos::AtLeastOnce => 1,
            Qos::ExactlyOnce => 2,
        }
    }

    pub(crate) fn from_level(level: u8) -> Option<Qos> {
        match level {
            0 => Some(Qos::AtMostOnce),
            1 => Some(Qos::AtLeastOnce),
            2 => Some(Qos::ExactlyOnce),
            _ => None,
        }
    }
}

/// The four acknowledgements, with their first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ack {
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
}

impl Ack {
    fn first_byte(self) -> u8 {
        match self {
            Ack::Puback => 0x40,
            Ack::Pubrec => 0x50,
            Ack::Pubrel => 0x62, // flags 0010 are required [MQTT-3.6.1-1]
            Ack::Pubcomp => 0x70,
        }
    }
}

/// What a CONNECT says.
#[derive(Clone, Debug)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    pub(crate) client_id: String,
    /// Clean session (3.1.1) or clean start (5).
    pub(crate) clean: bool,
    pub(crate) keepalive_secs: u16,
    /// Session expiry of MQTT 5 in seconds; not sent with 3.1.1.
    pub(crate) expiry_secs: u32,
    pub(crate) username: Option<String>,
    /// Not sent without a user name: 3.1.1 has no password alone.
    pub(crate) password: Option<String>,
    /// Not in the packet: what it travels over.
    pub(crate) way: Way,
}

impl Connect {
    /// A clean session without a name or a password, over TCP.
    pub(crate) fn new(version: Version, client_id: String) -> Connect {
        Connect {
            version,
            client_id,
            clean: true,
            keepalive_secs: 300,
            expiry_secs: 0,
            username: None,
            password: None,
            way: Way::default(),
        }
    }
}

/// Appends a CONNECT.
pub(crate) fn connect(out: &mut Vec<u8>, options: &Connect) {
    let mut body = Vec::with_capacity(32 + options.client_id.len());
    string(&mut body, "MQTT");
    body.push(if options.version == Version::V5 { 5 } else { 4 });
    let name = options.username.as_deref();
    let password = name.and(options.password.as_deref());
    body.push(
        u8::from(options.clean) << 1 | u8::from(name.is_some()) << 7 | u8::from(password.is_some()) << 6,
    );
    body.extend_from_slice(&options.keepalive_secs.to_be_bytes());
    if options.version == Version::V5 {
        if options.expiry_secs > 0 {
            body.extend_from_slice(&[5, 0x11]);
            body.extend_from_slice(&options.expiry_secs.to_be_bytes());
        } else {
            body.push(0);
        }
    }
    string(&mut body, &options.client_id);
    for text in [name, password].into_iter().flatten() {
        string(&mut body, text);
    }
    packet(out, 0x10, &body);
}

/// Appends a SUBSCRIBE with one filter.
pub(crate) fn subscribe(out: &mut Vec<u8>, version: Version, packet_id: u16, filter: &str, qos: Qos) {
    subscribe_all(out, version, packet_id, [(filter, qos)]);
}

/// Appends a SUBSCRIBE with these filters.
pub(crate) fn subscribe_all<'a>(
    out: &mut Vec<u8>,
    version: Version,
    packet_id: u16,
    filters: impl IntoIterator<Item = (&'a str, Qos)>,
) {
    let mut body = packet_id.to_be_bytes().to_vec();
    if version == Version::V5 {
        body.push(0);
    }
    for (filter, qos) in filters {
        string(&mut body, filter);
        body.push(qos.level());
    }
    packet(out, 0x82, &body);
}

/// Appends an UNSUBSCRIBE with one filter.
pub(crate) fn unsubscribe(out: &mut Vec<u8>, version: Version, packet_id: u16, filter: &str) {
    let mut body = packet_id.to_be_bytes().to_vec();
    if version == Version::V5 {
        body.push(0);
    }
    string(&mut body, filter);
    packet(out, 0xa2, &body);
}

/// Appends a PUBACK, PUBREC, PUBREL or PUBCOMP that reports success: two bytes of body in both versions.
#[inline]
pub(crate) fn ack(out: &mut Vec<u8>, ack: Ack, packet_id: u16) {
    let [high, low] = packet_id.to_be_bytes();
    out.extend_from_slice(&[ack.first_byte(), 2, high, low]);
}

/// Appends a PINGREQ.
pub(crate) fn pingreq(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xc0, 0]);
}

/// Appends a DISCONNECT (normal, both versions).
pub(crate) fn disconnect(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xe0, 0]);
}

/// The messages of one publisher, encoded once: they differ in packet id and stamp only.
#[derive(Debug)]
pub(crate) struct PublishTemplate {
    bytes: Vec<u8>,
    packet_id_at: Option<usize>,
    stamp_at: usize,
}

impl PublishTemplate {
    /// `payload_bytes` is raised to the size of a stamp if it is smaller.
    pub(crate) fn new(version: Version, topic: &str, qos: Qos, payload_bytes: usize) -> PublishTemplate {
        let payload_bytes = payload_bytes.max(STAMP_BYTES);
        let mut body = Vec::with_capacity(topic.len() + 8 + payload_bytes);
        string(&mut body, topic);
        let packet_id_at = (qos != Qos::AtMostOnce).then_some(body.len());
        if packet_id_at.is_some() {
            body.extend_from_slice(&[0, 0]);
        }
        if version == Version::V5 {
            body.push(0);
        }
        let stamp_at = body.len();
        // Printable filler: `mosquitto_sub` and traces stay readable.
        body.resize(stamp_at + payload_bytes, b'.');

        let mut bytes = Vec::with_capacity(body.len() + 5);
        packet(&mut bytes, 0x30 | qos.level() << 1, &body);
        let header = bytes.len() - body.len();
        PublishTemplate {
            bytes,
            packet_id_at: packet_id_at.map(|at| at + header),
            stamp_at: stamp_at + header,
        }
    }

    /// The same messages, to be retained.
    pub(crate) fn retained(mut self) -> PublishTemplate {
        if let Some(first) = self.bytes.first_mut() {
            *first |= 1;
        }
        self
    }

    /// Appends one PUBLISH. `packet_id` is not looked at with QoS 0.
    #[inline]
    pub(crate) fn push(&self, out: &mut Vec<u8>, packet_id: u16, stamp: Stamp) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        if let Some(at) = self.packet_id_at {
            out[start + at..start + at + 2].copy_from_slice(&packet_id.to_be_bytes());
        }
        let at = start + self.stamp_at;
        stamp.write(&mut out[at..at + STAMP_BYTES]);
    }

    /// Bytes of one message on the wire.
    pub(crate) fn wire_bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// What a PUBLISH is apart from its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    pub(crate) version: Version,
    pub(crate) topic: &'a [u8],
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    /// Not looked at with QoS 0.
    pub(crate) packet_id: u16,
}

/// Appends a PUBLISH whose payload is `parts`, one after the other. Topics end at 65,535 bytes.
#[inline]
pub(crate) fn publish(out: &mut Vec<u8>, head: &Head<'_>, parts: [&[u8]; 2]) {
    let topic_bytes = u16::try_from(head.topic.len()).unwrap_or(u16::MAX);
    let acked = head.qos != Qos::AtMostOnce;
    let overhead = 2 + 2 * usize::from(acked) + usize::from(head.version == Version::V5);
    let topic = &head.topic[..usize::from(topic_bytes)];
    out.push(0x30 | head.qos.level() << 1 | u8::from(head.retain));
    varint(out, overhead + topic.len() + parts[0].len() + parts[1].len());
    out.extend_from_slice(&topic_bytes.to_be_bytes());
    out.extend_from_slice(topic);
    if acked {
        out.extend_from_slice(&head.packet_id.to_be_bytes());
    }
    if head.version == Version::V5 {
        out.push(0);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Appends a PUBLISH of QoS 1 that removes what is retained on a topic.
pub(crate) fn publish_empty_retained(out: &mut Vec<u8>, version: Version, topic: &str, packet_id: u16) {
    let head = Head {
        version,
        topic: topic.as_bytes(),
        qos: Qos::AtLeastOnce,
        retain: true,
        packet_id,
    };
    publish(out, &head, [&[], &[]]);
}

/// Appends a packet: first byte, length, body.
pub(crate) fn packet(out: &mut Vec<u8>, first: u8, body: &[u8]) {
    out.push(first);
    varint(out, body.len());
    out.extend_from_slice(body);
}

/// Appends a variable byte integer.
pub(crate) fn varint(out: &mut Vec<u8>, value: usize) {
    let mut rest = value;
    loop {
        let byte = (rest % 128) as u8;
        rest /= 128;
        out.push(if rest > 0 { byte | 0x80 } else { byte });
        if rest == 0 {
            break;
        }
    }
}

/// Appends a string with its length; at most 65,535 bytes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).expect("topics and client ids of a load test are short");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests;
