//! What is remembered of what happened to clients.

/// Bounds of the history of clients and of the list of the last events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryConfig {
    /// 0 = none.
    pub clients_max: usize,
    /// 0 = none.
    pub events_per_client: usize,
    /// Of all clients together.
    pub memory_bytes: u64,
    /// Of the whole broker; 0 = none.
    pub events: usize,
}
