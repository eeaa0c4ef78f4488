//! Rates of the sessions on the screen: what their counters grew by between two pictures of the page. The broker keeps no
//! rate of a session, so that those nobody looks at cost nothing.

use crate::place::Picture;
use std::collections::HashMap;
use vmq_admin::command::session::Field;
use vmq_admin::{Row, Value};

/// The counters that grow, in the order of [`Rate`].
const COUNTERS: [&str; 4] = ["messages_in", "messages_out", "bytes_in", "bytes_out"];

/// Pictures that follow each other sooner say nothing about a second; those further apart nothing about now.
const LEAST_MS: u64 = 200;
const STALE_MS: u64 = 5000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    MessagesIn,
    MessagesOut,
    BytesIn,
    BytesOut,
}

impl Rate {
    /// The counter that it is the rate of.
    #[must_use]
    pub const fn field(self) -> Field {
        match self {
            Self::MessagesIn => Field::MessagesIn,
            Self::MessagesOut => Field::MessagesOut,
            Self::BytesIn => Field::BytesIn,
            Self::BytesOut => Field::BytesOut,
        }
    }
}

/// One session, as it was seen.
#[derive(Clone, Debug, Default)]
struct Seen {
    at_ms: u64,
    counts: [Option<u64>; COUNTERS.len()],
    rates: [Option<f64>; COUNTERS.len()],
}

/// Those of the last picture; as many as a page has.
#[derive(Clone, Debug, Default)]
pub struct Rates(HashMap<String, Seen>);

impl Rates {
    /// Takes in a picture of sessions that is looked at every `interval_ms`.
    pub fn take(&mut self, picture: &Picture, interval_ms: u32) {
        let now = picture.taken_ms;
        let stale_ms = STALE_MS.max(u64::from(interval_ms) * 3);
        let mut seen = HashMap::with_capacity(picture.rows.len());
        for row in &picture.rows {
            let key = key(row);
            let next = match self.0.remove(&key) {
                Some(before) if now.saturating_sub(before.at_ms) < LEAST_MS => before,
                Some(before) if now - before.at_ms <= stale_ms => before.next(now, row),
                _ => Seen::first(now, row),
            };
            seen.insert(key, next);
        }
        self.0 = seen;
    }

    /// Per second; `None` = it was seen once so far.
    #[must_use]
    pub fn of(&self, row: &Row, rate: Rate) -> Option<f64> {
        self.0.get(&key(row))?.rates[rate as usize]
    }

    /// Whether there is a rate of anybody, or nobody to have one.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        let has_rate = |seen: &Seen| seen.rates.iter().any(Option::is_some);
        let has_counts = |seen: &&Seen| seen.counts.iter().any(Option::is_some);
        self.0.values().filter(has_counts).all(has_rate)
    }
}

impl Seen {
    fn first(at_ms: u64, row: &Row) -> Self {
        Self {
            at_ms,
            counts: COUNTERS.map(|name| count(row, name)),
            ..Self::default()
        }
    }

    fn next(&self, at_ms: u64, row: &Row) -> Self {
        let mut next = Self::first(at_ms, row);
        let pairs = self.counts.iter().zip(next.counts);
        for (rate, (before, now)) in next.rates.iter_mut().zip(pairs) {
            *rate = before
                .zip(now)
                .map(|(before, now)| per_second(now.saturating_sub(before), at_ms - self.at_ms));
        }
        next
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with three digits")]
fn per_second(count: u64, millis: u64) -> f64 {
    count as f64 * 1000.0 / millis.max(1) as f64
}

/// A connection, and not only a client: the counters of the next one begin again.
fn key(row: &Row) -> String {
    let cell = |name| row.get(name).map(Value::cell).unwrap_or_default();
    [cell("mountpoint"), cell("client_id"), cell("session_pid")].join("\0")
}

fn count(row: &Row, name: &str) -> Option<u64> {
    match row.get(name) {
        Some(Value::Number(number)) => u64::try_from(*number).ok(),
        Some(Value::Large(number)) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(taken_ms: u64, pid: &str, messages: u64) -> Picture {
        let row = Row::default()
            .with("mountpoint", "")
            .with("client_id", "pump")
            .with("session_pid", pid)
            .with("messages_in", messages)
            .with("messages_out", Value::Null);
        Picture {
            rows: vec![row],
            taken_ms,
            ..Picture::default()
        }
    }

    fn rate(rates: &Rates, picture: &Picture) -> Option<f64> {
        rates.of(&picture.rows[0], Rate::MessagesIn)
    }

    #[test]
    fn a_rate_is_what_a_counter_grew_by() {
        let mut rates = Rates::default();
        assert!(rates.is_measured(), "there is nobody");
        for (taken_ms, pid, messages, expected) in [
            (1000, "<1>", 100, None),
            (3000, "<1>", 124, Some(12.0)),
            // Too soon to say anything else.
            (3010, "<1>", 130, Some(12.0)),
            (4000, "<1>", 124, Some(0.0)),
            // It has connected again.
            (5000, "<2>", 3, None),
            (6000, "<2>", 4, Some(1.0)),
            // Nobody looked for long.
            (60_000, "<2>", 9999, None),
        ] {
            let picture = picture(taken_ms, pid, messages);
            rates.take(&picture, 1000);
            assert_eq!(rate(&rates, &picture), expected, "at {taken_ms}");
            assert_eq!(rates.is_measured(), expected.is_some());
            assert_eq!(rates.of(&picture.rows[0], Rate::MessagesOut), None);
        }
    }
}
