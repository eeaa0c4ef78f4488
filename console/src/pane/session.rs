//! Sessions: the table. What one of them is made of is in `detail`.

use super::{detail, grid as any};
use crate::app::{App, OpenSession, View, number};
use crate::place::{Place, Source};
use crate::settings::is_column;
use crate::table::{ASKING, Cell, Column, Grid, Line, Tone};
use crate::text;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use vmq_admin::command::session::Field;
use vmq_admin::command::session::fields::{FIELDS, Group};
use vmq_admin::live::Topic;
use vmq_admin::{Row, Value};

/// The columns at the start, the most wanted first: what does not fit is further right.
const COLUMNS: [&str; 13] = [
    "client_id",
    "user",
    "peer",
    "protocol",
    "statename",
    "queue_size",
    "waiting_acks",
    "subscriptions_count",
    "bytes_in",
    "bytes_out",
    "session_started_at",
    "keep_alive",
    "listener",
];

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

/// The names of the columns that are shown.
#[must_use]
pub fn columns(app: &App) -> Vec<&str> {
    match app.columns.is_empty() {
        true => COLUMNS.into_iter().filter(|name| is_column(name)).collect(),
        false => app.columns.iter().map(String::as_str).collect(),
    }
}

/// Everything that can be a column, the usual ones first.
#[must_use]
pub fn choices() -> Vec<&'static str> {
    let fields = FIELDS
        .iter()
        .filter(|spec| matches!(spec.field.group(), Group::Queue | Group::Session));
    let others = fields
        .map(|spec| spec.name)
        .filter(|name| !COLUMNS.contains(name));
    COLUMNS
        .into_iter()
        .filter(|name| is_column(name))
        .chain(others)
        .collect()
}

/// Shows a column, or shows it no more. The client id stays.
pub fn toggle_column(app: &mut App, name: &str) {
    let mut shown: Vec<String> = columns(app).into_iter().map(str::to_owned).collect();
    match shown.iter().position(|column| column == name) {
        Some(0) => return,
        Some(at) => {
            shown.remove(at);
        }
        None => shown.push(name.to_owned()),
    }
    app.columns = shown;
}

/// The fields that the broker is asked for.
#[must_use]
pub fn fields(app: &App) -> Vec<Field> {
    let mut fields = vec![Field::Mountpoint, Field::ClientId, Field::IsOnline, Field::User];
    for name in columns(app) {
        let own: &[Field] = match name {
            "peer" => &[Field::PeerHost, Field::PeerPort],
            name => &Field::parse(name)
                .map_or([None, None], |field| [Some(field), None])
                .map(|field| field.unwrap_or(Field::ClientId)),
        };
        fields.extend(
            own.iter()
                .filter(|field| !fields.contains(field))
                .copied()
                .collect::<Vec<_>>(),
        );
    }
    fields
}

/// Every field that one session has.
#[must_use]
pub fn all_fields() -> Vec<Field> {
    let fields = FIELDS.iter().map(|spec| spec.field);
    fields
        .filter(|field| matches!(field.group(), Group::Queue | Group::Session))
        .collect()
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
    let wanted = crate::app::identity(&session.mountpoint, &session.client_id);
    let places = [Place::View(app.view), Place::Beside];
    let rows = places
        .iter()
        .filter_map(|place| app.picture(*place))
        .flat_map(|picture| &picture.rows);
    let row = rows
        .filter(|row| identity(row) == wanted)
        .find(|row| row.get("user").is_some())?;
    match row.get("user") {
        Some(Value::Text(user)) if !user.is_empty() => Some(user.clone()),
        _ => None,
    }
}

fn column(name: &str) -> Column {
    match name {
        "client_id" => Column::text("CLIENT ID", name, 12),
        "user" => Column::text("USER", name, 8),
        "peer" => Column::text("PEER", name, 15),
        "protocol" => Column::number("V", name, 2),
        "statename" => Column::text("STATE", name, 7),
        "queue_size" => Column::number("QUEUE", name, 6),
        "waiting_acks" => Column::number("INFL", name, 4),
        "subscriptions_count" => Column::number("SUBS", name, 4),
        "session_started_at" => Column::number("SINCE", name, 7),
        "queue_started_at" => Column::number("CREATED", name, 7),
        "bytes_in" => Column::number("IN", name, 7),
        "bytes_out" => Column::number("OUT", name, 7),
        "keep_alive" => Column::number("KEEP", name, 5),
        "session_expiry_interval" => Column::number("EXPIRY", name, 6),
        other => Column::text(&other.to_uppercase().replace('_', " "), other, 4),
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
    let value = row.get(name).unwrap_or(&Value::Null);
    let number = number(Some(value)).filter(|_| !matches!(value, Value::Text(_)));
    match (name, number) {
        (_, _) if matches!(value, Value::Null | Value::Undefined) => Cell::default(),
        ("statename", _) => state(&value.cell()),
        ("queue_size" | "offline_messages" | "online_messages", Some(number)) => waiting(number),
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
