//! Sessions: the table. What one of them is made of is in `detail`.

mod column;

use super::{detail, grid as any};
use crate::app::{App, OpenSession, Rate, View, number};
use crate::place::{Place, Source};
use crate::table::{ASKING, Cell, Grid, Line, Tone};
use crate::text;
use column::column;
pub use column::{all_fields, choices, columns, fields, has_rates, is_column, rate, toggle_column};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use vmq_admin::live::Topic;
use vmq_admin::{Row, Value};

/// Over which time a rate is one of now.
const MOMENT_SECS: u64 = 2;

/// Draws them, and the open one beside or instead of them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    match &app.session {
        None => any::draw(frame, area, app, &grid(app), app.table()),
        Some(open) if app.is_wide() => {
            let [left, right] = Layout::horizontal([Constraint::Percentage(50), Constraint::Fill(1)])
                .spacing(1)
                .areas(area);
            any::draw(frame, left, app, &grid(app), app.table());
            detail::draw(frame, right, app, open);
        }
        Some(open) => detail::draw(frame, area, app, open),
    }
}

/// The window on the sessions.
#[must_use]
pub fn grid(app: &App) -> Grid {
    of_rows(
        app,
        Place::View(View::Sessions),
        &columns(app),
        "no session matches",
    )
}

/// A table of sessions out of the picture of a place.
#[must_use]
pub fn of_rows(app: &App, place: Place, names: &[&str], empty: &str) -> Grid {
    let columns = names.iter().map(|name| column(name)).collect();
    let fault = app.table().fault.as_deref();
    let Some(shown) = app.shown.get(&place) else {
        return Grid {
            columns,
            empty: fault.unwrap_or(ASKING).to_owned(),
            ..Grid::default()
        };
    };
    let first = match &shown.want.source {
        Source::Live(Topic::Sessions(page)) => usize::try_from(page.offset).unwrap_or(0),
        _ => 0,
    };
    let fact = |name: &str| match shown.picture.facts.get(name) {
        Some(Value::Number(number)) => usize::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    let line = |row: &Row| Line {
        id: identity(row),
        cells: names.iter().map(|name| cell(app, row, name)).collect(),
    };
    let lines: Vec<Line> = shown.picture.rows.iter().map(line).collect();
    Grid {
        columns,
        found: fact("rows").max(first + lines.len()),
        lines,
        first,
        of: fact("of"),
        is_partial: shown.picture.facts.get("complete") == Some(&Value::Flag(false)),
        empty: empty.to_owned(),
        choices: Vec::new(),
    }
}

/// What is said of an order by a rate: over which time, where that is more than a moment; or that nobody knows it yet.
#[must_use]
pub fn measured(app: &App) -> Option<String> {
    let picture = app
        .picture(Place::View(app.view))
        .filter(|_| app.session.is_none())?;
    match picture.facts.get("measured_secs")? {
        Value::Null => Some(" measuring…".to_owned()),
        value => {
            let seconds = whole(number(Some(value))?);
            (seconds > MOMENT_SECS).then(|| format!(" over {}", text::age(seconds)))
        }
    }
}

/// Who the session of a row is.
#[must_use]
pub fn identity(row: &Row) -> String {
    let cell = |name| match row.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    crate::app::identity(&cell("mountpoint"), &cell("client_id"))
}

/// The user of a session that is on the screen.
#[must_use]
pub fn user(app: &App, session: &OpenSession) -> Option<String> {
    known(app, session, "user")
}

/// The address of a session that is on the screen.
#[must_use]
pub fn address(app: &App, session: &OpenSession) -> Option<String> {
    known(app, session, "peer_host")
}

/// A text about a session that is on the screen.
fn known(app: &App, session: &OpenSession, name: &str) -> Option<String> {
    let wanted = crate::app::identity(&session.mountpoint, &session.client_id);
    let places = [Place::View(app.view), Place::Beside];
    let rows = places
        .iter()
        .filter_map(|place| app.picture(*place))
        .flat_map(|picture| &picture.rows);
    let row = rows
        .filter(|row| identity(row) == wanted)
        .find(|row| row.get(name).is_some())?;
    match row.get(name) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// A cell of a session.
#[must_use]
pub fn cell(app: &App, row: &Row, name: &str) -> Cell {
    if name == "peer" {
        let part = |name| {
            row.get(name)
                .filter(|value| **value != Value::Null)
                .map(Value::cell)
        };
        return match (part("peer_host"), part("peer_port")) {
            (Some(host), Some(port)) if host.contains(':') => Cell::text(&format!("[{host}]:{port}")),
            (Some(host), Some(port)) => Cell::text(&format!("{host}:{port}")),
            _ => Cell::default(),
        };
    }
    if let Some(rate) = column::rate(name) {
        return rate_cell(app, row, rate);
    }
    let value = row.get(name).unwrap_or(&Value::Null);
    let number = number(Some(value)).filter(|_| !matches!(value, Value::Text(_)));
    match (name, number) {
        (_, _) if matches!(value, Value::Null | Value::Undefined) => Cell::default(),
        ("statename", _) => state(&value.cell()),
        ("queue_size" | "offline_messages" | "online_messages", Some(number)) => waiting(number),
        ("dropped_messages", Some(number)) => dropped(number),
        ("bytes_in" | "bytes_out", Some(number)) => Cell::number(number, text::bytes(number)),
        ("session_started_at" | "queue_started_at", Some(millis)) => since(app, millis),
        ("session_expiry_interval", Some(4_294_967_295.0)) => {
            Cell::number(4_294_967_295.0, "never".to_owned())
        }
        ("session_expiry_interval", Some(seconds)) => Cell::number(seconds, text::age(whole(seconds))),
        ("keep_alive", Some(seconds)) => Cell::number(seconds, format!("{seconds}s")),
        ("peer_port" | "protocol", Some(number)) => Cell::number(number, number.to_string()),
        (_, Some(number)) => Cell::number(number, text::count(whole(number))),
        _ => Cell::text(&value.cell()),
    }
}

fn state(state: &str) -> Cell {
    let tone = match state {
        "online" => Tone::Good,
        "offline" => Tone::Faint,
        _ => Tone::Warn,
    };
    Cell::text(state).toned(tone)
}

/// What waits: nothing is quiet, a lot is loud.
fn waiting(number: f64) -> Cell {
    let tone = match number {
        0.0 => Tone::Faint,
        100.0.. => Tone::Warn,
        _ => Tone::Plain,
    };
    Cell::number(number, text::count(whole(number))).toned(tone)
}

/// What was lost is never quiet.
fn dropped(number: f64) -> Cell {
    let tone = if number > 0.0 { Tone::Bad } else { Tone::Faint };
    Cell::number(number, text::count(whole(number))).toned(tone)
}

/// What it grew by in a second. It takes two looks to know.
fn rate_cell(app: &App, row: &Row, rate: Rate) -> Cell {
    let is_there = !matches!(row.get("session_pid"), None | Some(Value::Null));
    let said = |number| match rate {
        Rate::MessagesIn | Rate::MessagesOut => text::short(number),
        Rate::BytesIn | Rate::BytesOut => text::bytes(number),
    };
    match app.rates.of(row, rate) {
        Some(number) => {
            let tone = if number > 0.0 { Tone::Plain } else { Tone::Faint };
            Cell::number(number, said(number)).toned(tone)
        }
        None if is_there => Cell::text("…").toned(Tone::Faint),
        None => Cell::default(),
    }
}

fn since(app: &App, millis: f64) -> Cell {
    let seconds = app.now_ms.saturating_sub(whole(millis)) / 1000;
    Cell::number(millis, text::age(seconds))
}

/// A number without its fraction.
#[must_use]
pub const fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast stops at the ends"
    )]
    {
        number as u64
    }
}
