//! Top lists: who sends, gets, loses or is refused the most (console.md 4.5).

use serde::{Deserialize, Serialize};

/// Most rows of a list.
pub const TOP_ROWS_MAX: u32 = 100;

/// A top list, the first rows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hot {
    pub list: TopList,
    /// At most `TOP_ROWS_MAX`.
    #[serde(default = "default_rows")]
    pub limit: u32,
}

/// What it is a list of. Those of sessions have `client_id`, `mountpoint`, `user`, `peer`, `rate` (what `total` grows by per
/// second between two looks; `null` until there were two) and `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopList {
    /// Sessions by messages that came, and the same by bytes.
    MessagesIn,
    BytesIn,
    /// Sessions by messages that were sent, and the same by bytes.
    MessagesOut,
    BytesOut,
    /// Sessions by messages that their queues dropped.
    Drops,
    /// Connected sessions by the age of their oldest waiting message: `oldest_ms`, `waiting`.
    OldestMessages,
    /// Clients that took over from each other: `count`, `last`, the peer that went (`peer`) and the one that came (`by`).
    TakeOvers,
    /// Where refused connections and logins came from, and whose names they used: `count`, `last`, `reason`, `address`,
    /// `user`, `client_id`.
    RefusedAddresses,
    RefusedUsers,
    /// Topics by publishes, counted for as long as somebody looks: `topic`, `mountpoint`, `rate` and `bytes` (publishes and
    /// payload bytes per second), `subscribers`. Facts: `counted_secs` and `unlisted`, as of `Topics`.
    Topics,
    /// Retained messages by the size of their payload: `topic`, `mountpoint`, `bytes`.
    Retained,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

const fn default_rows() -> u32 {
    TOP_ROWS_MAX
}
