//! Topics: what this broker can tell of them today, the retained messages and what is subscribed to. Which topics are
//! alive and how fast is not known to it, and the pane says so.

use super::paint::Paint;
use super::{detail, events::cell, grid as any};
use crate::app::{App, View};
use crate::deed;
use crate::place::{Place, Source};
use crate::table::{Cell, Column, Grid, Line, Table, Tone};
use crate::text;
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use std::sync::LazyLock;
use vmq_admin::Row;

/// The lists, each with its command. One that this broker does not know is not there.
static LISTS: LazyLock<Vec<(&'static str, Source)>> = LazyLock::new(|| {
    let lists: [(&str, &[&str]); 2] = [
        (
            "Retained messages",
            &["retain", "show", "--topic", "--payload", "--limit=1000"],
        ),
        (
            "Subscribed topics",
            &["topic", "show", "--sort=-subscriptions", "--limit=1000"],
        ),
    ];
    let known = lists
        .into_iter()
        .filter_map(|(title, words)| Some((title, deed::parse(&deed::argv(words)).ok()?)));
    known
        .map(|(title, command)| (title, Source::Poll(command)))
        .collect()
});

/// What the chosen list needs of the broker.
#[must_use]
pub fn source(app: &App) -> Option<Source> {
    LISTS
        .get(app.topics % LISTS.len().max(1))
        .map(|(_, source)| source.clone())
}

/// How many lists there are.
#[must_use]
pub fn count() -> usize {
    LISTS.len()
}

/// Chooses another list.
pub fn choose(app: &mut App, by: isize) {
    let count = LISTS.len().max(1).cast_signed();
    app.topics = (app.topics.cast_signed() + by).rem_euclid(count).cast_unsigned();
    app.tables.insert(View::Topics, Table::default());
    app.shown.remove(&Place::View(View::Topics));
}

/// Whether the rows are retained messages.
#[must_use]
pub const fn is_retained(app: &App) -> bool {
    app.topics == 0
}

/// Draws the list.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    let mut x = area.x + 2;
    for (nth, (title, _)) in LISTS.iter().enumerate() {
        let style = if nth == app.topics {
            paint.theme.title()
        } else {
            paint.theme.tone(Tone::Faint)
        };
        x = paint.put(x, area.y, 30, title, style) + 2;
    }
    let room = usize::from(area.right().saturating_sub(x));
    paint.say(x, area.y, room, "No rates of topics yet.", Tone::Faint);
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
    let columns = match is_retained(app) {
        true => vec![
            Column::text("TOPIC", "topic", 30),
            Column::number("BYTES", "bytes", 7),
            Column::text("PAYLOAD", "payload", 10),
        ],
        false => vec![
            Column::text("FILTER", "topic", 40),
            Column::number("SUBSCRIPTIONS", "subscriptions", 13),
        ],
    };
    let Some(picture) = app.picture(Place::View(View::Topics)) else {
        return Grid::asking(columns);
    };
    let line = |row: &Row| {
        if is_retained(app) {
            retained(app, row)
        } else {
            subscribed(row)
        }
    };
    let empty = if is_retained(app) {
        "no message is retained"
    } else {
        "nobody has subscribed"
    };
    let empty = app.fault(Place::View(View::Topics)).unwrap_or(empty);
    Grid::whole(
        columns,
        picture.rows.iter().map(line).collect(),
        app.table(),
        empty,
    )
}

fn retained(app: &App, row: &Row) -> Line {
    let (topic, payload) = (cell(row, "topic"), cell(row, "payload"));
    let bytes = payload.len() as u64;
    #[expect(clippy::cast_precision_loss, reason = "a payload has less than 2^53 bytes")]
    let size = Cell::number(bytes as f64, text::count(bytes));
    Line {
        cells: vec![
            Cell::text(&topic),
            size,
            Cell::text(&detail::shown(&payload, app.topics_hex)),
        ],
        id: topic,
    }
}

fn subscribed(row: &Row) -> Line {
    let topic = cell(row, "topic");
    let number = crate::app::number(row.get("subscriptions")).unwrap_or(0.0);
    Line {
        cells: vec![
            Cell::text(&topic),
            Cell::number(number, text::count(super::session::whole(number))),
        ],
        id: topic,
    }
}
