//! Session: the MQTT state machine of one connected client, for every protocol version (the version is data). It takes
//! packets and the time, and says what is to be done; it does no I/O, takes no lock and never waits.

pub mod alias;
pub mod connect;
pub mod deliver;
pub mod inflight;
pub mod look;
pub mod packet_ids;
pub mod publish;
pub mod rate;
pub mod subscribe;
pub mod will;

use crate::events::CloseReason;
use crate::hooks::Identity;
use crate::metrics::Counter;
use crate::queue::Delivery;
use crate::retain::Cursor;
use crate::store::{Op, QueueId};
use alias::{InboundAliases, OutboundAliases};
use bytestring::ByteString;
use inflight::Window;
use packet_ids::PacketIds;
pub use publish::PublishRequest;
use rate::RateWindow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vmq_config::SessionConfig;
use vmq_mqtt::{Ack, Auth, Disconnect, Level, Packet, ReasonCode, Subscribe, Unsubscribe, Version};
use will::{SessionWill, WillOutcome};

/// The protocol state of one connected client.
#[derive(Debug)]
pub struct Session {
    pub identity: Identity,
    pub level: Level,
    pub queue_id: QueueId,
    /// Sampled at CONNECT; a later change of the configuration concerns new sessions.
    pub config: Arc<SessionConfig>,
    /// Session Expiry Interval in seconds as in force; 3.x persistent sessions use `persistent_client_expiration`.
    pub expiry: Expiry,
    /// Keep-alive in force, in seconds; 0 = none.
    pub keep_alive_secs: u16,
    pub will: Option<SessionWill>,
    /// Method of an enhanced authentication made at CONNECT; in a box, since few have one.
    pub auth_method: Option<Box<ByteString>>,
    /// Request Problem Information.
    problem_information: bool,
    /// The store has something of this session.
    stored: bool,
    /// The client's Maximum Packet Size; `u32::MAX` = none.
    packet_size_max: u32,
    window: Window,
    outbound_aliases: OutboundAliases,
    inbound_aliases: InboundAliases,
    /// Received QoS 2 publishes that await their PUBREL.
    received: PacketIds,
    rate: RateWindow,
    /// Taken from the queue or replayed, not yet sent.
    parked: VecDeque<Delivery>,
    replays: VecDeque<Replay>,
    /// This client as the author of retained messages.
    author: Option<Arc<crate::message::Author>>,
    /// Set once a subscription was revoked: the filters whose messages may be delivered.
    permitted: Option<Box<[Arc<str>]>>,
}

/// A retained replay that a SUBSCRIBE has started.
#[derive(Debug)]
pub struct Replay {
    pub cursor: Cursor,
    pub subscription: crate::router::Subscription,
}

/// How long the session outlives its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Not at all.
    WithConnection,
    After(Duration),
    Never,
}

impl Expiry {
    /// Of a Session Expiry Interval (version 5).
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        match secs {
            0 => Self::WithConnection,
            u32::MAX => Self::Never,
            secs => Self::After(Duration::from_secs(secs as u64)),
        }
    }

    /// As a Session Expiry Interval.
    #[must_use]
    pub fn as_secs(self) -> u32 {
        match self {
            Self::WithConnection => 0,
            Self::After(duration) => u32::try_from(duration.as_secs()).unwrap_or(u32::MAX),
            Self::Never => u32::MAX,
        }
    }

    /// Whether state outlives the connection.
    #[must_use]
    pub const fn is_persistent(self) -> bool {
        !matches!(self, Self::WithConnection)
    }
}

/// What the packets of a batch lead to.
#[derive(Debug, Default)]
pub struct Effects {
    /// Answers, in order. They leave once `ops` are durable.
    pub replies: Vec<Packet>,
    /// Changes of stored session state.
    pub ops: Vec<Op>,
    /// What an operator wants counted; rare, so usually no allocation.
    pub counted: Vec<Counter>,
    /// PUBLISH packets that have come.
    pub publishes: u64,
}

/// What is left to do for a packet, by somebody who may ask hooks and the router.
#[derive(Debug)]
pub enum Step {
    Done,
    Publish(PublishRequest),
    /// A publish to where clients do not publish; it has its answer.
    Reserved(PublishRequest),
    Subscribe(Subscribe),
    Unsubscribe(Unsubscribe),
    Authenticate(Auth),
}

