//! The messages on their way to one client: in flight, then waiting; and the payload of the selected one, as text, JSON or
//! hexadecimal numbers.

use crate::app::{App, OpenSession};
use crate::pane::events;
use crate::pane::paint::Paint;
use crate::pane::session::whole;
use crate::payload::of_wire;
use crate::place::Place;
use crate::table::{Cell, Column, Line, Tone};
use crate::text::{self, clean, count};
use ratatui::layout::Rect;
use vmq_admin::{Row, Value};

/// The columns, the most wanted first.
#[must_use]
pub fn columns() -> Vec<Column> {
    vec![
        Column::text("TOPIC", "topic", 16),
        Column::text("STATE", "state", 7),
        Column::number("QOS", "qos", 3),
        Column::number("BYTES", "bytes", 5),
        Column::number("AGE", "age_ms", 6),
        Column::number("EXPIRES", "expires_in", 7),
        Column::number("ID", "packet_id", 2),
        Column::number("SENT", "sent_ms", 5),
        Column::number("RETRIES", "retries", 3),
    ]
}

/// A message.
#[must_use]
pub fn line(row: &Row) -> Line {
    Line {
        id: events::cell(row, "message"),
        cells: columns().iter().map(|column| cell(row, &column.field)).collect(),
    }
}

fn cell(row: &Row, field: &str) -> Cell {
    let number = crate::app::number(row.get(field));
    match (field, number) {
        ("topic", _) => match row.get("topic") {
            Some(Value::Text(topic)) => Cell::text(topic),
            _ => Cell::text("(received; PUBCOMP is missing)").toned(Tone::Faint),
        },
        ("state", _) => state(&events::cell(row, "state")),
        ("age_ms" | "sent_ms", Some(millis)) => Cell::number(millis, text::age(whole(millis) / 1000)),
        ("expires_in", Some(secs)) => Cell::number(secs, text::age(whole(secs))),
        // What lies on the disk has no time of arrival with it (`help` says so).
        ("age_ms", None) if is_message(row) => Cell::text("-").toned(Tone::Faint),
        ("retries", Some(0.0)) => Cell::number(0.0, "0".to_owned()).toned(Tone::Faint),
        ("retries", Some(times)) => Cell::number(times, count(whole(times))).toned(Tone::Warn),
        (_, Some(number)) => Cell::number(number, count(whole(number))),
        _ => Cell::default(),
    }
}

/// Whether there is still a message, and not only its exchange.
fn is_message(row: &Row) -> bool {
    matches!(row.get("topic"), Some(Value::Text(_)))
}

/// How far it has come, in a word.
fn state(state: &str) -> Cell {
    match state {
        "waiting" => Cell::text("waiting").toned(Tone::Faint),
        "sent" => Cell::text("sent").toned(Tone::Accent),
        "released" => Cell::text("PUBREL").toned(Tone::Accent),
        "to be sent again" => Cell::text("resend").toned(Tone::Warn),
        other => Cell::text(other),
    }
}

/// Lines that the payload has on this screen.
#[must_use]
pub const fn payload_lines(lines: u16) -> u16 {
    match lines {
        0..30 => 6,
        30..50 => 12,
        _ => 20,
    }
}

/// Draws the payload of the selected message.
pub fn payload(paint: &mut Paint<'_>, area: Rect, app: &App, open: &OpenSession) {
    paint.rule(area, area.y);
    let Some(id) = &open.table.selected else { return };
    let row = super::near_rows(app)
        .unwrap_or_default()
        .iter()
        .find(|row| events::cell(row, "message") == *id);
    let payload = row
        .and_then(|row| match row.get("payload") {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        })
        .and_then(|text| of_wire(text));
    let (title, lines) = match (&payload, app.read_only) {
        (None, true) => (
            String::new(),
            vec!["payloads are not for who only looks".to_owned()],
        ),
        (None, false) if row.is_some() => (String::new(), vec!["its payload is gone".to_owned()]),
        (None, false) => {
            let said = app.fault(Place::Near).unwrap_or("");
            (String::new(), vec![clean(said)])
        }
        (Some(payload), _) => {
            let (form, lines) = app
                .payload_form
                .shown(payload, usize::from(area.width).saturating_sub(2));
            let of = row
                .and_then(|row| crate::app::number(row.get("bytes")))
                .map_or(0, whole);
            let cut = match payload.len() as u64 {
                kept if kept < of => format!(", the first {} of {}", count(kept), count(of)),
                _ => format!(", {} bytes", count(of)),
            };
            (
                format!(" payload {form}{cut} · v {} ", app.payload_form.next().name()),
                lines,
            )
        }
    };
    paint.say(
        area.x + 2,
        area.y,
        usize::from(area.width) - 3,
        &title,
        Tone::Faint,
    );
    let left_out = lines.len().saturating_sub(usize::from(area.height) - 1);
    for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
        paint.say(area.x + 1, y, usize::from(area.width), line, Tone::Plain);
    }
    if left_out > 0 {
        let said = format!(" … {left_out} more lines ");
        let cells = u16::try_from(text::width(&said)).unwrap_or(0);
        paint.say(
            area.right().saturating_sub(cells + 1),
            area.y,
            30,
            &said,
            Tone::Faint,
        );
    }
}
