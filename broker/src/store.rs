//! What survives a restart, behind one trait with two implementations: `rocks` and `memory`.
//!
//! The persistent state of a session has one home, the store: a queue that is offline holds no message in memory,
//! and a session that attaches reads its in-flight state and its waiting messages back from here.
//!
//! Writes are asynchronous and ordered: `submit` hands over a group of operations that become durable together
//! (never in part), after everything submitted before. Groups of all connections are gathered into one write
//! (group commit). The returned [`Commit`] tells when; whoever must not acknowledge earlier waits on it.

pub mod commit;
pub mod keys;
pub mod codec;
pub mod memory;
pub mod rocks;
#[cfg(test)]
pub(crate) mod tests;

use crate::message::{Message, UnixMillis};
use crate::metrics::snapshot::Histogram;
pub use commit::{Commit, CommitState};
use std::sync::Arc;
use vmq_mqtt::{PacketId, QoS};

/// Identity of a queue in the store, unique for the life of the database. Given out by the registry; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueId(pub u64);

/// Position of a message in its queue: ascending in order of arrival.
pub type Seq = u64;

/// A message that several queues may hold; stored once (mqtt.md 14.2 point 11). Unique across restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageRef(pub [u8; 16]);

/// A stored queue entry: one delivery that waits, or is in flight.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub seq: Seq,
    pub message: Arc<Message>,
    /// Effective QoS of this delivery, 1 or 2.
    pub qos: QoS,
    /// RETAIN flag of this delivery.
    pub retain: bool,
    /// 0 = none.
    pub subscription_id: u32,
}

/// How far an outgoing QoS 1/2 exchange has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightState {
    /// PUBLISH sent; wants PUBACK or PUBREC.
    Published,
    /// PUBREC received; only the PUBREL is left, the message is gone.
    Released,
}

/// An outgoing exchange that is not finished, as read back. Ordered by `order` (order of sending).
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    pub order: u64,
    pub packet_id: PacketId,
    pub state: FlightState,
    /// The entry it belongs to; `None` once released (or if the entry has expired meanwhile).
    pub entry: Option<Entry>,
}

/// One durable change.
#[derive(Clone, Debug)]
pub enum Op {
    /// Creates or replaces a session record; the value is opaque to the store (`registry` encodes it).
    PutSession {
        queue: QueueId,
        record: Vec<u8>,
    },
    /// Removes a session with its subscriptions, entries, flights and received ids.
    DeleteSession {
        queue: QueueId,
    },
    /// Creates or replaces one subscription of a session; value opaque to the store.
    PutSubscription {
        queue: QueueId,
        filter: String,
        options: Vec<u8>,
    },
    DeleteSubscription {
        queue: QueueId,
        filter: String,
    },
    /// Appends a message to the queues listed. One copy of the message is stored however many there are. A position
    /// must not be in use in its queue.
    PutEntries {
        message: Arc<Message>,
        entries: Vec<EntryOp>,
    },
    /// The message is acknowledged, expired or dropped.
    DeleteEntry {
        queue: QueueId,
        seq: Seq,
    },
    /// An exchange starts: the entry is being sent with this packet id. `entry` carries messages that were not queued
    /// before (retained replay to a persistent session), stored together with the flight; such a message is no entry
    /// of the queue (not counted, not in its range) and `seq` is then `None`.
    PutFlight {
        queue: QueueId,
        order: u64,
        packet_id: PacketId,
        seq: Option<Seq>,
        message: Option<Entry>,
    },
    /// PUBREC: the entry is deleted, the PUBREL state stays.
    ReleaseFlight {
        queue: QueueId,
        order: u64,
        packet_id: PacketId,
        seq: Option<Seq>,
    },
    /// PUBACK, PUBCOMP or a drop: exchange and entry are deleted.
    DeleteFlight {
        queue: QueueId,
        order: u64,
        seq: Option<Seq>,
    },
    /// A QoS 2 publish was received and awaits PUBREL.
    PutReceived {
        queue: QueueId,
        packet_id: PacketId,
    },
    DeleteReceived {
        queue: QueueId,
        packet_id: PacketId,
    },
    /// Retained message of (mountpoint, topic).
    PutRetained {
        mountpoint: String,
        message: Arc<Message>,
    },
    DeleteRetained {
        mountpoint: String,
        topic: String,
    },
}

