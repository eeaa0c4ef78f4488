//! Cluster: its members. One node says so in one line.

use super::grid as any;
use super::paint::Paint;
use super::session::whole;
use crate::app::{App, Numbers, View};
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::text;
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

/// The members. What a node does is known of this one only, as long as there are no links to others.
#[must_use]
pub fn grid(app: &App) -> Grid {
    let columns = vec![
        Column::text("NODE", "node", 16),
        Column::text("RUNNING", "running", 7),
        Column::text("VERSION", "version", 7),
        Column::number("SESSIONS", "sessions", 8),
        Column::number("ONLINE", "online", 6),
        Column::number("IN/s", "in_rate", 6),
        Column::number("OUT/s", "out_rate", 6),
        Column::text("LINK", "link", 9),
    ];
    let Some(picture) = app.picture(Place::View(View::Cluster)) else {
        return Grid::asking(columns);
    };
    Grid::whole(
        columns,
        picture.rows.iter().map(|row| line(app, row)).collect(),
        app.table(),
        "no node answers",
    )
}

fn line(app: &App, row: &Row) -> Line {
    let node = row.get("Node").map(Value::cell).unwrap_or_default();
    let running = match row.get("Running") {
        Some(Value::Flag(true)) => Cell::text("yes").toned(Tone::Good),
        _ => Cell::text("no").toned(Tone::Bad),
    };
    let mut cells = vec![Cell::text(&node), running];
    if let Some(hello) = app.link.hello.as_ref().filter(|hello| hello.node == node) {
        let numbers = Numbers::of(app.picture(Place::Header));
        let (sessions, online) = (
            numbers.value("queue_processes"),
            numbers.value("total_active_connections"),
        );
        let (received, sent) = (
            numbers.rate("mqtt_publish_received"),
            numbers.rate("mqtt_publish_sent"),
        );
        cells.extend([
            Cell::text(&hello.version),
            Cell::number(sessions, text::count(whole(sessions))),
            Cell::number(online, text::count(whole(online))),
            Cell::number(received, text::short(received)),
            Cell::number(sent, text::short(sent)),
            Cell::text("this node").toned(Tone::Faint),
        ]);
    }
    cells.resize_with(8, Cell::default);
    Line { cells, id: node }
}
