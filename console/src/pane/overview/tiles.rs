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
    let (incoming, outgoing) = (
        numbers.rate("mqtt_publish_received"),
        numbers.rate("mqtt_publish_sent"),
    );
    let mut tiles = [
        connections(app, numbers),
        connects(app, numbers),
        publishes_in(app, numbers),
        publishes_out(app, incoming, outgoing),
        sessions(app, numbers),
        retained(app, numbers),
        transfer(app, "BYTES IN", "bytes_received", numbers, incoming),
        transfer(app, "BYTES OUT", "bytes_sent", numbers, outgoing),
        drops(app, numbers),
        refused(numbers),
        memory(numbers),
        cpu(numbers),
    ];
    if !numbers.is_some() {
        tiles.iter_mut().for_each(|tile| "–".clone_into(&mut tile.value));
    }
    tiles
}

/// A tile with the ten minutes of a metric.
fn tile(app: &App, title: &'static str, value: String, name: &str, note: String) -> Tile {
    Tile {
        title,
        value,
        tone: Tone::Plain,
        history: history(app, &[name]),
        lines: Vec::new(),
        note,
    }
}

fn number(number: f64) -> String {
    count(whole(number))
}

fn connections(app: &App, numbers: Numbers<'_>) -> Tile {
    let online = numbers.value("total_active_connections");
    let offline = format!("{} offline", number(numbers.value("queue_processes") - online));
    tile(
        app,
        "CONNECTIONS",
        number(online),
        "total_active_connections",
        offline,
    )
}

fn connects(app: &App, numbers: Numbers<'_>) -> Tile {
    let gone = format!("{} disconnects", rate(numbers.rate("socket_close")));
    let value = rate(numbers.rate("mqtt_connect_received"));
    tile(app, "CONNECTS", value, "mqtt_connect_received", gone)
}

fn publishes_in(app: &App, numbers: Numbers<'_>) -> Tile {
    let refused = numbers.rate("mqtt_publish_auth_error");
    let (tone, note) = match refused > 0.0 {
        true => (Tone::Warn, format!("{} refused", rate(refused))),
        false => (Tone::Plain, "none refused".to_owned()),
    };
    let value = rate(numbers.rate("mqtt_publish_received"));
    Tile {
        tone,
        ..tile(app, "PUBS IN", value, "mqtt_publish_received", note)
    }
}

fn publishes_out(app: &App, incoming: f64, outgoing: f64) -> Tile {
    let fan_out = match incoming >= 1.0 {
        true => format!("×{} fan-out", short(outgoing / incoming)),
        false => String::new(),
    };
    tile(app, "PUBS OUT", rate(outgoing), "mqtt_publish_sent", fan_out)
}

fn sessions(app: &App, numbers: Numbers<'_>) -> Tile {
    let subscriptions = format!("{} subs", number(numbers.value("router_subscriptions")));
    tile(
        app,
        "SESSIONS",
        number(numbers.value("queue_processes")),
        "queue_processes",
        subscriptions,
    )
}

fn retained(app: &App, numbers: Numbers<'_>) -> Tile {
    let size = bytes(numbers.value("retain_memory"));
    tile(
        app,
        "RETAINED",
        number(numbers.value("retain_messages")),
        "retain_messages",
        size,
    )
}

fn transfer(app: &App, title: &'static str, name: &'static str, numbers: Numbers<'_>, messages: f64) -> Tile {
    let per_second = numbers.rate(name);
    let each = match messages >= 1.0 {
        true => format!("{} a message", bytes(per_second / messages)),
        false => String::new(),
    };
    tile(app, title, format!("{}/s", bytes(per_second)), name, each)
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
