//! Where metrics go by themselves.

use super::Secret;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct SystreeConfig {
    pub enabled: bool,
    pub interval: Duration,
    pub mountpoint: String,
    pub qos: u8,
    pub retain: bool,
    /// First levels of every topic; `None` = `$SYS/<node name>`.
    pub prefix: Option<String>,
}

/// The Graphite server (monitoring.md 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphiteConfig {
    pub enabled: bool,
    /// Name or address.
    pub host: String,
    pub port: u16,
    /// Between two rounds.
    pub interval: Duration,
    pub connect_timeout: Duration,
    /// After a connection was lost.
    pub reconnect_timeout: Duration,
    /// Before every path; may be empty.
    pub prefix: String,
    /// Before the prefix; may be empty.
    pub api_key: Secret,
    /// Also a line for each value of each label.
    pub include_labels: bool,
}
