//! What stands on the tiles: four rows of four, each about one thing: who is there and what is published, what goes wrong and how
//! much it is, what is kept, what it takes of the machine.

use super::super::session::whole;
use crate::app::{App, NEAR, Numbers, Severity, URGENT, View, of_disk};
use crate::place::Place;
use crate::table::Tone;
use crate::text::{bytes, count, rate, short};

pub(super) const CONNECTIONS: usize = 0;
pub(super) const CONNECTS: usize = 1;
pub(super) const PUBLISHES: usize = 2;
pub(super) const OUT: usize = 3;
pub(super) const REFUSED: usize = 4;
pub(super) const DROPS: usize = 5;
pub(super) const BYTES_IN: usize = 6;
pub(super) const BYTES_OUT: usize = 7;
pub(super) const WAITING: usize = 8;
pub(super) const IN_FLIGHT: usize = 9;
pub(super) const RETAINED: usize = 10;
pub(super) const SUBSCRIPTIONS: usize = 11;
pub(super) const CPU: usize = 13;
pub(super) const FILES: usize = 15;

/// A tile.
pub(super) struct Tile {
    pub title: &'static str,
    pub value: String,
    pub tone: Tone,
    /// Values of seconds, and when the last one ended.
    pub history: (Vec<u64>, u64),
    /// What the full height of the line means at least; else it is the largest value.
    pub top: u64,
    /// The most important one first: on a small screen it is the only one.
    pub notes: Vec<String>,
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
        refused(app, numbers),
        drops(app, numbers),
        transfer(app, "BYTES IN", "bytes_received", numbers, incoming),
        transfer(app, "BYTES OUT", "bytes_sent", numbers, outgoing),
        waiting(app, numbers),
        in_flight(app, numbers),
        retained(app, numbers),
        subscriptions(app, numbers),
        memory(app, numbers),
        cpu(app, numbers),
        disk(app, numbers),
        files(app, numbers),
    ];
    if !numbers.is_some() {
        tiles.iter_mut().for_each(|tile| "–".clone_into(&mut tile.value));
    }
    tiles
}

/// A tile with the ten minutes of some metrics, as their sum.
fn tile(app: &App, title: &'static str, value: String, names: &[&str], notes: Vec<String>) -> Tile {
    Tile {
        title,
        value,
        tone: Tone::Plain,
        history: history(app, names),
        top: 0,
        notes,
    }
}

/// The sum of some metrics, second by second.
fn history(app: &App, names: &[&str]) -> (Vec<u64>, u64) {
    let Some(picture) = app.picture(Place::View(View::Overview)) else {
        return (Vec::new(), 0);
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
    (sum, picture.until)
}

fn number(number: f64) -> String {
    count(whole(number))
}

fn connections(app: &App, numbers: Numbers<'_>) -> Tile {
    let online = numbers.value("total_active_connections");
    let offline = format!("{} offline", number(numbers.value("queue_processes") - online));
    let name = "total_active_connections";
    tile(app, "CONNECTIONS", number(online), &[name], vec![offline])
}

fn connects(app: &App, numbers: Numbers<'_>) -> Tile {
    let gone = format!("{} disconnects", rate(numbers.rate("socket_close")));
    let timed_out = format!("{} timed out", rate(numbers.rate("client_keepalive_expired")));
    let value = rate(numbers.rate("mqtt_connect_received"));
    let name = "mqtt_connect_received";
    tile(app, "CONNECTS", value, &[name], vec![gone, timed_out])
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
        ..tile(app, "PUBS IN", value, &["mqtt_publish_received"], vec![note])
    }
}

fn publishes_out(app: &App, incoming: f64, outgoing: f64) -> Tile {
    let fan_out = match incoming >= 1.0 {
        true => vec![format!("×{} fan-out", short(outgoing / incoming))],
        false => Vec::new(),
    };
    tile(app, "PUBS OUT", rate(outgoing), &["mqtt_publish_sent"], fan_out)
}

fn refused(app: &App, numbers: Numbers<'_>) -> Tile {
    let (sum, reason) = numbers.refused_logins();
    let connections = numbers.rate("connection_refused");
    let mut notes = vec![match sum > 0.0 {
        true => reason.replace('_', " "),
        false => "no login refused".to_owned(),
    }];
    if connections > 0.0 {
        notes.push(format!("{} connections", rate(connections)));
    }
    Tile {
        tone: if sum > 0.0 { Tone::Bad } else { Tone::Plain },
        ..tile(app, "REFUSED", rate(sum), &["connect_refused"], notes)
    }
}

