//! The facts of one session: what the table has of it, its CONNECT as received, its will, and the limits in force with
//! where each comes from. Two columns where there is room, limits below; longer than the screen it scrolls.

use crate::app::{App, OpenSession, Rate};
use crate::pane::paint::Paint;
use crate::pane::{events, session};
use crate::place::Place;
use crate::table::{ASKING, Cell, Tone};
use crate::text::{self, clean, count};
use ratatui::layout::Rect;
use vmq_admin::{Row, Value};

/// Cells of a label, and columns from which two of them stand side by side.
const LABEL: u16 = 20;
const TWO_COLUMNS: u16 = 76;

/// Cells of the name and the value of a limit.
const LIMIT_NAME: u16 = 27;
const LIMIT_VALUE: u16 = 14;

/// Lines of a fact.
const PARTS_MAX: usize = 8;

/// What the table of sessions has, in the order in which somebody asks for it.
const CONNECTION: &[&str] = &[
    "client_id",
    "statename",
    "user",
    "peer",
    "listener",
    "session_started_at",
    "session_pid",
];
const MESSAGES: &[&str] = &[
    "queue_size",
    "waiting_acks",
    "dropped_messages",
    "messages_in",
    "messages_out",
    "bytes_in",
    "bytes_out",
];
const SESSION: &[&str] = &[
    "subscriptions_count",
    "clean_session",
    "session_expiry_interval",
    "num_sessions",
    "deliver_mode",
    "queue_started_at",
    "mountpoint",
    "node",
];

/// A line of one column.
enum Item {
    Title(&'static str),
    Fact(String, Cell),
    Blank,
}

impl Item {
    const fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }
}

/// Nothing is cut: what is longer than its column goes on in the next line.
fn whole_items(items: Vec<Item>, cells: u16) -> Vec<Item> {
    let room = usize::from(cells.saturating_sub(LABEL)).max(1);
    let mut whole = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Item::Fact(label, cell) if text::width(&cell.text) > room => {
                let parts = text::wrap(&cell.text, room, PARTS_MAX);
                for (nth, part) in parts.iter().enumerate() {
                    let label = if nth == 0 { label.clone() } else { String::new() };
                    whole.push(Item::Fact(label, Cell::text(part).toned(cell.tone)));
                }
            }
            other => whole.push(other),
        }
    }
    whole
}

/// A line of the pane.
enum Line {
    Pair(Option<Item>, Option<Item>),
    Limit { name: String, value: Cell, from: Cell },
}

/// Draws them, from the line on that somebody has scrolled to.
pub fn draw(paint: &mut Paint<'_>, area: Rect, app: &App, open: &OpenSession) {
    let Some(lines) = lines(app, open, area.width) else {
        let said = match super::rows(app) {
            None => ASKING,
            Some(_) => "there is no such session; it may come back",
        };
        paint.nothing(area, said);
        return;
    };
    let height = usize::from(area.height).saturating_sub(1);
    let top = open.top.min(lines.len().saturating_sub(height));
    let second = area.x + area.width / 2;
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    for (line, y) in lines.iter().skip(top).zip(body.y..body.bottom()) {
        match line {
            Line::Pair(left, right) => {
                let (alone, half) = (area.width.saturating_sub(3), area.width / 2);
                let is_alone = right.as_ref().is_none_or(Item::is_blank);
                let cells = if is_alone { alone } else { half.saturating_sub(3) };
                item(paint, area.x + 2, y, cells, left.as_ref());
                item(paint, second, y, half.saturating_sub(1), right.as_ref());
            }
            Line::Limit { name, value, from } => {
                let (value_at, from_at) = (area.x + 2 + LIMIT_NAME, area.x + 4 + LIMIT_NAME + LIMIT_VALUE);
                paint.say(area.x + 2, y, usize::from(LIMIT_NAME), name, Tone::Faint);
                paint.say(value_at, y, usize::from(LIMIT_VALUE), &value.text, value.tone);
                let room = usize::from(area.right().saturating_sub(from_at + 1));
                paint.say(from_at, y, room, &from.text, from.tone);
            }
        }
    }
    let below = lines.len().saturating_sub(top + height);
    if below > 0 || top > 0 {
        let said = format!(
            "{}{} ",
            if top > 0 { "↑ " } else { "" },
            match below {
                0 => String::new(),
                more => format!("↓ {more} more lines"),
            }
        );
        let x = area
            .right()
            .saturating_sub(u16::try_from(text::width(&said)).unwrap_or(0) + 1);
        paint.say(x, area.y, 24, &said, Tone::Faint);
    }
}

/// Lines that can be scrolled over.
#[must_use]
pub fn scrolled_max(app: &App, open: &OpenSession) -> usize {
    let width = if app.is_wide() { app.size.0 / 2 } else { app.size.0 };
    let height = app.rows();
    lines(app, open, width).map_or(0, |lines| lines.len().saturating_sub(height))
}

