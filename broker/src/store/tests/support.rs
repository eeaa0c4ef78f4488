//! What the tests of the store share: random values from a seed (so that a failure can be repeated), and shorthands
//! for groups of operations.

use crate::message::Message;
use crate::store::codec::Delivery;
use crate::store::{Commit, CommitState, EntryOp, Op, QueueId, Seq, Store, StoredSession};
use bytes::Bytes;
use bytestring::ByteString;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use vmq_mqtt::{PacketId, Properties, QoS};

/// A small generator (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// True once in `of` times.
    pub(crate) fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn bytes(&mut self, len_max: usize) -> Vec<u8> {
        let len = self.below(len_max + 1);
        (0..len).map(|_| self.next() as u8).collect()
    }

    pub(crate) fn text(&mut self) -> String {
        const PARTS: [&str; 6] = ["a", "sensor", "/", "ä", "+", "€uro"];
        let parts = self.below(5);
        (0..parts).map(|_| PARTS[self.below(PARTS.len())]).collect()
    }

    /// A topic that a client can have published to.
    pub(crate) fn topic(&mut self) -> String {
        format!("{}a", self.text().replace('+', "-"))
    }

    pub(crate) fn packet_id(&mut self) -> PacketId {
        PacketId::new(self.next() as u16).unwrap_or(PacketId::MIN)
    }

    pub(crate) fn delivery(&mut self) -> Delivery {
        Delivery {
            qos: if self.chance(2) {
                QoS::AtLeastOnce
            } else {
                QoS::ExactlyOnce
            },
            retain: self.chance(4),
            subscription_id: if self.chance(2) {
                (self.next() as u32 & vmq_mqtt::varint::MAX) >> self.below(28)
            } else {
                0
            },
        }
    }

    pub(crate) fn message(&mut self) -> Message {
        let qos = QoS::from_u8(self.below(3) as u8).unwrap();
        let payload_max = if self.chance(10) { 3000 } else { 100 };
        let mut message = Message::new(&self.topic(), &self.bytes(payload_max), qos, self.chance(2));
        message.expires_at = self.chance(2).then(|| self.next());
        message.properties = self.chance(2).then(|| Box::new(self.properties()));
        message
    }

    fn properties(&mut self) -> Properties {
        Properties {
            payload_format_indicator: self.chance(2).then(|| self.below(2) as u8),
            content_type: self.chance(2).then(|| ByteString::from(self.text())),
            response_topic: self.chance(2).then(|| ByteString::from(self.topic())),
            correlation_data: self.chance(2).then(|| Bytes::from(self.bytes(300))),
            user_properties: (0..self.below(4))
                .map(|_| (ByteString::from(self.text()), ByteString::from(self.text())))
                .collect(),
            ..Properties::default()
        }
    }

    /// Changes, inserts, removes or cuts off something.
    pub(crate) fn damage(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            bytes.push(self.next() as u8);
            return;
        }
        let at = self.below(bytes.len());
        match self.below(5) {
            0 => bytes[at] = self.next() as u8,
            1 => bytes[at] ^= 1 << self.below(8),
            2 => bytes.insert(at, self.next() as u8),
            3 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
}

/// Waits for a commit on this thread.
pub(crate) fn wait(commit: &Commit) -> CommitState {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match commit.poll_done(&mut context) {
            Poll::Ready(state) => return state,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Submits a group that must become durable.
pub(crate) fn put(store: &dyn Store, ops: Vec<Op>) {
    assert_eq!(wait(&store.submit(ops)), CommitState::Durable);
}

/// A message with this text as topic and payload.
pub(crate) fn message(text: &str) -> Arc<Message> {
    Arc::new(Message::new(text, text.as_bytes(), QoS::AtLeastOnce, false))
}

/// A delivery with QoS 1 and nothing special.
pub(crate) fn entry(queue: u64, seq: Seq) -> EntryOp {
    EntryOp {
        queue: QueueId(queue),
        seq,
        qos: QoS::AtLeastOnce,
        retain: false,
        subscription_id: 0,
    }
}

/// A message for the queues given, at the same position in each.
pub(crate) fn publish(text: &str, queues: &[u64], seq: Seq) -> Op {
    Op::PutEntries {
        message: message(text),
        entries: queues.iter().map(|&queue| entry(queue, seq)).collect(),
    }
}

/// A session record.
pub(crate) fn session(queue: u64) -> Op {
    Op::PutSession {
        queue: QueueId(queue),
        record: format!("record {queue}").into_bytes(),
    }
}

/// A packet id.
pub(crate) fn id(packet_id: u16) -> PacketId {
    PacketId::new(packet_id).unwrap()
}

/// Positions of waiting entries.
pub(crate) fn waiting(store: &dyn Store, queue: u64) -> Vec<Seq> {
    let entries = store.read_entries(QueueId(queue), 0, usize::MAX).unwrap();
    entries.iter().map(|entry| entry.seq).collect()
}

/// All sessions, as boot sees them.
pub(crate) fn sessions(store: &dyn Store) -> Vec<StoredSession> {
    let mut sessions = Vec::new();
    store
        .load_sessions(&mut |session| sessions.push(session))
        .unwrap();
    sessions
}

/// All retained messages, as boot sees them.
pub(crate) fn retained(store: &dyn Store) -> Vec<(String, Message)> {
    let mut retained = Vec::new();
    store
        .load_retained(&mut |mountpoint, message| retained.push((mountpoint, message)))
        .unwrap();
    retained
}