fn drops(app: &App, numbers: Numbers<'_>) -> Tile {
    const REASONS: [(&str, &str); 3] = [
        ("queue_message_drop", "queue full"),
        ("queue_message_expired", "expired"),
        ("queue_message_unhandled", "nobody to take them"),
    ];
    let mut rates = REASONS.map(|(name, reason)| (numbers.rate(name), reason));
    rates.sort_by(|left, right| right.0.total_cmp(&left.0));
    let is_full = numbers.rate("queue_message_drop") > 0.0;
    let mut notes: Vec<String> = rates
        .iter()
        .filter(|(per_second, _)| *per_second > 0.0)
        .map(|(per_second, reason)| format!("{reason} {}", rate(*per_second)))
        .collect();
    if notes.is_empty() {
        notes.push("none".to_owned());
    }
    Tile {
        tone: match (is_full, rates[0].0 > 0.0) {
            (true, _) => Tone::Bad,
            (false, true) => Tone::Warn,
            (false, false) => Tone::Plain,
        },
        ..tile(
            app,
            "DROPS",
            rate(numbers.drops()),
            &REASONS.map(|(name, _)| name),
            notes,
        )
    }
}

fn transfer(app: &App, title: &'static str, name: &'static str, numbers: Numbers<'_>, messages: f64) -> Tile {
    let per_second = numbers.rate(name);
    let each = match messages >= 1.0 {
        true => vec![format!("{} a message", bytes(per_second / messages))],
        false => Vec::new(),
    };
    tile(app, title, format!("{}/s", bytes(per_second)), &[name], each)
}

fn waiting(app: &App, numbers: Numbers<'_>) -> Tile {
    const NAMES: [&str; 2] = ["queue_messages_online", "queue_messages_offline"];
    let [online, offline] = NAMES.map(|name| numbers.value(name));
    let notes = [(offline, "offline"), (online, "online")]
        .map(|(messages, whose)| format!("{} {whose}", short(messages)))
        .to_vec();
    tile(app, "WAITING", number(online + offline), &NAMES, notes)
}

fn in_flight(app: &App, numbers: Numbers<'_>) -> Tile {
    let name = "queue_messages_inflight";
    let note = "not acknowledged".to_owned();
    tile(app, "IN FLIGHT", number(numbers.value(name)), &[name], vec![note])
}

fn retained(app: &App, numbers: Numbers<'_>) -> Tile {
    let size = bytes(numbers.value("retain_memory"));
    let value = number(numbers.value("retain_messages"));
    tile(app, "RETAINED", value, &["retain_messages"], vec![size])
}

fn subscriptions(app: &App, numbers: Numbers<'_>) -> Tile {
    let size = bytes(numbers.value("router_memory"));
    let value = number(numbers.value("router_subscriptions"));
    tile(app, "SUBS", value, &["router_subscriptions"], vec![size])
}

fn memory(app: &App, numbers: Numbers<'_>) -> Tile {
    let resident = numbers.value("vm_memory_total");
    let part = |title: &str, name| format!("{title} {}", bytes(numbers.value(name)));
    let (share, mut notes) = share(resident, numbers.value("system_memory_limit"), bytes);
    notes.extend([part("store", "store_memory"), part("sessions", "vm_memory_ets")]);
    Tile {
        tone: tone(share),
        ..tile(app, "MEMORY", bytes(resident), &["vm_memory_total"], notes)
    }
}

fn cpu(app: &App, numbers: Numbers<'_>) -> Tile {
    let percent = numbers.value("system_utilization").min(100.0);
    let note = "of its threads".to_owned();
    Tile {
        tone: if percent >= 90.0 { Tone::Warn } else { Tone::Plain },
        top: 100,
        ..tile(
            app,
            "CPU",
            format!("{percent:.0}%"),
            &["system_utilization"],
            vec![note],
        )
    }
}

fn disk(app: &App, numbers: Numbers<'_>) -> Tile {
    let (free, size) = (numbers.value("disk_free"), numbers.value("disk_size"));
    let (_, notes) = share(free, size, bytes);
    Tile {
        tone: match of_disk(free, size) {
            Severity::Fine => Tone::Plain,
            Severity::Degraded => Tone::Warn,
            Severity::Critical => Tone::Bad,
        },
        ..tile(app, "DISK FREE", bytes(free), &["disk_free"], notes)
    }
}

fn files(app: &App, numbers: Numbers<'_>) -> Tile {
    let open = numbers.value("open_files");
    let (share, notes) = share(open, numbers.value("open_files_limit"), short);
    Tile {
        tone: tone(share),
        ..tile(app, "OPEN FILES", number(open), &["open_files"], notes)
    }
}

/// Which part of a whole that is, and the words for it; a whole that nobody told is none.
fn share(part: f64, whole: f64, said: fn(f64) -> String) -> (f64, Vec<String>) {
    // No limit at all is told as the largest number.
    if whole <= 0.0 || whole >= u64::MAX as f64 {
        return (0.0, vec!["no limit".to_owned()]);
    }
    let share = part / whole;
    (share, vec![format!("{:.0}% of {}", share * 100.0, said(whole))])
}

fn tone(share: f64) -> Tone {
    match share {
        share if share >= URGENT => Tone::Bad,
        share if share >= NEAR => Tone::Warn,
        _ => Tone::Plain,
    }
}
