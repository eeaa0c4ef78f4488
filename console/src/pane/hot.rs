//! Hot: top lists, chosen by Left and Right (console.md 4.5). Of clients as far as the broker knows numbers of each; of
//! reasons as far as it counts them.

use super::paint::Paint;
use super::{grid as any, session};
use crate::app::{App, Numbers, OpenSession, View};
use crate::place::{Place, Source};
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::text;
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::command::session::{Field, Sort};
use vmq_admin::live::{PAGE_ROWS_MAX, Sessions, Topic};

/// A top list.
#[derive(Debug)]
pub struct List {
    pub title: &'static str,
    of: Of,
}

/// What it is a list of.
#[derive(Debug)]
enum Of {
    /// Sessions with the most of a field, out of those that an expression finds.
    Sessions(Field, &'static str, &'static [&'static str]),
    /// What a metric grows by, for each of its labels.
    Reasons(&'static str),
}

/// All of them.
pub const LISTS: [List; 9] = [
    of_sessions(
        "Deepest queues",
        Field::QueueSize,
        "queue>0",
        &[
            "client_id",
            "queue_size",
            "waiting_acks",
            "statename",
            "user",
            "peer",
        ],
    ),
    of_sessions(
        "Most in flight",
        Field::WaitingAcks,
        "inflight>0",
        &[
            "client_id",
            "waiting_acks",
            "queue_size",
            "statename",
            "user",
            "peer",
        ],
    ),
    of_sessions(
        "Newest connections",
        Field::SessionStartedAt,
        "online",
        &[
            "client_id",
            "session_started_at",
            "user",
            "peer",
            "protocol",
            "listener",
        ],
    ),
    of_sessions(
        "Most subscriptions",
        Field::SubscriptionsCount,
        "subscriptions_count>0",
        &["client_id", "subscriptions_count", "statename", "user", "peer"],
    ),
    of_reasons("Drops by reason", "message_dropped"),
    of_reasons("Disconnects by reason", "connection_closed"),
    of_reasons("Logins by answer", "mqtt_connack_sent"),
    of_reasons("Connections refused by reason", "connection_refused"),
    of_reasons("TLS handshakes failed by reason", "tls_handshake_failed"),
];

const fn of_sessions(
    title: &'static str,
    by: Field,
    filter: &'static str,
    columns: &'static [&'static str],
) -> List {
    List {
        title,
        of: Of::Sessions(by, filter, columns),
    }
}

const fn of_reasons(title: &'static str, metric: &'static str) -> List {
    List {
        title,
        of: Of::Reasons(metric),
    }
}

fn list(at: usize) -> &'static List {
    &LISTS[at % LISTS.len()]
}

/// Whether a list is one of sessions.
#[must_use]
pub fn is_of_sessions(at: usize) -> bool {
    matches!(list(at).of, Of::Sessions(..))
}

/// What it needs of the broker; reasons are in the header's numbers.
#[must_use]
pub fn source(at: usize, rows: usize) -> Option<Source> {
    let Of::Sessions(field, filter, columns) = &list(at).of else {
        return None;
    };
    let mut fields = vec![
        Field::Mountpoint,
        Field::ClientId,
        Field::PeerHost,
        Field::PeerPort,
    ];
    let named = columns.iter().filter_map(|name| Field::parse(name));
    fields.extend(named.filter(|field| *field != Field::ClientId));
    Some(Source::Live(Topic::Sessions(Sessions {
        filter: (*filter).to_owned(),
        sort: Some(Sort {
            field: *field,
            descending: true,
        }),
        columns: fields,
        offset: 0,
        limit: u32::try_from(rows * 2)
            .unwrap_or(PAGE_ROWS_MAX)
            .min(PAGE_ROWS_MAX),
    })))
}

/// Draws the list.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    let at = app.hot % LISTS.len();
    let mut x = area.x + 1;
    x = paint.say(x, area.y, 2, "‹ ", Tone::Faint);
    x = paint.put(x, area.y, 40, list(at).title, Theme::of(app).title());
    x = paint.say(x, area.y, 4, " › ", Tone::Faint);
    let next: Vec<&str> = (1..LISTS.len()).map(|further| list(at + further).title).collect();
    let room = usize::from(area.right().saturating_sub(x + 1));
    paint.say(x, area.y, room, &next.join(" · "), Tone::Faint);
    let below = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    any::draw(frame, below, app, &grid(app), app.table());
}

/// The list as a table.
#[must_use]
pub fn grid(app: &App) -> Grid {
    match &list(app.hot).of {
        Of::Sessions(_, _, columns) => {
            let mut grid = session::of_rows(app, Place::View(View::Hot), columns, "none");
            // A top list ends where its page does.
            grid.found = grid.lines.len();
            grid
        }
        Of::Reasons(metric) => reasons(app, metric),
    }
}

fn reasons(app: &App, metric: &str) -> Grid {
    let columns = vec![
        Column::text("REASON", "reason", 30),
        Column::number("PER SECOND", "rate", 10),
        Column::number("SHARE", "share", 6),
    ];
    let numbers = Numbers::of(app.picture(Place::Header));
    let rates = numbers.rates_by_label(metric);
    let sum: f64 = rates.iter().map(|(_, rate)| rate).sum();
    let line = |(reason, rate): (String, f64)| {
        let share = 100.0 * rate / sum;
        Line {
            cells: vec![
                Cell::text(&reason.replace('_', " ")),
                Cell::number(rate, text::rate(rate)),
                Cell::number(share, format!("{share:.0}%")),
            ],
            id: reason,
        }
    };
    Grid::whole(
        columns,
        rates.into_iter().map(line).collect(),
        app.table(),
        "none in the last ten seconds",
    )
}

/// Opens the session that is selected.
pub fn open(app: &mut App) {
    if !is_of_sessions(app.hot) {
        return;
    }
    if let Some(line) = super::selected(app) {
        app.view = View::Sessions;
        app.session = Some(OpenSession::of(&line.id));
    }
}
