//! Is it well? The verdict of the header and its reasons, out of what the broker tells (console.md 3).

use super::{App, Numbers, number};
use crate::place::Place;
use crate::text::{self, clean};
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

/// Shares of the memory, of the open files or of a listener's connections from which on the limit is near, and from which
/// on it is urgent.
pub const NEAR: f64 = 0.85;
pub const URGENT: f64 = 0.95;

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
    /// The worst and most important one first; empty when all is well.
    pub reasons: Vec<String>,
}

/// A reason, and how bad it is.
type Reason = (Severity, String);

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

    /// The reasons, as many as fit into so many cells, and how many more there are.
    #[must_use]
    pub fn said(&self, cells: usize) -> String {
        for shown in (1..=self.reasons.len()).rev() {
            let mut said = self.reasons[..shown].join(" · ");
            match self.reasons.len() - shown {
                0 => {}
                further => said.push_str(&format!(" +{further}")),
            }
            if text::width(&said) <= cells {
                return said;
            }
        }
        let Some(first) = self.reasons.first() else {
            return String::new();
        };
        match self.reasons.len() - 1 {
            0 => text::cut(first, cells, '…'),
            further => {
                let further = format!(" +{further}");
                let room = cells.saturating_sub(further.len());
                format!("{}{further}", text::cut(first, room, '…'))
            }
        }
    }
}

/// Seconds until the certificate of a row of `tls show` ends.
#[must_use]
pub fn seconds_left(row: &Row, now_ms: u64) -> Option<i64> {
    let text = row.get("Not_After")?.cell();
    let end: Timestamp = format!("{}Z", text.replace(' ', "T")).parse().ok()?;
    Some(end.as_second() - i64::try_from(now_ms / 1000).ok()?)
}

impl App {
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let numbers = Numbers::of(self.picture(Place::Header));
        // Those of one severity in this order: what all clients feel, what some of them do, and what is days away.
        let mut all: Vec<Reason> = [
            self.of_state(),
            of_netsplit(numbers),
            of_store(numbers),
            of_free_disk(numbers),
            of_memory(numbers),
            of_files(numbers),
            of_overflow(numbers),
            of_logins(numbers),
            of_refused(numbers, "mqtt_publish_auth_error", "publishes"),
            of_refused(numbers, "mqtt_subscribe_auth_error", "subscriptions"),
            self.of_listeners(),
            self.of_certificates(),
        ]
        .into_iter()
        .flatten()
        .collect();
        all.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        Verdict {
            severity: all.first().map_or(Severity::Fine, |(severity, _)| *severity),
            reasons: all.into_iter().map(|(_, reason)| reason).collect(),
        }
    }

    fn of_state(&self) -> Option<Reason> {
        let state = self.link.hello.as_ref()?.state;
        match state {
            State::Running => None,
            State::Stopped => Some((Severity::Critical, "the broker is stopped".to_owned())),
            other => Some((Severity::Degraded, format!("the broker is {other}"))),
        }
    }

    fn of_listeners(&self) -> Option<Reason> {
        let rows = &self.picture(Place::Listeners)?.rows;
        let place = |row: &Row| {
            let cell = |name| row.get(name).map(Value::cell).unwrap_or_default();
            clean(&format!("{}:{}", cell("address"), cell("port")))
        };
        let is_down = |row: &&Row| row.get("status").is_some_and(|status| status.cell() != "running");
        if let Some(row) = rows.iter().find(is_down) {
            let status = row.get("status").map(Value::cell).unwrap_or_default();
            return Some((
                Severity::Degraded,
                format!("listener {} {}", place(row), clean(&status)),
            ));
        }
        let is_full = |row: &&Row| match (number(row.get("active_conns")), number(row.get("max_conns"))) {
            (Some(active), Some(max)) => active >= max * URGENT,
            _ => false,
        };
        let row = rows.iter().find(is_full)?;
        Some((Severity::Degraded, format!("listener {} is full", place(row))))
    }

    fn of_certificates(&self) -> Option<Reason> {
        let rows = &self.picture(Place::Certificates)?.rows;
        let left = |row: &Row| {
            let name = row.get("CN").map(Value::cell).unwrap_or_default();
            seconds_left(row, self.now_ms).map(|seconds| (seconds, name))
        };
        let (seconds, name) = rows.iter().filter_map(left).min()?;
        let (days, name) = (seconds.div_euclid(86_400), clean(&name));
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
}