fn item(paint: &mut Paint<'_>, x: u16, y: u16, cells: u16, item: Option<&Item>) {
    match item {
        None | Some(Item::Blank) => {}
        Some(Item::Title(title)) => {
            let style = paint.theme.title();
            paint.put(x, y, usize::from(cells), title, style);
        }
        Some(Item::Fact(label, cell)) => {
            paint.say(x, y, usize::from(LABEL - 1), label, Tone::Faint);
            let room = usize::from(cells.saturating_sub(LABEL));
            paint.say(x + LABEL, y, room, &cell.text, cell.tone);
        }
    }
}

/// Everything, in lines; `None` = there is no such session.
fn lines(app: &App, open: &OpenSession, width: u16) -> Option<Vec<Line>> {
    let row = super::own(app, open)?;
    let near = super::near_rows(app).unwrap_or_default();
    let mut left = section(app, row, "CONNECTION", CONNECTION);
    left.extend(transport(near));
    left.push(Item::Blank);
    left.extend(section(app, row, "MESSAGES", MESSAGES));
    let mut right = connect(app, near);
    right.extend(section(app, row, "SESSION", SESSION));
    let (has_two, half) = (width >= TWO_COLUMNS, width / 2);
    let (of_left, of_right) = match has_two {
        true => (half.saturating_sub(3), half.saturating_sub(1)),
        false => (width.saturating_sub(3), width.saturating_sub(3)),
    };
    let (left, right) = (whole_items(left, of_left), whole_items(right, of_right));
    let mut lines: Vec<Line> = if has_two {
        let many = left.len().max(right.len());
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        (0..many).map(|_| Line::Pair(left.next(), right.next())).collect()
    } else {
        let one = left.into_iter().chain([Item::Blank]).chain(right);
        one.map(|item| Line::Pair(Some(item), None)).collect()
    };
    lines.extend(limits(near));
    Some(lines)
}

fn section(app: &App, row: &Row, title: &'static str, names: &[&str]) -> Vec<Item> {
    let facts = names.iter().filter_map(|name| fact(app, row, name));
    [Item::Title(title)].into_iter().chain(facts).collect()
}

/// A fact of the table; what is not there, or as it always is, is left out.
fn fact(app: &App, row: &Row, name: &str) -> Option<Item> {
    let is_online = events::cell(row, "statename") == "online";
    let cell = session::cell(app, row, name);
    let text = match (cell.text.as_str(), name) {
        ("", "user") if is_online => "none (anonymous)".to_owned(),
        ("", "mountpoint") => "default".to_owned(),
        ("", _) | ("1", "num_sessions") | ("fanout", "deliver_mode") => return None,
        (text, "session_started_at" | "queue_started_at") => format!("{text} ago"),
        (text, "messages_in") => grown(app, row, text, Rate::MessagesIn),
        (text, "messages_out") => grown(app, row, text, Rate::MessagesOut),
        (text, "bytes_in") => grown(app, row, text, Rate::BytesIn),
        (text, "bytes_out") => grown(app, row, text, Rate::BytesOut),
        ("true", _) => "yes".to_owned(),
        ("false", _) => "no".to_owned(),
        (text, _) => text.to_owned(),
    };
    Some(Item::Fact(label(name).to_owned(), Cell { text, ..cell }))
}

/// A counter, and what it grows by.
fn grown(app: &App, row: &Row, text: &str, rate: Rate) -> String {
    match app.own_rates.of(row, rate) {
        Some(number) if matches!(rate, Rate::BytesIn | Rate::BytesOut) => {
            format!("{text}, {}/s", text::bytes(number))
        }
        Some(number) => format!("{text}, {}", text::rate(number)),
        None => text.to_owned(),
    }
}

fn label(name: &str) -> &str {
    match name {
        "client_id" => "client id",
        "peer" => "address",
        "statename" => "state",
        "session_started_at" => "connected",
        "session_pid" => "session",
        "queue_started_at" => "created",
        "waiting_acks" => "in flight",
        "queue_size" => "waiting",
        "dropped_messages" => "dropped",
        "messages_in" => "messages in",
        "messages_out" => "messages out",
        "bytes_in" => "bytes in",
        "bytes_out" => "bytes out",
        "session_expiry_interval" => "expires after",
        "num_sessions" => "connections",
        "subscriptions_count" => "subscriptions",
        "clean_session" => "clean session",
        "deliver_mode" => "delivery",
        other => other,
    }
}

fn of_part<'a>(near: &'a [Row], part: &'a str) -> impl Iterator<Item = &'a Row> {
    near.iter().filter(move |row| events::cell(row, "part") == part)
}

