//! A trace as a capture file, for Wireshark and tshark (ours, issue 4): each MQTT packet in a TCP segment between the client's
//! address and one that stands for the broker. IP and TCP headers are made up; passwords and authentication data are not
//! in it. Every piece is a whole number of pcapng blocks, so that the pieces one behind the other are a file.

use super::Subject;
use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use vmq_mqtt::{Packet, encode, packet::Props};

/// The broker's port, whatever it really is: readers know MQTT by it.
const PORT: u16 = 1883;

/// Addresses that stand for the broker, from the ranges for documentation.
const BROKER_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const BROKER_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// A client on a Unix socket; its port tells its connection.
const LOCAL: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// Bytes of one segment; longer packets have several.
const SEGMENT_BYTES_MAX: usize = 32 * 1024;

/// Bytes of a packet that are captured. Of a longer one the rest is missing, as in any capture that was too slow.
const PACKET_BYTES_MAX: usize = 256 * 1024;

/// Positions in the two streams of bytes of a session, from the client and to it.
#[derive(Debug, Default)]
pub(super) struct Flow {
    received: AtomicU32,
    sent: AtomicU32,
}

/// One packet of a flow, or a part of it.
pub(super) struct Segment {
    from_client: bool,
    sequence: u32,
    acknowledged: u32,
    bytes: Vec<u8>,
}

impl Flow {
    /// The packet at its place.
    pub(super) fn segment(&self, packet: &Packet, subject: &Subject, from_client: bool) -> Segment {
        let mut bytes = BytesMut::new();
        encode(&without_secrets(packet), subject.version, &mut bytes);
        let length = u32::try_from(bytes.len()).unwrap_or(0);
        bytes.truncate(PACKET_BYTES_MAX);
        let (own, other) = match from_client {
            true => (&self.received, &self.sent),
            false => (&self.sent, &self.received),
        };
        Segment {
            from_client,
            // Both ends begin with 1.
            sequence: own.fetch_add(length, Ordering::Relaxed).wrapping_add(1),
            acknowledged: other.load(Ordering::Relaxed).wrapping_add(1),
            bytes: bytes.to_vec(),
        }
    }
}

/// Section and interface: what stands before the first packet.
pub(super) fn head() -> Vec<u8> {
    // Byte order, version 1.0, length not known.
    let mut section = 0x1A2B_3C4D_u32.to_le_bytes().to_vec();
    section.extend([1, 0, 0, 0]);
    section.extend([0xFF; 8]);
    let mut head = block(0x0A0D_0D0A, &section);
    // Packets begin with their IP header (LINKTYPE_RAW); no bound.
    head.extend(block(1, &[101, 0, 0, 0, 0, 0, 0, 0]));
    head
}

/// The blocks of a packet, with this moment's time.
pub(super) fn packet(segment: &Segment, subject: &Subject) -> Vec<u8> {
    let mut blocks = Vec::new();
    let mut sequence = segment.sequence;
    for bytes in segment.bytes.chunks(SEGMENT_BYTES_MAX) {
        let part = Segment {
            sequence,
            bytes: bytes.to_vec(),
            ..*segment
        };
        blocks.extend(packet_block(&datagram(&part, subject)));
        sequence = sequence.wrapping_add(u32::try_from(bytes.len()).unwrap_or(0));
    }
    blocks
}

fn packet_block(packet: &[u8]) -> Vec<u8> {
    let micros = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(0);
    let length = u32::try_from(packet.len()).unwrap_or(0).to_le_bytes();
    let mut body = vec![0; 4];
    body.extend(micros.to_be_bytes()[..4].iter().rev());
    body.extend(micros.to_be_bytes()[4..].iter().rev());
    body.extend(length);
    body.extend(length);
    body.extend(packet);
    block(6, &body)
}

/// A block: its type, its length before and behind, its body up to a multiple of four bytes.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = u32::try_from(padded + 12).unwrap_or(0).to_le_bytes();
    let mut block = kind.to_le_bytes().to_vec();
    block.extend(length);
    block.extend(body);
    block.resize(8 + padded, 0);
    block.extend(length);
    block
}

/// IP and TCP around the bytes.
fn datagram(segment: &Segment, subject: &Subject) -> Vec<u8> {
    let client = client(subject);
    let broker = match client.ip() {
        IpAddr::V4(_) => SocketAddr::from((BROKER_V4, PORT)),
        IpAddr::V6(_) => SocketAddr::from((BROKER_V6, PORT)),
    };
    let (from, to) = match segment.from_client {
        true => (client, broker),
        false => (broker, client),
    };
    let tcp = tcp(segment, from.port(), to.port());
    let length = u16::try_from(tcp.len()).unwrap_or(u16::MAX);
    let mut datagram = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => ipv4(length, from, to),
        (from, to) => {
            let mut header = vec![0x60, 0, 0, 0];
            header.extend(length.to_be_bytes());
            // Next is TCP, hop limit 64.
            header.extend([6, 64]);
            for address in [from, to] {
                let IpAddr::V6(address) = address else { continue };
                header.extend(address.octets());
            }
            header
        }
    };
    datagram.extend(tcp);
    datagram
}

