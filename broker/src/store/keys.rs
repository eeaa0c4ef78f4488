//! Column families and key layouts of the store on disk. Numbers in keys are big-endian, so that iteration yields
//! queues in order of their id and messages in order of arrival. Changing anything here changes `FORMAT`.

use super::{MessageRef, QueueId, Seq};
use vmq_mqtt::PacketId;

/// Version of keys and values. A database with a larger number is refused.
pub const FORMAT: u32 = 1;

/// Column family of the records about the database itself (RocksDB insists on this name).
pub const META: &str = "default";
/// queue -> session record.
pub const SESSIONS: &str = "sessions";
/// queue, filter -> subscription options.
pub const SUBSCRIPTIONS: &str = "subscriptions";
/// queue, seq -> entry, with the message inline or by reference.
pub const ENTRIES: &str = "entries";
/// message reference -> message.
pub const BODIES: &str = "bodies";
/// message reference -> number of entries that point to the message.
pub const COUNTS: &str = "counts";
/// queue, order -> outgoing exchange.
pub const FLIGHTS: &str = "flights";
/// queue, packet id -> nothing.
pub const RECEIVED: &str = "received";
/// mountpoint, topic -> retained message.
pub const RETAINED: &str = "retained";

/// All column families.
pub const ALL: [&str; 9] = [
    META,
    SESSIONS,
    SUBSCRIPTIONS,
    ENTRIES,
    BODIES,
    COUNTS,
    FLIGHTS,
    RECEIVED,
    RETAINED,
];

/// `META`: the format, u32 big-endian.
pub const META_FORMAT: &[u8] = b"format";
/// `META`: largest queue id ever stored, u64 big-endian.
pub const META_LAST_QUEUE: &[u8] = b"last_queue";
/// `META`: number of the current opening, u64 big-endian; first half of message references.
pub const META_OPENING: &[u8] = b"opening";
/// `META`: written to find out whether a failed disk takes data again.
pub const META_PROBE: &[u8] = b"probe";

/// Length of a key made of two 64-bit numbers.
const PAIR: usize = 16;

/// Key of `SESSIONS` and prefix of everything a queue owns.
#[must_use]
pub fn queue(queue: QueueId) -> [u8; 8] {
    queue.0.to_be_bytes()
}

/// First key after everything a queue owns; `None` for the last possible queue.
#[must_use]
pub fn after_queue(queue: QueueId) -> Option<[u8; 8]> {
    queue.0.checked_add(1).map(u64::to_be_bytes)
}

/// Key of `ENTRIES` (with the position) and `FLIGHTS` (with the order of sending).
#[must_use]
pub fn position(queue: QueueId, position: u64) -> [u8; PAIR] {
    let mut key = [0; PAIR];
    key[..8].copy_from_slice(&queue.0.to_be_bytes());
    key[8..].copy_from_slice(&position.to_be_bytes());
    key
}

/// Key of `RECEIVED`.
#[must_use]
pub fn received(queue: QueueId, packet_id: PacketId) -> [u8; 10] {
    let mut key = [0; 10];
    key[..8].copy_from_slice(&queue.0.to_be_bytes());
    key[8..].copy_from_slice(&packet_id.get().to_be_bytes());
    key
}

/// Key of `SUBSCRIPTIONS`.
#[must_use]
pub fn subscription(queue: QueueId, filter: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(8 + filter.len());
    key.extend_from_slice(&queue.0.to_be_bytes());
    key.extend_from_slice(filter.as_bytes());
    key
}

/// Key of `RETAINED`. A mountpoint is data, so a zero byte in it is escaped; the order stays that of (mountpoint, topic).
#[must_use]
pub fn retained(mountpoint: &str, topic: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(mountpoint.len() + 2 + topic.len());
    for &byte in mountpoint.as_bytes() {
        key.push(byte);
        if byte == 0 {
            key.push(0xFF);
        }
    }
    key.extend_from_slice(&[0, 0]);
    key.extend_from_slice(topic);
    key
}

/// Queue a key belongs to; `None` if the key is damaged.
#[must_use]
pub fn read_queue(key: &[u8]) -> Option<QueueId> {
    Some(QueueId(u64::from_be_bytes(key.get(..8)?.try_into().ok()?)))
}

/// Second half of a key of `ENTRIES` or `FLIGHTS`.
#[must_use]
pub fn read_position(key: &[u8]) -> Option<Seq> {
    if key.len() != PAIR {
        return None;
    }
    Some(u64::from_be_bytes(key.get(8..)?.try_into().ok()?))
}

/// Filter of a key of `SUBSCRIPTIONS`.
#[must_use]
pub fn read_filter(key: &[u8]) -> Option<&str> {
    std::str::from_utf8(key.get(8..)?).ok()
}

/// Packet id of a key of `RECEIVED`.
#[must_use]
pub fn read_packet_id(key: &[u8]) -> Option<PacketId> {
    let id = u16::from_be_bytes(key.get(8..)?.try_into().ok()?);
    PacketId::new(id)
}

/// Mountpoint of a key of `RETAINED`.
#[must_use]
pub fn read_mountpoint(key: &[u8]) -> Option<String> {
    let mut mountpoint = Vec::new();
    let mut bytes = key.iter();
    loop {
        match *bytes.next()? {
            0 => match *bytes.next()? {
                0 => return String::from_utf8(mountpoint).ok(),
                0xFF => mountpoint.push(0),
                _ => return None,
            },
            byte => mountpoint.push(byte),
        }
    }
}

/// A number of `META`.
#[must_use]
pub fn read_number(value: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(value.try_into().ok()?))
}

impl MessageRef {
    /// The reference of the `count`th message stored since the database was opened for the `opening`th time.
    #[must_use]
    pub fn compose(opening: u64, count: u64) -> Self {
        Self(position(QueueId(opening), count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_like_what_they_name() {
        assert!(position(QueueId(1), u64::MAX) < position(QueueId(2), 0));
        assert!(position(QueueId(255), 1) < position(QueueId(256), 0));
        assert!(queue(QueueId(7)).as_slice() <= position(QueueId(7), 0).as_slice());
        let after = after_queue(QueueId(7)).expect("not the last");
        assert!(position(QueueId(7), u64::MAX).as_slice() < after.as_slice());
        assert_eq!(after_queue(QueueId(u64::MAX)), None);
    }

    #[test]
    fn retained_keys_keep_mountpoints_apart() {
        assert!(retained("", b"z") < retained("a", b"a"));
        assert!(retained("a", b"z") < retained("a\0", b"a"));
        assert!(retained("a\0", b"z") < retained("ab", b"a"));
        for mountpoint in ["", "a", "a\0b", "\0", "\0\0"] {
            assert_eq!(
                read_mountpoint(&retained(mountpoint, b"t/\xFF")).as_deref(),
                Some(mountpoint)
            );
        }
        assert_eq!(read_mountpoint(b"abc"), None);
        assert_eq!(read_mountpoint(b"a\0\x01"), None);
    }

    #[test]
    fn damaged_keys_are_no_keys() {
        assert_eq!(read_queue(b"short"), None);
        assert_eq!(read_position(&[0; 15]), None);
        assert_eq!(read_position(&[0; 17]), None);
        assert_eq!(read_packet_id(&[0; 10]), None, "packet id 0");
        assert_eq!(read_packet_id(&[1; 10]).map(PacketId::get), Some(0x0101));
        assert_eq!(read_filter(b"12345678\xFF"), None);
        assert_eq!(read_filter(b"12345678a/+"), Some("a/+"));
    }
}
