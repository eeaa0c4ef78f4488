//! Life of a queue: a session attaches, takes over, leaves; the queue ends. One connection at a time owns it; the
//! newest one that asks gets it next, an older one that still waits is sent away (mqtt.md 3.2).

use super::members::Owners;
use super::{Backlog, Limits, Queue, State};
use crate::mailbox::{ConnectionId, Kick, Mailbox};
use crate::message::UnixMillis;
use crate::session::will::ParkedWill;
use crate::store::{Seq, unix_millis};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::futures::Notified;
use vmq_config::QueueKind;

/// What a CONNECT found.
#[derive(Debug)]
pub enum AttachOutcome {
    /// The connection owns the queue now.
    Attached(Attached),
    /// The old session has been told to go; wait for `left`, then ask again.
    Wait,
    /// The queue has ended meanwhile; look the client id up again.
    Terminated,
    /// The offline session's time is over; it must be ended first.
    Expired,
    /// A newer connection with the same client id has come.
    Displaced,
}

/// State that a new session takes over.
#[derive(Debug)]
pub struct Attached {
    /// The session had state that outlived its connection.
    pub existed: bool,
    /// Another session is attached already (`allow_multiple_sessions`).
    pub joined: bool,
    /// A will that was parked with a delay.
    pub will: Option<ParkedWill>,
    pub last_packet_id: u16,
}

/// What a leaving session leaves behind.
#[derive(Debug)]
pub struct Detach {
    /// The state outlives the connection until this time (`None` inside = for ever); outer `None` = it ends now.
    pub keep_until: Option<Option<UnixMillis>>,
    /// Stored positions in flight.
    pub flights: Vec<Seq>,
    pub last_packet_id: u16,
    pub will: Option<ParkedWill>,
    /// What the session took but did not send; it goes back to wait.
    pub untaken: Vec<super::Delivery>,
}

impl Queue {
    /// Asks for the queue. The old session, if any, is told that it was taken over.
    pub fn attach(&self, mailbox: &Arc<Mailbox>, limits: Limits) -> AttachOutcome {
        let mut kick = None;
        let outcome = {
            let mut state = self.state.lock();
            if state.terminated {
                return AttachOutcome::Terminated;
            }
            if mailbox.kicked().is_some() {
                return AttachOutcome::Displaced;
            }
            if state.attached.is_none() && state.expires_at.is_some_and(|at| at <= unix_millis()) {
                return AttachOutcome::Expired;
            }
            if state.attached.is_some() && limits.sessions.is_some() {
                state.join(mailbox);
                let existed = state.persistent;
                AttachOutcome::Attached(Attached {
                    existed,
                    joined: true,
                    will: None,
                    last_packet_id: 0,
                })
            } else if let Some(old) = &state.attached {
                kick = Some(Arc::clone(old));
                if let Some(intermediate) = state.waiting.replace(Arc::clone(mailbox))
                    && intermediate.connection != mailbox.connection
                {
                    intermediate.kick(Kick::TakenOver);
                }
                AttachOutcome::Wait
            } else {
                self.online.store(true, Ordering::Release);
                AttachOutcome::Attached(state.attach(mailbox, limits))
            }
        };
        if let Some(old) = kick {
            old.kick(Kick::TakenOver);
        }
        outcome
    }

