//! One session: its facts, its subscriptions, the messages that wait for it (console.md 4.2).

use super::paint::Paint;
use super::{events, grid as any, session};
use crate::app::{App, OpenSession, Tab};
use crate::place::Place;
use crate::table::{ASKING, Cell, Column, Grid, Line, Tone};
use crate::text::{self, clean};
use crate::theme::Theme;
use crate::wants;
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::command::session::Field;
use vmq_admin::command::session::fields::FIELDS;
use vmq_admin::{Row, Value};

/// Facts in the order in which somebody asks for them, in groups.
const FACTS: [(&str, &[&str]); 4] = [
    (
        "CONNECTION",
        &[
            "statename",
            "user",
            "peer",
            "listener",
            "protocol",
            "keep_alive",
            "session_started_at",
            "tls_cn",
            "session_pid",
        ],
    ),
    (
        "SESSION",
        &[
            "clean_session",
            "session_expiry_interval",
            "subscriptions_count",
            "num_sessions",
            "mountpoint",
            "node",
        ],
    ),
    (
        "MESSAGES",
        &[
            "queue_size",
            "waiting_acks",
            "online_messages",
            "offline_messages",
            "deliver_mode",
            "bytes_in",
            "bytes_out",
        ],
    ),
    ("QUEUE", &["queue_started_at", "queue_pid", "is_plugin"]),
];

/// Characters of a payload that are shown.
const PAYLOAD_MAX: usize = 400;

/// Lines that the payload of a message has.
pub const PAYLOAD_LINES: u16 = 6;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, open: &OpenSession) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    let mut x = area.x + 1;
    for tab in Tab::ALL {
        let style = if tab == open.tab {
            paint.theme.title().patch(paint.theme.selected())
        } else {
            paint.theme.tone(Tone::Faint)
        };
        x = paint.put(x, area.y, 20, &format!(" {} ", tab.title()), style) + 1;
    }
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    if let Some(fault) = app.fault(Place::Beside).filter(|_| rows(app).is_none()) {
        paint.nothing(body, fault);
        return;
    }
    match (open.tab, grid(app, open)) {
        (Tab::Facts, _) | (_, None) => facts(&mut paint, body, app, open),
        (Tab::Queue, Some(grid)) => {
            let below = body.height.min(PAYLOAD_LINES);
            let above = Rect {
                height: body.height - below,
                ..body
            };
            any::draw(frame, above, app, &grid, &open.table);
            payload(
                frame,
                Rect {
                    y: above.bottom(),
                    height: below,
                    ..body
                },
                app,
                open,
            );
        }
        (_, Some(grid)) => any::draw(frame, body, app, &grid, &open.table),
    }
}

/// The rows of what is looked at now; those of another part are none.
fn rows(app: &App) -> Option<&[Row]> {
    let shown = app.shown.get(&Place::Beside)?;
    (Some(&shown.want.source) == wants::beside(app).as_ref()).then_some(shown.picture.rows.as_slice())
}

/// The row of the session itself. The expression may have found others with a similar name; who is opened from a line of the
/// log has no mountpoint, and any will do.
fn own<'a>(app: &'a App, open: &OpenSession) -> Option<&'a Row> {
    let named = |row: &&Row| row.get("client_id").is_some_and(|id| id.cell() == open.client_id);
    let rows = rows(app)?;
    let exact = rows.iter().filter(named).find(|row| {
        row.get("mountpoint")
            .is_some_and(|own| own.cell() == open.mountpoint)
    });
    exact.or_else(|| rows.iter().find(named))
}

fn facts(paint: &mut Paint<'_>, area: Rect, app: &App, open: &OpenSession) {
    let Some(row) = own(app, open) else {
        let said = match rows(app) {
            None => ASKING,
            Some(_) => "there is no such session; it may come back",
        };
        paint.nothing(area, said);
        return;
    };
    paint.put(
        area.x + 2,
        area.y + 1,
        usize::from(area.width) - 4,
        &clean(&open.client_id),
        Theme::of(app).title(),
    );
    let is_wide = area.width >= 76;
    let column = if is_wide { area.width / 2 } else { area.width };
    let is_online = events::cell(row, "statename") == "online";
    let (mut y, mut x) = (area.y + 3, area.x + 2);
    for (nth, (title, names)) in FACTS.iter().enumerate() {
        if is_wide && nth == 2 {
            (x, y) = (area.x + column, area.y + 3);
        }
        paint.put(x, y, 20, title, Theme::of(app).title());
        y += 1;
        for name in *names {
            if y >= area.bottom() {
                break;
            }
            let cell = session::cell(app, row, name);
            let said = match (cell.text.is_empty(), *name) {
                (true, "user") if is_online => "none (anonymous)".to_owned(),
                (true, "mountpoint") => "default".to_owned(),
                (true, _) => continue,
                (false, "session_started_at" | "queue_started_at") => format!("{} ago", cell.text),
                (false, "protocol") => version(&cell.text),
                (false, _) => cell.text,
            };
            paint.say(x, y, 20, &label(name).replace('_', " "), Tone::Faint);
            paint.say(
                x + 20,
                y,
                usize::from(column).saturating_sub(22),
                &said,
                cell.tone,
            );
            y += 1;
        }
        y += 1;
    }
}

