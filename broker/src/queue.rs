//! Queue: the messages that wait for one client id. It outlives the connection; it is a passive object behind one
//! short lock, filled by publishers and emptied by the one session that is attached.
//!
//! What must survive a restart lives in the store. While a session is attached and keeps up, waiting messages are in
//! memory (and, for a persistent session, on disk as well); a queue without a session holds none in memory.
//!
//! A publisher hands over a group in three steps, so that nobody acts on a message before the store has been given
//! it: `stage` (admit, number, append), then the store's `submit`, then `release` (make visible, wake the owner).

pub mod delivery;
mod backlog;
mod members;
pub mod limits;
pub mod stage;
pub mod take;
pub mod life;
pub mod look;

use crate::mailbox::Mailbox;
use crate::message::UnixMillis;
use crate::registry::SubscriberId;
use crate::router::OwnSubscriptions;
use crate::session::will::ParkedWill;
use crate::store::{QueueId, Seq, unix_millis};
use backlog::Backlog;
pub use delivery::Delivery;
pub use life::{AttachOutcome, Detach};
pub use limits::Limits;
pub use look::{Look, QueueState, Unacknowledged, Waiting};
use members::Member;
use parking_lot::Mutex;
pub use stage::{Full, Staged, StagedItem};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub use take::Taken;
use tokio::sync::Notify;

/// The queue of one subscriber. What a search over all of them reads without the lock comes first, and fills one line of the
/// cache with the counts of its `Arc`.
#[derive(Debug)]
#[repr(C)]
pub struct Queue {
    pub subscriber: SubscriberId,
    pub id: QueueId,
    /// A session is attached; read without the lock by shared subscriptions.
    online: AtomicBool,
    state: Mutex<State>,
    /// When the queue was made, or brought back from the store.
    pub started_at: UnixMillis,
    /// Messages dropped since the owner last reported them (`subscriber ... dropped n messages`).
    dropped: AtomicU64,
    /// Those and all before.
    dropped_ever: AtomicU64,
    /// What the client has subscribed to; written by the router only.
    pub(crate) subscriptions: OwnSubscriptions,
    /// The earliest deadline that is noted for this queue; `u64::MAX` = none.
    pub(crate) noted_deadline: AtomicU64,
    /// Told when the attached session has left.
    detached: Notify,
}

/// What tells how many messages wait comes first, for who asks every queue.
#[derive(Debug)]
#[repr(C)]
struct State {
    attached: Option<Arc<Mailbox>>,
    /// Stored positions of the exchanges in flight when the session left: they count against the offline limit.
    flights: Vec<Seq>,
    /// Older waiting messages, on disk only. Always there while a persistent queue is offline.
    backlog: Option<Backlog>,
    /// The newest connection that waits for the attached one to leave.
    waiting: Option<Arc<Mailbox>>,
    /// Waiting messages that arrived while a session was attached, in order of arrival.
    memory: VecDeque<Delivery>,
    /// Further sessions (`allow_multiple_sessions`).
    members: Vec<Member>,
    /// State outlives the connection; decided at CONNECT.
    persistent: bool,
    /// The queue has left the registry; whoever still holds it must look it up again.
    terminated: bool,
    /// Last packet id used towards the client; the counter survives reconnects.
    last_packet_id: u16,
    limits: Limits,
    next_seq: Seq,
    /// Number ranges given out by `stage` and not yet released.
    staged: Vec<(Seq, Seq)>,
    /// Those of `staged` that a clean start has wiped.
    wiped: Vec<(Seq, Seq)>,
    /// When an offline session ends; `None` = never.
    expires_at: Option<UnixMillis>,
    will: Option<ParkedWill>,
}

/// A look at a queue for the admin surface and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueInfo {
    pub online: bool,
    pub persistent: bool,
    pub waiting: u64,
    pub expires_at: Option<UnixMillis>,
    pub last_packet_id: u16,
}

impl Queue {
    /// An empty queue without a session.
    #[must_use]
    pub fn new(id: QueueId, subscriber: SubscriberId, limits: Limits) -> Self {
        Self {
            subscriber,
            id,
            online: AtomicBool::new(false),
            state: Mutex::new(State {
                limits,
                persistent: false,
                terminated: false,
                attached: None,
                members: Vec::new(),
                waiting: None,
                memory: VecDeque::new(),
                backlog: None,
                next_seq: 1,
                staged: Vec::new(),
                wiped: Vec::new(),
                flights: Vec::new(),
                last_packet_id: 0,
                expires_at: None,
                will: None,
            }),
            started_at: unix_millis(),
            dropped: AtomicU64::new(0),
            dropped_ever: AtomicU64::new(0),
            noted_deadline: AtomicU64::new(u64::MAX),
            subscriptions: OwnSubscriptions::default(),
            detached: Notify::new(),
        }
    }

    /// Whether a session is attached.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.online.load(Ordering::Acquire)
    }

    /// Messages dropped since the broker started, or the queue after that.
    #[must_use]
    pub fn dropped_messages(&self) -> u64 {
        self.dropped_ever.load(Ordering::Relaxed)
    }

    /// Messages dropped since the last call.
    #[must_use]
    pub fn take_dropped(&self) -> u64 {
        if self.dropped.load(Ordering::Relaxed) == 0 {
            0
        } else {
            self.dropped.swap(0, Ordering::Relaxed)
        }
    }

    /// A consistent look at the queue.
    #[must_use]
    pub fn info(&self) -> QueueInfo {
        let state = self.state.lock();
        QueueInfo {
            online: state.attached.is_some(),
            persistent: state.persistent,
            waiting: state.waiting_count(),
            expires_at: state.expires_at,
            last_packet_id: state.last_packet_id,
        }
    }
}

impl State {
    /// Messages that wait, in memory and on disk.
    fn waiting_count(&self) -> u64 {
        self.memory.len() as u64 + self.backlog.as_ref().map_or(0, |backlog| backlog.waiting)
    }

    /// The first number that is not visible yet.
    fn visible_below(&self) -> Seq {
        self.staged
            .iter()
            .map(|(first, _)| *first)
            .min()
            .unwrap_or(Seq::MAX)
    }
}

#[cfg(test)]
mod tests;
