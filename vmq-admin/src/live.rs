//! Subscriptions: what a daemon shows of itself while somebody looks (admin.md 18.3, console.md 7).
//!
//! ```text
//! -> {"t":"sub","id":3,"topic":"sessions","interval_ms":1000,"filter":"online queue>100","limit":50}
//! <- {"t":"event","id":3,"data":{"snapshot":true,"facts":{"rows":2,"of":98317,"complete":true},
//!      "set":[[1,{"client_id":"a","queue_size":812}],[2,{"client_id":"b","queue_size":120}]],"order":[1,2]}}
//! <- {"t":"event","id":3,"data":{"set":[[1,{"queue_size":640}]]}}
//! <- {"t":"event","id":3,"data":{}}
//! <- {"t":"event","id":3,"data":{"facts":{"rows":1},"gone":[2],"order":[1]}}
//! -> {"t":"cancel","id":3}
//! <- {"t":"end","id":3,"exit":0}
//! ```
//!
//! What a reader has to do with an event ([`View::merge`] does it):
//! - `snapshot`: forget everything; this event is the whole picture. The first event is one.
//! - `facts`: each replaces the fact of its name.
//! - `set`: rows by number. A new number is a new row with all of its columns; of a known one only the columns that have
//!   changed are there, each replaces what stood in it. A number means the same row as long as the subscription lasts.
//! - `gone`: rows that are no longer there.
//! - `order`: the numbers of all rows in their order; left out while it is the same.
//! - `history`: values of seconds that have ended, to be put behind those already known; `HISTORY_SECONDS_MAX` of them
//!   count, older ones fall off.
//! - `lines`: lines of the log since the event before. `left_out`: how many more there were, before these.
//! - `more`: the picture is not complete before the next event, which continues this one.
//! - An event without any of it says that nothing has changed: one comes at every interval.
//!
//! Nothing queues up: the daemon makes a difference when the reader has taken the one before, against what it was sent
//! last. Who reads slowly sees fewer pictures, never old ones. `undefined` cells are `null` here.
//!
//! A subscription ends with `end`: exit 0 after `cancel`, 1 behind an alert that says what was wrong with it, or that the
//! node stops. Its id is free again then; closing the connection ends all.

mod hot;
mod topics;
mod view;

use crate::command::Access;
use crate::command::session::{Field, Sort};
use crate::element::Row;
pub use hot::{Hot, TOP_ROWS_MAX, TopList};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
pub use topics::{OneTopic, TOPIC_PAYLOAD_MAX, TOPIC_ROWS_MAX, Topics};
pub use view::View;

/// Milliseconds between two events, at least.
pub const INTERVAL_MS_MIN: u32 = 500;

/// Milliseconds between two events, at most.
pub const INTERVAL_MS_MAX: u32 = 60_000;

/// Milliseconds between two events when nothing else is said.
pub const INTERVAL_MS_DEFAULT: u32 = 1000;

/// Most rows of a page of sessions.
pub const PAGE_ROWS_MAX: u32 = 500;

/// Rows of a page of sessions when nothing else is said.
pub const PAGE_ROWS_DEFAULT: u32 = 100;

/// Most metrics whose history one subscription may ask for.
pub const HISTORIES_MAX: usize = 32;

/// Seconds of history that a daemon keeps: ten minutes.
pub const HISTORY_SECONDS_MAX: usize = 600;

/// What is subscribed to, and how often it is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// `INTERVAL_MS_MIN` to `INTERVAL_MS_MAX`.
    #[serde(default = "default_interval")]
    pub interval_ms: u32,
    #[serde(flatten)]
    pub topic: Topic,
}

/// What can be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub enum Topic {
    /// Values and rates; one row for each metric.
    Metrics(Metrics),
    /// A page of the sessions that a filter finds; facts `rows` of `of`.
    Sessions(Sessions),
    /// The rows of `cluster show`.
    Cluster,
    /// The rows of `listener show`, with `accepts` (per second, `null` at the first look), `accepted`, `refused` and `reasons`
    /// behind them.
    Listeners,
    /// The hooks of the plugins that are on, in the order of the chain: `plugin`, `hook`, `calls`, `calls_rate`, `refused`,
    /// `refused_rate`, `errors`, `p50_us`, `p99_us`. What is left to the next plugin counts as refused. Rates are `null` at the first look, times while none was taken.
    Plugins,
    /// The first rows of a top list.
    Hot(Hot),
    /// Lines of the log as they are written.
    Log(Log),
    /// A level of the topics that are alive.
    Topics(Topics),
    /// Everything about one topic.
    OneTopic(OneTopic),
    /// One that this version does not know. It is answered, and no reason to end the connection.
    #[serde(other)]
    Unknown,
}

