//! Events: one type for each thing worth telling an operator. The closed lists of reasons live here; a reason is the
//! log field, the metric label and the column in the tools. What happens to clients is told in one place (`tell`).

pub mod reasons;
pub mod decider;
pub mod happening;
mod line;
pub mod tell;

pub use decider::Decider;
pub use happening::{ConnectRefusal, Happening, Kind};
pub use reasons::{DropReason, SessionReason};
pub use tell::{Told, Who, note};

use crate::listener::proxy_protocol::ProxyFault;
use crate::listener::rate::RateRefusal;
use crate::listener::tls::HandshakeFailure;
use crate::listener::websocket::UpgradeRefusal;
use crate::logging::LineBudget;
use crate::metrics::Counter;
use std::io;
use std::time::Instant;
use vmq_mqtt::{DecodeError, ReasonCode};

/// Why a connection ended. Every end has exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// DISCONNECT 0x00: the will is discarded.
    ClientDisconnect,
    /// DISCONNECT with another reason code: the will is published.
    ClientDisconnectWithWill,
    /// The client closed the socket.
    PeerClosed,
    /// Reading or writing failed.
    SocketError(io::ErrorKind),
    /// Bytes that TLS or WebSocket do not allow, such as a text frame [MQTT-6.0.0-1].
    Transport,
    /// A write made no progress for `send_timeout`.
    SendTimeout,
    /// No complete CONNECT in time, or an authentication exchange that did not go on.
    ConnectTimeout,
    /// No packet within one and a half keep-alives.
    KeepAlive,
    /// Another connection uses the client id now.
    TakenOver,
    /// `vmq-admin session disconnect`, listener stopped with kill, plugin.
    Administrative,
    /// `max_connection_lifetime`.
    LifetimeReached,
    /// The broker stops.
    ServerShutdown,
    /// No new clients above the memory high-water mark; the CONNACK has told the client.
    Overload,
    /// CONNECT was refused; the CONNACK has told the client.
    Refused(ReasonCode),
    /// Bytes that are no packet, or a packet that is not allowed.
    Malformed(DecodeError),
    /// The client broke a rule of the protocol.
    Violation(Violation),
    /// 3.1.1: a publish that is not authorised ends the connection.
    PublishNotAuthorized,
    /// First packet was not a CONNECT.
    NotConnect,
}

/// A broken protocol rule: what a version 5 client is told, and a word for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    pub reason: ReasonCode,
    pub what: &'static str,
}

impl CloseReason {
    /// A violation.
    #[must_use]
    pub const fn violation(reason: ReasonCode, what: &'static str) -> Self {
        Self::Violation(Violation { reason, what })
    }

    /// What a failed read or write means.
    #[must_use]
    pub fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Transport,
            // TLS without its closing message.
            io::ErrorKind::UnexpectedEof => Self::PeerClosed,
            kind => Self::SocketError(kind),
        }
    }

    /// The word used as metric label and log field.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ClientDisconnect => "client_disconnect",
            Self::ClientDisconnectWithWill => "client_disconnect_with_will",
            Self::PeerClosed => "peer_closed",
            Self::SocketError(_) => "socket_error",
            Self::Transport => "transport_error",
            Self::Overload => "overload",
            Self::SendTimeout => "send_timeout",
            Self::ConnectTimeout => "connect_timeout",
            Self::KeepAlive => "keep_alive_timeout",
            Self::TakenOver => "session_taken_over",
            Self::Administrative => "administrative_action",
            Self::LifetimeReached => "max_connection_lifetime",
            Self::ServerShutdown => "server_shutting_down",
            Self::Refused(_) => "refused",
            Self::Malformed(_) => "malformed_packet",
            Self::Violation(_) => "protocol_error",
            Self::PublishNotAuthorized => "publish_not_authorized",
            Self::NotConnect => "first_packet_not_connect",
        }
    }

    /// The reason code of the DISCONNECT that a version 5 client gets (mqtt.md 13.4); `None` = no DISCONNECT.
    #[must_use]
    pub const fn disconnect_code(&self) -> Option<ReasonCode> {
        match self {
            Self::KeepAlive => Some(ReasonCode::KeepAliveTimeout),
            Self::TakenOver => Some(ReasonCode::SessionTakenOver),
            Self::Administrative | Self::LifetimeReached => Some(ReasonCode::AdministrativeAction),
            Self::ServerShutdown => Some(ReasonCode::ServerShuttingDown),
            Self::Malformed(error) => Some(error.reason),
            Self::Violation(violation) => Some(violation.reason),
            Self::PublishNotAuthorized => Some(ReasonCode::NotAuthorized),
            Self::ClientDisconnect
            | Self::ClientDisconnectWithWill
            | Self::PeerClosed
            | Self::SocketError(_)
            | Self::Transport
            | Self::Overload
            | Self::SendTimeout
            | Self::ConnectTimeout
            | Self::Refused(_)
            | Self::NotConnect => None,
        }
    }

    /// Whether the will is published (mqtt.md 12.1).
    #[must_use]
    pub const fn publishes_will(&self) -> bool {
        !matches!(self, Self::ClientDisconnect)
    }

    /// The word in `session ... stopped abnormally due to '<reason>'`; `None` = a normal end, logged at debug.
    #[must_use]
    pub fn abnormal(&self) -> Option<String> {
        match self {
            Self::SocketError(kind) => Some(socket_error_word(*kind).to_owned()),
            Self::Transport | Self::SendTimeout | Self::Overload => Some(self.name().to_owned()),
            Self::Malformed(error) => Some(error.what.to_owned()),
            Self::Violation(violation) => Some(violation.what.to_owned()),
            Self::NotConnect => Some("first_packet_not_connect".to_owned()),
            _ => None,
        }
    }
}

