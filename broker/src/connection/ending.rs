//! The end of a connection: what the client is told, what becomes of will, session and queue, what the log says.

use super::closing::Closing;
use super::io::Io;
use super::{Connection, Transport};
use crate::core::Core;
use crate::events::{CloseReason, Decider, DropReason, Happening, SessionReason, Told, Who};
use crate::listener::ListenerContext;
use crate::mailbox::Mailbox;
use crate::metrics::Counter;
use crate::publish::publish_own;
use crate::queue::Detach;
use crate::registry::record::WillRecord;
use crate::registry::{SessionRecord, SubscriberId};
use crate::session::will::{ParkedWill, WillOutcome};
use crate::session::{Expiry, Session};
use crate::store::{Op, unix_millis};
use std::time::{Duration, Instant};
use vmq_mqtt::{Disconnect, Packet, Version};

/// How long the last packets may take to leave.
const FINISH_LIMIT: Duration = Duration::from_secs(2);

/// A CONNECT that did not lead to a session.
#[derive(Debug)]
pub struct RefusedConnect {
    /// `Refused` and `Overload` were told where they were decided.
    pub reason: CloseReason,
    /// Once the client had said who it is.
    pub subscriber: Option<SubscriberId>,
}

impl<T: Transport> Connection<T> {
    /// What the clock asks for.
    pub(super) fn tick(&mut self, now: Instant) -> Result<(), CloseReason> {
        if self.send_deadline().is_some_and(|at| at <= now) {
            return Err(CloseReason::SendTimeout);
        }
        if self.timers.silence_ends().is_some_and(|at| at <= now) {
            if self.may_read(now) {
                return Err(CloseReason::KeepAlive);
            }
            // We do not listen at the moment, so silence says nothing about the client.
            self.timers.last_packet = now;
        }
        if self.timers.lifetime_ends.is_some_and(|at| at <= now) {
            return Err(CloseReason::LifetimeReached);
        }
        self.session.retry(now);
        self.more = true;
        Ok(())
    }

    /// Ends the session, then the connection.
    pub(super) async fn end(&mut self, reason: &CloseReason) {
        self.look_for_traces();
        self.tell_end(reason);
        self.say_disconnect(reason);
        if self.mailbox.forgets() {
            self.session.expiry = Expiry::WithConnection;
        }
        let parked = match self.session.end_will(reason) {
            WillOutcome::Nothing => None,
            WillOutcome::Publish(message) => {
                publish_own(&self.core, &self.session.identity.subscriber.mountpoint, message);
                None
            }
            WillOutcome::Park(will) => Some(will),
        };
        self.leave_queue(parked);
        self.count_bytes_in();
        close(&mut self.io).await;
        self.tracing.stopped(reason);
        self.count_bytes_out();
    }

    /// Version 5 clients are told why; nothing follows a DISCONNECT [MQTT-3.14.4-1].
    fn say_disconnect(&mut self, reason: &CloseReason) {
        let Some(code) = reason.disconnect_code() else {
            return;
        };
        if self.session.version() != Version::V5 {
            return;
        }
        let packet = Packet::Disconnect(Disconnect {
            reason: code,
            properties: None,
        });
        let before = self.io.out().len();
        vmq_mqtt::encode(&packet, Version::V5, self.io.out());
        self.tracing.sent(&self.io.write[before..], Some(&self.session));
        self.core.metrics.sent(&packet, Version::V5);
    }

    fn tell_end(&self, reason: &CloseReason) {
        let closing = Closing {
            core: &self.core,
            listener: &self.listener,
            config: &self.session.config,
            mailbox: &self.mailbox,
            subscriber: Some(&self.session.identity.subscriber),
            keep_alive_secs: self.session.keep_alive_secs,
            version: self.session.version(),
        };
        self.tell(Happening::Disconnected(reason), closing.decider(reason));
        if self.mailbox.forgets() {
            self.tell(
                Happening::SessionEnded(SessionReason::Administrative),
                Decider::Admin {
                    uid: self.mailbox.kicked_by(),
                },
            );
        }
    }
}

