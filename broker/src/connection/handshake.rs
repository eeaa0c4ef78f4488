//! The handshake: from the first byte to CONNACK, in the order of mqtt.md 2.3. Nothing that follows CONNECT is looked at
//! before it is accepted.

pub mod authenticate;
pub mod register;

use super::Transport;
use super::closing;
use super::ending::RefusedConnect;
use super::inbound::count_sent;
use super::io::Io;
use crate::core::Core;
use crate::events::{CloseReason, ConnectRefusal, Decider, Happening, Told, Who};
use crate::listener::{ListenerContext, Peer};
use crate::mailbox::Mailbox;
use crate::metrics::Counter;
use crate::queue::Queue;
use crate::registry::SubscriberId;
use crate::session::Session;
use crate::session::connect::{self, ConnectFault};
use crate::trace::{Subject, Tracing};
use bytestring::ByteString;
use std::sync::Arc;
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
    /// Once the client has said who it is.
    subscriber: Option<SubscriberId>,
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
        peer,
        subscriber: None,
    };
    let accepted = handshake.run().await;
    accepted.map_err(|reason| RefusedConnect {
        reason,
        subscriber: handshake.subscriber.take(),
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
        tls_cn: peer.tls_cn.clone(),
        version: connect.level.version,
    }
}

impl<T: Transport> Handshake<'_, T> {
    async fn run(&mut self) -> Result<Accepted, CloseReason> {
        let deadline = self.config.connect_timeout;
        let (mut stopping, listener) = (self.core.stopping.subscribe(), self.listener);
        let connect = tokio::select! {
            read = tokio::time::timeout(deadline, self.read_connect()) => read,
            _ = stopping.wait_for(|stopping| *stopping) => return Err(CloseReason::ServerShutdown),
            () = listener.connections.told_to_leave() => return Err(CloseReason::Administrative),
        };
        let mut connect = connect.map_err(|_| CloseReason::ConnectTimeout)??;
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
            return Err(self.refuse_version(&connect));
        }
        if self.core.overload.is_over() {
            let refusal = ConnectRefusal::Overload;
            let by = closing::overload(self.core);
            self.refuse(&connect, ReasonCode::ServerBusy, refusal, by);
            return Err(CloseReason::Overload);
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
                return match decode(frame, None) {
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

    fn refuse_fault(&mut self, connect: &Connect, fault: ConnectFault) -> CloseReason {
        let reason = match fault {
            ConnectFault::Close(reason) => return reason,
            ConnectFault::Refuse(reason) => reason,
        };
        if reason != ReasonCode::ClientIdNotValid {
            return self.refuse(connect, reason, ConnectRefusal::WillTopic, Decider::Protocol);
        }
        let by = match connect.client_id.len() {
            0 => Decider::Protocol,
            _ => Decider::limit("max_client_id_size", self.config.max_client_id_bytes as u64),
        };
        self.refuse(connect, reason, ConnectRefusal::ClientId, by)
    }

    fn refuse_version(&mut self, connect: &Connect) -> CloseReason {
        let allowed = &self.listener.allowed_protocol_versions;
        let allowed: Vec<String> = allowed.iter().map(u8::to_string).collect();
        self.refuse(
            connect,
            ReasonCode::UnsupportedProtocolVersion,
            ConnectRefusal::ProtocolVersion(connect.level.byte()),
            Decider::setting("allowed_protocol_versions", allowed.join(",")),
        )
    }

    /// Tells the refusal, and answers with its code [MQTT-3.2.2-6].
    fn refuse(
        &mut self,
        connect: &Connect,
        reason: ReasonCode,
        refusal: ConnectRefusal<'_>,
        by: Decider,
    ) -> CloseReason {
        self.tell_refusal(connect, refusal, by);
        self.send_connack(
            ConnAck {
                session_present: false,
                reason,
                properties: None,
            },
            connect.level.version,
        );
        CloseReason::Refused(reason)
    }

    fn tell_refusal(&self, connect: &Connect, refusal: ConnectRefusal<'_>, by: Decider) {
        let named;
        let subscriber = match &self.subscriber {
            Some(known) => known,
            None => {
                named = SubscriberId::new(&self.listener.mountpoint, &connect.client_id);
                &named
            }
        };
        let told = Told {
            who: Who {
                subscriber: Some(subscriber),
                username: connect.username.as_deref(),
                peer: Some(&self.peer.address),
                mailbox: Some(self.mailbox),
                version: connect.level.version,
            },
            what: Happening::ConnectRefused(refusal),
            by,
        };
        told.tell(self.core);
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
}
