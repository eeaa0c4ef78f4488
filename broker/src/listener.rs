//! Listeners: bind, accept, limits. A listener never looks at MQTT.

pub mod accept;
pub mod bind;
pub mod sockets;

use crate::core::Core;
use crate::hooks::Chain;
use accept::Accepting;
use bind::Bound;
use sockets::SocketOptions;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use vmq_config::{ListenerConfig, ListenerKind};

/// Bytes of one socket read, unless `buffer_sizes` says otherwise: large enough for a batch, small enough to be shared by
/// many connections in turn.
const READ_BUFFER_BYTES: usize = 32 * 1024;

/// What a connection takes from its listener.
pub struct ListenerContext {
    pub name: String,
    pub mountpoint: Arc<str>,
    pub allowed_protocol_versions: Vec<u8>,
    pub allow_anonymous_override: bool,
    /// Authentication.
    pub auth: Chain,
    /// Authorisation.
    pub authz: Chain,
    pub max_connection_lifetime: Option<Duration>,
    pub read_buffer_bytes: usize,
    pub send_timeout: Duration,
}

/// A listener that is open.
#[derive(Debug)]
pub struct Listener {
    pub config: ListenerConfig,
    /// `None` for a Unix socket.
    pub address: Option<SocketAddr>,
    pub connections: Arc<Connections>,
}

/// The connections of one listener: how many, and when there are none.
#[derive(Debug, Default)]
pub struct Connections {
    active: AtomicUsize,
    ended: Notify,
}

/// Why a listener did not open.
#[derive(Debug, thiserror::Error)]
#[error("can't start listener {kind} {address} due to {why}")]
pub struct ListenerFault {
    pub kind: &'static str,
    pub address: String,
    pub why: String,
}

impl Listener {
    /// Binds the address; nothing is accepted yet.
    ///
    /// # Errors
    /// The address cannot be bound, or this version does not serve the kind of listener.
    pub fn bind(config: &ListenerConfig, core: &Core) -> Result<(Self, Bound), ListenerFault> {
        let fault = |why: String| ListenerFault {
            kind: kind_name(config.kind),
            address: bind::address_text(&config.address),
            why,
        };
        if config.kind != ListenerKind::Tcp {
            return Err(fault(
                "this kind of listener is not available in this version".to_owned(),
            ));
        }
        if config.proxy_protocol {
            // A listener that believed any source address would be weaker than the one asked for.
            return Err(fault(
                "proxy_protocol is not available in this version".to_owned(),
            ));
        }
        let bound =
            bind::bind(&config.address, &core.config().tcp).map_err(|error| fault(error.to_string()))?;
        let address = bound.local_address();
        Ok((
            Self {
                config: config.clone(),
                address,
                connections: Arc::default(),
            },
            bound,
        ))
    }

    /// Starts to accept; ends when the broker stops.
    pub fn accept(&self, bound: Bound, core: &Arc<Core>) {
        let config = core.config();
        let context = ListenerContext {
            name: self.config.name.clone(),
            mountpoint: Arc::from(self.config.mountpoint.as_str()),
            allowed_protocol_versions: self.config.allowed_protocol_versions.clone(),
            allow_anonymous_override: self.config.allow_anonymous_override,
            auth: core.hooks.chain(self.config.auth_plugins.as_deref()),
            authz: core.hooks.chain(self.config.authz_plugins.as_deref()),
            max_connection_lifetime: self.config.max_connection_lifetime,
            read_buffer_bytes: self
                .config
                .buffer_sizes
                .map_or(READ_BUFFER_BYTES, |sizes| sizes.read_buffer.max(1024)),
            send_timeout: config.tcp.send_timeout,
        };
        let accepting = Accepting {
            core: Arc::clone(core),
            context: Arc::new(context),
            options: SocketOptions::new(&config.tcp, self.config.buffer_sizes),
            connections: Arc::clone(&self.connections),
            limit: self.config.max_connections,
            label: bind::address_text(&self.config.address),
        };
        tokio::spawn(accepting.run(bound));
    }
}

impl Connections {
    /// How many are open.
    #[must_use]
    pub fn active(&self) -> usize {
        self.active.load(Ordering::Acquire)
    }

    /// Waits until none is open.
    pub async fn none_left(&self) {
        loop {
            let ended = self.ended.notified();
            if self.active() == 0 {
                return;
            }
            ended.await;
        }
    }

    fn opened(self: &Arc<Self>) -> Open {
        self.active.fetch_add(1, Ordering::AcqRel);
        Open(Arc::clone(self))
    }
}

/// One open connection; counts down when it is dropped.
struct Open(Arc<Connections>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::AcqRel);
        // `notify_one` keeps the news for the acceptor that is about to wait.
        self.0.ended.notify_one();
        self.0.ended.notify_waiters();
    }
}

/// The name of a kind in texts and tables.
#[must_use]
pub const fn kind_name(kind: ListenerKind) -> &'static str {
    match kind {
        ListenerKind::Tcp => "mqtt",
        ListenerKind::Ssl => "mqtts",
        ListenerKind::Ws => "mqttws",
        ListenerKind::Wss => "mqttwss",
        ListenerKind::Vmq => "vmq",
        ListenerKind::Vmqs => "vmqs",
        ListenerKind::Http => "http",
        ListenerKind::Https => "https",
    }
}
