//! Plugins: the chain in its order, with what each hook is asked and how long it takes (console.md 4.8). Scripts, webhooks
//! and bridges are plugins as well, once they are there.

use super::{events, grid as any};
use crate::app::{App, View, number};
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::text::{count, rate};
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::Row;

/// Microseconds from which on a hook is slow: whoever waits for it feels it.
const SLOW_MICROS: f64 = 100_000.0;

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    any::draw(frame, area, app, &grid(app), app.table());
}

/// The hooks, those of the plugin that is asked first at the top.
#[must_use]
pub fn grid(app: &App) -> Grid {
    of_hooks(app, View::Plugins, |_| ())
}

/// The same, the slowest first.
#[must_use]
pub fn slowest(app: &App) -> Grid {
    of_hooks(app, View::Hot, |rows| {
        let slow = |row: &Row| number(row.get("p99_us")).unwrap_or(-1.0);
        rows.sort_by(|left, right| slow(right).total_cmp(&slow(left)));
    })
}

fn of_hooks(app: &App, view: View, order: impl Fn(&mut Vec<&Row>)) -> Grid {
    let columns = vec![
        Column::text("PLUGIN", "plugin", 12),
        Column::text("HOOK", "hook", 17),
        Column::number("CALLS", "calls_rate", 7),
        Column::number("P50", "p50_us", 7),
        Column::number("P99", "p99_us", 7),
        Column::number("REFUSED", "refused_rate", 7),
        Column::number("ERRORS", "errors", 6),
        Column::number("ALL CALLS", "calls", 9),
        Column::number("ALL REFUSED", "refused", 11),
    ];
    let place = Place::View(view);
    let Some(picture) = app.picture(place) else {
        return Grid::asking(columns);
    };
    let mut rows: Vec<&Row> = picture.rows.iter().collect();
    order(&mut rows);
    let empty = app.fault(place).unwrap_or("no plugin is enabled");
    let lines = rows.into_iter().map(line).collect();
    Grid::whole(columns, lines, app.table(), empty)
}

fn line(row: &Row) -> Line {
    let [plugin, hook] = ["plugin", "hook"].map(|name| events::cell(row, name));
    let per_second = |name, tone| match number(row.get(name)) {
        Some(calls) if calls > 0.0 => Cell::number(calls, rate(calls)).toned(tone),
        Some(calls) => Cell::number(calls, rate(calls)).toned(Tone::Faint),
        None => Cell::text("…").toned(Tone::Faint),
    };
    let all = |name, tone| match number(row.get(name)) {
        Some(all) if all > 0.0 => Cell::number(all, count(super::session::whole(all))).toned(tone),
        _ => Cell::number(0.0, "0".to_owned()).toned(Tone::Faint),
    };
    Line {
        cells: vec![
            Cell::text(&plugin),
            Cell::text(&hook),
            per_second("calls_rate", Tone::Plain),
            time(row, "p50_us"),
            time(row, "p99_us"),
            per_second("refused_rate", Tone::Warn),
            all("errors", Tone::Bad),
            all("calls", Tone::Plain),
            all("refused", Tone::Plain),
        ],
        // The plugin is what is switched.
        id: format!("{plugin} {hook}"),
    }
}

/// The plugin of a line.
#[must_use]
pub fn name(line: &Line) -> String {
    line.id.split(' ').next().unwrap_or_default().to_owned()
}

/// Times are known by their order of magnitude.
fn time(row: &Row, name: &str) -> Cell {
    let Some(micros) = number(row.get(name)) else {
        return Cell::text("–").toned(Tone::Faint);
    };
    let said = match micros {
        micros if micros < 1000.0 => format!("≤{micros:.0}µs"),
        micros if micros < 1_000_000.0 => format!("≤{:.0}ms", micros / 1000.0),
        micros => format!("≤{:.0}s", micros / 1_000_000.0),
    };
    let tone = if micros >= SLOW_MICROS {
        Tone::Warn
    } else {
        Tone::Plain
    };
    Cell::number(micros, said).toned(tone)
}
