//! Look: a queue as the admin surface shows it (admin.md 6.1), taken under one lock.

use super::Limits;
use super::members::Owners;
use super::take::ReadAhead;
use super::{Delivery, Queue, State};
use crate::message::UnixMillis;
use crate::session::will::ParkedWill;
use crate::store::Seq;
use std::iter::{self, Sum};
use std::time::Instant;
use vmq_config::DeliverMode;

/// Where a queue is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueState {
    Online,
    Offline,
    /// The attached session was told to go, a newer connection waits for it.
    WaitForOffline,
}

/// A queue at one instant.
#[derive(Clone, Debug)]
pub struct Look {
    pub state: QueueState,
    /// State outlives the connection.
    pub persistent: bool,
    pub deliver_mode: DeliverMode,
    /// The connections of the attached sessions.
    pub sessions: Owners,
    /// Messages that wait for the attached sessions.
    pub online_messages: u64,
    /// Messages that wait without a session, those in flight when it left included.
    pub offline_messages: u64,
}

/// The messages that wait in a queue, as far as they were asked for.
#[derive(Debug)]
pub struct Waiting {
    /// Read from the disk already, for the session to take.
    pub read_ahead: Vec<Delivery>,
    /// Where the others on the disk begin, and how many there are.
    pub on_disk: Option<(ReadAhead, u64)>,
    /// Only entries before this one are among them.
    pub disk_below: Seq,
    /// Arrived while a session was attached.
    pub memory: Vec<Delivery>,
    /// All of them.
    pub in_all: u64,
    /// The client's session has ended its connection, and its will waits.
    pub will: Option<ParkedWill>,
    /// When the offline session ends; `None` = never.
    pub expires_at: Option<UnixMillis>,
    pub limits: Limits,
}

/// Messages of queues that nobody has acknowledged yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unacknowledged {
    /// For attached sessions, those that these have taken and not sent included.
    pub online: u64,
    /// Without a session, those in flight when it left included.
    pub offline: u64,
    /// Sent to attached sessions and not acknowledged.
    pub in_flight: u64,
}

impl Sum for Unacknowledged {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            online: sum.online + one.online,
            offline: sum.offline + one.offline,
            in_flight: sum.in_flight + one.in_flight,
        })
    }
}

impl QueueState {
    /// The original's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::WaitForOffline => "wait_for_offline",
        }
    }
}

impl Queue {
    /// A consistent look at the queue.
    #[must_use]
    pub fn look(&self) -> Look {
        self.state.lock().look()
    }

    /// At most `max` messages of each kind; what lies on the disk must be read from there.
    #[must_use]
    pub fn waiting(&self, max: usize) -> Waiting {
        let state = self.state.lock();
        let backlog = state.backlog.as_ref();
        let read_ahead = backlog.map_or(0, |backlog| backlog.loaded.len() as u64);
        let unread = backlog.map(|backlog| {
            let read = ReadAhead {
                queue: self.id,
                from: backlog.cursor,
                kind: state.limits.kind,
            };
            (read, backlog.waiting.saturating_sub(read_ahead))
        });
        let of_members = state.members.iter().flat_map(|member| &member.memory);
        Waiting {
            read_ahead: backlog.map_or_else(Vec::new, |backlog| {
                backlog.loaded.iter().take(max).cloned().collect()
            }),
            on_disk: unread.filter(|(_, count)| *count > 0),
            disk_below: backlog.map_or(0, |backlog| backlog.boundary),
            memory: state.memory.iter().chain(of_members).take(max).cloned().collect(),
            in_all: state.waiting_in_all(),
            will: state.will.clone(),
            expires_at: state.expires_at,
            limits: state.limits,
        }
    }

    /// When the oldest message came that waits for the attached session and is in memory.
    #[must_use]
    pub fn oldest(&self) -> Option<Instant> {
        let state = self.state.lock();
        let online = state.attached.is_some();
        let first = state.memory.front().filter(|_| online)?;
        first.message.received_at
    }

    /// Has the name brought from memory, and with `whole` what a look needs; what it tells is of no value. Who looks at many
    /// queues would wait for memory at each of them. Loads that do not depend on each other are waited for together, so
    /// they go first.
    #[must_use]
    pub fn touch(&self, whole: bool) -> usize {
        let name = self.subscriber.client_id.as_bytes().first();
        usize::from(name.copied().unwrap_or(0)) + usize::from(whole && self.state.is_locked())
    }

    /// How many messages wait: what `look` tells, for who asks every queue.
    #[must_use]
    pub fn unacknowledged(&self) -> Unacknowledged {
        self.state.lock().unacknowledged()
    }
}

impl State {
    fn waiting_in_all(&self) -> u64 {
        let of_members: usize = self.members.iter().map(|member| member.memory.len()).sum();
        self.waiting_count() + of_members as u64
    }

    fn unacknowledged(&self) -> Unacknowledged {
        let waiting = self.waiting_in_all();
        let Some(attached) = &self.attached else {
            return Unacknowledged {
                offline: waiting + self.flights.len() as u64,
                ..Unacknowledged::default()
            };
        };
        let further = self.members.iter().map(|member| &member.mailbox);
        let sessions = iter::once(attached).chain(further);
        sessions.fold(
            Unacknowledged {
                online: waiting,
                ..Unacknowledged::default()
            },
            |sum, mailbox| Unacknowledged {
                online: sum.online + u64::from(mailbox.parked()),
                in_flight: sum.in_flight + u64::from(mailbox.waiting_acks()),
                ..sum
            },
        )
    }

    fn look(&self) -> Look {
        let online = self.attached.is_some();
        let waiting = self.unacknowledged();
        Look {
            state: match (online, self.waiting.is_some()) {
                (false, _) => QueueState::Offline,
                (true, false) => QueueState::Online,
                (true, true) => QueueState::WaitForOffline,
            },
            persistent: self.persistent,
            deliver_mode: self.limits.sessions.unwrap_or(DeliverMode::Fanout),
            sessions: self.owners(),
            online_messages: waiting.online,
            offline_messages: waiting.offline,
        }
    }
}
