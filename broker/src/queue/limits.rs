//! The bounds of one queue, sampled when a session attaches.

use vmq_config::{QueueConfig, QueueKind};

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
}

impl Limits {
    /// The limits of the configuration.
    #[must_use]
    pub fn from_config(config: &QueueConfig) -> Self {
        Self {
            online: config.max_online_messages,
            offline: config.max_offline_messages,
            override_online: config.override_max_online_messages,
            kind: config.kind,
        }
    }
}
