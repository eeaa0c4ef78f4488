//! Who decided that a connection ends: the client, the network, a rule, an operator, or a limit and its setting.

use crate::core::Core;
use crate::events::happening::is_too_large;
use crate::events::{CloseReason, Decider};
use crate::listener::ListenerContext;
use crate::mailbox::Mailbox;
use crate::registry::SubscriberId;
use std::sync::Arc;
use vmq_config::SessionConfig;
use vmq_mqtt::Version;

/// What a decision may have been made of.
pub(super) struct Closing<'a> {
    pub core: &'a Core,
    pub listener: &'a ListenerContext,
    pub config: &'a SessionConfig,
    pub mailbox: &'a Mailbox,
    /// `None` = no CONNECT was read.
    pub subscriber: Option<&'a SubscriberId>,
    pub keep_alive_secs: u16,
    pub version: Version,
}

impl Closing<'_> {
    pub(super) fn decider(&self, reason: &CloseReason) -> Decider {
        match reason {
            CloseReason::ClientDisconnect
            | CloseReason::ClientDisconnectWithWill
            | CloseReason::PeerClosed => Decider::Client,
            CloseReason::SocketError(_) => Decider::Network,
            CloseReason::Transport | CloseReason::NotConnect | CloseReason::Refused(_) => Decider::Protocol,
            CloseReason::SendTimeout => Decider::limit(
                "tcp_listen_options.send_timeout",
                self.listener.send_timeout.as_millis(),
            ),
            CloseReason::ConnectTimeout => {
                Decider::limit("mqtt_connect_timeout", self.config.connect_timeout.as_millis())
            }
            CloseReason::KeepAlive => self.keep_alive(),
            CloseReason::TakenOver => self.newcomer(),
            CloseReason::Administrative => Decider::Admin {
                uid: self.mailbox.kicked_by(),
            },
            CloseReason::LifetimeReached => {
                let lifetime = self.listener.max_connection_lifetime.unwrap_or_default();
                Decider::limit("max_connection_lifetime", lifetime.as_secs())
            }
            CloseReason::ServerShutdown => Decider::Shutdown,
            CloseReason::Overload => overload(self.core),
            CloseReason::Malformed(_) if is_too_large(reason) => {
                Decider::limit("max_message_size", self.config.max_message_size)
            }
            CloseReason::Violation(violation) if violation.what == "receive_max_exceeded" => {
                Decider::limit("receive_max_broker", self.config.receive_max_broker)
            }
            CloseReason::PublishNotAuthorized if self.version == Version::V3 => {
                Decider::setting("disconnect_on_unauthorized_publish_v3", "on")
            }
            CloseReason::Malformed(_) | CloseReason::Violation(_) | CloseReason::PublishNotAuthorized => {
                Decider::Protocol
            }
        }
    }

    /// The client has chosen it, unless it wanted more than it may.
    fn keep_alive(&self) -> Decider {
        let max = self.config.max_keepalive_secs;
        if max > 0 && self.keep_alive_secs == max {
            return Decider::limit("max_keepalive", max);
        }
        Decider::Asked {
            what: "keep_alive",
            value: self.keep_alive_secs.into(),
        }
    }

    /// The connection that has the client id now, or waits for it.
    fn newcomer(&self) -> Decider {
        let queue = self.subscriber.and_then(|known| self.core.registry.get(known));
        let newcomer = queue.and_then(|queue| queue.newcomer(self.mailbox.connection));
        match newcomer {
            Some(mailbox) => Decider::Connection {
                peer: Arc::clone(&mailbox.peer),
            },
            None => Decider::Client,
        }
    }
}

/// The mark above which nobody new is taken.
pub(super) fn overload(core: &Core) -> Decider {
    let mark = core.config().overload.memory_high_watermark_percent;
    let value = mark.map_or_else(|| "off".to_owned(), |percent| format!("{percent}%"));
    Decider::setting("overload.memory_high_watermark", value)
}
