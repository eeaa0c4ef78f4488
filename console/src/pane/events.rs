//! Events: what the broker remembers of refusals, lost messages and ends of connections (`events show`), and of one client
//! (`session history`). It remembers them whether somebody looks or not.

use crate::app::{App, Said};
use crate::table::{Cell, Column, Line, Tone};
use crate::text::{self, clean};
use jiff::Timestamp;
use vmq_admin::{Row, Value};

/// Clients of an event that the broker tells apart.
const CLIENTS_MAX: f64 = 100.0;

/// How they are shown as a table: with the client, the last one if there were several, and with their number.
#[must_use]
pub fn columns(with_client: bool, with_clients: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::number("AGO", "last", 6),
        Column::number("TIMES", "count", 5),
    ];
    if with_client {
        columns.push(Column::text("CLIENT ID", "client_id", 12));
    }
    if with_clients {
        columns.push(Column::number("CLIENTS", "clients", 7));
    }
    columns.extend([
        Column::text("WHAT", "what", 24),
        Column::text("PEER", "peer", 15),
        Column::text("DECIDED BY", "decided_by", 10),
        Column::text("DETAIL", "detail", 10),
    ]);
    columns
}

/// A row of such a table.
#[must_use]
pub fn line(app: &App, row: &Row, columns: &[Column]) -> Line {
    let cell = |column: &Column| match column.field.as_str() {
        "last" => ago(app, row),
        "count" => count(row),
        "clients" => clients(row),
        "what" => Cell::text(&what(row)).toned(tone(row)),
        field => Cell::text(&cell(row, field)),
    };
    // Who it is comes first, so that a session can be opened from it.
    let parts = [
        "mountpoint",
        "client_id",
        "event",
        "reason",
        "peer",
        "detail",
        "first",
    ];
    Line {
        id: parts.map(|name| self::cell(row, name)).join("\0"),
        cells: columns.iter().map(cell).collect(),
    }
}

/// An event in one line, for the overview.
#[must_use]
pub fn said(app: &App, row: &Row) -> Said {
    let words = ["client_id", "peer", "decided_by", "detail"].map(|name| clean(&cell(row, name)));
    let [client_id, peer, by, detail] = words;
    let mut text = clean(&what(row));
    let clients = clients(row);
    if clients.number.is_some_and(|clients| clients > 1.0) {
        text = format!("{text}  {} clients, last {client_id}", clients.text);
    } else if !client_id.is_empty() {
        text = format!("{client_id}  {text}");
    }
    for (before, word) in [("  ", &detail), ("  by ", &by), ("  from ", &peer)] {
        if !word.is_empty() {
            text.push_str(before);
            text.push_str(word);
        }
    }
    Said {
        at_ms: 0,
        clock: ago(app, row).text,
        mark: sign(tone(row)).to_owned(),
        tone: tone(row),
        client_id: Some(client_id).filter(|id| !id.is_empty()),
        text,
        payload: String::new(),
        count: count(row).number.map_or(1, super::session::whole),
    }
}

/// What happened, and why.
fn what(row: &Row) -> String {
    let [event, reason] = ["event", "reason"].map(|name| cell(row, name).replace('_', " "));
    if reason.is_empty() {
        event
    } else {
        format!("{event}: {reason}")
    }
}

/// The tone for who sees no colours.
const fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "✖",
        Tone::Warn => "▲",
        _ => "·",
    }
}

/// Whether somebody was refused or lost something: an end of a connection is nothing bad by itself.
fn tone(row: &Row) -> Tone {
    match cell(row, "event").as_str() {
        "connected" => Tone::Good,
        "disconnected" | "session_ended" => Tone::Plain,
        "listener_failed" | "message_dropped" => Tone::Bad,
        _ => Tone::Warn,
    }
}

fn ago(app: &App, row: &Row) -> Cell {
    let Ok(time) = cell(row, "last").parse::<Timestamp>() else {
        return Cell::default();
    };
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
    let seconds = app.now_ms.saturating_sub(millis) / 1000;
    #[expect(clippy::cast_precision_loss, reason = "for order")]
    Cell::number(-(millis as f64), text::age(seconds))
}

fn count(row: &Row) -> Cell {
    let number = crate::app::number(row.get("count")).unwrap_or(1.0);
    Cell::number(number, text::count(super::session::whole(number)))
}

/// How many clients it happened to, as far as the broker tells them apart.
fn clients(row: &Row) -> Cell {
    match crate::app::number(row.get("clients")) {
        None | Some(0.0) => Cell::default(),
        Some(many) if many >= CLIENTS_MAX => Cell::number(many, format!("{many}+")),
        Some(number) => Cell::number(number, text::count(super::session::whole(number))),
    }
}

/// What stands in a column; nothing if nothing does.
#[must_use]
pub fn cell(row: &Row, name: &str) -> String {
    match row.get(name) {
        None | Some(Value::Null | Value::Undefined) => String::new(),
        Some(value) => value.cell(),
    }
}
