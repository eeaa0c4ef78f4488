//! What listeners need that speak HTTP: WebSocket and the HTTP modules.

use super::ForwardedForConfig;

/// WebSocket of a listener (config.md 6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketConfig {
    /// Bytes of one frame, and of one message; `None` = no limit.
    pub frame_bytes_max: Option<usize>,
    /// Bytes.
    pub request_line_max: usize,
    /// Bytes.
    pub header_value_max: usize,
    /// `X-Forwarded-For`; ws only. `None` = off.
    pub forwarded_for: Option<ForwardedForConfig>,
}

/// HTTP of a listener (config.md 6.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// What is served, in the order of the setting, with who may ask.
    pub modules: Vec<(HttpModule, HttpAuth)>,
    /// Bytes.
    pub request_line_max: usize,
    /// Bytes.
    pub header_value_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpModule {
    Metrics,
    Status,
    Health,
    Management,
    V2,
    Publish,
    WebUi,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpAuth {
    Open,
    ApiKey,
}

/// The management interfaces and their keys, on all listeners alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpApiConfig {
    /// Commands that change something may be called by GET.
    pub get_mutations: bool,
    /// An origin (`https://x.example`) or `*`; empty = pages of other origins read nothing.
    pub allow_origin: String,
    /// Bytes that a new key has at least.
    pub key_bytes_min: usize,
    /// A new key has to expire within so many days; `None` = it need not expire.
    pub key_days_max: Option<u32>,
}