impl Op {
    /// Largest queue id this operation stores something for; 0 = none.
    #[must_use]
    pub fn queue_written(&self) -> u64 {
        match self {
            Self::PutSession { queue, .. }
            | Self::PutSubscription { queue, .. }
            | Self::PutFlight { queue, .. }
            | Self::ReleaseFlight { queue, .. }
            | Self::PutReceived { queue, .. } => queue.0,
            Self::PutEntries { entries, .. } => entries.iter().map(|entry| entry.queue.0).max().unwrap_or(0),
            Self::DeleteSession { .. }
            | Self::DeleteSubscription { .. }
            | Self::DeleteEntry { .. }
            | Self::DeleteFlight { .. }
            | Self::DeleteReceived { .. }
            | Self::PutRetained { .. }
            | Self::DeleteRetained { .. } => 0,
        }
    }
}

/// One queue's part of `PutEntries`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryOp {
    pub queue: QueueId,
    pub seq: Seq,
    pub qos: QoS,
    pub retain: bool,
    pub subscription_id: u32,
}

/// What the broker learns of one session at boot. Messages stay on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSession {
    pub queue: QueueId,
    pub record: Vec<u8>,
    pub subscriptions: Vec<(String, Vec<u8>)>,
    /// Entries that wait and are not in flight. An upper bound if the store was damaged: reading leaves out what
    /// cannot be decoded.
    pub waiting: u64,
    /// Position of the first and the last stored entry (in flight included); `None` = no entry.
    pub range: Option<(Seq, Seq)>,
}

/// Everything a resuming session needs besides its waiting messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredFlights {
    /// In order of sending.
    pub flights: Vec<Flight>,
    pub received: Vec<PacketId>,
}

/// Why the store could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open message store in {dir}: {why}")]
    Open { dir: String, why: String },
    #[error("cannot read the message store: {0}")]
    Read(String),
    #[error("cannot write the message store: {0}")]
    Write(String),
    #[error("the message store is closed")]
    Closed,
}

/// The store. Implementations are shared by all tasks; every method may be called from any thread.
pub trait Store: Send + Sync + 'static {
    /// Hands over operations that become durable together, after everything submitted before. Never blocks on the
    /// disk. An empty group is a barrier: its commit completes when everything before it has.
    fn submit(&self, ops: Vec<Op>) -> Commit;

    /// Bytes submitted and not yet written. Connections stop reading above a bound (`PENDING_BYTES_MAX`).
    fn pending_bytes(&self) -> usize;

    /// Bytes of memory that caches and buffers use.
    fn memory_bytes(&self) -> u64;

    /// How long groups took to be written, in microseconds.
    fn commit_durations(&self) -> Histogram;

    /// `None` while writes succeed, else the text of the last failure (health and status show it).
    fn failure(&self) -> Option<String>;

    /// Calls `each` once for every stored session (boot). Blocks; call it before serving.
    ///
    /// # Errors
    /// Reading fails.
    fn load_sessions(&self, each: &mut dyn FnMut(StoredSession)) -> Result<(), StoreError>;

    /// Calls `each` once for every retained message, sorted by mountpoint and topic (boot). Blocks.
    ///
    /// # Errors
    /// Reading fails.
    fn load_retained(&self, each: &mut dyn FnMut(String, Message)) -> Result<(), StoreError>;

    /// Up to `limit` entries of a queue with `seq >= from`, ascending, those in flight left out. Sees everything that
    /// is durable. Blocks; call it through `read_blocking`.
    ///
    /// # Errors
    /// Reading fails.
    fn read_entries(&self, queue: QueueId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Up to `limit` entries with `seq <= to`, descending, those in flight left out (lifo queues).
    ///
    /// # Errors
    /// Reading fails.
    fn read_entries_newest(&self, queue: QueueId, to: Seq, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// In-flight state of a queue. Blocks.
    ///
    /// # Errors
    /// Reading fails.
    fn read_flights(&self, queue: QueueId) -> Result<StoredFlights, StoreError>;

    /// Largest queue id anything was ever stored for; 0 = none. Survives the deletion of the session.
    fn last_queue_id(&self) -> u64;

    /// Makes everything durable (fsync unless the policy is `never`) and stops the writer. Later submits fail, later
    /// reads may.
    fn close(&self);
}

/// Above this many submitted but unwritten bytes, connections stop reading until the disk has caught up.
pub const PENDING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Wall clock in milliseconds since the Unix epoch.
#[must_use]
pub fn unix_millis() -> UnixMillis {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| {
            u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
        })
}
