//! What happens to clients and is worth telling: one variant for each kind, with its reason from the closed lists and
//! the counters that go with it. `tell` writes all of it; nobody else does.

use super::CloseReason;
use super::reasons::{ConnectReason, DropReason, PublishReason, SessionReason, SubscribeReason};
use crate::connection::ending::close_counter;
use crate::hooks::Refusal;
use crate::metrics::{Counter, Metrics};
use vmq_mqtt::{ReasonCode, Version};

/// What kind of thing happened: the column `event` of the tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Connected,
    ConnectRefused,
    PublishRefused,
    SubscribeRefused,
    MessageDropped,
    Disconnected,
    SessionEnded,
    /// A socket was given up before MQTT was spoken on it.
    ConnectionRefused,
    /// A listener did not open, or cannot accept.
    ListenerFailed,
}

/// Something that happened to a client.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    ConnectRefused(ConnectRefusal<'a>),
    PublishRefused {
        topic: &'a str,
        /// `None` = clients never publish there (`$...`).
        refusal: Option<&'a Refusal>,
    },
    SubscribeRefused {
        /// Those that were refused.
        filters: &'a str,
        /// `None` = the client has too many.
        refusal: Option<&'a Refusal>,
    },
    MessagesDropped {
        reason: DropReason,
        count: u64,
        /// Of one of them, where it is at hand.
        topic: Option<&'a str>,
    },
    Disconnected(&'a CloseReason),
    SessionEnded(SessionReason),
}

/// A CONNECT that is not accepted, and what its log line needs.
#[derive(Clone, Copy, Debug)]
pub enum ConnectRefusal<'a> {
    /// The listener does not allow it.
    ProtocolVersion(u8),
    /// Empty or too long.
    ClientId,
    /// The will's topic starts with `$`.
    WillTopic,
    /// The log has told it once for everybody.
    Overload,
    NotAuthenticated(&'a Refusal),
    /// A step of an enhanced authentication: the hook's word.
    NotContinued(&'static str),
    /// The client did not answer a challenge as it must.
    BrokenExchange,
    Will {
        topic: &'a str,
        refusal: &'a Refusal,
    },
    /// The old session of the client id did not leave.
    NotRegistered,
}

impl Kind {
    /// The word of the column.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::ConnectRefused => "connect_refused",
            Self::PublishRefused => "publish_refused",
            Self::SubscribeRefused => "subscribe_refused",
            Self::MessageDropped => "message_dropped",
            Self::Disconnected => "disconnected",
            Self::SessionEnded => "session_ended",
            Self::ConnectionRefused => "connection_refused",
            Self::ListenerFailed => "listener_failed",
        }
    }
}

impl ConnectRefusal<'_> {
    const fn reason(&self) -> Result<ConnectReason, &'static str> {
        Ok(match self {
            Self::ProtocolVersion(_) => ConnectReason::ProtocolVersion,
            Self::ClientId => ConnectReason::ClientId,
            Self::WillTopic => ConnectReason::ReservedTopic,
            Self::Overload => ConnectReason::Overload,
            Self::BrokenExchange => ConnectReason::ProtocolError,
            Self::NotRegistered => ConnectReason::NotRegistered,
            Self::NotAuthenticated(refusal) | Self::Will { refusal, .. } => return Err(refusal.word),
            Self::NotContinued(word) => return Err(word),
        })
    }
}

