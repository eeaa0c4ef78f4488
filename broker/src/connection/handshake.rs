//! The handshake: from the first byte to CONNACK, in the order of mqtt.md 2.3. Nothing that follows CONNECT is looked at
//! before it is accepted.

pub mod authenticate;
pub mod register;

use super::Transport;
use super::ending::RefusedConnect;
use super::inbound::count_sent;
use super::io::Io;
use crate::core::Core;
use crate::events::CloseReason;
use crate::listener::{ListenerContext, Peer};
use crate::logging::render::Subscriber;
use crate::mailbox::Mailbox;
use crate::metrics::Counter;
use crate::queue::Queue;
use crate::registry::SubscriberId;
use crate::session::Session;
use crate::session::connect::{self, ConnectFault};
use crate::trace::{Subject, Tracing};
use bytestring::ByteString;
use std::sync::Arc;
use tracing::warn;
use vmq_config::SessionConfig;
use vmq_mqtt::error::RefusedLevel;
use vmq_mqtt::{ConnAck, Connect, Packet, ReasonCode, Version, decode, next_frame};

/// Bound of a packet before CONNECT is accepted, in bytes: enough for every field at its largest but a huge will.
const CONNECT_BYTES_MAX: u32 = 1024 * 1024;

/// A client that may go on.
pub struct Accepted {
    pub session: Session,
    pub queue: Arc<Queue>,
}

/// What the steps of the handshake share.
pub(super) struct Handshake<'a, T> {
    core: &'a Arc<Core>,
    listener: &'a Arc<ListenerContext>,
    io: &'a mut Io<T>,
    tracing: &'a mut Tracing,
    mailbox: &'a Arc<Mailbox>,
    peer: Peer,
    config: Arc<SessionConfig>,
}

/// Reads CONNECT, decides, and puts the CONNACK into the write buffer.
pub(super) async fn connect<T: Transport>(
    core: &Arc<Core>,
    listener: &Arc<ListenerContext>,
    io: &mut Io<T>,
    tracing: &mut Tracing,
    mailbox: &Arc<Mailbox>,
    peer: Peer,
) -> Result<Accepted, RefusedConnect> {
    let mut handshake = Handshake {
        config: core.session_config(),
        core,
        listener,
        io,
        tracing,
        mailbox,
        peer: peer.clone(),
    };
    handshake.run().await.map_err(|(reason, logged)| RefusedConnect {
        reason,
        logged,
        peer: peer.address,
    })
}

/// A client as traces know it, before it has an identity.
fn subject(
    mailbox: &Mailbox,
    listener: &ListenerContext,
    peer: &Peer,
    connect: &Connect,
    client_id: &str,
) -> Subject {
    let claimed = || connect.username.as_deref().map(Arc::from);
    Subject {
        pid: mailbox.connection,
        subscriber: SubscriberId::new(&listener.mountpoint, client_id),
        username: peer.username.as_deref().map(Arc::from).or_else(claimed),
        peer: Arc::clone(&peer.address),
        listener: listener.name.clone(),
        version: connect.level.version,
    }
}

/// A refusal, and whether it has been logged.
type Refused = (CloseReason, bool);