fn transport(near: &[Row]) -> Vec<Item> {
    let named = |name: &str| {
        of_part(near, "transport")
            .find(|row| events::cell(row, "name") == name)
            .map(|row| events::cell(row, "value"))
    };
    let fact = |label: &str, cell: Cell| Item::Fact(label.to_owned(), cell);
    let mut items = Vec::new();
    match named("tls").as_deref() {
        None => {}
        Some("") => items.push(fact("TLS", Cell::text("none, in the clear").toned(Tone::Faint))),
        Some(version) => items.push(fact("TLS", Cell::text(version))),
    }
    if let Some(name) = named("certificate").filter(|name| !name.is_empty()) {
        items.push(fact("certificate", Cell::text(&name)));
    }
    items
}

/// CONNECT, the will, and what is left of who has gone.
fn connect(app: &App, near: &[Row]) -> Vec<Item> {
    let mut items = Vec::new();
    for (part, title) in [
        ("connect", "CONNECT AS RECEIVED"),
        ("will", "WILL"),
        ("offline", "WHILE IT IS AWAY"),
    ] {
        let facts: Vec<Item> = of_part(near, part).map(said).collect();
        if !facts.is_empty() {
            items.push(Item::Title(title));
            items.extend(facts);
            items.push(Item::Blank);
        }
    }
    if near.is_empty()
        && let Some(fault) = app.fault(Place::Near)
    {
        let fault = Cell::text(fault).toned(Tone::Faint);
        items.extend([Item::Fact("from near".to_owned(), fault), Item::Blank]);
    }
    items
}

fn said(row: &Row) -> Item {
    let name = events::cell(row, "name");
    let number = crate::app::number(row.get("value")).map(session::whole);
    let text = match (name.as_str(), row.get("value"), number) {
        ("user", Some(Value::Null | Value::Undefined), _) => "none (anonymous)".to_owned(),
        (_, Some(Value::Flag(flag)), _) => if *flag { "yes" } else { "no" }.to_owned(),
        ("payload_bytes", _, Some(bytes)) => format!("{} bytes", count(bytes)),
        ("keep_alive", _, Some(0)) => "off".to_owned(),
        ("session_expiry_interval", _, Some(0)) => "with the connection".to_owned(),
        ("session_expiry_interval", _, Some(4_294_967_295)) => "never".to_owned(),
        (
            "keep_alive"
            | "session_expiry_interval"
            | "delay"
            | "message_expiry_interval"
            | "ends_in"
            | "published_in",
            _,
            Some(secs),
        ) => text::age(secs),
        _ => clean(&events::cell(row, "value")),
    };
    let label = match name.as_str() {
        "payload_bytes" => "payload".to_owned(),
        "session_expiry_interval" => "session expiry".to_owned(),
        "keep_alive" => "keep-alive".to_owned(),
        "request_response_information" => "response info".to_owned(),
        "request_problem_information" => "problem info".to_owned(),
        "authentication_method" => "auth method".to_owned(),
        "message_expiry_interval" => "message expiry".to_owned(),
        other => other.replace('_', " "),
    };
    Item::Fact(
        label,
        Cell {
            text,
            ..Cell::default()
        },
    )
}

fn limits(near: &[Row]) -> Vec<Line> {
    let mut lines: Vec<Line> = of_part(near, "limit").map(limit).collect();
    if !lines.is_empty() {
        let title = Line::Pair(Some(Item::Title("LIMITS IN FORCE, AND WHO HAS SET THEM")), None);
        lines.insert(0, Line::Pair(None, None));
        lines.insert(1, title);
    }
    lines
}

fn limit(row: &Row) -> Line {
    let name = events::cell(row, "name");
    let number = crate::app::number(row.get("value")).map(session::whole);
    let is_none = matches!(row.get("value"), None | Some(Value::Null));
    let (text, tone) = match (name.as_str(), number) {
        ("session_expiry", _) if is_none => ("never".to_owned(), Tone::Plain),
        _ if is_none => ("no limit".to_owned(), Tone::Faint),
        (name, Some(0)) if name.starts_with("topic_aliases") => ("none".to_owned(), Tone::Faint),
        (name, Some(bytes)) if name.starts_with("packet_bytes") => {
            (format!("{} bytes", count(bytes)), Tone::Plain)
        }
        (
            "keep_alive" | "session_expiry" | "retry_interval" | "will_delay" | "connection_lifetime",
            Some(secs),
        ) => (text::age(secs), Tone::Plain),
        (_, Some(number)) => (count(number), Tone::Plain),
        ("anonymous", None) => {
            let is_let_in = row.get("value") == Some(&Value::Flag(true));
            (
                if is_let_in { "let in" } else { "refused" }.to_owned(),
                Tone::Plain,
            )
        }
        _ => (clean(&events::cell(row, "value")), Tone::Plain),
    };
    let from = events::cell(row, "from");
    let from_tone = if from.contains("(default)") {
        Tone::Faint
    } else {
        Tone::Plain
    };
    Line::Limit {
        name: name.replace('_', " "),
        value: Cell {
            text,
            ..Cell::default()
        }
        .toned(tone),
        from: Cell::text(&from).toned(from_tone),
    }
}
