//! Logs: the lines as the broker writes them (console.md 4.9). `debug` lines are made only while somebody looks, and the
//! levels of the files stay as they are.

use super::lines;
use crate::app::{App, LOG_LEVELS, View};
use crate::place::Place;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let level = LOG_LEVELS[app.log_level % LOG_LEVELS.len()];
    let waiting = format!("nothing yet at level {level} or above; v chooses the level");
    let empty = app.fault(Place::View(View::Logs)).unwrap_or(&waiting);
    lines::draw(frame, area, app, &app.log, empty, true);
}
