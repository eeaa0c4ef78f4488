//! Cluster: its members. One node says so in one line.

use super::grid as any;
use super::paint::Paint;
use crate::app::{App, View};
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::{Row, Value};

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let grid = grid(app);
    let said = match grid.of {
        0 => String::new(),
        1 => "This node is on its own: there are no links to other nodes.".to_owned(),
        many => format!("{many} nodes."),
    };
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    paint.say(
        area.x + 2,
        area.y,
        usize::from(area.width) - 2,
        &said,
        Tone::Faint,
    );
    let below = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    any::draw(frame, below, app, &grid, app.table());
}

/// The members.
#[must_use]
pub fn grid(app: &App) -> Grid {
    let columns = vec![
        Column::text("NODE", "node", 30),
        Column::text("RUNNING", "running", 8),
    ];
    let Some(picture) = app.picture(Place::View(View::Cluster)) else {
        return Grid::asking(columns);
    };
    let line = |row: &Row| {
        let node = row.get("Node").map(Value::cell).unwrap_or_default();
        let running = match row.get("Running") {
            Some(Value::Flag(true)) => Cell::text("yes").toned(Tone::Good),
            _ => Cell::text("no").toned(Tone::Bad),
        };
        Line {
            cells: vec![Cell::text(&node), running],
            id: node,
        }
    };
    Grid::whole(
        columns,
        picture.rows.iter().map(line).collect(),
        app.table(),
        "no node answers",
    )
}