    /// A future that completes when the attached session leaves; create it before `attach`.
    pub fn left(&self) -> Notified<'_> {
        self.detached.notified()
    }

    /// The connection that waits for the queue or has it, other than this one.
    #[must_use]
    pub fn newcomer(&self, connection: ConnectionId) -> Option<Arc<Mailbox>> {
        let state = self.state.lock();
        let mut others = state.waiting.iter().chain(&state.attached);
        others.find(|mailbox| mailbox.connection != connection).cloned()
    }

    /// The connection gives up waiting for the queue.
    pub fn stop_waiting(&self, connection: ConnectionId) {
        let mut state = self.state.lock();
        if state
            .waiting
            .as_ref()
            .is_some_and(|mailbox| mailbox.connection == connection)
        {
            state.waiting = None;
        }
    }

    /// Says that the attached session's state outlives its connection. Set before the first message can arrive.
    pub fn set_persistent(&self, persistent: bool) {
        self.state.lock().persistent = persistent;
    }

    /// Drops everything the queue holds (clean start). Returns how many messages waited.
    pub fn wipe(&self) -> u64 {
        let mut state = self.state.lock();
        let waiting = state.waiting_count();
        state.memory.clear();
        state.backlog = None;
        state.wiped = state.staged.clone();
        state.flights.clear();
        state.last_packet_id = 0;
        waiting
    }

    /// The session leaves. `true` = the queue has ended and must leave the registry; `unhandled` messages are lost.
    pub fn detach(&self, connection: ConnectionId, detach: Detach) -> DetachOutcome {
        let outcome = {
            let mut state = self.state.lock();
            if state.memory_of(connection).is_none() {
                return DetachOutcome::default();
            }
            // Somebody may have joined since `leave_others` was asked.
            if state.leave_others(connection, &mut Vec::new()) {
                return DetachOutcome::default();
            }
            self.online.store(false, Ordering::Release);
            state.attached = None;
            state.detach(detach)
        };
        self.detached.notify_waiters();
        outcome
    }

    /// Restores an offline queue at boot.
    pub fn restore(
        &self,
        waiting: u64,
        range: Option<(Seq, Seq)>,
        expires_at: Option<UnixMillis>,
        will: Option<ParkedWill>,
    ) {
        let mut state = self.state.lock();
        state.persistent = true;
        state.next_seq = range.map_or(1, |(_, last)| last.saturating_add(1));
        let backlog = Backlog::offline(range.map_or(1, |(first, _)| first), waiting);
        state.backlog = Some(backlog);
        state.expires_at = expires_at;
        state.will = will;
    }

    /// Restores the numbers that wait in a lifo queue, ascending, those in flight left out.
    pub fn set_positions(&self, positions: Vec<Seq>) {
        if let Some(backlog) = &mut self.state.lock().backlog {
            backlog.positions = positions.into();
        }
    }

    /// Restores the packet id counter at boot.
    pub fn set_last_packet_id(&self, id: u16) {
        self.state.lock().last_packet_id = id;
    }

    /// Ends the queue if it is offline and its time has come. `None` = not due (any more).
    pub fn expire(&self, now: UnixMillis) -> Option<Expired> {
        let mut state = self.state.lock();
        let due = state.expires_at.is_some_and(|at| at <= now);
        if state.attached.is_some() || state.terminated || !due {
            return None;
        }
        Some(state.terminate())
    }

    /// Ends the queue now, if no session is attached.
    pub fn terminate(&self) -> Option<Expired> {
        let mut state = self.state.lock();
        if state.attached.is_some() || state.terminated {
            None
        } else {
            Some(state.terminate())
        }
    }

    /// Takes the parked will if its delay has passed and no session has come back.
    ///
    /// `forget` hands the record without the will to the store; it is called under the queue's lock, so that a session
    /// that attaches now cannot have its own record replaced. Submitting never blocks.
    pub fn due_will(
        &self,
        now: UnixMillis,
        forget: impl FnOnce(Option<UnixMillis>, u16),
    ) -> Option<ParkedWill> {
        let mut state = self.state.lock();
        if state.attached.is_some() || state.will.as_ref().is_none_or(|will| will.fire_at > now) {
            return None;
        }
        let will = state.will.take();
        if state.persistent && !state.terminated {
            forget(state.expires_at, state.last_packet_id);
        }
        will
    }

    /// When the queue must be looked at next; `None` = a session is attached, or nothing is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixMillis> {
        let state = self.state.lock();
        if state.attached.is_some() || state.terminated {
            return None;
        }
        let will = state.will.as_ref().map(|will| will.fire_at);
        state.expires_at.into_iter().chain(will).min()
    }

    /// The mailboxes of the attached connections, to kick them.
    #[must_use]
    pub fn owners(&self) -> Owners {
        self.state.lock().owners()
    }

    /// One of several sessions leaves. `false` = it is the last one and must `detach`.
    pub fn leave_others(&self, connection: ConnectionId, untaken: &mut Vec<super::Delivery>) -> bool {
        self.state.lock().leave_others(connection, untaken)
    }
}

/// What `detach` did.
#[derive(Debug, Default)]
pub struct DetachOutcome {
    /// The state has ended: subscriptions and stored data go.
    pub ended: bool,
    /// A newer connection waits and will attach next: the queue stays in the registry.
    pub awaited: bool,
    /// Messages that were lost with the session.
    pub unhandled: u64,
    /// Stored messages that an offline queue has no room for (`max_offline_messages`), to be deleted.
    pub given_up: Vec<Seq>,
}

