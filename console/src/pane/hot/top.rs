//! A list that the broker makes, as a table.

use super::list::{As, Shown};
use crate::app::{App, View, number};
use crate::pane::events;
use crate::pane::session::whole;
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::text;
use jiff::Timestamp;
use vmq_admin::{Row, Value};

/// The table.
#[must_use]
pub(super) fn grid(app: &App, shown: &[Shown], empty: &str) -> Grid {
    let columns = shown.iter().map(column).collect();
    let place = Place::View(View::Hot);
    let Some(picture) = app.picture(place) else {
        return Grid::asking(columns);
    };
    let lines = picture.rows.iter().map(|row| line(app, row, shown)).collect();
    Grid::whole(columns, lines, app.table(), app.fault(place).unwrap_or(empty))
}

fn column((title, field, what): &Shown) -> Column {
    match what {
        As::Text | As::Word | As::Peer => Column::text(title, field, 12),
        As::Age | As::Ago => Column::number(title, field, 6),
        _ => Column::number(title, field, 8),
    }
}

fn line(app: &App, row: &Row, shown: &[Shown]) -> Line {
    let text = |name| events::cell(row, name);
    let cells = shown.iter().map(|(_, field, what)| cell(app, row, field, *what));
    // Who it is comes first, so that a session can be opened from it; then what the list is about.
    let name = shown.first().map(|(_, field, _)| text(field)).unwrap_or_default();
    Line {
        cells: cells.collect(),
        id: [text("mountpoint"), text("client_id"), name].join("\0"),
    }
}

fn cell(app: &App, row: &Row, field: &str, what: As) -> Cell {
    let value = row.get(field);
    let told = number(value).filter(|_| !matches!(what, As::Text | As::Word | As::Peer | As::Ago));
    match (what, told) {
        (As::Text, _) => Cell::text(&events::cell(row, field)),
        (As::Word, _) => Cell::text(&events::cell(row, field).replace('_', " ")),
        (As::Peer, _) => Cell::text(events::cell(row, field).trim_start_matches("connection from ")),
        (As::Ago, _) => ago(app, &events::cell(row, field)),
        (As::Rate | As::ByteRate, None) if matches!(value, Some(Value::Null)) => {
            // It takes two looks to know.
            Cell::text("…").toned(Tone::Faint)
        }
        (_, None) => Cell::default(),
        (As::Count, Some(number)) => Cell::number(number, text::count(whole(number))),
        (As::Bytes, Some(number)) => Cell::number(number, text::bytes(number)),
        (As::Rate, Some(number)) => Cell::number(number, text::rate(number)),
        (As::ByteRate, Some(number)) => Cell::number(number, format!("{}/s", text::bytes(number))),
        (As::Age, Some(number)) => Cell::number(number, text::age(whole(number) / 1000)),
    }
}

fn ago(app: &App, time: &str) -> Cell {
    let Ok(time) = time.parse::<Timestamp>() else {
        return Cell::default();
    };
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
    let seconds = app.now_ms.saturating_sub(millis) / 1000;
    #[expect(clippy::cast_precision_loss, reason = "for order")]
    Cell::number(-(millis as f64), text::age(seconds))
}
