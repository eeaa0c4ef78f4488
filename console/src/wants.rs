//! Wants: what the screen needs of the broker, as a function of the state (console.md 7). `feed` sees to it that exactly
//! this is looked at: leaving a view ends its subscription, because nothing here wants it any more.

mod open;

use crate::app::{App, LOG_LEVELS, Mode, Rate, Tab, View};
use crate::deed;
use crate::pane::{hot, session, topic};
use crate::place::{Place, Source, Want};
use crate::table::Order;
use crate::update::is_about_settings;
use std::collections::BTreeMap;
use vmq_admin::command::session::{Field, Sort};
use vmq_admin::live::{Log, Metrics, PAGE_ROWS_MAX, Sessions, Topic};

/// The numbers of the header, of the tiles and of the reasons in Hot. By label: the reasons are labels.
const NUMBERS: [&str; 43] = [
    "system_wallclock",
    "total_active_connections",
    "queue_processes",
    "mqtt_connect_received",
    "socket_open",
    "socket_close",
    "mqtt_publish_received",
    "mqtt_publish_sent",
    "bytes_received",
    "bytes_sent",
    "queue_message_drop",
    "queue_message_expired",
    "queue_message_unhandled",
    "queue_messages_online",
    "queue_messages_offline",
    "queue_messages_inflight",
    "mqtt_publish_auth_error",
    "mqtt_subscribe_auth_error",
    "client_keepalive_expired",
    "retain_messages",
    "retain_memory",
    "router_subscriptions",
    "router_memory",
    "vm_memory_total",
    "vm_memory_ets",
    "system_memory_limit",
    "system_utilization",
    "store_memory",
    "store_failing",
    "overload_active",
    "disk_free",
    "disk_size",
    "open_files",
    "open_files_limit",
    "netsplit_detected",
    "netsplit_resolved",
    "connection_closed",
    "connection_refused",
    "message_dropped",
    "tls_handshake_failed",
    "publish_refused",
    "subscribe_refused",
    "connect_refused",
];

/// The numbers whose ten minutes the tiles show.
pub const HISTORY: [&str; 19] = [
    "total_active_connections",
    "mqtt_connect_received",
    "mqtt_publish_received",
    "mqtt_publish_sent",
    "bytes_received",
    "bytes_sent",
    "queue_message_drop",
    "queue_message_unhandled",
    "queue_message_expired",
    "connect_refused",
    "queue_messages_online",
    "queue_messages_offline",
    "queue_messages_inflight",
    "retain_messages",
    "router_subscriptions",
    "vm_memory_total",
    "system_utilization",
    "disk_free",
    "open_files",
];

/// Milliseconds between looks at what changes seldom.
const SELDOM_MS: u32 = 5000;
const CERTIFICATES_MS: u32 = 10_000;

/// Which settings there are does not change.
const SETTINGS_MS: u32 = 60_000;

/// A session from near.
const NEAR_MS: u32 = 2000;

/// Everything that is wanted now.
#[must_use]
pub fn wants(app: &App) -> BTreeMap<Place, Want> {
    let mut wants = BTreeMap::new();
    let mut want = |place: Place, source: Option<Source>, least_ms: u32| {
        if let Some(source) = source {
            let interval_ms = app.interval_ms.max(least_ms);
            wants.insert(place, Want { source, interval_ms });
        }
    };
    want(Place::Header, Some(numbers(&[])), 0);
    want(Place::Listeners, Some(Source::Live(Topic::Listeners)), SELDOM_MS);
    want(Place::Certificates, poll(&["tls", "show"]), CERTIFICATES_MS);
    want(Place::View(app.view), view(app), 0);
    want(Place::Beside, beside(app), beside_ms(app));
    want(Place::Near, near(app), NEAR_MS);
    want(Place::Settings, settings(app), SETTINGS_MS);
    for trace in app.traces.iter().filter(|trace| !trace.has_ended) {
        want(
            Place::Trace(trace.number),
            deed::parse(&trace.argv).ok().map(Source::Stream),
            0,
        );
    }
    wants
}

fn numbers(history: &[&str]) -> Source {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Source::Live(Topic::Metrics(match history {
        [] => Metrics {
            names: owned(&NUMBERS),
            by_label: true,
            history: Vec::new(),
        },
        history => Metrics {
            // The header has them already.
            names: owned(&["system_wallclock"]),
            by_label: false,
            history: owned(history),
        },
    }))
}

fn poll(words: &[&str]) -> Option<Source> {
    deed::parse(&deed::argv(words)).ok().map(Source::Poll)
}

fn view(app: &App) -> Option<Source> {
    match app.view {
        View::Overview => Some(numbers(&HISTORY)),
        View::Sessions if app.session.is_some() && !app.is_wide() => None,
        View::Sessions => Some(sessions(app)),
        View::Topics => topic::source(app),
        View::Traces => poll(&["trace", "list"]),
        View::Hot => hot::source(app.hot, app.rows()),
        View::Listeners => Some(Source::Live(Topic::Listeners)),
        View::Cluster => Some(Source::Live(Topic::Cluster)),
        View::Plugins => Some(Source::Live(Topic::Plugins)),
        View::Logs => Some(log(
            LOG_LEVELS[app.log_level % LOG_LEVELS.len()],
            &app.table().filter,
        )),
    }
}

/// The names of all settings, while a command about them is typed.
fn settings(app: &App) -> Option<Source> {
    let Mode::Command { line, .. } = &app.mode else {
        return None;
    };
    is_about_settings(&line.text())
        .then(|| poll(&["show", "--verbose"]))
        .flatten()
}

fn log(level: &str, contains: &str) -> Source {
    Source::Live(Topic::Log(Log {
        level: level.to_owned(),
        contains: contains.to_owned(),
    }))
}

/// The page around the window: it changes by whole screens, so that moving by a row asks for nothing.
fn sessions(app: &App) -> Source {
    let table = app.table();
    let rows = app.rows();
    let first = (table.top / rows * rows).saturating_sub(rows);
    let limit = u32::try_from(rows * 3)
        .unwrap_or(PAGE_ROWS_MAX)
        .min(PAGE_ROWS_MAX);
    Source::Live(Topic::Sessions(Sessions {
        filter: table.filter.clone(),
        sort: table.order.as_ref().and_then(sort),
        by_rate: table.order.as_ref().is_some_and(is_rate),
        columns: session::fields(app),
        offset: first as u64,
        limit,
    }))
}

fn sort(order: &Order) -> Option<Sort> {
    let field = match order.field.as_str() {
        "peer" => Field::PeerHost,
        name => session::rate(name)
            .map(Rate::field)
            .or_else(|| Field::parse(name))?,
    };
    Some(Sort {
        field,
        descending: order.descending,
    })
}

fn is_rate(order: &Order) -> bool {
    session::rate(&order.field).is_some()
}

/// What stands beside the view, or instead of it.
#[must_use]
pub fn beside(app: &App) -> Option<Source> {
    match (app.view, &app.session) {
        (View::Overview, _) => poll(&["events", "show"]),
        (View::Topics, _) => topic::beside(app),
        (View::Sessions, Some(session)) => Some(open::part(session)),
        _ => None,
    }
}

/// Plugins are not asked again and again.
fn beside_ms(app: &App) -> u32 {
    match (app.view, &app.session) {
        (View::Sessions, Some(session)) if session.tab == Tab::Why => SELDOM_MS,
        _ => 0,
    }
}

/// What stands near that.
#[must_use]
pub fn near(app: &App) -> Option<Source> {
    match (app.view, &app.session) {
        (View::Sessions, Some(session)) => open::near(app, session),
        _ => None,
    }
}
