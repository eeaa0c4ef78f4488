//! The fields of `session show`, once for flags, help, columns and filters (admin.md 6.1).

use crate::command::query::{FieldSpec, Kind};
use serde::{Deserialize, Serialize};

/// A field; its name on the wire is the one that operators type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Node,
    Mountpoint,
    ClientId,
    QueuePid,
    QueueSize,
    SessionPid,
    IsOffline,
    IsOnline,
    Statename,
    DeliverMode,
    OfflineMessages,
    OnlineMessages,
    NumSessions,
    CleanSession,
    IsPlugin,
    QueueStartedAt,
    SubscriptionsCount,
    DroppedMessages,
    User,
    PeerHost,
    PeerPort,
    Protocol,
    WaitingAcks,
    SessionStartedAt,
    SessionExpiryInterval,
    KeepAlive,
    Listener,
    TlsCn,
    BytesIn,
    BytesOut,
    MessagesIn,
    MessagesOut,
    Topic,
    Qos,
    Rap,
    NoLocal,
    MsgRef,
    MsgQos,
    RoutingKey,
    Dup,
    Payload,
}

/// What there is one row for each of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// A client's queue.
    Queue,
    /// An attached session; one row for an offline queue.
    Session,
    Subscription,
    /// A message that is stored for the client.
    Message,
}

/// The columns when none is asked for.
pub const DEFAULT_COLUMNS: &[Field] = &[
    Field::ClientId,
    Field::IsOnline,
    Field::Mountpoint,
    Field::PeerHost,
    Field::PeerPort,
    Field::User,
];

/// All fields, in the order of the help.
pub const FIELDS: &[FieldSpec<Field>] = &[
    text(Field::Node, "node", "the node that has the queue"),
    text(Field::Mountpoint, "mountpoint", "the mountpoint"),
    text(Field::ClientId, "client_id", "the client id"),
    text(Field::QueuePid, "queue_pid", "the queue"),
    number(Field::QueueSize, "queue_size", "messages that wait"),
    text(Field::SessionPid, "session_pid", "the session, as in the log"),
    flag(Field::IsOffline, "is_offline", "no session is attached"),
    flag(Field::IsOnline, "is_online", "a session is attached"),
    text(
        Field::Statename,
        "statename",
        "online, offline or wait_for_offline",
    ),
    text(Field::DeliverMode, "deliver_mode", "fanout or balance"),
    number(
        Field::OfflineMessages,
        "offline_messages",
        "messages that wait offline",
    ),
    number(
        Field::OnlineMessages,
        "online_messages",
        "messages that wait for a session",
    ),
    number(Field::NumSessions, "num_sessions", "attached sessions"),
    flag(
        Field::CleanSession,
        "clean_session",
        "the state ends with the connection",
    ),
    flag(Field::IsPlugin, "is_plugin", "the queue is a plugin's"),
    number(
        Field::QueueStartedAt,
        "queue_started_at",
        "Unix time in milliseconds",
    ),
    number(
        Field::SubscriptionsCount,
        "subscriptions_count",
        "number of subscriptions",
    ),
    number(
        Field::DroppedMessages,
        "dropped_messages",
        "messages for which there was no room",
    ),
    text(Field::User, "user", "the user name"),
    text(Field::PeerHost, "peer_host", "the client's address"),
    number(Field::PeerPort, "peer_port", "the client's port"),
    number(Field::Protocol, "protocol", "3, 4, 5, 131 or 132"),
    number(
        Field::WaitingAcks,
        "waiting_acks",
        "sent messages that are not acknowledged",
    ),
    number(
        Field::SessionStartedAt,
        "session_started_at",
        "Unix time in milliseconds",
    ),
    number(
        Field::SessionExpiryInterval,
        "session_expiry_interval",
        "seconds, 4294967295 = never",
    ),
    number(Field::KeepAlive, "keep_alive", "seconds, 0 = none"),
    text(Field::Listener, "listener", "name of the listener"),
    text(
        Field::TlsCn,
        "tls_cn",
        "common name of the client's verified certificate",
    ),
    number(Field::BytesIn, "bytes_in", "bytes that came from the client"),
    number(Field::BytesOut, "bytes_out", "bytes that went to the client"),
    number(
        Field::MessagesIn,
        "messages_in",
        "PUBLISH packets that came from the client",
    ),
    number(
        Field::MessagesOut,
        "messages_out",
        "PUBLISH packets that went to the client",
    ),
    text(
        Field::Topic,
        "topic",
        "a subscription's filter; a client without any yields no row",
    ),
    number(Field::Qos, "qos", "a subscription's granted QoS"),
    flag(Field::Rap, "rap", "a subscription's Retain As Published"),
    flag(Field::NoLocal, "no_local", "a subscription's No Local"),
    text(
        Field::MsgRef,
        "msg_ref",
        "a stored message; a client without any yields no row",
    ),
    number(Field::MsgQos, "msg_qos", "a stored message's QoS"),
    text(Field::RoutingKey, "routing_key", "a stored message's topic"),
    flag(Field::Dup, "dup", "a stored message was sent before"),
    text(Field::Payload, "payload", "a stored message's payload"),
];

