//! Topics: what this broker can tell of them today, the retained messages. Which topics are alive and how fast is not
//! known to it, and the pane says so.

use super::paint::Paint;
use super::{detail, grid as any};
use crate::app::{App, View};
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::text;
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::{Row, Value};

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let said = "Retained messages. Live topics with their rates are not told by this broker yet.";
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    paint.say(area.x + 2, area.y, usize::from(area.width) - 2, said, Tone::Faint);
    let below = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    any::draw(frame, below, app, &grid(app), app.table());
}

/// The retained messages.
#[must_use]
pub fn grid(app: &App) -> Grid {
    let columns = vec![
        Column::text("TOPIC", "topic", 30),
        Column::number("BYTES", "bytes", 7),
        Column::text("PAYLOAD", "payload", 10),
    ];
    let Some(picture) = app.picture(Place::View(View::Topics)) else {
        return Grid {
            columns,
            empty: "asking the broker …".to_owned(),
            ..Grid::default()
        };
    };
    let cell = |row: &Row, name| match row.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(value) => value.cell(),
    };
    let line = |row: &Row| {
        let (topic, payload) = (cell(row, "topic"), cell(row, "payload"));
        let bytes = payload.len() as u64;
        Line {
            cells: vec![
                Cell::text(&topic),
                Cell::number(bytes as f64, text::count(bytes)),
                Cell::text(&detail::shown(&payload, app.topics_hex)),
            ],
            id: topic,
        }
    };
    let empty = app
        .fault(Place::View(View::Topics))
        .unwrap_or("no message is retained");
    Grid::whole(
        columns,
        picture.rows.iter().map(line).collect(),
        app.table(),
        empty,
    )
}