impl<T> Connection<T> {
    /// The client, for what is told of it.
    fn who(&self) -> Who<'_> {
        let identity = &self.session.identity;
        Who {
            subscriber: Some(&identity.subscriber),
            username: identity.username.as_deref(),
            peer: Some(&identity.peer),
            mailbox: Some(&self.mailbox),
            version: self.session.version(),
        }
    }

    /// Tells something that happened to the client: counter, log and history.
    pub(super) fn tell(&self, what: Happening<'_>, by: Decider) {
        let who = self.who();
        Told { who, what, by }.tell(&self.core);
    }

    /// Gives the queue back: kept for the next connection, or ended.
    pub(super) fn leave_queue(&mut self, will: Option<ParkedWill>) {
        self.left = true;
        let (flights, untaken, last_packet_id) = self.session.leave();
        let mut untaken = untaken;
        if self.queue.leave_others(self.mailbox.connection, &mut untaken) {
            // Others go on with the queue; nothing of it ends.
            if let Some(will) = will {
                publish_own(&self.core, &self.queue.subscriber.mountpoint, will.publish());
            }
            return;
        }
        let persistent = self.session.is_persistent();
        let now = unix_millis();
        let expires_at = match self.session.expiry {
            Expiry::After(duration) => {
                Some(now + u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2))
            }
            Expiry::Never | Expiry::WithConnection => None,
        };
        if persistent {
            let mut record = record(&self.session, expires_at, last_packet_id);
            record.will = will.as_ref().map(WillRecord::from_will);
            drop(self.core.store.submit(vec![Op::PutSession {
                queue: self.queue.id,
                record: record.encode(),
            }]));
        } else {
            self.core.router.unsubscribe_all(&self.queue);
            // A session that was persistent until its DISCONNECT has left something to delete, and so may have any that
            // shared the queue.
            if self.session.was_stored() || self.session.config.allow_multiple_sessions {
                drop(
                    self.core
                        .store
                        .submit(vec![Op::DeleteSession { queue: self.queue.id }]),
                );
            }
        }
        let fire_at = will.as_ref().map(|will| will.fire_at);
        let keep_until = persistent.then_some(expires_at);
        let left = self.queue.detach(
            self.mailbox.connection,
            Detach {
                keep_until,
                flights,
                last_packet_id,
                will,
                untaken,
            },
        );
        self.core
            .metrics
            .add(Counter::QueueMessageUnhandled, left.unhandled);
        if !left.given_up.is_empty() {
            let limit = self
                .core
                .config()
                .queue
                .max_offline_messages
                .unwrap_or(usize::MAX);
            self.tell(
                Happening::MessagesDropped {
                    reason: DropReason::QueueFull,
                    count: left.given_up.len() as u64,
                    topic: None,
                },
                Decider::limit("max_offline_messages", limit as u64),
            );
            let queue = self.queue.id;
            let deletions = left
                .given_up
                .iter()
                .map(|seq| Op::DeleteEntry { queue, seq: *seq });
            drop(self.core.store.submit(deletions.collect()));
        }
        if left.ended && !left.awaited {
            self.core.registry.remove(&self.queue);
            self.core.metrics.bump(Counter::QueueTeardown);
        }
        for at in expires_at.into_iter().chain(fire_at) {
            self.core.registry.deadlines.add(at, &self.queue);
        }
    }
}

/// Writes what is left, says FIN, and lets the peer read it.
pub async fn close<T: Transport>(io: &mut Io<T>) {
    io.finish(FINISH_LIMIT).await;
    io.drain(Duration::from_millis(200), 64 * 1024).await;
}

/// The stored record of a session.
pub fn record(session: &Session, expires_at: Option<u64>, last_packet_id: u16) -> SessionRecord {
    let subscriber = &session.identity.subscriber;
    SessionRecord {
        mountpoint: subscriber.mountpoint.to_string(),
        client_id: subscriber.client_id.to_string(),
        username: session.identity.username.as_deref().map(str::to_owned),
        expiry_secs: match session.expiry {
            Expiry::After(duration) => Some(u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)),
            Expiry::WithConnection => Some(0),
            Expiry::Never => None,
        },
        expires_at,
        last_packet_id,
        will: None,
    }
}

impl RefusedConnect {
    /// Tells the end of a connection on which no session began.
    pub(super) fn tell(&self, core: &Core, listener: &ListenerContext, mailbox: &Mailbox) {
        let closing = Closing {
            core,
            listener,
            config: &core.session_config(),
            mailbox,
            subscriber: self.subscriber.as_ref(),
            keep_alive_secs: 0,
            version: Version::V4,
        };
        let told = Told {
            who: Who {
                subscriber: self.subscriber.as_ref(),
                username: None,
                peer: Some(&mailbox.peer),
                mailbox: Some(mailbox),
                version: Version::V4,
            },
            what: Happening::Disconnected(&self.reason),
            by: closing.decider(&self.reason),
        };
        told.tell(core);
    }
}

/// The counter of an end.
pub const fn close_counter(reason: &CloseReason) -> Counter {
    match reason {
        CloseReason::ClientDisconnect => Counter::ClosedClientDisconnect,
        CloseReason::ClientDisconnectWithWill => Counter::ClosedClientDisconnectWithWill,
        CloseReason::PeerClosed => Counter::ClosedPeerClosed,
        CloseReason::SocketError(_) => Counter::ClosedSocketError,
        CloseReason::Transport => Counter::ClosedTransport,
        CloseReason::Overload => Counter::ClosedOverload,
        CloseReason::SendTimeout => Counter::ClosedSendTimeout,
        CloseReason::ConnectTimeout => Counter::ClosedConnectTimeout,
        CloseReason::KeepAlive => Counter::ClosedKeepAlive,
        CloseReason::TakenOver => Counter::ClosedTakenOver,
        CloseReason::Administrative => Counter::ClosedAdministrative,
        CloseReason::LifetimeReached => Counter::ClosedLifetime,
        CloseReason::ServerShutdown => Counter::ClosedShutdown,
        CloseReason::Refused(_) => Counter::ClosedRefused,
        CloseReason::Malformed(_) => Counter::ClosedMalformed,
        CloseReason::Violation(_) => Counter::ClosedViolation,
        CloseReason::PublishNotAuthorized => Counter::ClosedPublishNotAuthorized,
        CloseReason::NotConnect => Counter::ClosedNotConnect,
    }
}
