//! Is it well? The verdict of the header and its first reason, out of what the broker tells (console.md 3).

use super::App;
use crate::place::{Picture, Place};
use crate::text;
use jiff::Timestamp;
use vmq_admin::wire::State;
use vmq_admin::{Row, Value};

/// Days before its end from which on a certificate is worth a word, and from which on it is urgent.
const DAYS_WARN: i64 = 14;
const DAYS_URGENT: i64 = 1;

/// Refused logins a second from which on the header tells.
const REFUSED_PER_SECOND: f64 = 1.0;

/// Bytes free on the disk of the data directory, and the share of it, below both of which it is low; and bytes below which
/// it is urgent whatever its size.
const DISK_LOW: (f64, f64) = (5e9, 0.1);
const DISK_URGENT: f64 = 5e8;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Fine,
    Degraded,
    Critical,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub severity: Severity,
    /// Empty when all is well.
    pub reason: String,
}

/// The metrics of a picture, by name and label.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a>(Option<&'a Picture>);

/// Whether a disk is low.
#[must_use]
pub fn of_disk(free: f64, size: f64) -> Severity {
    let is_low = free < DISK_LOW.0 && free < size * DISK_LOW.1;
    match size > 0.0 {
        true if free < DISK_URGENT.min(size * DISK_LOW.1) => Severity::Critical,
        true if is_low => Severity::Degraded,
        _ => Severity::Fine,
    }
}

impl Verdict {
    /// `OK`, `DEGRADED`, `CRITICAL`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.severity {
            Severity::Fine => "OK",
            Severity::Degraded => "DEGRADED",
            Severity::Critical => "CRITICAL",
        }
    }
}

impl<'a> Numbers<'a> {
    /// Those of a picture; without one everything is nothing.
    #[must_use]
    pub const fn of(picture: Option<&'a Picture>) -> Self {
        Self(picture)
    }

    /// Whether there are any yet.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0.is_some()
    }

    fn rows(self, name: &'a str) -> impl Iterator<Item = &'a Row> {
        let rows = self.0.map(|picture| picture.rows.iter()).into_iter().flatten();
        rows.filter(move |row| {
            row.get("name")
                .is_some_and(|own| matches!(own, Value::Text(own) if own == name))
        })
    }

    /// The value of a metric: the sum of its series.
    #[must_use]
    pub fn value(self, name: &'a str) -> f64 {
        // A sum of nothing is a negative zero.
        self.rows(name)
            .filter_map(|row| number(row.get("value")))
            .fold(0.0, |sum, value| sum + value)
    }

    /// What it grows by per second, mean of the last ten.
    #[must_use]
    pub fn rate(self, name: &'a str) -> f64 {
        self.rows(name)
            .filter_map(|row| number(row.get("rate_10s")))
            .sum()
    }

    /// What each of its series grows by, those that grow, the fastest first.
    #[must_use]
    pub fn rates_by_label(self, name: &'a str) -> Vec<(String, f64)> {
        let mut rates: Vec<(String, f64)> = Vec::new();
        for row in self.rows(name) {
            let label = label_value(&row.get("labels").map(Value::cell).unwrap_or_default());
            let Some(rate) = number(row.get("rate_10s")).filter(|rate| *rate > 0.0) else {
                continue;
            };
            // The versions of MQTT count apart; here they are one.
            match rates.iter_mut().find(|(known, _)| *known == label) {
                Some((_, known)) => *known += rate,
                None => rates.push((label, rate)),
            }
        }
        rates.sort_by(|left, right| right.1.total_cmp(&left.1));
        rates
    }

    /// Logins that are refused per second, and the reason that is given most often.
    #[must_use]
    pub fn refused_logins(self) -> (f64, String) {
        let refused = self.rates_by_label("connect_refused");
        let sum = refused.iter().map(|(_, rate)| rate).sum();
        let most = refused.into_iter().next().map(|(label, _)| label);
        (sum, most.unwrap_or_default())
    }

    /// Messages that are dropped per second, for whatever reason.
    #[must_use]
    pub fn drops(self) -> f64 {
        [
            "queue_message_drop",
            "queue_message_expired",
            "queue_message_unhandled",
        ]
        .map(|name| self.rate(name))
        .iter()
        .sum()
    }
}

