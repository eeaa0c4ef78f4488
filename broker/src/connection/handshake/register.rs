//! Registration: the queue of the client id, taken over from an older connection if there is one, and the state a
//! resuming session needs (mqtt.md 3).

use super::authenticate::Proof;
use super::{Accepted, Handshake, Transport};
use crate::broker::background::look_at;
use crate::connection::ending;
use crate::connection::run::read_blocking;
use crate::events::{CloseReason, ConnectRefusal, Decider};
use crate::mailbox::{Asked, Facts, Login};
use crate::metrics::Counter;
use crate::publish::publish_own;
use crate::queue::life::Attached;
use crate::queue::{AttachOutcome, Limits, Queue};
use crate::session::connect::NewSession;
use crate::session::will::SessionWill;
use crate::session::{Session, connect};
use crate::store::{Commit, CommitState, Op, StoredFlights, unix_millis};
use bytes::Bytes;
use bytestring::ByteString;
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;
use vmq_mqtt::{Connect, ReasonCode};

/// How long an old session may take to leave.
const TAKEOVER_LIMIT: Duration = Duration::from_secs(60);

/// A registered client.
pub struct Registered {
    pub accepted: Accepted,
    pub session_present: bool,
    pub authentication: Option<(ByteString, Option<Bytes>)>,
}

impl<T: Transport> Handshake<'_, T> {
    pub(super) async fn register(
        &mut self,
        connect: &Connect,
        proof: Proof,
        will: Option<SessionWill>,
    ) -> Result<Registered, CloseReason> {
        let Proof {
            identity,
            authentication,
            login,
        } = proof;
        let (queue, attached) =
            match tokio::time::timeout(TAKEOVER_LIMIT, self.attach(&identity.subscriber)).await {
                Ok(Some(attached)) => attached,
                Ok(None) => return Err(CloseReason::TakenOver),
                Err(_) => {
                    let queue = self.core.registry.get(&identity.subscriber);
                    let holder = queue.and_then(|queue| {
                        queue.stop_waiting(self.mailbox.connection);
                        queue.newcomer(self.mailbox.connection)
                    });
                    let by = Decider::Connection {
                        peer: holder.map_or_else(|| Arc::from("local"), |holder| Arc::clone(&holder.peer)),
                    };
                    let refusal = ConnectRefusal::NotRegistered;
                    return Err(self.refuse(connect, ReasonCode::ServerUnavailable, refusal, by));
                }
            };
        let persistent = connect::expiry(connect, &self.config).is_persistent();
        let session_present = !connect.clean_start && attached.existed;
        let resumed = self.take_over(connect, &queue, &attached).await;
        let new = NewSession {
            identity,
            queue_id: queue.id,
            config: Arc::clone(&self.config),
            will,
            last_packet_id: if session_present {
                attached.last_packet_id
            } else {
                0
            },
            resumed,
            // Exchanges of several sessions are kept apart in the store by the numbers of their connections.
            first_order: if attached.joined {
                self.mailbox.connection << 32
            } else {
                1
            },
            stored: persistent || session_present,
        };
        let session = Session::new(connect, new);
        self.introduce(connect, &session, login);
        // Of several sessions one that outlives its connection is enough.
        if !attached.joined || persistent {
            queue.set_persistent(persistent);
        }
        if !attached.joined && (persistent || attached.existed) {
            let commit = self.store_session(&queue, &session, connect.clean_start && attached.existed);
            if commit.done().await == CommitState::Failed {
                // The session cannot be kept, but the client may work; the store has said why in the log.
                warn!(
                    pid = self.mailbox.connection,
                    "the session of {} is not stored", queue.subscriber.client_id
                );
            }
        }
        Ok(Registered {
            accepted: Accepted { session, queue },
            session_present,
            authentication,
        })
    }

    /// Tells the admin surface who this is.
    fn introduce(&self, connect: &Connect, session: &Session, login: Option<Login>) {
        let keep_alive_secs = session.keep_alive_secs;
        self.mailbox.introduce(Facts {
            username: session.identity.username.clone(),
            listener: Arc::clone(self.listener),
            started_at: unix_millis(),
            expiry_secs: session.expiry.as_secs(),
            keep_alive_secs,
            level: session.level,
            asked: Asked::of(connect, keep_alive_secs, session.expiry, &self.peer),
            login,
        });
    }

    /// The queue, owned. `None` = a newer connection with this client id has come meanwhile.
    async fn attach(&self, subscriber: &crate::registry::SubscriberId) -> Option<(Arc<Queue>, Attached)> {
        loop {
            let limits = self.core.queue_limits();
            let (queue, created) = self.core.registry.get_or_create(subscriber, limits);
            if created {
                self.core.metrics.bump(Counter::QueueSetup);
            }
            match self.attach_to(&queue, limits).await {
                AttachOutcome::Attached(attached) => return Some((queue, attached)),
                AttachOutcome::Displaced => return None,
                AttachOutcome::Terminated => tokio::task::yield_now().await,
                AttachOutcome::Expired => look_at(self.core, &queue),
                AttachOutcome::Wait => {}
            }
        }
    }

    /// Asks for the queue; if it must be waited for, waits until the old session has left.
    async fn attach_to(&self, queue: &Queue, limits: Limits) -> AttachOutcome {
        // Listening starts before asking, so that a session that leaves in between is not missed.
        let mut left = std::pin::pin!(queue.left());
        left.as_mut().enable();
        let outcome = queue.attach(self.mailbox, limits);
        if matches!(outcome, AttachOutcome::Wait) {
            tokio::select! {
                () = left => {}
                () = self.mailbox.until_kicked() => {
                    queue.stop_waiting(self.mailbox.connection);
                    return AttachOutcome::Displaced;
                }
            }
        }
        outcome
    }

    /// Clean start drops the old state; otherwise what is in flight is read back, behind everything that the old
    /// session handed to the store.
    async fn take_over(&self, connect: &Connect, queue: &Arc<Queue>, attached: &Attached) -> StoredFlights {
        if attached.joined {
            return StoredFlights::default();
        }
        if connect.clean_start {
            self.core.router.unsubscribe_all(queue);
            self.core
                .metrics
                .add(Counter::QueueMessageUnhandled, queue.wipe());
            // The old session ends here, so its parked will is due [MQTT-3.1.2-8].
            if let Some(will) = &attached.will {
                publish_own(self.core, &queue.subscriber.mountpoint, will.publish());
            }
        }
        if connect.clean_start || !attached.existed {
            return StoredFlights::default();
        }
        let store = Arc::clone(&self.core.store);
        let id = queue.id;
        store.submit(Vec::new()).done().await;
        read_blocking(store, move |store| store.read_flights(id))
            .await
            .unwrap_or_else(|error| {
                tracing::error!(
                    pid = self.mailbox.connection,
                    "can't read in-flight messages due to {error}"
                );
                StoredFlights::default()
            })
    }

    fn store_session(&self, queue: &Arc<Queue>, session: &Session, wipe: bool) -> Commit {
        let mut ops = Vec::new();
        if wipe {
            ops.push(Op::DeleteSession { queue: queue.id });
        }
        if session.is_persistent() || !wipe {
            let record = ending::record(session, None, 0).encode();
            ops.push(Op::PutSession {
                queue: queue.id,
                record,
            });
        }
        self.core.store.submit(ops)
    }
}