impl Happening<'_> {
    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::ConnectRefused(_) => Kind::ConnectRefused,
            Self::PublishRefused { .. } => Kind::PublishRefused,
            Self::SubscribeRefused { .. } => Kind::SubscribeRefused,
            Self::MessagesDropped { .. } => Kind::MessageDropped,
            Self::Disconnected(_) => Kind::Disconnected,
            Self::SessionEnded(_) => Kind::SessionEnded,
        }
    }

    /// The word of the reason, and its counter: both from the same entry of a closed list.
    #[must_use]
    pub fn reason(&self) -> (&'static str, Counter) {
        match self {
            Self::ConnectRefused(refusal) => {
                let reason = refusal.reason().unwrap_or_else(ConnectReason::of_word);
                (reason.word(), reason.counter())
            }
            Self::PublishRefused { refusal, .. } => {
                let reason = refusal.map_or(PublishReason::ReservedTopic, |refusal| {
                    PublishReason::of_word(refusal.word)
                });
                (reason.word(), reason.counter())
            }
            Self::SubscribeRefused { refusal, .. } => {
                let reason = refusal.map_or(SubscribeReason::TooMany, |refusal| {
                    SubscribeReason::of_word(refusal.word)
                });
                (reason.word(), reason.counter())
            }
            Self::MessagesDropped { reason, .. } => (reason.word(), reason.counter()),
            Self::Disconnected(reason) => (reason.name(), close_counter(reason)),
            Self::SessionEnded(reason) => (reason.word(), reason.counter()),
        }
    }

    /// How many times it happened at once.
    #[must_use]
    pub const fn count(&self) -> u64 {
        match self {
            Self::MessagesDropped { count, .. } => *count,
            _ => 1,
        }
    }

    /// What is told beside the reason; empty = nothing.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::ConnectRefused(ConnectRefusal::ProtocolVersion(level)) => format!("version {level}"),
            Self::ConnectRefused(ConnectRefusal::Will { topic, refusal }) => {
                with_own_word(format!("last will {topic}"), self.reason().0, refusal.word)
            }
            Self::ConnectRefused(ConnectRefusal::NotContinued(word)) => {
                with_own_word("enhanced authentication".to_owned(), self.reason().0, word)
            }
            Self::ConnectRefused(ConnectRefusal::NotAuthenticated(refusal)) => {
                with_own_word(String::new(), self.reason().0, refusal.word)
            }
            Self::ConnectRefused(_) | Self::SessionEnded(_) => String::new(),
            Self::PublishRefused { topic: what, refusal }
            | Self::SubscribeRefused {
                filters: what,
                refusal,
            } => {
                let reason = self.reason().0;
                let word = refusal.map_or(reason, |refusal| refusal.word);
                with_own_word((*what).to_owned(), reason, word)
            }
            Self::MessagesDropped { topic, .. } => topic.unwrap_or_default().to_owned(),
            Self::Disconnected(reason) => {
                let word = reason.abnormal();
                word.filter(|word| word != reason.name()).unwrap_or_default()
            }
        }
    }

    /// Counts it: the reason, and what the original counts.
    pub(super) fn bump(&self, metrics: &Metrics, version: Version) {
        metrics.add(self.reason().1, self.count());
        let of = |v4, v5| Counter::for_version(version, v4, v5);
        match self {
            Self::Disconnected(reason) if is_too_large(reason) => {
                metrics.bump(of(Counter::InvalidMsgSize4, Counter::InvalidMsgSize5));
            }
            Self::PublishRefused { .. } => {
                metrics.bump(of(Counter::PublishAuthError4, Counter::PublishAuthError5));
            }
            Self::SubscribeRefused { .. } => {
                metrics.bump(of(Counter::SubscribeAuthError4, Counter::SubscribeAuthError5));
            }
            Self::MessagesDropped { reason, count, .. } => match reason {
                DropReason::QueueFull => metrics.add(Counter::QueueMessageDrop, *count),
                DropReason::Expired => metrics.add(Counter::QueueMessageExpired, *count),
                DropReason::TooLarge | DropReason::Revoked => {}
            },
            Self::Disconnected(CloseReason::ConnectTimeout) => metrics.bump(Counter::SocketCloseTimeout),
            Self::Disconnected(CloseReason::SocketError(_)) => metrics.bump(Counter::SocketError),
            Self::Disconnected(CloseReason::KeepAlive) => {
                metrics.bump(of(Counter::KeepaliveExpired4, Counter::KeepaliveExpired5));
            }
            Self::ConnectRefused(_) | Self::Disconnected(_) | Self::SessionEnded(_) => {}
        }
    }
}

/// What the reason is about, and the word of a plugin that the closed list does not have.
fn with_own_word(about: String, reason: &str, word: &str) -> String {
    match (about.is_empty(), reason == word) {
        (_, true) => about,
        (true, false) => word.to_owned(),
        (false, false) => format!("{about} ({word})"),
    }
}

/// A packet larger than `max_message_size`.
#[must_use]
pub fn is_too_large(reason: &CloseReason) -> bool {
    matches!(reason, CloseReason::Malformed(error) if error.reason == ReasonCode::PacketTooLarge)
}