/// A number of a row.
#[must_use]
pub fn number(value: Option<&Value>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "nobody reads the sixteenth digit")]
    match value? {
        Value::Number(number) => Some(*number as f64),
        Value::Large(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// Seconds until the certificate of a row of `tls show` ends.
#[must_use]
pub fn seconds_left(row: &Row, now_ms: u64) -> Option<i64> {
    let text = row.get("Not_After")?.cell();
    let end: Timestamp = format!("{}Z", text.replace(' ', "T")).parse().ok()?;
    Some(end.as_second() - i64::try_from(now_ms / 1000).ok()?)
}

/// `mqtt_version="4",return_code="success"` -> `success`: what tells the series apart is the last label.
#[must_use]
fn label_value(labels: &str) -> String {
    let last = labels.rsplit_once('=').map_or(labels, |(_, value)| value);
    last.trim_matches('"').to_owned()
}

impl App {
    /// The verdict, with the worst and first of its reasons.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut worst = Verdict {
            severity: Severity::Fine,
            reason: String::new(),
        };
        let all = [
            self.of_state(),
            self.of_numbers(),
            self.of_listeners(),
            self.of_certificates(),
        ];
        for (severity, reason) in all.into_iter().flatten() {
            if severity > worst.severity {
                worst = Verdict { severity, reason };
            }
        }
        worst
    }

    fn of_state(&self) -> Option<(Severity, String)> {
        let state = self.link.hello.as_ref()?.state;
        match state {
            State::Running => None,
            State::Stopped => Some((Severity::Critical, "the broker is stopped".to_owned())),
            other => Some((Severity::Degraded, format!("the broker is {other}"))),
        }
    }

    fn of_listeners(&self) -> Option<(Severity, String)> {
        let rows = &self.picture(Place::Listeners)?.rows;
        let place = |row: &Row| {
            let cell = |name| row.get(name).map(Value::cell).unwrap_or_default();
            text::clean(&format!("{}:{}", cell("address"), cell("port")))
        };
        let is_down = |row: &&Row| row.get("status").is_some_and(|status| status.cell() != "running");
        if let Some(row) = rows.iter().find(is_down) {
            let status = row.get("status").map(Value::cell).unwrap_or_default();
            return Some((
                Severity::Degraded,
                format!("listener {} {}", place(row), text::clean(&status)),
            ));
        }
        let is_full = |row: &&Row| match (number(row.get("active_conns")), number(row.get("max_conns"))) {
            (Some(active), Some(max)) => active >= max * 0.95,
            _ => false,
        };
        let row = rows.iter().find(is_full)?;
        Some((Severity::Degraded, format!("listener {} is full", place(row))))
    }

    fn of_certificates(&self) -> Option<(Severity, String)> {
        let rows = &self.picture(Place::Certificates)?.rows;
        let left = |row: &Row| {
            let name = row.get("CN").map(Value::cell).unwrap_or_default();
            seconds_left(row, self.now_ms).map(|seconds| (seconds, name))
        };
        let (seconds, name) = rows.iter().filter_map(left).min()?;
        let (days, name) = (seconds.div_euclid(86_400), text::clean(&name));
        match days {
            ..0 => Some((Severity::Critical, format!("expired: {name} (certificate)"))),
            0..=DAYS_URGENT => Some((
                Severity::Critical,
                format!("{} h left: {name} (certificate)", seconds / 3600),
            )),
            2..=DAYS_WARN => Some((
                Severity::Degraded,
                format!("{days} days left: {name} (certificate)"),
            )),
            _ => None,
        }
    }

    fn of_numbers(&self) -> Option<(Severity, String)> {
        let numbers = Numbers::of(self.picture(Place::Header));
        if numbers.value("netsplit_detected") > numbers.value("netsplit_resolved") {
            return Some((Severity::Critical, "netsplit".to_owned()));
        }
        let overflow = numbers.rate("queue_message_drop");
        if overflow > 0.0 {
            return Some((
                Severity::Degraded,
                format!("queues overflow, {}", text::rate(overflow)),
            ));
        }
        let (refused, reason) = numbers.refused_logins();
        if refused >= REFUSED_PER_SECOND {
            return Some((
                Severity::Degraded,
                format!(
                    "logins refused, {} ({})",
                    text::rate(refused),
                    reason.replace('_', " ")
                ),
            ));
        }
        for (name, said) in [
            ("mqtt_publish_auth_error", "publishes refused"),
            ("mqtt_subscribe_auth_error", "subscriptions refused"),
        ] {
            let refused = numbers.rate(name);
            if refused > 0.0 {
                return Some((Severity::Degraded, format!("{said}, {}", text::rate(refused))));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Much is free on a large disk at one in a hundred; on a small one half a gigabyte is.
    #[test]
    fn a_disk_is_low_by_bytes_and_by_share() {
        let of = |free: f64, size: f64| of_disk(free * 1e9, size * 1e9);
        assert_eq!(of(18.0, 270.0), Severity::Fine);
        assert_eq!(of(4.0, 270.0), Severity::Degraded);
        assert_eq!(of(0.4, 270.0), Severity::Critical);
        assert_eq!(of(0.4, 1.0), Severity::Fine);
        assert_eq!(of(0.05, 1.0), Severity::Critical);
        assert_eq!(of(0.0, 0.0), Severity::Fine, "nobody told");
    }

    #[test]
    fn the_last_label_tells() {
        assert_eq!(
            label_value(r#"mqtt_version="4",return_code="not_authorized""#),
            "not_authorized"
        );
        assert_eq!(label_value(r#"reason="tls""#), "tls");
        assert_eq!(label_value(""), "");
    }
}
