//! Look: a queue as the admin surface shows it (admin.md 6.1), taken under one lock.

use super::members::Owners;
use super::{Queue, State};
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
}

impl State {
    fn look(&self) -> Look {
        let online = self.attached.is_some();
        let of_members: usize = self.members.iter().map(|member| member.memory.len()).sum();
        let waiting = self.waiting_count() + of_members as u64;
        Look {
            state: match (online, self.waiting.is_some()) {
                (false, _) => QueueState::Offline,
                (true, false) => QueueState::Online,
                (true, true) => QueueState::WaitForOffline,
            },
            persistent: self.persistent,
            deliver_mode: self.limits.sessions.unwrap_or(DeliverMode::Fanout),
            sessions: self.owners(),
            online_messages: if online { waiting } else { 0 },
            offline_messages: if online {
                0
            } else {
                waiting + self.flights.len() as u64
            },
        }
    }
}