fn ipv4(length: u16, from: Ipv4Addr, to: Ipv4Addr) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend(length.saturating_add(20).to_be_bytes());
    // Not a fragment, time to live 64, TCP, no checksum yet.
    header.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    header.extend(from.octets());
    header.extend(to.octets());
    let words = header
        .chunks_exact(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let sum = !((sum & 0xFFFF) + (sum >> 16));
    header[10..12].copy_from_slice(&sum.to_be_bytes()[2..]);
    header
}

/// PSH and ACK, a full window, no checksum: readers do not look at it unless they are told to.
fn tcp(segment: &Segment, from: u16, to: u16) -> Vec<u8> {
    let mut tcp = from.to_be_bytes().to_vec();
    tcp.extend(to.to_be_bytes());
    tcp.extend(segment.sequence.to_be_bytes());
    tcp.extend(segment.acknowledged.to_be_bytes());
    tcp.extend([0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
    tcp.extend(&segment.bytes);
    tcp
}

fn client(subject: &Subject) -> SocketAddr {
    subject.peer.parse().unwrap_or_else(|_| {
        let port = u16::try_from(subject.pid % 60_000).unwrap_or(0) + 1024;
        SocketAddr::from((LOCAL, port))
    })
}

/// The packet as it may be shown.
fn without_secrets(packet: &Packet) -> Packet {
    let mut packet = packet.clone();
    match &mut packet {
        Packet::Connect(connect) => {
            hide(&mut connect.password, b"pw_no_print");
            hide_in(&mut connect.properties);
        }
        Packet::ConnAck(connack) => hide_in(&mut connack.properties),
        Packet::Auth(auth) => hide_in(&mut auth.properties),
        _ => {}
    }
    packet
}

fn hide_in(properties: &mut Props) {
    if let Some(properties) = properties {
        hide(&mut properties.authentication_data, b"redacted");
    }
}

fn hide(secret: &mut Option<Bytes>, by: &'static [u8]) {
    if let Some(secret) = secret {
        *secret = Bytes::from_static(by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::SubscriberId;
    use std::sync::Arc;
    use vmq_mqtt::{Connect, Level, Version};

    fn subject(peer: &str) -> Subject {
        Subject {
            pid: 7,
            subscriber: SubscriberId::new("", "c"),
            username: None,
            peer: Arc::from(peer),
            listener: String::new(),
            tls_cn: None,
            version: Version::V4,
        }
    }

    #[test]
    fn blocks_have_their_length_at_both_ends() {
        let mut file = head();
        let flow = Flow::default();
        for (peer, ip_bytes) in [("10.1.2.3:4711", 20), ("[fd00::1]:4711", 40), ("local", 20)] {
            let subject = subject(peer);
            let segment = flow.segment(&Packet::PingReq, &subject, true);
            let block = packet(&segment, &subject);
            assert_eq!(block.len(), 32 + (ip_bytes + 20 + 2_usize).next_multiple_of(4));
            file.extend(block);
        }
        let mut rest = file.as_slice();
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
            let length = word(4) as usize;
            assert_eq!(word(length - 4) as usize, length);
            kinds.push(word(0));
            rest = &rest[length..];
        }
        assert_eq!(kinds, [0x0A0D_0D0A, 1, 6, 6, 6]);
    }

    #[test]
    fn bytes_follow_each_other() {
        let (flow, subject) = (Flow::default(), subject("10.1.2.3:4711"));
        let places: Vec<(u32, u32)> = [true, false, true]
            .map(|from_client| flow.segment(&Packet::PingReq, &subject, from_client))
            .iter()
            .map(|segment| (segment.sequence, segment.acknowledged))
            .collect();
        assert_eq!(places, [(1, 1), (1, 3), (3, 3)]);
    }

    #[test]
    fn what_is_too_long_leaves_a_gap() {
        let (flow, subject) = (Flow::default(), subject("10.1.2.3:4711"));
        let long = Packet::Publish(vmq_mqtt::Publish {
            dup: false,
            qos: vmq_mqtt::QoS::AtMostOnce,
            retain: false,
            topic: "t".into(),
            packet_id: None,
            properties: None,
            payload: vec![0; 1_000_000].into(),
        });
        let segment = flow.segment(&long, &subject, true);
        let blocks = packet(&segment, &subject);
        assert_eq!(blocks.len(), 8 * (32 + 40 + SEGMENT_BYTES_MAX));
        let next = flow.segment(&Packet::PingReq, &subject, true);
        assert_eq!(next.sequence, 1 + 1 + 3 + 3 + 1_000_000);
    }

    #[test]
    fn no_secret_is_in_it() {
        let connect = Connect {
            level: Level {
                version: Version::V4,
                bridge: false,
            },
            clean_start: true,
            keep_alive_secs: 0,
            client_id: "c".into(),
            will: None,
            username: Some("joe".into()),
            password: Some(Bytes::from_static(b"secret")),
            properties: None,
        };
        let subject = subject("local");
        let packet = Packet::Connect(Box::new(connect));
        let segment = Flow::default().segment(&packet, &subject, true);
        let has = |text: &[u8]| segment.bytes.windows(text.len()).any(|bytes| bytes == text);
        assert!(has(b"joe") && has(b"pw_no_print") && !has(b"secret"));
    }
}
