//! Why: who has let the client in, what it was refused, and what the chain says now of its subscriptions, its will and what it
//! was refused. Decisions that let something pass are not kept; every row says whether it is remembered or was asked now.

use crate::app::{App, OpenSession};
use crate::pane::events;
use crate::pane::paint::Paint;
use crate::pane::session::whole;
use crate::table::{Cell, Column, Line, Tone};
use crate::text::{self, clean, count};
use jiff::Timestamp;
use ratatui::layout::Rect;
use vmq_admin::Row;

/// The columns, the most wanted first.
#[must_use]
pub fn columns() -> Vec<Column> {
    vec![
        Column::text("WHAT", "what", 9),
        Column::text("TOPIC", "topic", 12),
        Column::text("ANSWER", "answer", 6),
        Column::text("BY", "decided_by", 8),
        Column::text("RULE", "rule", 8),
        Column::number("TOOK", "micros", 5),
        Column::text("KNOWN", "known", 9),
        Column::text("REASON", "reason", 8),
    ]
}

/// A decision.
#[must_use]
pub fn line(app: &App, row: &Row) -> Line {
    Line {
        id: identity(row),
        cells: columns()
            .iter()
            .map(|column| cell(app, row, &column.field))
            .collect(),
    }
}

fn cell(app: &App, row: &Row, field: &str) -> Cell {
    let text = events::cell(row, field);
    match field {
        "answer" if text == "deny" => Cell::text("deny").toned(Tone::Bad),
        "answer" => Cell::text(&text).toned(Tone::Good),
        "known" => known(app, row, &text),
        "micros" => match crate::app::number(row.get("micros")) {
            Some(micros) => Cell::number(micros, took(micros)).toned(Tone::Faint),
            None => Cell::default(),
        },
        // Which hook nobody has had an answer for is told below.
        "decided_by" => Cell::text(decider(&text).0.split(" (").next().unwrap_or_default()),
        "rule" => {
            let by = events::cell(row, "decided_by");
            let place = decider(&by).1.unwrap_or_default();
            // The whole name stands below.
            Cell::text(place.rsplit('/').next().unwrap_or_default())
        }
        "reason" => Cell::text(&text.replace('_', " ")),
        _ => Cell::text(&text),
    }
}

/// Who decided, and the file and line of his rule, if there is one.
fn decider(text: &str) -> (&str, Option<&str>) {
    let mut words = text.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(plugin), Some(hook), place) if hook.contains("auth_on_") && !hook.starts_with('(') => {
            (plugin, place)
        }
        _ => (text, None),
    }
}

/// Lines that the selected decision has.
pub const SELECTED_LINES: u16 = 4;

/// The selected decision in words, with nothing cut off.
pub fn selected(paint: &mut Paint<'_>, area: Rect, app: &App, open: &OpenSession) {
    paint.rule(area, area.y);
    let row = super::rows(app)
        .unwrap_or_default()
        .iter()
        .find(|row| open.table.selected.as_ref() == Some(&identity(row)));
    let Some(row) = row else { return };
    let said = sentence(app, row);
    let cells = usize::from(area.width).saturating_sub(2);
    let lines = text::wrap(&clean(&said), cells, usize::from(area.height) - 1);
    for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
        paint.say(area.x + 1, y, cells, line, Tone::Plain);
    }
}

/// A decision as a sentence.
fn sentence(app: &App, row: &Row) -> String {
    let text = |name: &str| events::cell(row, name);
    let is_recorded = text("known") == "recorded";
    let verb = match (text("answer").as_str(), is_recorded) {
        ("allow", true) => "was allowed",
        ("allow", false) => "would be allowed now",
        (_, true) => "was refused",
        (_, false) => "would be refused now",
    };
    let by = text("decided_by");
    let (by, place) = decider(&by);
    let what = format!("{} {}", text("what"), text("topic"));
    let mut said = format!("{} {verb} by {by}", what.trim_end());
    if let Some(place) = place {
        said.push_str(&format!(", {place}"));
    }
    if !text("reason").is_empty() {
        said.push_str(&format!(": {}", text("reason").replace('_', " ")));
    }
    if is_recorded {
        said.push_str(&format!("; {}", known(app, row, "recorded").text));
    }
    if let Some(micros) = crate::app::number(row.get("micros")) {
        said.push_str(&format!("; it took {}", took(micros)));
    }
    said
}

fn identity(row: &Row) -> String {
    let parts = ["what", "topic", "answer", "known", "reason"];
    parts.map(|name| events::cell(row, name)).join("\n")
}

/// Remembered since when, and how often; or asked now.
fn known(app: &App, row: &Row, known: &str) -> Cell {
    if known != "recorded" {
        return Cell::text(known).toned(Tone::Faint);
    }
    let at = events::cell(row, "when").parse::<Timestamp>().ok();
    let millis = at.map_or(0, |at| u64::try_from(at.as_millisecond()).unwrap_or(0));
    let ago = text::age(app.now_ms.saturating_sub(millis) / 1000);
    let times = match crate::app::number(row.get("count")) {
        Some(times) if times > 1.0 => format!(" ×{}", count(whole(times))),
        _ => String::new(),
    };
    Cell::text(&format!("{ago} ago{times}"))
}

fn took(micros: f64) -> String {
    match micros {
        ..1000.0 => format!("{micros:.0}µs"),
        ..1_000_000.0 => format!("{:.1}ms", micros / 1000.0),
        _ => format!("{:.1}s", micros / 1_000_000.0),
    }
}