impl Session {
    /// The wire format.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.level.version
    }

    /// Takes one packet from the client.
    ///
    /// # Errors
    /// The connection must end, for the reason given.
    pub fn receive(
        &mut self,
        packet: Packet,
        now: Instant,
        effects: &mut Effects,
    ) -> Result<Step, CloseReason> {
        match packet {
            Packet::Publish(publish) => {
                effects.publishes += 1;
                return self.publish(publish, now, effects);
            }
            Packet::PubAck(ack) => self.puback(&ack, effects),
            Packet::PubRec(ack) => self.pubrec(&ack, now, effects),
            Packet::PubRel(ack) => self.pubrel(&ack, effects),
            Packet::PubComp(ack) => self.pubcomp(&ack, effects),
            Packet::Subscribe(subscribe) => return Ok(Step::Subscribe(subscribe)),
            Packet::Unsubscribe(unsubscribe) => return Ok(Step::Unsubscribe(unsubscribe)),
            Packet::PingReq => effects.replies.push(Packet::PingResp),
            Packet::Disconnect(disconnect) => return Err(self.disconnect(&disconnect)),
            Packet::Auth(auth) => return self.reauthenticate(auth),
            Packet::Connect(_) => {
                return Err(CloseReason::violation(
                    ReasonCode::ProtocolError,
                    "second_connect",
                ));
            }
            Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => {
                return Err(CloseReason::violation(
                    ReasonCode::ProtocolError,
                    "server_packet_from_client",
                ));
            }
        }
        Ok(Step::Done)
    }

    /// DISCONNECT from the client (mqtt.md 13.5).
    fn disconnect(&mut self, disconnect: &Disconnect) -> CloseReason {
        let expiry = disconnect
            .properties
            .as_ref()
            .and_then(|properties| properties.session_expiry_secs);
        if let Some(secs) = expiry {
            // [MQTT-3.14.2-2]: a session that was to end with its connection cannot be kept after all.
            if self.expiry == Expiry::WithConnection && secs > 0 {
                return CloseReason::violation(ReasonCode::ProtocolError, "session_expiry_raised_from_zero");
            }
            self.expiry = Expiry::from_secs(secs);
        }
        if disconnect.reason == ReasonCode::Success {
            self.will = None;
            CloseReason::ClientDisconnect
        } else {
            CloseReason::ClientDisconnectWithWill
        }
    }

    /// AUTH after CONNACK: only a re-authentication with the method of the CONNECT [MQTT-4.12.1-1].
    fn reauthenticate(&self, auth: Auth) -> Result<Step, CloseReason> {
        let method = auth
            .properties
            .as_ref()
            .and_then(|properties| properties.authentication_method.as_ref());
        let of_the_client = matches!(
            auth.reason,
            ReasonCode::ReAuthenticate | ReasonCode::ContinueAuthentication
        );
        if self.auth_method.is_none() || method != self.auth_method.as_deref() || !of_the_client {
            return Err(CloseReason::violation(
                ReasonCode::ProtocolError,
                "unexpected_auth",
            ));
        }
        Ok(Step::Authenticate(auth))
    }

    /// What becomes of the will when the connection ends for `reason`.
    pub fn end_will(&mut self, reason: &CloseReason) -> WillOutcome {
        let suppressed = *reason == CloseReason::TakenOver && self.config.suppress_lwt_on_session_takeover;
        match self.will.take() {
            Some(will) if reason.publishes_will() && !suppressed => will.end(self.expiry.is_persistent()),
            _ => WillOutcome::Nothing,
        }
    }

    /// Whether the session's state outlives its connection.
    #[must_use]
    pub const fn is_persistent(&self) -> bool {
        self.expiry.is_persistent()
    }

    /// Exchanges of QoS 1 and 2 towards the client that are not finished.
    #[must_use]
    pub const fn waiting_acks(&self) -> usize {
        self.window.len()
    }

    /// Whether the store has to forget the session when it ends.
    #[must_use]
    pub const fn was_stored(&self) -> bool {
        self.stored
    }

    /// Bytes of the largest packet this client accepts.
    #[must_use]
    pub const fn packet_size_max(&self) -> u32 {
        self.packet_size_max
    }

    /// Whether reason strings and user properties may be sent on packets other than PUBLISH, CONNACK and DISCONNECT.
    #[must_use]
    pub const fn problem_information(&self) -> bool {
        self.problem_information
    }

    /// The topic that an alias of the client stands for.
    #[must_use]
    pub fn inbound_topic(&self, alias: u16) -> Option<&str> {
        self.inbound_aliases.topic(alias)
    }

    /// The topic that an alias of ours stands for.
    #[must_use]
    pub fn outbound_topic(&self, alias: u16) -> Option<&str> {
        self.outbound_aliases.topic(alias)
    }

    fn ack(packet_id: vmq_mqtt::PacketId, reason: ReasonCode) -> Ack {
        Ack {
            packet_id,
            reason,
            properties: None,
        }
    }
}

#[cfg(test)]
mod tests;
