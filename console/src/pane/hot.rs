//! Hot: top lists, chosen by Left and Right (console.md 4.5). Of clients as far as the broker knows numbers of each; of
//! reasons as far as it counts them.

mod machine;

use super::paint::Paint;
use super::{events, grid as any, session};
use crate::app::{App, Numbers, OpenSession, View};
use crate::deed;
use crate::place::{Place, Source};
use crate::table::{ASKING, Cell, Column, Grid, Line, Tone};
use crate::text;
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use std::sync::LazyLock;
use vmq_admin::Row;
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
    /// Sessions with the most of a field, out of those that an expression finds, with these columns.
    Sessions(&'static str, &'static str, &'static [&'static str]),
    /// Events of these kinds, or of this reason; those that happened most often first. Without any: all, the newest first.
    Events(&'static [&'static str], &'static str),
    /// What metrics grow by, for each of their labels.
    Reasons(&'static str),
    /// What the broker takes of the machine.
    Machine,
}

/// Columns behind the one that the list is about.
const REST: &[&str] = &["statename", "queue_size", "waiting_acks", "user", "peer"];

/// Every list there can be. The first ones to the right and to the left are those that are needed most.
const ALL: [List; 19] = [
    of_events("Last events", &[], ""),
    of_sessions("Deepest queues", "queue_size", "queue>0", REST),
    of_sessions("Most in flight", "waiting_acks", "inflight>0", REST),
    of_sessions("Most bytes in", "bytes_in", "online", REST),
    of_sessions(
        "Newest connections",
        "session_started_at",
        "online",
        &["user", "peer", "protocol", "listener"],
    ),
    of_sessions("Most bytes out", "bytes_out", "online", REST),
    of_sessions(
        "Most subscriptions",
        "subscriptions_count",
        "subscriptions_count>0",
        REST,
    ),
    of_reasons("Drops by reason", "message_dropped"),
    of_reasons("Disconnects by reason", "connection_closed"),
    of_reasons("Logins refused by reason", "connect_refused"),
    of_reasons("Publishes refused by reason", "publish_refused"),
    of_reasons("Connections refused by reason", "connection_refused"),
    of_reasons("TLS handshakes failed by reason", "tls_handshake_failed"),
    List {
        title: "Memory, disk, files",
        of: Of::Machine,
    },
    of_events("Ends of connections", &["disconnected"], ""),
    of_events("Refused topics", &["publish_refused", "subscribe_refused"], ""),
    of_events("Lost messages", &["message_dropped"], ""),
    of_events("Take-overs", &[], "session_taken_over"),
    of_events("Refused logins", &["connect_refused", "connection_refused"], ""),
];

/// The lists that this broker can fill.
pub static LISTS: LazyLock<Vec<&'static List>> = LazyLock::new(|| {
    let is_known = |list: &&List| match &list.of {
        Of::Sessions(by, ..) => Field::parse(by).is_some(),
        _ => true,
    };
    ALL.iter().filter(is_known).collect()
});

const fn of_sessions(
    title: &'static str,
    by: &'static str,
    filter: &'static str,
    rest: &'static [&'static str],
) -> List {
    List {
        title,
        of: Of::Sessions(by, filter, rest),
    }
}

const fn of_events(title: &'static str, kinds: &'static [&'static str], reason: &'static str) -> List {
    List {
        title,
        of: Of::Events(kinds, reason),
    }
}

const fn of_reasons(title: &'static str, metric: &'static str) -> List {
    List {
        title,
        of: Of::Reasons(metric),
    }
}

fn list(at: usize) -> &'static List {
    LISTS[at % LISTS.len()]
}

/// The place of a list.
#[must_use]
pub fn number(title: &str) -> usize {
    LISTS.iter().position(|list| list.title == title).unwrap_or(0)
}

/// The name of a list.
#[must_use]
pub fn title(at: usize) -> &'static str {
    list(at).title
}

/// Whether the rows of a list are clients.
#[must_use]
pub fn is_of_clients(at: usize) -> bool {
    !matches!(list(at).of, Of::Reasons(_) | Of::Machine)
}

/// What it needs of the broker; reasons are in the header's numbers.
#[must_use]
pub fn source(at: usize, rows: usize) -> Option<Source> {
    match &list(at).of {
        Of::Reasons(_) | Of::Machine => None,
        Of::Events(..) => deed::parse(&deed::argv(&["events", "show"]))
            .ok()
            .map(Source::Poll),
        Of::Sessions(by, filter, rest) => {
            let field = Field::parse(by)?;
            let mut fields = vec![
                Field::Mountpoint,
                Field::ClientId,
                Field::PeerHost,
                Field::PeerPort,
                field,
            ];
            let rest = rest.iter().filter_map(|name| Field::parse(name));
            fields.extend(rest.filter(|own| *own != field));
            Some(Source::Live(Topic::Sessions(Sessions {
                filter: (*filter).to_owned(),
                sort: Some(Sort {
                    field,
                    descending: true,
                }),
                columns: fields,
                offset: 0,
                limit: u32::try_from(rows * 2)
                    .unwrap_or(PAGE_ROWS_MAX)
                    .min(PAGE_ROWS_MAX),
            })))
        }
    }
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
        Of::Sessions(by, _, rest) => {
            let mut columns = vec!["client_id", *by];
            columns.extend(rest.iter().filter(|name| *name != by));
            let mut grid = session::of_rows(app, Place::View(View::Hot), &columns, "none");
            // A top list ends where its page does.
            grid.found = grid.lines.len();
            grid
        }
        Of::Events(kinds, reason) => of_kinds(app, kinds, reason),
        Of::Reasons(metric) => reasons(app, metric),
        Of::Machine => machine::grid(app),
    }
}

fn of_kinds(app: &App, kinds: &[&str], reason: &str) -> Grid {
    let is_of_all = kinds.is_empty() && reason.is_empty();
    let columns = events::columns(true, is_of_all);
    let place = Place::View(View::Hot);
    let Some(picture) = app.picture(place) else {
        let empty = app.fault(place).unwrap_or(ASKING).to_owned();
        return Grid {
            columns,
            empty,
            ..Grid::default()
        };
    };
    let is_meant = |row: &&Row| {
        let (kind, why) = (events::cell(row, "event"), events::cell(row, "reason"));
        (kinds.is_empty() || kinds.contains(&kind.as_str())) && (reason.is_empty() || reason == why)
    };
    let mut rows: Vec<&Row> = picture.rows.iter().rev().filter(is_meant).collect();
    if !is_of_all {
        let times = |row: &Row| crate::app::number(row.get("count")).unwrap_or(0.0);
        rows.sort_by(|left, right| times(right).total_cmp(&times(left)));
    }
    let lines = rows
        .into_iter()
        .map(|row| events::line(app, row, &columns))
        .collect();
    Grid::whole(
        columns,
        lines,
        app.table(),
        "none, as far as the broker remembers",
    )
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
    if !is_of_clients(app.hot) {
        return;
    }
    let selected = super::selected(app).map(|line| OpenSession::of(&line.id));
    match selected.filter(|session| !session.client_id.is_empty()) {
        Some(session) => {
            app.view = View::Sessions;
            app.session = Some(session);
        }
        None => app.say("this is about no client", false),
    }
}
