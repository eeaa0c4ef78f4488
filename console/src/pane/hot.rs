//! Hot: top lists, chosen by Left and Right (console.md 4.5). Of clients as far as the broker knows numbers of each; of
//! reasons as far as it counts them.

mod list;
mod machine;
mod top;

use super::paint::Paint;
use super::{events, grid as any, plugin, session, topic};
use crate::app::{App, Numbers, OpenSession, View};
use crate::deed;
use crate::place::{Place, Source};
use crate::table::{ASKING, Cell, Column, Grid, Line, Tone};
use crate::text;
use crate::theme::Theme;
pub use list::List;
use list::{ALL, Of};
use ratatui::Frame;
use ratatui::layout::Rect;
use std::sync::LazyLock;
use vmq_admin::Row;
use vmq_admin::command::session::{Field, Sort};
use vmq_admin::live::{Hot, PAGE_ROWS_MAX, Sessions, TOP_ROWS_MAX, TopList, Topic};

/// The lists that this broker can fill.
pub static LISTS: LazyLock<Vec<&'static List>> = LazyLock::new(|| {
    let is_known = |list: &&List| match &list.of {
        Of::Sessions(by, ..) => Field::parse(by).is_some(),
        _ => true,
    };
    ALL.iter().filter(is_known).collect()
});

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
    match list(at).of {
        Of::Top(top, ..) => !lists_topics(top),
        Of::Reasons(_) | Of::Machine | Of::Hooks => false,
        Of::Sessions(..) | Of::Events(..) => true,
    }
}

const fn lists_topics(list: TopList) -> bool {
    matches!(list, TopList::Topics | TopList::Retained)
}

/// Whether the rows of a list are topics.
#[must_use]
pub fn is_of_topics(at: usize) -> bool {
    matches!(list(at).of, Of::Top(top, ..) if lists_topics(top))
}

/// The mountpoint and name of the topic that is selected, where the list is one of topics.
#[must_use]
pub fn topic_of(app: &App) -> Option<(String, String)> {
    let is_one = app.view == View::Hot && is_of_topics(app.hot);
    let id = super::selected(app).filter(|_| is_one)?.id;
    let mut parts = id.split('\0');
    let mountpoint = parts.next()?.to_owned();
    Some((mountpoint, parts.nth(1)?.to_owned()))
}

/// What it needs of the broker; reasons are in the header's numbers.
#[must_use]
pub fn source(at: usize, rows: usize) -> Option<Source> {
    match &list(at).of {
        Of::Reasons(_) | Of::Machine => None,
        Of::Hooks => Some(Source::Live(Topic::Plugins)),
        Of::Top(list, ..) => Some(Source::Live(Topic::Hot(Hot {
            list: *list,
            limit: TOP_ROWS_MAX,
        }))),
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
                by_rate: false,
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
    match topic::unlisted(app, Place::View(View::Hot)) {
        Some(said) => paint.say(x, area.y, room, &said, Tone::Warn),
        None => paint.say(x, area.y, room, &next.join(" · "), Tone::Faint),
    };
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
        Of::Hooks => plugin::slowest(app),
        Of::Top(_, columns, empty) => top::grid(app, columns, empty),
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

/// Opens the session or topic that is selected.
pub fn open(app: &mut App) {
    if let Some((mountpoint, name)) = topic_of(app) {
        app.mountpoint = mountpoint;
        match list(app.hot).of {
            Of::Top(TopList::Retained, ..) => topic::show_retained(app, Some(&name)),
            _ => topic::show_live(app, &name),
        }
        return;
    }
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