/// A field in words.
fn label(name: &str) -> &'static str {
    match name {
        "peer" => "address",
        "statename" => "state",
        "session_started_at" => "connected",
        "queue_started_at" => "created",
        "waiting_acks" => "in flight",
        "protocol" => "MQTT",
        "queue_size" => "waiting",
        "online_messages" => "waiting online",
        "offline_messages" => "waiting offline",
        "session_expiry_interval" => "expires after",
        "num_sessions" => "connections",
        "subscriptions_count" => "subscriptions",
        "clean_session" => "clean session",
        "keep_alive" => "keep-alive",
        other => FIELDS
            .iter()
            .find(|spec| spec.name == other)
            .map_or("", |spec| spec.name),
    }
}

fn version(number: &str) -> String {
    let said = match number {
        "3" => "3.1",
        "4" => "3.1.1",
        "5" => "5",
        "131" => "3.1, as a bridge",
        "132" => "3.1.1, as a bridge",
        other => other,
    };
    said.to_owned()
}

/// Subscriptions, or messages that wait.
#[must_use]
pub fn grid(app: &App, open: &OpenSession) -> Option<Grid> {
    let rows = rows(app);
    let own = |row: &&Row| row.get("client_id").is_none_or(|id| id.cell() == open.client_id);
    let own_rows = rows.unwrap_or_default().iter().filter(own);
    let (columns, lines, empty): (_, Vec<Line>, _) = match open.tab {
        Tab::Facts => return None,
        Tab::Subscriptions => (
            vec![
                Column::text("FILTER", "topic", 30),
                Column::number("QOS", "qos", 3),
                Column::text("NO LOCAL", "no_local", 8),
                Column::text("AS PUBLISHED", "rap", 12),
            ],
            own_rows
                .map(|row| line(row, Field::Topic, &["topic", "qos", "no_local", "rap"]))
                .collect(),
            "it has no subscriptions",
        ),
        Tab::History => {
            let columns = events::columns(false);
            let lines = rows
                .unwrap_or_default()
                .iter()
                .rev()
                .map(|row| events::line(app, row, &columns))
                .collect();
            (columns, lines, "nothing has happened to it")
        }
        Tab::Queue => (
            vec![
                Column::text("TOPIC", "routing_key", 30),
                Column::number("QOS", "msg_qos", 3),
                Column::text("SENT BEFORE", "dup", 11),
                Column::number("BYTES", "bytes", 7),
            ],
            own_rows
                .map(|row| {
                    let mut line = line(row, Field::MsgRef, &["routing_key", "msg_qos", "dup"]);
                    let bytes = row.get("payload").map_or(0, |payload| payload.cell().len());
                    line.cells
                        .push(Cell::number(bytes as f64, text::count(bytes as u64)));
                    line
                })
                .collect(),
            "no stored message waits",
        ),
    };
    let empty = if rows.is_some() { empty } else { ASKING };
    Some(Grid::whole(columns, lines, &open.table, empty))
}

fn line(row: &Row, id: Field, names: &[&str]) -> Line {
    let cell = |name: &&str| match row.get(name) {
        None | Some(Value::Null) => Cell::default(),
        Some(Value::Flag(flag)) => Cell::text(if *flag { "yes" } else { "" }),
        Some(value) => Cell {
            number: crate::app::number(Some(value)),
            ..Cell::text(&value.cell())
        },
    };
    Line {
        id: row.get(id.name()).map(Value::cell).unwrap_or_default(),
        cells: names.iter().map(cell).collect(),
    }
}

/// The payload of the selected message.
fn payload(frame: &mut Frame<'_>, area: Rect, app: &App, open: &OpenSession) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    paint.rule(area, area.y);
    let form = if open.is_hex {
        " payload as hex · v text "
    } else {
        " payload as text · v hex "
    };
    paint.say(area.x + 2, area.y, 40, form, Tone::Faint);
    let Some(id) = &open.table.selected else { return };
    let row = rows(app)
        .unwrap_or_default()
        .iter()
        .find(|row| row.get("msg_ref").is_some_and(|own| own.cell() == *id));
    let Some(row) = row else { return };
    let said = match row.get("payload") {
        None => "payloads are not for who only looks".to_owned(),
        Some(payload) => shown(&payload.cell(), open.is_hex),
    };
    let lines = text::wrap(
        &said,
        usize::from(area.width).saturating_sub(2),
        usize::from(area.height) - 1,
    );
    for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
        paint.say(area.x + 1, y, usize::from(area.width), line, Tone::Plain);
    }
}

/// A payload as it is shown.
#[must_use]
pub fn shown(payload: &str, is_hex: bool) -> String {
    if is_hex {
        let bytes = payload
            .bytes()
            .take(PAYLOAD_MAX)
            .map(|byte| format!("{byte:02x} "));
        return bytes.collect();
    }
    clean(&payload.chars().take(PAYLOAD_MAX).collect::<String>())
}
