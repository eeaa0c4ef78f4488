//! Traces: those that run on the broker, and the lines of those that were started here (console.md 4.4).

use super::{grid as any, lines};
use crate::app::{App, Said, View};
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::text::clean;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;
use serde_json::{Map, Value as Json};
use vmq_admin::{Row, Value};

/// Draws the list, or the lines.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if app.is_tracing {
        lines::draw(frame, area, app, &app.traced, "waiting for a packet …", true);
    } else {
        any::draw(frame, area, app, &grid(app), app.table());
    }
}

/// The traces that run on the broker, whoever has started them.
#[must_use]
pub fn grid(app: &App) -> Grid {
    let columns = vec![
        Column::number("ID", "id", 4),
        Column::text("KIND", "kind", 6),
        Column::text("FILTER", "filter", 20),
        Column::text("STARTED", "started", 20),
        Column::number("EVENTS", "events", 7),
        Column::number("OWNER", "owner", 5),
    ];
    let place = Place::View(View::Traces);
    let Some(picture) = app.picture(place) else {
        return Grid::asking(columns);
    };
    let line = |row: &Row| {
        let cell = |name: &str| match row.get(name) {
            Some(value @ (Value::Number(_) | Value::Large(_))) => Cell {
                number: crate::app::number(Some(value)),
                ..Cell::text(&value.cell())
            },
            Some(Value::Text(text)) => Cell::text(text),
            _ => Cell::default(),
        };
        Line {
            id: row.get("id").map(Value::cell).unwrap_or_default(),
            cells: columns.iter().map(|column| cell(&column.field)).collect(),
        }
    };
    let lines = picture.rows.iter().map(line).collect();
    let empty = app
        .fault(place)
        .unwrap_or("no trace runs; t on a client or topic starts one");
    Grid::whole(columns.clone(), lines, app.table(), empty)
}

/// A line of a trace: an object of JSON, and whatever else as it is.
#[must_use]
pub fn said(line: &str, clock: Option<&String>) -> Said {
    let Ok(Json::Object(object)) = serde_json::from_str(line) else {
        return Said {
            text: clean(line),
            count: 1,
            ..Said::default()
        };
    };
    let text = |name: &str| text(&object, name);
    let time = text("time");
    let clock = clock.map_or_else(|| time.get(11..19).unwrap_or_default().to_owned(), String::clone);
    let at_ms = milliseconds(&time);
    if let Some(count) = left_out(&text("text")).filter(|_| text("event") == "info") {
        return Said {
            at_ms,
            clock,
            mark: "…".to_owned(),
            tone: Tone::Warn,
            text: format!("… {} lines left out", crate::text::count(count)),
            count: 1,
            ..Said::default()
        };
    }
    let (mark, tone) = match text("event").as_str() {
        "recv" => ("→ in", Tone::Accent),
        "send" => ("← out", Tone::Good),
        "call" => ("asks", Tone::Faint),
        "return" => ("answer", Tone::Faint),
        "stop" => ("gone", Tone::Warn),
        "start" => ("new", Tone::Warn),
        _ => ("info", Tone::Faint),
    };
    let client_id = text("client_id");
    let (mut said, payload) = words(&object);
    // Several clients may be traced at a time.
    if !client_id.is_empty() {
        said = format!("{client_id}  {said}");
    }
    Said {
        clock,
        mark: mark.to_owned(),
        tone,
        client_id: (!client_id.is_empty()).then_some(client_id),
        text: clean(&said),
        payload: clean(&payload),
        count: 1,
        at_ms,
    }
}

/// When a line of a trace was written, Unix time in milliseconds; 0 = it does not say.
fn milliseconds(time: &str) -> u64 {
    let time: Option<Timestamp> = time.parse().ok();
    time.map_or(0, |time| u64::try_from(time.as_millisecond()).unwrap_or(0))
}

/// When a line of a trace was written, as a clock here shows it.
#[must_use]
pub fn clock(line: &str) -> String {
    let time = line
        .split_once(r#""time":""#)
        .and_then(|(_, rest)| rest.get(..20));
    let time: Option<Timestamp> = time.and_then(|time| time.parse().ok());
    time.map_or_else(String::new, |time| {
        time.to_zoned_datetime(TimeZone::system())
            .strftime("%H:%M:%S")
            .to_string()
    })
}

/// How many events the broker says it has left out: `(42 trace messages dropped)`.
fn left_out(text: &str) -> Option<u64> {
    let count = text.strip_prefix('(')?.strip_suffix(" trace messages dropped)")?;
    count.parse().ok()
}

/// What happened, in one line: a publish by its topic, and its payload; the rest in the words of the trace.
fn words(object: &Map<String, Json>) -> (String, String) {
    let text = |name: &str| text(object, name);
    if text("packet") != "publish" && !text("packet").eq_ignore_ascii_case("publish") {
        let said = text("text");
        let (said, payload) = said.split_once(" with payload:\n").unwrap_or((&said, ""));
        // What a hook is asked about stands in the line before.
        let payload = if text("event") == "call" { "" } else { payload };
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        return (line(said), line(payload));
    }
    let flag = |name: &str| object.get(name).and_then(Json::as_bool).unwrap_or(false);
    let number = |name: &str| object.get(name).and_then(Json::as_u64);
    let mut said = format!("PUBLISH {} q{}", text("topic"), number("qos").unwrap_or(0));
    if let Some(id) = number("packet_id") {
        said.push_str(&format!(" m{id}"));
    }
    for (name, word) in [("retain", " retain"), ("dup", " dup")] {
        if flag(name) {
            said.push_str(word);
        }
    }
    said.push_str(&format!("  {} B", number("payload_bytes").unwrap_or(0)));
    (said, text("payload"))
}

fn text(object: &Map<String, Json>, name: &str) -> String {
    object
        .get(name)
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publish_reads_in_one_line() {
        let line = r#"{"time":"2026-01-02T12:04:31Z","event":"recv","pid":"<0.1.0>","mountpoint":"","client_id":"pump","username":null,"peer":"x","packet":"PUBLISH","topic":"a/b","qos":1,"retain":true,"dup":false,"packet_id":7,"payload":"hi","payload_bytes":2,"text":"x"}"#;
        let said = said(line, None);
        assert_eq!(said.words(false), "pump  PUBLISH a/b q1 m7 retain  2 B: hi");
        assert_eq!(said.words(true), "pump  PUBLISH a/b q1 m7 retain  2 B");
        assert_eq!((said.clock.as_str(), said.mark.as_str()), ("12:04:31", "→ in"));
        assert_eq!(said.at_ms, 1_767_355_471_000);
        assert_eq!(super::clock(line).len(), 8);
        let other = r#"{"time":"2026-01-02T12:04:31Z","event":"send","client_id":"pump","packet":"SUBACK","text":"SUBACK(m1, qt[0])\n"}"#;
        assert_eq!(super::said(other, None).text, "pump  SUBACK(m1, qt[0])");
        assert_eq!(super::said("no json\u{1b}", None).text, "no json\\u{1b}");
    }

    /// The rate limit of the broker shows as what it is (console.md 4.4).
    #[test]
    fn what_is_left_out_is_told() {
        let line = r#"{"time":"2026-01-02T12:04:31Z","event":"info","text":"(1240 trace messages dropped)"}"#;
        assert_eq!(super::said(line, None).text, "… 1,240 lines left out");
        let forged = r#"{"time":"2026-01-02T12:04:31Z","event":"recv","text":"(9 trace messages dropped)"}"#;
        assert_eq!(super::said(forged, None).text, "(9 trace messages dropped)");
    }
}