/// How many of them are about messages: the last ones.
pub(in crate::command) const MESSAGE_FIELDS: usize = 5;

impl Field {
    /// What the field belongs to.
    #[must_use]
    pub const fn group(self) -> Group {
        match self {
            Self::Node
            | Self::Mountpoint
            | Self::ClientId
            | Self::QueuePid
            | Self::QueueSize
            | Self::IsOffline
            | Self::IsOnline
            | Self::Statename
            | Self::DeliverMode
            | Self::OfflineMessages
            | Self::OnlineMessages
            | Self::NumSessions
            | Self::CleanSession
            | Self::IsPlugin
            | Self::QueueStartedAt
            | Self::SubscriptionsCount
            | Self::DroppedMessages => Group::Queue,
            Self::SessionPid
            | Self::User
            | Self::PeerHost
            | Self::PeerPort
            | Self::Protocol
            | Self::WaitingAcks
            | Self::SessionStartedAt
            | Self::SessionExpiryInterval
            | Self::KeepAlive
            | Self::Listener
            | Self::TlsCn
            | Self::BytesIn
            | Self::BytesOut
            | Self::MessagesIn
            | Self::MessagesOut => Group::Session,
            Self::Topic | Self::Qos | Self::Rap | Self::NoLocal => Group::Subscription,
            Self::MsgRef | Self::MsgQos | Self::RoutingKey | Self::Dup | Self::Payload => Group::Message,
        }
    }

    /// The name that operators type.
    #[must_use]
    pub fn name(self) -> &'static str {
        FIELDS
            .iter()
            .find(|spec| spec.field == self)
            .map_or("", |spec| spec.name)
    }

    /// The names of the fields that `--sort` takes.
    pub fn sortable() -> impl Iterator<Item = &'static str> {
        let has_order = |field: Self| matches!(field.group(), Group::Queue | Group::Session);
        FIELDS
            .iter()
            .filter(move |spec| has_order(spec.field))
            .map(|spec| spec.name)
    }

    /// The field of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        FIELDS
            .iter()
            .find(|spec| spec.name == name)
            .map(|spec| spec.field)
    }
}

const fn text(field: Field, name: &'static str, about: &'static str) -> FieldSpec<Field> {
    FieldSpec {
        field,
        name,
        kind: Kind::Text,
        about,
    }
}

const fn number(field: Field, name: &'static str, about: &'static str) -> FieldSpec<Field> {
    FieldSpec {
        field,
        name,
        kind: Kind::Number,
        about,
    }
}

const fn flag(field: Field, name: &'static str, about: &'static str) -> FieldSpec<Field> {
    FieldSpec {
        field,
        name,
        kind: Kind::Flag,
        about,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        for spec in FIELDS {
            let name = serde_json::to_string(&spec.field).unwrap();
            assert_eq!(name, format!("\"{}\"", spec.name));
            assert_eq!(Field::parse(spec.name), Some(spec.field));
        }
        let of_messages = FIELDS
            .iter()
            .rev()
            .take_while(|spec| spec.field.group() == Group::Message);
        assert_eq!(of_messages.count(), MESSAGE_FIELDS);
        let last = FIELDS.last().map(|spec| spec.field as usize);
        assert_eq!(last, Some(FIELDS.len() - 1), "every field has its row, in order");
    }
}