/// Metrics: rows with `name`, `type`, `value` and, for counters, the mean growth per second of the last second, ten
/// seconds and minute: `rate_1s`, `rate_10s`, `rate_60s`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    /// Only these; none = all.
    #[serde(default)]
    pub names: Vec<String>,
    /// One row for each set of labels, with a column `labels`, instead of their sum.
    #[serde(default)]
    pub by_label: bool,
    /// Metrics whose ten minutes are wanted, at most `HISTORIES_MAX`: `name` for all of its series, or
    /// `name{label="value"}` for one. What a counter has grown by in each second, how a gauge stood at its end.
    #[serde(default)]
    pub history: Vec<String>,
}

/// A page of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// An expression of console.md 5; empty = all.
    #[serde(default)]
    pub filter: String,
    /// Other than by mountpoint and client id.
    #[serde(default)]
    pub sort: Option<Sort>,
    /// By what the field of `sort`, a counter, grows by. Rates are known of what was looked at: the fact `measured_secs` tells
    /// over which time they are those that the order is of (`null` = not known yet: by mountpoint and client id).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_rate: bool,
    /// None = the default ones. Stored messages are not shown here.
    #[serde(default)]
    pub columns: Vec<Field>,
    /// Rows before the page.
    #[serde(default)]
    pub offset: u64,
    /// Rows of the page, at most `PAGE_ROWS_MAX`.
    #[serde(default = "default_page")]
    pub limit: u32,
}

/// The log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The least level that is shown, such as `warning`; empty = `info`. `debug` lines are made for as long as somebody
    /// looks, whatever the level of the files.
    #[serde(default)]
    pub level: String,
    /// Only lines with this text in them, in capitals or not; empty = all.
    #[serde(default)]
    pub contains: String,
}

/// What an event tells; see the head of this module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Update {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
    #[serde(default, skip_serializing_if = "Row::is_empty")]
    pub facts: Row,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<(u64, Row)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Vec<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LogLine>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// Seconds that have ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seconds {
    /// Unix time at the end of the last one, in seconds.
    pub until: u64,
    /// The values of each metric that was asked for, oldest first.
    pub values: BTreeMap<String, Vec<u64>>,
}

/// A line of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Unix time in microseconds.
    pub time_us: i64,
    pub level: String,
    /// The connection, as in the log and in traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<String>,
    /// Whom it is about, where the line tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    pub text: String,
}

impl Subscribe {
    /// A subscription at the usual interval.
    #[must_use]
    pub const fn to(topic: Topic) -> Self {
        Self {
            interval_ms: INTERVAL_MS_DEFAULT,
            topic,
        }
    }

    /// The same at another interval.
    #[must_use]
    pub fn every(self, interval_ms: u32) -> Self {
        Self { interval_ms, ..self }
    }
}

impl Topic {
    /// What the caller must be allowed to do: what the command of the same name needs. The log has no such command; its
    /// lines tell what operators have done, and what clients have sent.
    #[must_use]
    pub const fn access(&self) -> Access {
        match self {
            Self::Log(_) => Access::Full,
            Self::Metrics(_)
            | Self::Sessions(_)
            | Self::Cluster
            | Self::Listeners
            | Self::Topics(_)
            | Self::OneTopic(_)
            | Self::Plugins
            | Self::Hot(_)
            | Self::Unknown => Access::Read,
        }
    }

    /// Its name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Metrics(_) => "metrics",
            Self::Sessions(_) => "sessions",
            Self::Cluster => "cluster",
            Self::Listeners => "listeners",
            Self::Plugins => "plugins",
            Self::Hot(_) => "hot",
            Self::Log(_) => "log",
            Self::Topics(_) => "topics",
            Self::OneTopic(_) => "one_topic",
            Self::Unknown => "unknown",
        }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            filter: String::new(),
            sort: None,
            by_rate: false,
            columns: Vec::new(),
            offset: 0,
            limit: PAGE_ROWS_DEFAULT,
        }
    }
}

const fn default_interval() -> u32 {
    INTERVAL_MS_DEFAULT
}

const fn default_page() -> u32 {
    PAGE_ROWS_DEFAULT
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
