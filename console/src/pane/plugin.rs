//! Plugins: the chain in its order, with the hooks of each. Scripts, webhooks and bridges are plugins as well, once they
//! are there.

use super::grid as any;
use crate::app::{App, View};
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line};
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::{Row, Value};

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    any::draw(frame, area, app, &grid(app), app.table());
}

/// The plugins.
#[must_use]
pub fn grid(app: &App) -> Grid {
    let columns = vec![
        Column::text("PLUGIN", "plugin", 16),
        Column::number("HOOKS", "count", 5),
        Column::text("HOOK NAMES", "hooks", 30),
    ];
    let place = Place::View(View::Plugins);
    let Some(picture) = app.picture(place) else {
        return Grid::asking(columns);
    };
    let line = |row: &Row| {
        let cell = |name| row.get(name).map(Value::cell).unwrap_or_default();
        let name = cell("Plugin");
        let hooks: Vec<String> = cell("Hook(s)").lines().map(str::to_owned).collect();
        Line {
            cells: vec![
                Cell::text(&name),
                Cell::number(hooks.len() as f64, hooks.len().to_string()),
                Cell::text(&hooks.join(" ")),
            ],
            id: name,
        }
    };
    let empty = app.fault(place).unwrap_or("no plugin is enabled");
    Grid::whole(
        columns,
        picture.rows.iter().map(line).collect(),
        app.table(),
        empty,
    )
}
