//! One session: its facts, its subscriptions, the messages that wait for it (console.md 4.2).

pub mod facts;
pub mod packets;
pub mod queue;
pub mod why;

use super::paint::Paint;
use super::{events, grid as any};
use crate::app::{App, OpenSession, Tab};
use crate::place::{Place, Source};
use crate::table::{ASKING, Cell, Column, Grid, Line, Tone};
use crate::text::clean;
use crate::theme::Theme;
use crate::wants;
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::command::session::Field;
use vmq_admin::{Row, Value};

/// Characters of a payload that are shown.
const PAYLOAD_MAX: usize = 400;

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
    notes(&mut paint, area, x, app);
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
        (Tab::Facts, _) | (_, None) => facts::draw(&mut paint, body, app, open),
        (Tab::Queue | Tab::History | Tab::Why, Some(grid)) => {
            let below = body.height.min(below(app, open.tab));
            let above = Rect {
                height: body.height - below,
                ..body
            };
            any::draw(frame, above, app, &grid, &open.table);
            let selected = Rect {
                y: above.bottom(),
                height: below,
                ..body
            };
            if open.tab == Tab::History {
                return packets::draw(frame, selected, app);
            }
            let mut paint = Paint {
                buffer: frame.buffer_mut(),
                theme: Theme::of(app),
            };
            match open.tab {
                Tab::Why => why::selected(&mut paint, selected, app, open),
                _ => queue::payload(&mut paint, selected, app, open),
            }
        }
        (_, Some(grid)) => any::draw(frame, body, app, &grid, &open.table),
    }
}

/// Lines below the table of a part, for what is selected in it.
#[must_use]
pub const fn below(app: &App, tab: Tab) -> u16 {
    match tab {
        Tab::Queue => queue::payload_lines(app.size.1),
        Tab::History => packets::height(app.size.1),
        Tab::Why => why::SELECTED_LINES,
        _ => 0,
    }
}

/// What the broker says beside: that there is more, or that somebody does not answer.
fn notes(paint: &mut Paint<'_>, area: Rect, x: u16, app: &App) {
    let of = |place, wanted: Option<Source>| {
        let shown = app.shown.get(&place)?;
        (Some(&shown.want.source) == wanted.as_ref()).then_some(&shown.picture.notes)
    };
    let places = [
        of(Place::Beside, wants::beside(app)),
        of(Place::Near, wants::near(app)),
    ];
    let said: Vec<&str> = places
        .into_iter()
        .flatten()
        .flatten()
        .map(|note| note.trim())
        .collect();
    let said = clean(&said.join(" · "));
    let room = usize::from(area.right().saturating_sub(x + 2));
    let cells = u16::try_from(crate::text::width(&said).min(room)).unwrap_or(0);
    paint.say(
        area.right().saturating_sub(cells + 1),
        area.y,
        room,
        &said,
        Tone::Warn,
    );
}

/// The rows of what is looked at now; those of another part are none.
fn rows(app: &App) -> Option<&[Row]> {
    let shown = app.shown.get(&Place::Beside)?;
    (Some(&shown.want.source) == wants::beside(app).as_ref()).then_some(shown.picture.rows.as_slice())
}

/// The rows of what stands near it, likewise.
fn near_rows(app: &App) -> Option<&[Row]> {
    let shown = app.shown.get(&Place::Near)?;
    (Some(&shown.want.source) == wants::near(app).as_ref()).then_some(shown.picture.rows.as_slice())
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
            let columns = events::columns(false, false);
            let lines = rows
                .unwrap_or_default()
                .iter()
                .rev()
                .map(|row| events::line(app, row, &columns))
                .collect();
            (columns, lines, "nothing has happened to it")
        }
        Tab::Why => (
            why::columns(),
            rows.unwrap_or_default()
                .iter()
                .map(|row| why::line(app, row))
                .collect(),
            "nothing is known of it; it is not connected and was refused nothing",
        ),
        Tab::Queue => (
            queue::columns(),
            rows.unwrap_or_default().iter().map(queue::line).collect(),
            "nothing is on its way to it",
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
