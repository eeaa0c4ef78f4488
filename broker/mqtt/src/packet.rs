//! The control packets, in the shape of version 5. Fields that an older version lacks have their neutral value
//! (no properties, reason code success).

use crate::{Level, Properties, QoS, ReasonCode};
use bytes::Bytes;
use bytestring::ByteString;
use std::num::NonZeroU16;

/// A packet identifier; never 0 [MQTT-2.2.1-3].
pub type PacketId = NonZeroU16;

/// Properties are rare; absent ones cost one word.
pub type Props = Option<Box<Properties>>;

/// Any control packet.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    Connect(Box<Connect>),
    ConnAck(ConnAck),
    Publish(Publish),
    PubAck(Ack),
    PubRec(Ack),
    PubRel(Ack),
    PubComp(Ack),
    Subscribe(Subscribe),
    SubAck(SubAck),
    Unsubscribe(Unsubscribe),
    UnsubAck(SubAck),
    PingReq,
    PingResp,
    Disconnect(Disconnect),
    Auth(Auth),
}

/// The packet type nibble of the fixed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    Connect = 1,
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    PubRec = 5,
    PubRel = 6,
    PubComp = 7,
    Subscribe = 8,
    SubAck = 9,
    Unsubscribe = 10,
    UnsubAck = 11,
    PingReq = 12,
    PingResp = 13,
    Disconnect = 14,
    Auth = 15,
}

impl PacketType {
    /// The type of a fixed header's first byte; `None` for the reserved type 0.
    #[must_use]
    pub const fn from_first_byte(first_byte: u8) -> Option<Self> {
        Some(match first_byte >> 4 {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::PubRec,
            6 => Self::PubRel,
            7 => Self::PubComp,
            8 => Self::Subscribe,
            9 => Self::SubAck,
            10 => Self::Unsubscribe,
            11 => Self::UnsubAck,
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect,
            15 => Self::Auth,
            _ => return None,
        })
    }

    /// The first byte of a packet of this type, with the reserved flags it must have [MQTT-2.1.3-1]. A PUBLISH has
    /// its own flags beside it.
    #[must_use]
    pub const fn first_byte(self) -> u8 {
        let flags = match self {
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => 2,
            _ => 0,
        };
        ((self as u8) << 4) | flags
    }
}

/// CONNECT. For 3.1 and 3.1.1 `clean_start` is the clean session flag.
#[derive(Clone, Debug, PartialEq)]
pub struct Connect {
    pub level: Level,
    pub clean_start: bool,
    /// Seconds; 0 = no keep-alive.
    pub keep_alive_secs: u16,
    pub client_id: ByteString,
    pub will: Option<Will>,
    pub username: Option<ByteString>,
    pub password: Option<Bytes>,
    pub properties: Props,
}

/// The will message of a CONNECT. Its properties may hold `will_delay_secs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Will {
    pub topic: ByteString,
    pub payload: Bytes,
    pub qos: QoS,
    pub retain: bool,
    pub properties: Props,
}

/// CONNACK. For 3.1 and 3.1.1 the encoder maps `reason` to return codes 0-5 with `ReasonCode::connack_v3`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnAck {
    pub session_present: bool,
    pub reason: ReasonCode,
    pub properties: Props,
}

/// PUBLISH.
#[derive(Clone, Debug, PartialEq)]
pub struct Publish {
    pub dup: bool,
    pub qos: QoS,
    pub retain: bool,
    /// Empty only with a topic alias (version 5).
    pub topic: ByteString,
    /// Present exactly when `qos` is above 0.
    pub packet_id: Option<PacketId>,
    pub properties: Props,
    pub payload: Bytes,
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
#[derive(Clone, Debug, PartialEq)]
pub struct Ack {
    pub packet_id: PacketId,
    pub reason: ReasonCode,
    pub properties: Props,
}

/// SUBSCRIBE.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribe {
    pub packet_id: PacketId,
    pub properties: Props,
    /// At least one [MQTT-3.8.3-2]. Filters are valid UTF-8; their syntax is checked by the session (0x8F).
    pub filters: Vec<SubscribeFilter>,
}

/// One filter of a SUBSCRIBE.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscribeFilter {
    pub filter: ByteString,
    pub options: SubscribeOptions,
}

/// Subscription options [MQTT-3.8.3.1].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubscribeOptions {
    pub qos: QoS,
    pub no_local: bool,
    pub retain_as_published: bool,
    pub retain_handling: RetainHandling,
}

/// When retained messages are sent at subscribe time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum RetainHandling {
    #[default]
    Send = 0,
    SendIfNew = 1,
    Never = 2,
}

/// SUBACK or UNSUBACK: one reason for each filter, in order. A 3.x UNSUBACK has no reasons on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct SubAck {
    pub packet_id: PacketId,
    pub properties: Props,
    pub reasons: Vec<ReasonCode>,
}

/// UNSUBSCRIBE.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsubscribe {
    pub packet_id: PacketId,
    pub properties: Props,
    pub filters: Vec<ByteString>,
}

/// DISCONNECT.
#[derive(Clone, Debug, PartialEq)]
pub struct Disconnect {
    pub reason: ReasonCode,
    pub properties: Props,
}

/// AUTH (version 5).
#[derive(Clone, Debug, PartialEq)]
pub struct Auth {
    pub reason: ReasonCode,
    pub properties: Props,
}

impl Packet {
    /// The type of this packet.
    #[must_use]
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::ConnAck(_) => PacketType::ConnAck,
            Self::Publish(_) => PacketType::Publish,
            Self::PubAck(_) => PacketType::PubAck,
            Self::PubRec(_) => PacketType::PubRec,
            Self::PubRel(_) => PacketType::PubRel,
            Self::PubComp(_) => PacketType::PubComp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::SubAck(_) => PacketType::SubAck,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::UnsubAck(_) => PacketType::UnsubAck,
            Self::PingReq => PacketType::PingReq,
            Self::PingResp => PacketType::PingResp,
            Self::Disconnect(_) => PacketType::Disconnect,
            Self::Auth(_) => PacketType::Auth,
        }
    }
}
