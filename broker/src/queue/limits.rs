//! The bounds of one queue, sampled when a session attaches.

use vmq_config::{Config, DeliverMode, QueueKind};

/// Bounds and order of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `None` = no limit; `Some(0)` = nothing is delivered.
    pub online: Option<usize>,
    /// `None` = no limit; `Some(0)` = nothing is kept.
    pub offline: Option<usize>,
    /// Move the whole offline queue online even if it is larger than `online`.
    pub override_online: bool,
    pub kind: QueueKind,
    /// `allow_multiple_sessions`: several sessions may be attached, and how messages are shared among them; `None` = one
    /// session at a time.
    pub sessions: Option<DeliverMode>,
}

impl Limits {
    /// The limits of the configuration.
    #[must_use]
    pub fn from_config(config: &Config) -> Self {
        let queue = &config.queue;
        Self {
            online: queue.max_online_messages,
            offline: queue.max_offline_messages,
            override_online: queue.override_max_online_messages,
            kind: queue.kind,
            sessions: config
                .session
                .allow_multiple_sessions
                .then_some(config.session.queue_deliver_mode),
        }
    }
}
