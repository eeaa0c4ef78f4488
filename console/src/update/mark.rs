//! Marks: rows that the next deed is about, one by one or all that the filter finds.

use super::act::step;
use crate::app::App;
use crate::deed::ALL;
use crate::pane;

pub(super) fn mark(app: &mut App) {
    let Some(line) = pane::selected(app) else { return };
    let table = app.table_mut();
    table.marked.remove(ALL);
    table.toggle(&line.id);
    step(app, 1);
}

pub(super) fn mark_all(app: &mut App) {
    let Some(grid) = pane::grid(app) else { return };
    let is_whole = grid.lines.len() >= grid.found;
    let table = app.table_mut();
    if table.marked.is_empty() {
        table.marked = grid.lines.into_iter().map(|line| line.id).collect();
        if !is_whole {
            // More than is here: the broker finds them by the expression.
            table.marked.insert(ALL.to_owned());
        }
    } else {
        table.marked.clear();
    }
}
