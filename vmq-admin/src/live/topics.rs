//! What is asked about topics: a level of those that are alive, and everything about one (console.md 4.3).

use serde::{Deserialize, Serialize};

/// Most rows of a level, and of the subscribers of one topic.
pub const TOPIC_ROWS_MAX: u32 = 500;

/// Bytes of a retained payload that are told.
pub const TOPIC_PAYLOAD_MAX: usize = 4096;

/// A level of the topics that are published to or have a retained message: rows with `name`, `topic` (the whole path),
/// `rate` and `bytes` (publishes and payload bytes per second), `topics` (live ones at and below it), `is_topic` (it is
/// one itself), `below` (there are others below it), `subscribers` (who would get a message to it), `retained` (a message at
/// or below it). They come in the order of their names; where there are more than `limit`, the fastest. Facts: `rows` that there are, `of` how many without `contains`, `is_whole` (all
/// retained messages were looked at for their names), `counted_secs` (for how long topics are counted, up to 10),
/// `unlisted` (publishes per second to topics beyond the 20,000 that are told apart), `mountpoints` (those that there are,
/// up to 64, the default one first, which has no name: a line for each).
///
/// Topics are counted from the first subscription on and until the last one ends; one that was silent for a minute is
/// gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topics {
    #[serde(default)]
    pub mountpoint: String,
    /// The topic whose level below is wanted; none = the top.
    #[serde(default)]
    pub parent: Option<String>,
    /// Only names with this text in them, in capitals or not; empty = all.
    #[serde(default)]
    pub contains: String,
    /// Rows at most, up to `TOPIC_ROWS_MAX`.
    #[serde(default = "rows")]
    pub limit: u32,
}

/// One topic: rows for those who would get a message to it, with `client_id`, `user`, `filter`, `kind` (`exact`, `wildcard`
/// or `shared`), `qos`, `online`. Facts: `rows` that there are, and of a retained message `retained` (`true`), `bytes`,
/// `qos`, `age_secs` (`null` = from before the start), `expires_in_secs` (`null` = never), `publisher`, and for whom
/// payloads are (full access) `payload` in base64 as of `session messages`, `TOPIC_PAYLOAD_MAX` bytes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTopic {
    #[serde(default)]
    pub mountpoint: String,
    pub name: String,
    /// Rows at most, up to `TOPIC_ROWS_MAX`.
    #[serde(default = "rows")]
    pub limit: u32,
}

const fn rows() -> u32 {
    TOPIC_ROWS_MAX
}
