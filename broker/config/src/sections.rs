//! The typed configuration: one small struct for each part of the broker, which receives its section only.

use std::path::PathBuf;
use std::time::Duration;

mod history;
mod http;
mod listener;
mod log;
mod metrics;
mod proxy;
mod tls;

pub use history::*;
pub use http::*;
pub use listener::*;
pub use log::*;
pub use metrics::*;
pub use proxy::*;
pub use tls::*;

/// The whole configuration, valid by construction.
#[derive(Clone, Debug)]
pub struct Config {
    pub node: NodeConfig,
    pub auth: AuthConfig,
    /// Values that a session samples when CONNECT is processed.
    pub session: SessionConfig,
    pub queue: QueueConfig,
    pub retain: RetainConfig,
    pub store: StoreConfig,
    pub listeners: Vec<ListenerConfig>,
    pub log: LogConfig,
    pub acl: FileSource,
    pub passwd: FileSource,
    /// Enabled plugins in chain order (hooks.md 3.1).
    pub plugins: Vec<Plugin>,
    pub admin: AdminConfig,
    pub systree: SystreeConfig,
    /// Start of every name on the page `/metrics`; may be empty.
    pub prometheus_namespace: String,
    pub graphite: GraphiteConfig,
    /// Socket defaults from `tcp_listen_options`.
    pub tcp: TcpOptions,
    /// How often CRL files are read again; `None` = never.
    pub crl_refresh_interval: Option<Duration>,
    /// Worker threads of the runtime; 0 = one per core.
    pub worker_threads: usize,
    /// Features of the file that this version does not have yet: one start-up line each ("not available yet").
    pub not_available_yet: Vec<String>,
    pub store_tuning: StoreTuning,
    pub cluster: ClusterConfig,
    pub overload: OverloadConfig,
    pub history: HistoryConfig,
    /// Traces that may run at once.
    pub traces_max: usize,
    pub http_api: HttpApiConfig,
    /// Descriptors asked for at start (`erlang.max_ports`); the hard limit still holds.
    pub open_files_max: u64,
}

#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// `VerneMQ@127.0.0.1`
    pub name: String,
    pub data_dir: PathBuf,
}

#[derive(Clone, Debug)]
pub struct AuthConfig {
    pub allow_anonymous: bool,
}

#[derive(Clone, Debug)]
pub struct SessionConfig {
    pub retry_interval: Duration,
    pub max_client_id_bytes: usize,
    /// 0 = no limit.
    pub max_subscriptions_per_client: usize,
    /// `None` = never.
    pub persistent_client_expiration: Option<Duration>,
    /// `None` = as the client asks.
    pub max_last_will_delay: Option<Duration>,
    /// 3.x only; 0 = no limit.
    pub max_inflight_messages: u16,
    /// Publishes per second; 0 = no limit.
    pub max_message_rate: u32,
    /// Remaining Length bound in bytes; 0 = protocol maximum.
    pub max_message_size: u32,
    pub upgrade_outgoing_qos: bool,
    pub topic_max_depth: usize,
    pub topic_alias_max_client: u16,
    pub topic_alias_max_broker: u16,
    pub receive_max_client: u16,
    pub receive_max_broker: u16,
    pub connect_timeout: Duration,
    pub suppress_lwt_on_session_takeover: bool,
    pub shared_subscription_policy: SharedPolicy,
    pub disconnect_on_unauthorized_publish_v3: bool,
    pub keepalive_as_warning: bool,
    /// Seconds; 0 = off.
    pub max_keepalive_secs: u16,
    pub allow_multiple_sessions: bool,
    pub queue_deliver_mode: DeliverMode,
    pub coordinate_registrations: bool,
    pub retain_mode: RetainMode,
    /// Cap in bytes on outgoing version 5 packets; 0 = none.
    pub m5_max_packet_size: u32,
    pub m5_request_problem_information: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedPolicy {
    PreferLocal,
    Random,
    LocalOnly,
    PreferOnlineBeforeLocal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliverMode {
    Fanout,
    Balance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetainMode {
    Immediate,
    Syncwait,
}

#[derive(Clone, Debug)]
pub struct QueueConfig {
    /// `None` = no limit.
    pub max_online_messages: Option<usize>,
    /// `None` = no limit.
    pub max_offline_messages: Option<usize>,
    pub override_max_online_messages: bool,
    pub kind: QueueKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueKind {
    Fifo,
    Lifo,
}

#[derive(Clone, Debug)]
pub struct RetainConfig {
    /// Time between sweeps of expired entries; `None` = only on access.
    pub expire_interval: Option<Duration>,
}

#[derive(Clone, Debug)]
pub struct StoreConfig {
    pub dir: PathBuf,
    pub sync: SyncPolicy,
    /// Memory budget in bytes (block cache and write buffers together).
    pub memory_bytes: u64,
}

/// When stored data is forced to the disk (mqtt.md 14.2 point 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncPolicy {
    Batch,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Plugin {
    Acl,
    Bridge,
    Diversity,
    HttpPub,
    Passwd,
    WebUi,
    Webhooks,
}

/// A rule file that is re-read while the broker runs (password file, ACL file).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    pub file: PathBuf,
    /// `None` = no automatic reload.
    pub reload_interval: Option<Duration>,
    /// decisions.md 13; only the ACL file has it.
    pub revoke_on_reload: bool,
}

#[derive(Clone, Debug)]
pub struct AdminConfig {
    pub socket_path: PathBuf,
    pub socket_mode: u32,
    pub socket_group: Option<String>,
    pub readonly_group: Option<String>,
}

#[derive(Clone, Debug)]
pub struct TcpOptions {
    pub nodelay: bool,
    /// A write blocked for longer closes the connection.
    pub send_timeout: Duration,
    /// `Some(0)` = reset on close.
    pub linger_secs: Option<u32>,
    pub backlog: u32,
    pub sndbuf: Option<usize>,
    pub recbuf: Option<usize>,
    pub keepalive: bool,
}

/// What the broker does when the machine is short of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverloadConfig {
    /// New clients are refused above this share of memory (cgroup limit if lower), 1..=100; `None` = never.
    pub memory_high_watermark_percent: Option<u8>,
    pub shedding: bool,
}

/// The tuning that `leveldb.*` keys still give to the embedded store (config.md 13.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreTuning {
    /// Size of one write buffer in bytes.
    pub write_buffer_bytes: u64,
    pub bloom_filter: bool,
    pub block_bytes: u64,
    pub block_restart_interval: u32,
    pub verify_checksums: bool,
    pub compression: StoreCompression,
    /// Partitions; fixed when the store is created.
    pub buckets: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreCompression {
    None,
    Snappy,
    Lz4,
}

/// What the cluster needs to know of itself; nothing dials out yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// Shared by all nodes (`distributed_cookie`).
    pub cookie: Secret,
}

/// A value that must not reach logs or screens: it prints blank.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; every call is a place where it could leak.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}
