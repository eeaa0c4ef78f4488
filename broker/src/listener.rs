//! Listeners: bind, accept, limits. A listener never looks at MQTT.

pub mod bind;
pub mod sockets;
pub mod rate;
pub mod descriptors;
pub mod accept;
pub mod entrance;
pub mod peer;
pub mod proxy_protocol;
pub mod tls;
pub mod websocket;
mod open;
pub mod life;

use crate::core::Core;
use crate::hooks::Chain;
use accept::Accepting;
use bind::Bound;
use descriptors::Slot;
use life::Activity;
pub use open::Listeners;
use parking_lot::Mutex;
pub use peer::Peer;
use rate::ConnectRate;
use sockets::SocketOptions;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tls::{ServerTls, TlsFault};
use tokio::sync::Notify;
use vmq_config::{ListenerAddress, ListenerConfig, ListenerKind};

/// Bytes of one socket read, unless `buffer_sizes` says otherwise: large enough for a batch, small enough to be shared by
/// many connections in turn.
const READ_BUFFER_BYTES: usize = 32 * 1024;

/// What a connection takes from its listener.
pub struct ListenerContext {
    /// Number of the listener in this run of the broker.
    pub id: u32,
    pub name: String,
    pub connections: Arc<Connections>,
    pub mountpoint: Arc<str>,
    pub allowed_protocol_versions: Vec<u8>,
    pub allow_anonymous_override: bool,
    /// Authentication.
    pub auth: Chain,
    /// Authorisation.
    pub authz: Chain,
    pub max_connection_lifetime: Option<Duration>,
    pub read_buffer_bytes: usize,
    /// Full reads handled at one go before others get their turn.
    pub active_n: u16,
    pub send_timeout: Duration,
}

/// A listener that was opened.
pub struct Listener {
    /// Number in this run of the broker.
    pub id: u32,
    pub config: ListenerConfig,
    /// `None` for a Unix socket.
    pub address: Option<SocketAddr>,
    pub connections: Arc<Connections>,
    /// Keys and certificates; replaced in place when their files change.
    pub tls: Option<Arc<ServerTls>>,
    activity: Mutex<Activity>,
}

/// The connections of one listener: how many, and when there are none.
#[derive(Debug, Default)]
pub struct Connections {
    active: AtomicUsize,
    /// All that ever were.
    accepted: AtomicU64,
    /// Sockets that were given up before MQTT, or HTTP, was spoken on them, by reason. Few reasons, and rare.
    refused: Mutex<BTreeMap<&'static str, u64>>,
    ended: Notify,
    /// All of them have to go.
    leave: Notify,
}

/// Why a listener did not open.
#[derive(Debug, thiserror::Error)]
#[error("can't start listener {kind} {address} due to {why}")]
pub struct ListenerFault {
    pub kind: &'static str,
    pub address: String,
    pub why: String,
    /// `eaddrinuse` and the like where the operating system has refused, else the same as `why`.
    pub word: String,
}

impl Listener {
    /// Binds the address and reads keys and certificates; nothing is accepted yet. May block on the disk.
    ///
    /// # Errors
    /// The address cannot be bound, TLS files cannot be used, or this version does not serve the kind of listener.
    pub fn bind(config: &ListenerConfig, core: &Core) -> Result<(Self, Bound), ListenerFault> {
        let fault = |why: String| ListenerFault {
            kind: config.kind.type_name(),
            address: bind::address_text(&config.address),
            word: why.clone(),
            why,
        };
        if matches!(config.kind, ListenerKind::Vmq | ListenerKind::Vmqs) {
            return Err(fault(
                "cluster listeners are not available in this version".to_owned(),
            ));
        }
        let is_unix = matches!(config.address, ListenerAddress::Unix(_));
        if is_unix && config.proxy_protocol.is_some() {
            // There is no address to believe or to doubt.
            return Err(fault(
                "proxy_protocol is not available on a Unix socket".to_owned(),
            ));
        }
        let tls = Self::load_tls(config).map_err(|error| fault(error.to_string()))?;
        let bound = bind::bind(&config.address, &core.config().tcp).map_err(|error| ListenerFault {
            word: bind::reason(&error),
            ..fault(error.to_string())
        })?;
        let address = bound.local_address();
        Ok((
            Self {
                id: core.listeners.next_id(),
                config: config.clone(),
                address,
                connections: Arc::default(),
                tls: tls.map(Arc::new),
                activity: Mutex::new(Activity::Changing),
            },
            bound,
        ))
    }

    /// Reads keys and certificates; `None` = the listener has no TLS. Blocks on the disk.
    ///
    /// # Errors
    /// They cannot be read or used.
    pub fn load_tls(config: &ListenerConfig) -> Result<Option<ServerTls>, TlsFault> {
        let alpn: &[&[u8]] = match config.kind {
            ListenerKind::Https => &[b"h2", b"http/1.1"],
            ListenerKind::Wss => &[b"http/1.1"],
            _ => &[],
        };
        config
            .tls
            .as_ref()
            .map(|tls| ServerTls::load(tls, alpn))
            .transpose()
    }

    /// Starts to accept; ends when the broker stops, or by `suspend`.
    pub fn accept(&self, bound: Bound, core: &Arc<Core>) {
        let config = core.config();
        let entrance = entrance::Entrance {
            core: Arc::clone(core),
            context: Arc::new(self.context(core)),
            label: bind::address_text(&self.config.address),
            config: self.config.clone(),
            tls: self.tls.clone(),
            rate: ConnectRate::new(self.config.connect_rate, self.config.connect_rate_per_source),
        };
        let accepting = Accepting {
            entrance: Arc::new(entrance),
            options: SocketOptions::new(&config.tcp, self.config.buffer_sizes),
            connections: Arc::clone(&self.connections),
            limit: self.config.max_connections,
        };
        self.put_activity(Activity::Accepting(tokio::spawn(accepting.run(bound))));
    }

    fn context(&self, core: &Core) -> ListenerContext {
        ListenerContext {
            id: self.id,
            name: self.config.name.clone(),
            connections: Arc::clone(&self.connections),
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
            active_n: self.config.active_n.max(1),
            send_timeout: core.config().tcp.send_timeout,
        }
    }

    /// Whether clients speak MQTT here, directly or in WebSocket frames.
    #[must_use]
    pub const fn is_mqtt(&self) -> bool {
        matches!(
            self.config.kind,
            ListenerKind::Tcp | ListenerKind::Ssl | ListenerKind::Ws | ListenerKind::Wss
        )
    }
}

impl Connections {
    /// How many are open.
    #[must_use]
    pub fn active(&self) -> usize {
        self.active.load(Ordering::Acquire)
    }

    /// How many there have been.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// How many sockets were given up, by reason: that of the handshake where it is TLS that failed.
    #[must_use]
    pub fn refused(&self) -> BTreeMap<&'static str, u64> {
        self.refused.lock().clone()
    }

    fn count_refused(&self, reason: &'static str) {
        *self.refused.lock().entry(reason).or_default() += 1;
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
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(self))
    }
}

/// What a connection holds for as long as it lives: its place in the listener and in the process.
struct Place {
    _open: Open,
    _slot: Slot,
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
