//! One listener, whatever its kind.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{HttpConfig, Plugin, ProxyConfig, TlsConfig, WebSocketConfig};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListenerKind {
    Tcp,
    Ssl,
    Ws,
    Wss,
    Http,
    Https,
    Vmq,
    Vmqs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerAddress {
    Ip(SocketAddr),
    /// `local:/path:0`
    Unix(PathBuf),
}

/// One listener with inheritance resolved (name, then type, then global).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerConfig {
    pub kind: ListenerKind,
    pub name: String,
    pub address: ListenerAddress,
    /// `None` = infinity.
    pub max_connections: Option<usize>,
    pub acceptors: usize,
    /// `None` = never.
    pub max_connection_lifetime: Option<Duration>,
    /// Empty = the default mountpoint.
    pub mountpoint: String,
    /// Protocol level bytes: 3, 4, 5, 131, 132.
    pub allowed_protocol_versions: Vec<u8>,
    pub allow_anonymous_override: bool,
    /// `None` = the global chain.
    pub auth_plugins: Option<Vec<Plugin>>,
    pub authz_plugins: Option<Vec<Plugin>>,
    pub forward_connection_opts: bool,
    pub buffer_sizes: Option<BufferSizes>,
    /// Socket reads processed before yielding, 1..=32767.
    pub active_n: u16,
    /// `Some`: every connection must start with a PROXY header (config.md 7.1).
    pub proxy_protocol: Option<ProxyConfig>,
    /// New connections a second, before TLS; 0 = no limit.
    pub connect_rate: u32,
    /// The same for one source address; 0 = no limit.
    pub connect_rate_per_source: u32,
    /// ssl, wss, https, vmqs.
    pub tls: Option<TlsConfig>,
    /// ws, wss.
    pub websocket: Option<WebSocketConfig>,
    /// http, https.
    pub http: Option<HttpConfig>,
    /// Everything else that was set for this listener, by option name, values as text, for the parts that later versions
    /// serve. Secrets are not among it.
    pub other: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferSizes {
    pub send: usize,
    pub receive: usize,
    pub read_buffer: usize,
}
