//! The columns of something that happened, for `session history` and `events show`.

use crate::history::Entry;
use crate::message::UnixMillis;
use jiff::Timestamp;
use vmq_admin::{Row, Value};

/// From when to when, how often, what, and the reason.
pub(super) fn when_and_why(row: Row, entry: &Entry) -> Row {
    row.with("first", time(entry.first))
        .with("last", time(entry.last))
        .with("count", entry.count)
        .with("event", entry.kind.word())
        .with("reason", or_null(Some(entry.reason)))
}

/// Who decided, from where the client came, and what else there is to say.
pub(super) fn by_whom(row: Row, entry: &Entry) -> Row {
    let by = entry.by.as_ref().map(ToString::to_string);
    row.with("decided_by", or_null(by.as_deref()))
        .with("peer", or_null(entry.peer.as_deref()))
        .with("detail", or_null(entry.detail.as_deref()))
}

/// `2026-08-17T10:34:26.123Z`
pub(super) fn time(at: UnixMillis) -> String {
    let millis = i64::try_from(at).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).map_or_else(|_| at.to_string(), |time| format!("{time:.3}"))
}

fn or_null(text: Option<&str>) -> Value {
    text.filter(|text| !text.is_empty())
        .map_or(Value::Null, Value::from)
}