impl<T: Transport> Handshake<'_, T> {
    async fn run(&mut self) -> Result<Accepted, Refused> {
        let deadline = self.config.connect_timeout;
        let (mut stopping, listener) = (self.core.stopping.subscribe(), self.listener);
        let connect = tokio::select! {
            read = tokio::time::timeout(deadline, self.read_connect()) => read,
            _ = stopping.wait_for(|stopping| *stopping) => return Err((CloseReason::ServerShutdown, false)),
            () = listener.connections.told_to_leave() => return Err((CloseReason::Administrative, false)),
        };
        let mut connect = connect
            .map_err(|_| (CloseReason::ConnectTimeout, false))?
            .map_err(|reason| (reason, false))?;
        self.trace_connect(&connect);
        // What the transport vouches for, such as a client certificate, goes before what the client says.
        if let Some(username) = &self.peer.username {
            connect.username = Some(ByteString::from(&**username));
        }
        let version = connect.level.version;
        self.core.metrics.bump(Counter::for_version(
            version,
            Counter::ConnectReceived4,
            Counter::ConnectReceived5,
        ));
        if !self
            .listener
            .allowed_protocol_versions
            .contains(&connect.level.byte())
        {
            self.warn(
                &connect,
                "invalid protocol version for",
                Some(connect.level.byte()),
            );
            return Err(self.refuse(version, ReasonCode::UnsupportedProtocolVersion, true));
        }
        if self.core.overload.is_over() {
            return Err(self.refuse_overload(version));
        }
        let client_id =
            connect::check(&connect, &self.config).map_err(|fault| self.refuse_fault(&connect, fault))?;
        if client_id.assigned {
            let subject = subject(self.mailbox, self.listener, &self.peer, &connect, &client_id.id);
            self.tracing.named(&self.core.traces, || subject);
        }
        let proof = self.authenticate(&connect, &client_id.id).await?;
        let will = self.authorize_will(&connect, &proof.identity).await?;
        let registered = self.register(&connect, proof, will).await?;
        let mut connack = connect::connack(&connect, &self.config, &client_id, registered.session_present);
        if let Some((method, data)) = registered.authentication {
            let properties = connack.properties.get_or_insert_default();
            properties.authentication_method = Some(method);
            properties.authentication_data = data;
        }
        self.send_connack(connack, version);
        self.io.accepted();
        Ok(registered.accepted)
    }

    async fn read_connect(&mut self) -> Result<Connect, CloseReason> {
        let max = self.config.max_message_size;
        let size_max = if max == 0 {
            CONNECT_BYTES_MAX
        } else {
            max.min(CONNECT_BYTES_MAX)
        };
        loop {
            if self.io.read.first().is_some_and(|byte| *byte != 0x10) {
                return Err(CloseReason::NotConnect);
            }
            let frame = next_frame(&mut self.io.read, size_max).map_err(CloseReason::Malformed)?;
            if let Some(frame) = frame {
                return match decode(&frame, None) {
                    Ok(Packet::Connect(connect)) => Ok(*connect),
                    Ok(_) => Err(CloseReason::NotConnect),
                    Err(error) => {
                        self.answer_unknown_level(error.refused_level);
                        Err(CloseReason::Malformed(error))
                    }
                };
            }
            match self.io.fill().await {
                Ok(0) => return Err(CloseReason::PeerClosed),
                Ok(_) => {}
                Err(error) => return Err(CloseReason::of_io(&error)),
            }
        }
    }

    /// A level that no version has still gets a CONNACK in the format it may understand (mqtt.md 2.1).
    fn answer_unknown_level(&mut self, level: Option<RefusedLevel>) {
        let version = match level {
            None => return,
            Some(RefusedLevel::V3Format) => Version::V4,
            Some(RefusedLevel::V5Format) => Version::V5,
        };
        let reason = ReasonCode::UnsupportedProtocolVersion;
        self.send_connack(
            ConnAck {
                session_present: false,
                reason,
                properties: None,
            },
            version,
        );
    }

    fn refuse_fault(&mut self, connect: &Connect, fault: ConnectFault) -> Refused {
        let reason = match fault {
            ConnectFault::Close(reason) => return (reason, false),
            ConnectFault::Refuse(reason) => reason,
        };
        if reason == ReasonCode::ClientIdNotValid {
            self.warn_client_id(connect);
        }
        self.refuse(connect.level.version, reason, true)
    }

    /// CONNACK with an error code [MQTT-3.2.2-6].
    fn refuse(&mut self, version: Version, reason: ReasonCode, logged: bool) -> Refused {
        self.send_connack(
            ConnAck {
                session_present: false,
                reason,
                properties: None,
            },
            version,
        );
        (CloseReason::Refused(reason), logged)
    }

    /// Above the memory high-water mark nobody new is taken; the log has told so once.
    fn refuse_overload(&mut self, version: Version) -> Refused {
        let (_, logged) = self.refuse(version, ReasonCode::ServerBusy, true);
        (CloseReason::Overload, logged)
    }

    fn send_connack(&mut self, connack: ConnAck, version: Version) {
        self.send(&Packet::ConnAck(connack), version);
    }

    fn send(&mut self, packet: &Packet, version: Version) {
        let before = self.io.out().len();
        vmq_mqtt::encode(packet, version, self.io.out());
        self.tracing.sent(&self.io.write[before..], None);
        count_sent(&self.core.metrics, packet, version);
    }

    fn trace_connect(&mut self, connect: &Connect) {
        let Self {
            listener,
            mailbox,
            peer,
            ..
        } = self;
        self.tracing.look(&self.core.traces, || {
            subject(mailbox, listener, peer, connect, &connect.client_id)
        });
        self.tracing.connected(connect);
    }

    fn warn_client_id(&self, connect: &Connect) {
        let pid = self.mailbox.connection;
        if !connect.client_id.is_empty() {
            warn!(
                pid,
                peer = &*self.peer.address,
                "invalid client id {}",
                crate::logging::render::User(Some(&connect.client_id))
            );
        } else if connect.level.version == Version::V3 {
            self.warn(connect, "empty client id not allowed in mqttv3", None);
        }
    }

    fn warn(&self, connect: &Connect, text: &str, number: Option<u8>) {
        let subscriber = Subscriber {
            mountpoint: &self.listener.mountpoint,
            client_id: &connect.client_id,
        };
        let number = number.map(|number| format!(" {number}")).unwrap_or_default();
        warn!(
            pid = self.mailbox.connection,
            peer = &*self.peer.address,
            "{text} {subscriber}{number}"
        );
    }
}