/// The POSIX word operators know for a socket error.
const fn socket_error_word(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::ConnectionReset => "econnreset",
        io::ErrorKind::TimedOut => "etimedout",
        io::ErrorKind::BrokenPipe => "epipe",
        io::ErrorKind::ConnectionAborted => "econnaborted",
        io::ErrorKind::HostUnreachable => "ehostunreach",
        io::ErrorKind::NetworkUnreachable => "enetunreach",
        io::ErrorKind::NotConnected => "enotconn",
        _ => "socket_error",
    }
}

/// Why a socket was given up before MQTT, or HTTP, was spoken on it.
#[derive(Debug)]
pub enum RefusedConnection {
    /// More new connections a second than the listener, or the source, may make.
    Rate(RateRefusal),
    /// A PROXY header from somebody who may not send one.
    UntrustedProxy,
    /// No PROXY header, or a bad one.
    ProxyProtocol(ProxyFault),
    ProxyTimeout,
    Tls(HandshakeFailure),
    WebSocket(UpgradeRefusal),
    /// No complete upgrade request in time.
    WebSocketTimeout,
}

impl RefusedConnection {
    /// The word used as metric label and log field.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rate(refusal) => refusal.name(),
            Self::UntrustedProxy => "untrusted_proxy",
            Self::ProxyProtocol(_) => "proxy_protocol_error",
            Self::ProxyTimeout => "proxy_protocol_timeout",
            Self::Tls(_) => "tls_handshake_failed",
            Self::WebSocket(_) => "websocket_upgrade",
            Self::WebSocketTimeout => "websocket_upgrade_timeout",
        }
    }

    /// The counter of the reason.
    #[must_use]
    pub const fn counter(&self) -> Counter {
        match self {
            Self::Rate(RateRefusal::Listener) => Counter::RefusedConnectRate,
            Self::Rate(RateRefusal::Source) => Counter::RefusedConnectRatePerSource,
            Self::UntrustedProxy => Counter::RefusedUntrustedProxy,
            Self::ProxyProtocol(_) => Counter::RefusedProxyProtocol,
            Self::ProxyTimeout => Counter::RefusedProxyTimeout,
            Self::Tls(_) => Counter::RefusedTls,
            Self::WebSocket(_) => Counter::RefusedWebSocket,
            Self::WebSocketTimeout => Counter::RefusedWebSocketTimeout,
        }
    }
}

/// Lines a second of each kind that clients can provoke at will.
static REFUSED_CONNECTS: LineBudget = LineBudget::per_second(100);
static REFUSED_PACKETS: LineBudget = LineBudget::per_second(100);
static ENDED_SESSIONS: LineBudget = LineBudget::per_second(100);
static REFUSED_CONNECTIONS: LineBudget = LineBudget::per_second(100);
static REFUSED_KEYS: LineBudget = LineBudget::per_second(100);

/// What a provoked line is about; each kind has a budget of its own, so that one cannot silence the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provoked {
    RefusedConnect,
    RefusedPacket,
    EndedSession,
    RefusedConnection,
    /// Of the HTTP side.
    RefusedKey,
}

impl Provoked {
    /// Whether one more line may be written now. What was held back is told with the next one that is.
    #[must_use]
    pub fn may_log(self) -> bool {
        let budget = match self {
            Self::RefusedConnect => &REFUSED_CONNECTS,
            Self::RefusedPacket => &REFUSED_PACKETS,
            Self::EndedSession => &ENDED_SESSIONS,
            Self::RefusedConnection => &REFUSED_CONNECTIONS,
            Self::RefusedKey => &REFUSED_KEYS,
        };
        match budget.take(Instant::now()) {
            None => false,
            Some(0) => true,
            Some(held_back) => {
                tracing::warn!("{held_back} log lines of this kind were held back: {self:?}");
                true
            }
        }
    }
}
