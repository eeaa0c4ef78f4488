//! What stands on the tiles.

use super::super::session::whole;
use crate::app::{App, Numbers, View};
use crate::place::Place;
use crate::table::Tone;
use crate::text::{bytes, count, rate, short};

pub(super) const CONNECTIONS: usize = 0;
pub(super) const CONNECTS: usize = 1;
pub(super) const PUBLISHES: usize = 2;
pub(super) const OUT: usize = 3;
pub(super) const SESSIONS: usize = 4;
pub(super) const BYTES_OUT: usize = 7;
pub(super) const DROPS: usize = 8;
pub(super) const REFUSED: usize = 9;
pub(super) const MEMORY: usize = 10;
pub(super) const RETAINED: usize = 5;
pub(super) const CPU: usize = 11;

/// A tile.
pub(super) struct Tile {
    pub title: &'static str,
    pub value: String,
    pub tone: Tone,
    /// Values of seconds, and when the last one ended.
    pub history: Option<(Vec<u64>, u64)>,
    /// Instead of a history.
    pub lines: Vec<String>,
    pub note: String,
}

/// All of them, in their order.
pub(super) fn all(app: &App, numbers: Numbers<'_>) -> [Tile; super::TILES] {
    let history = |names: &[&str]| history(app, names);
    let tile = |title, value, names: &[&str], note| Tile {
        title,
        value,
        tone: Tone::Plain,
        history: history(names),
        lines: Vec::new(),
        note,
    };
    let online = numbers.value("total_active_connections");
    let all = numbers.value("queue_processes");
    let (incoming, outgoing) = (
        numbers.rate("mqtt_publish_received"),
        numbers.rate("mqtt_publish_sent"),
    );
    let (bytes_in, bytes_out) = (numbers.rate("bytes_received"), numbers.rate("bytes_sent"));
    let unauthorised = numbers.rate("mqtt_publish_auth_error");
    let number = |number: f64| count(whole(number));
    let each = |bytes_per_second: f64, messages: f64| match messages >= 1.0 {
        true => format!("{} a message", bytes(bytes_per_second / messages)),
        false => String::new(),
    };
    let mut all_tiles = [
        tile(
            "CONNECTIONS",
            number(online),
            &["total_active_connections"],
            format!("{} offline", number(all - online)),
        ),
        tile(
            "CONNECTS",
            rate(numbers.rate("mqtt_connect_received")),
            &["mqtt_connect_received"],
            format!("{} disconnects", rate(numbers.rate("socket_close"))),
        ),
        tile(
            "PUBS IN",
            rate(incoming),
            &["mqtt_publish_received"],
            match unauthorised > 0.0 {
                true => format!("{} refused", rate(unauthorised)),
                false => "none refused".to_owned(),
            },
        ),
        tile(
            "PUBS OUT",
            rate(outgoing),
            &["mqtt_publish_sent"],
            match incoming >= 1.0 {
                true => format!("×{} fan-out", short(outgoing / incoming)),
                false => String::new(),
            },
        ),
        tile(
            "SESSIONS",
            number(all),
            &["queue_processes"],
            format!("{} subs", number(numbers.value("router_subscriptions"))),
        ),
        tile(
            "RETAINED",
            number(numbers.value("retain_messages")),
            &["retain_messages"],
            bytes(numbers.value("retain_memory")),
        ),
        tile(
            "BYTES IN",
            format!("{}/s", bytes(bytes_in)),
            &["bytes_received"],
            each(bytes_in, incoming),
        ),
        tile(
            "BYTES OUT",
            format!("{}/s", bytes(bytes_out)),
            &["bytes_sent"],
            each(bytes_out, outgoing),
        ),
        drops(app, numbers),
        refused(numbers),
        memory(numbers),
        cpu(numbers),
    ];
    if unauthorised > 0.0 {
        all_tiles[2].tone = Tone::Warn;
    }
    if !numbers.is_some() {
        all_tiles
            .iter_mut()
            .for_each(|tile| "–".clone_into(&mut tile.value));
    }
    all_tiles
}

/// The sum of some metrics, second by second.
fn history(app: &App, names: &[&str]) -> Option<(Vec<u64>, u64)> {
    let picture = app.picture(Place::View(View::Overview));
    let Some(picture) = picture else {
        return Some((Vec::new(), 0));
    };
    let mut sum: Vec<u64> = Vec::new();
    for name in names {
        let Some(values) = picture.history.get(*name) else {
            continue;
        };
        sum.resize(sum.len().max(values.len()), 0);
        sum.iter_mut()
            .rev()
            .zip(values.iter().rev())
            .for_each(|(sum, value)| *sum += value);
    }
    Some((sum, picture.until))
}

fn drops(app: &App, numbers: Numbers<'_>) -> Tile {
    let reasons = [
        ("queue_message_drop", "queue full"),
        ("queue_message_expired", "expired"),
        ("queue_message_unhandled", "nobody to take them"),
    ];
    let worst = reasons.map(|(name, reason)| (numbers.rate(name), reason));
    let worst = worst
        .into_iter()
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .filter(|(rate, _)| *rate > 0.0);
    Tile {
        title: "DROPS",
        value: rate(numbers.drops()),
        tone: match worst {
            Some((_, "queue full")) => Tone::Bad,
            Some(_) => Tone::Warn,
            None => Tone::Plain,
        },
        history: history(app, &reasons.map(|(name, _)| name)),
        lines: Vec::new(),
        note: worst.map_or_else(|| "none".to_owned(), |(_, reason)| reason.to_owned()),
    }
}

fn refused(numbers: Numbers<'_>) -> Tile {
    let (sum, reason) = numbers.refused_logins();
    Tile {
        title: "REFUSED",
        value: rate(sum),
        tone: if sum > 0.0 { Tone::Bad } else { Tone::Plain },
        history: None,
        lines: match sum > 0.0 {
            true => vec![reason.replace('_', " ")],
            false => vec!["no login refused".to_owned()],
        },
        note: format!("{} timed out", rate(numbers.rate("client_keepalive_expired"))),
    }
}

fn memory(numbers: Numbers<'_>) -> Tile {
    let part = |title: &str, name| format!("{title} {}", bytes(numbers.value(name)));
    Tile {
        title: "MEMORY",
        value: bytes(numbers.value("vm_memory_total")),
        tone: Tone::Plain,
        history: None,
        lines: vec![
            part("sessions", "vm_memory_ets"),
            part("routing", "router_memory"),
            part("retained", "retain_memory"),
        ],
        note: "resident".to_owned(),
    }
}

fn cpu(numbers: Numbers<'_>) -> Tile {
    const BAR: usize = 16;
    let percent = whole(numbers.value("system_utilization")).min(100);
    let full = (usize::try_from(percent).unwrap_or(0) * BAR).div_ceil(100);
    Tile {
        title: "CPU",
        value: format!("{percent}%"),
        tone: if percent >= 90 { Tone::Warn } else { Tone::Plain },
        history: None,
        lines: vec![format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))],
        note: "of its threads".to_owned(),
    }
}