/// What an ended queue leaves to do.
#[derive(Debug)]
pub struct Expired {
    pub will: Option<ParkedWill>,
    pub unhandled: u64,
}

impl State {
    fn attach(&mut self, mailbox: &Arc<Mailbox>, limits: Limits) -> Attached {
        let existed = self.persistent;
        self.attached = Some(Arc::clone(mailbox));
        // Whoever waited is older than this one.
        if let Some(waiting) = self
            .waiting
            .take()
            .filter(|waiting| waiting.connection != mailbox.connection)
        {
            waiting.kick(Kick::TakenOver);
        }
        self.limits = limits;
        self.expires_at = None;
        let budget = if limits.override_online {
            None
        } else {
            limits.online.map(|limit| limit as u64)
        };
        if let Some(backlog) = &mut self.backlog {
            backlog.attach(self.next_seq, limits.kind, budget);
        }
        self.flights.clear();
        Attached {
            existed,
            joined: false,
            will: self.will.take(),
            last_packet_id: self.last_packet_id,
        }
    }

    fn detach(&mut self, detach: Detach) -> DetachOutcome {
        let awaited = self.waiting.is_some();
        let Some(expires_at) = detach.keep_until else {
            let unhandled = self.waiting_count() + detach.untaken.len() as u64;
            self.memory.clear();
            self.backlog = None;
            self.persistent = false;
            self.terminated = !awaited;
            return DetachOutcome {
                ended: true,
                awaited,
                unhandled,
                given_up: Vec::new(),
            };
        };
        self.expires_at = expires_at;
        self.flights = detach.flights;
        self.last_packet_id = detach.last_packet_id;
        self.will = detach.will;
        let mut outcome = DetachOutcome {
            awaited,
            ..DetachOutcome::default()
        };
        self.go_offline(&detach.untaken, &mut outcome);
        outcome
    }

    /// Forgets what is in memory; what is stored is read again later. Counts what is lost (QoS 0), and gives up what is
    /// more than an offline queue may hold.
    fn go_offline(&mut self, untaken: &[super::Delivery], outcome: &mut DetachOutcome) {
        let in_memory = self.memory.drain(..).collect::<Vec<_>>();
        let all = untaken.len() + in_memory.len();
        let numbered = untaken.iter().chain(&in_memory).map(|delivery| delivery.seq);
        let mut stored: Vec<Seq> = numbered.filter(|seq| *seq != 0).collect();
        outcome.unhandled = (all - stored.len()) as u64;
        let lifo = self.limits.kind == QueueKind::Lifo;
        let old = self.backlog.take();
        let unread = old.as_ref().map_or(0, |old| old.waiting);
        let unread_from = old.as_ref().map(|old| {
            if lifo {
                old.oldest
            } else {
                old.loaded.front().map_or(old.cursor, |loaded| loaded.seq)
            }
        });
        if lifo {
            stored.extend(old.iter().flat_map(|backlog| backlog.untaken_positions()));
        }
        stored.sort_unstable();
        let waiting = if lifo {
            stored.len() as u64
        } else {
            stored.len() as u64 + unread
        };
        let excess = self.limits.offline.map_or(0, |limit| {
            (waiting + self.flights.len() as u64).saturating_sub(limit as u64)
        });
        // What a publisher has not given to the store yet cannot be deleted there; it stays.
        let visible_below = self.visible_below();
        let visible = stored.partition_point(|seq| *seq < visible_below);
        let excess = usize::try_from(excess).unwrap_or(usize::MAX).min(visible);
        // The newest of a fifo queue, the oldest of a lifo queue.
        let range = if lifo {
            0..excess
        } else {
            visible - excess..visible
        };
        let given_up: Vec<Seq> = stored.drain(range).collect();
        let oldest = stored
            .first()
            .copied()
            .into_iter()
            .chain(unread_from)
            .min()
            .unwrap_or(self.next_seq);
        let mut backlog = Backlog::offline(oldest.min(self.next_seq), waiting - excess as u64);
        if lifo {
            backlog.positions = stored.into();
        }
        self.backlog = Some(backlog);
        outcome.given_up = given_up;
    }

    fn terminate(&mut self) -> Expired {
        self.terminated = true;
        let unhandled = self.waiting_count();
        self.memory.clear();
        self.backlog = None;
        Expired {
            will: self.will.take(),
            unhandled,
        }
    }
}