/// One node has nobody to lose.
fn of_netsplit(numbers: Numbers<'_>) -> Option<Reason> {
    let is_split = numbers.value("netsplit_detected") > numbers.value("netsplit_resolved");
    is_split.then(|| (Severity::Critical, "netsplit".to_owned()))
}

fn of_store(numbers: Numbers<'_>) -> Option<Reason> {
    let said = || {
        (
            Severity::Critical,
            "the message store cannot write: nothing is acknowledged".to_owned(),
        )
    };
    (numbers.value("store_failing") > 0.0).then(said)
}

fn of_free_disk(numbers: Numbers<'_>) -> Option<Reason> {
    let free = numbers.value("disk_free");
    match of_disk(free, numbers.value("disk_size")) {
        Severity::Fine => None,
        severity => Some((severity, format!("disk low, {} free", text::bytes(free)))),
    }
}

fn of_memory(numbers: Numbers<'_>) -> Option<Reason> {
    if numbers.value("overload_active") > 0.0 {
        return Some((
            Severity::Critical,
            "memory above its mark: new clients are refused".to_owned(),
        ));
    }
    of_share(
        "memory",
        numbers.value("vm_memory_total"),
        numbers.value("system_memory_limit"),
    )
}

fn of_files(numbers: Numbers<'_>) -> Option<Reason> {
    of_share(
        "open files",
        numbers.value("open_files"),
        numbers.value("open_files_limit"),
    )
}

fn of_share(what: &str, used: f64, limit: f64) -> Option<Reason> {
    let share = used / limit;
    let severity = match share {
        _ if limit <= 0.0 => return None,
        share if share >= URGENT => Severity::Critical,
        share if share >= NEAR => Severity::Degraded,
        _ => return None,
    };
    Some((severity, format!("{what} near the limit, {:.0}%", share * 100.0)))
}

fn of_overflow(numbers: Numbers<'_>) -> Option<Reason> {
    let overflow = numbers.rate("queue_message_drop");
    let said = || {
        (
            Severity::Degraded,
            format!("queues overflow, {}", text::rate(overflow)),
        )
    };
    (overflow > 0.0).then(said)
}

fn of_logins(numbers: Numbers<'_>) -> Option<Reason> {
    let (refused, reason) = numbers.refused_logins();
    let said = || {
        let (rate, why) = (text::rate(refused), reason.replace('_', " "));
        (Severity::Degraded, format!("logins refused, {rate} ({why})"))
    };
    (refused >= REFUSED_PER_SECOND).then(said)
}

fn of_refused(numbers: Numbers<'_>, name: &'static str, what: &str) -> Option<Reason> {
    let refused = numbers.rate(name);
    let said = || {
        (
            Severity::Degraded,
            format!("{what} refused, {}", text::rate(refused)),
        )
    };
    (refused > 0.0).then(said)
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
    fn what_does_not_fit_is_counted() {
        let verdict = Verdict {
            severity: Severity::Degraded,
            reasons: ["disk low", "queues overflow", "logins refused"]
                .map(str::to_owned)
                .to_vec(),
        };
        assert_eq!(verdict.said(80), "disk low · queues overflow · logins refused");
        assert_eq!(verdict.said(30), "disk low · queues overflow +1");
        assert_eq!(verdict.said(12), "disk low +2");
        assert_eq!(verdict.said(9), "disk … +2");
    }
}
