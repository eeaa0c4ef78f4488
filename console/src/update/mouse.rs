//! The mouse: a click selects, a double click opens, the wheel scrolls; tabs and titles of columns can be clicked.

use super::{Effect, Mouse, MouseKind, act};
use crate::app::{App, Mode, View};
use crate::keys::Action;
use crate::{pane, view};

/// Rows that a notch of the wheel is worth.
const NOTCH: usize = 3;

/// What a mouse does.
pub(super) fn mouse(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    if app.mode != Mode::Normal {
        return wheel_in_front(app, mouse);
    }
    match mouse.kind {
        MouseKind::WheelUp => repeat(app, Action::Up),
        MouseKind::WheelDown => repeat(app, Action::Down),
        MouseKind::Click => click(app, mouse),
        MouseKind::DoubleClick => {
            click(app, mouse);
            if row(app, mouse).is_some() || app.view == View::Overview {
                return act::act(app, Action::Open);
            }
        }
    }
    Vec::new()
}

fn wheel_in_front(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    let key = match mouse.kind {
        MouseKind::WheelUp => crate::keys::Key::Up,
        MouseKind::WheelDown => crate::keys::Key::Down,
        _ => return Vec::new(),
    };
    super::typing::key(app, key).unwrap_or_default()
}

fn repeat(app: &mut App, action: Action) {
    for _ in 0..NOTCH {
        act::act(app, action);
    }
}

fn click(app: &mut App, mouse: Mouse) {
    if mouse.row == 1 {
        if let Some(view) = view::tab_at(app, mouse.column) {
            act::show(app, view);
        }
        return;
    }
    if app.view == View::Overview {
        if let Some(tile) = pane::overview::tile_at(app, mouse.column, mouse.row) {
            app.tile = tile;
        }
        return;
    }
    if mouse.row == view::titles(app) {
        let Some(grid) = pane::grid(app) else { return };
        let Some(column) = pane::grid::column_at(app, &grid, mouse.column) else {
            return;
        };
        if let Some(table) = pane::table_mut(app) {
            table.order_by(&column);
        }
        return;
    }
    if let Some(number) = row(app, mouse)
        && let Some(table) = pane::table_mut(app)
    {
        table.cursor = number;
        table.selected = None;
        table.is_held = true;
    }
}

/// The number of the row under the mouse.
fn row(app: &App, mouse: Mouse) -> Option<usize> {
    let grid = pane::grid(app)?;
    let at = usize::from(mouse.row.checked_sub(view::titles(app) + 1)?);
    let number = pane::table(app)?.top + at;
    (at < app.rows() && number < grid.found).then_some(number)
}
