//! The end of a connection: what the client is told, what becomes of will, session and queue, what the log says.

use super::io::Io;
use super::{Connection, Transport};
use crate::events::{CloseReason, Provoked};
use crate::logging::render::{Subscriber, User};
use crate::mailbox::Mailbox;
use crate::metrics::Counter;
use crate::publish::publish_own;
use crate::queue::Detach;
use crate::registry::SessionRecord;
use crate::registry::record::WillRecord;
use crate::session::will::{ParkedWill, WillOutcome};
use crate::session::{Expiry, Session};
use crate::store::{Op, unix_millis};
use std::time::{Duration, Instant};
use tracing::{debug, info, warn};
use vmq_mqtt::{Disconnect, Packet, ReasonCode, Version};

/// How long the last packets may take to leave.
const FINISH_LIMIT: Duration = Duration::from_secs(2);

/// A CONNECT that did not lead to a session.
#[derive(Debug)]
pub struct RefusedConnect {
    pub reason: CloseReason,
    /// A line for the log was written already.
    pub logged: bool,
    pub peer: std::sync::Arc<str>,
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
        self.log_end(reason);
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
        self.tracing.stopped();
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

    fn log_end(&self, reason: &CloseReason) {
        let identity = &self.session.identity;
        let subscriber = Subscriber {
            mountpoint: &identity.subscriber.mountpoint,
            client_id: &identity.subscriber.client_id,
        };
        let (pid, client_id) = (self.mailbox.connection, &*identity.subscriber.client_id);
        let version = self.session.version();
        if let CloseReason::Malformed(error) = reason
            && error.reason == ReasonCode::PacketTooLarge
        {
            self.core.metrics.bump(Counter::for_version(
                version,
                Counter::InvalidMsgSize4,
                Counter::InvalidMsgSize5,
            ));
        }
        if *reason == CloseReason::KeepAlive {
            self.core.metrics.bump(Counter::for_version(
                version,
                Counter::KeepaliveExpired4,
                Counter::KeepaliveExpired5,
            ));
            let user = User(identity.username.as_deref());
            if self.session.config.keepalive_as_warning {
                warn!(
                    pid,
                    client_id, "client {subscriber} with username {user} stopped due to keepalive expired"
                );
            } else {
                info!(
                    pid,
                    client_id, "client {subscriber} with username {user} stopped due to keepalive expired"
                );
            }
            return;
        }
        match reason.abnormal() {
            Some(word) if Provoked::EndedSession.may_log() => warn!(
                pid,
                client_id, "session for {subscriber} stopped abnormally due to '{word}'"
            ),
            Some(_) => {}
            None => debug!(pid, client_id, reason = reason.name(), "session normally stopped"),
        }
    }
}

impl<T> Connection<T> {
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
            self.core
                .metrics
                .add(Counter::QueueMessageDrop, left.given_up.len() as u64);
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

/// Says in the log why a client did not get in, unless the refusal was logged where it was decided.
pub fn log_refused(refused: &RefusedConnect, mailbox: &Mailbox) {
    let (pid, peer) = (mailbox.connection, &*refused.peer);
    if refused.logged || !Provoked::RefusedConnect.may_log() {
        return;
    }
    match (&refused.reason, refused.reason.abnormal()) {
        (CloseReason::ConnectTimeout, _) => debug!(pid, peer, "stop due to timeout"),
        (_, Some(word)) => warn!(
            pid,
            "session for undefined stopped abnormally due to '{word}' (peer {peer})"
        ),
        (reason, None) => debug!(
            pid,
            peer,
            reason = reason.name(),
            "connection closed before a session started"
        ),
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
