//! Overview: tiles with ten minutes behind each number, and the last events worth telling (console.md 4.1).

mod tiles;

use super::events;
use super::paint::Paint;
use crate::app::{App, Numbers, Said, View};
use crate::place::Place;
use crate::spark;
use crate::table::{Order, Tone};
use crate::text::{pad, short, width, wrap};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use tiles::Tile;

/// How many tiles there are.
pub const TILES: usize = 16;

/// Lines of the events at least, their title included.
const EVENTS_MIN: u16 = 5;

/// While there is no event.
const NOTHING: &str = "nobody was refused, nothing was lost";

/// Lines of an event at most.
const FOLDED_MAX: usize = 3;

/// Events that are looked at; as many are shown as there is room for.
const EVENTS_MAX: usize = 50;

/// Lines of a sparkline at most, and of a tile.
const SPARK_MAX: u16 = 4;
const HEIGHT_MAX: u16 = 9;

/// Notes of a tile at most.
const NOTES_MAX: u16 = 3;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let numbers = Numbers::of(app.picture(Place::Header));
    let tiles = tiles::all(app, numbers);
    let mut bottom = area.y;
    for (at, tile) in tiles.iter().enumerate() {
        let place = place(app, at);
        if place.bottom() > area.bottom() {
            continue;
        }
        let mut paint = Paint {
            buffer: frame.buffer_mut(),
            theme: Theme::of(app),
        };
        draw_tile(&mut paint, place, app, tile, at == app.tile);
        bottom = bottom.max(place.bottom());
    }
    let events = Rect {
        y: bottom,
        height: area.bottom().saturating_sub(bottom),
        ..area
    };
    if events.height >= 2 {
        draw_events(frame, events, app);
    }
}

fn draw_events(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    paint.rule(area, area.y);
    paint.put(area.x + 2, area.y, 40, " Last events ", Theme::of(app).title());
    let below = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let events = last_events(app);
    if events.is_empty() {
        let empty = app.fault(Place::Beside).unwrap_or(NOTHING);
        paint.nothing(below, empty);
        return;
    }
    // Few of them may say more; the rest is in Hot.
    let room = usize::from(below.height) / events.len();
    let mut y = below.y;
    for said in &events {
        let place = Rect { y, ..below };
        y += draw_event(&mut paint, place, said, room.clamp(1, FOLDED_MAX));
        if y >= below.bottom() {
            break;
        }
    }
}

/// `  20s  ✖  ×900  message dropped: queue full  12 clients, last pump-3 …`; gives how many lines it took.
fn draw_event(paint: &mut Paint<'_>, area: Rect, said: &Said, lines: usize) -> u16 {
    let mut x = area.x + 1;
    for (text, cells, right, gap, tone) in [
        (said.clock.as_str(), 6, true, 2, Tone::Faint),
        (said.mark.as_str(), 1, false, 1, said.tone),
        (times(said.count).as_str(), 6, true, 2, Tone::Accent),
    ] {
        paint.say(x, area.y, cells, &pad(text, cells, right, '…'), tone);
        x += u16::try_from(cells).unwrap_or(0) + gap;
    }
    let room = usize::from(area.right().saturating_sub(x + 1));
    let folded = match lines {
        1 => vec![said.text.clone()],
        lines => wrap(&said.text, room, lines),
    };
    for (line, y) in folded.iter().zip(area.y..area.bottom()) {
        paint.say(x, y, room, line, Tone::Plain);
    }
    u16::try_from(folded.len()).unwrap_or(1)
}

fn times(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is shortened to three digits")]
    match count {
        0 | 1 => String::new(),
        many => format!("×{}", short(many as f64)),
    }
}

/// The last events, the newest first.
fn last_events(app: &App) -> Vec<Said> {
    let rows = app
        .picture(Place::Beside)
        .map_or(&[][..], |picture| &picture.rows);
    let newest = rows.iter().rev().take(EVENTS_MAX);
    newest.map(|row| events::said(app, row)).collect()
}

/// Lines from which on four rows of tiles stand one above the other on wide terminals as well.
const TALL: u16 = 50;

/// Tiles in a row.
#[must_use]
pub const fn per_row(app: &App) -> usize {
    match app.size.0 {
        0..=75 => 3,
        160.. if app.size.1 < TALL => 8,
        _ => 4,
    }
}

/// Where a tile is on the screen.
fn place(app: &App, at: usize) -> Rect {
    let per_row = per_row(app);
    let rows = u16::try_from(TILES.div_ceil(per_row)).unwrap_or(1);
    let body = app.size.1.saturating_sub(5);
    // Title, sparkline, notes; a blank line below when there is room.
    let height = (body.saturating_sub(EVENTS_MIN) / rows).clamp(3, HEIGHT_MAX);
    let width = app.size.0 / u16::try_from(per_row).unwrap_or(1);
    let (row, column) = (
        u16::try_from(at / per_row).unwrap_or(0),
        u16::try_from(at % per_row).unwrap_or(0),
    );
    Rect::new(column * width, crate::view::BODY + row * height, width, height)
}

/// The tile at a place of the screen.
#[must_use]
pub fn tile_at(app: &App, x: u16, y: u16) -> Option<usize> {
    (0..TILES).find(|at| place(app, *at).contains((x, y).into()))
}

fn draw_tile(paint: &mut Paint<'_>, area: Rect, app: &App, tile: &Tile, is_selected: bool) {
    let (left, inner) = (area.x + 1, usize::from(area.width).saturating_sub(2));
    let theme = paint.theme;
    let title = if is_selected {
        theme.title().patch(theme.selected())
    } else {
        theme.accent()
    };
    // Rather a rounder number than half a title.
    let value = match width(tile.title) + 1 + width(&tile.value) {
        cells if cells > inner => crate::text::rounder(&tile.value),
        _ => tile.value.clone(),
    };
    let value_at = left + u16::try_from(inner.saturating_sub(width(&value))).unwrap_or(0);
    paint.put(
        left,
        area.y,
        inner.saturating_sub(width(&value) + 1),
        tile.title,
        title,
    );
    let bold = theme.tone(tile.tone).add_modifier(ratatui::style::Modifier::BOLD);
    paint.put(value_at, area.y, inner, &value, bold);
    // With a line to spare, tiles do not touch. A line of the history there is always, then come the notes.
    let rest = area.height.saturating_sub(1 + u16::from(area.height > 3));
    // The lines of all tiles are of one height, however much there is to say.
    let notes = (rest / 2).min(NOTES_MAX);
    let height = (rest - notes).min(SPARK_MAX);
    let (values, until) = &tile.history;
    let size = (inner, usize::from(height));
    let lines = spark::lines(values, *until, size, tile.top, app.look.ascii);
    // Digits take a line; it is the lowest.
    let top = area.y + 1 + height.saturating_sub(u16::try_from(lines.len()).unwrap_or(0));
    let tone = match tile.tone {
        Tone::Plain => Tone::Good,
        told => told,
    };
    for (line, y) in lines.iter().zip(top..) {
        paint.say(left, y, inner, line, tone);
    }
    for (note, y) in tile
        .notes
        .iter()
        .zip(area.y + 1 + height..)
        .take(usize::from(notes))
    {
        paint.say(left, y, inner, note, Tone::Faint);
    }
}

/// Opens the view that explains a tile, filtered and sorted.
pub fn open(app: &mut App) {
    let by = |field: &str| {
        Some(Order {
            field: field.to_owned(),
            descending: true,
        })
    };
    let is_refused = Numbers::of(app.picture(Place::Header)).rate("mqtt_publish_auth_error") > 0.0;
    match app.tile {
        tiles::CONNECTIONS => sessions(app, "online", None),
        tiles::CONNECTS => sessions(app, "online", by("session_started_at")),
        tiles::PUBLISHES if is_refused => hot(app, "Refused topics"),
        tiles::PUBLISHES | tiles::CPU => hot(app, "Publishers"),
        tiles::BYTES_IN => hot(app, "Bytes in"),
        tiles::OUT => hot(app, "Receivers"),
        tiles::BYTES_OUT => hot(app, "Bytes out"),
        tiles::REFUSED => hot(app, "Refused by address"),
        tiles::DROPS => hot(app, "Drops by client"),
        tiles::WAITING => sessions(app, "queue>0", by("queue_size")),
        tiles::IN_FLIGHT => sessions(app, "inflight>0", by("waiting_acks")),
        tiles::RETAINED => super::topic::show_retained(app, None),
        tiles::SUBSCRIPTIONS => sessions(app, "", by("subscriptions_count")),
        tiles::FILES => app.view = View::Listeners,
        _ => hot(app, "Memory, disk, files"),
    }
}

fn sessions(app: &mut App, filter: &str, order: Option<Order>) {
    app.view = View::Sessions;
    app.session = None;
    let table = app.table_mut();
    table.set_filter(filter);
    table.order = order;
}

fn hot(app: &mut App, title: &str) {
    app.view = View::Hot;
    app.tables.remove(&View::Hot);
    app.shown.remove(&Place::View(View::Hot));
    app.hot = super::hot::number(title);
}

/// The tiles as lines of text, for who has no screen.
#[must_use]
pub fn text(app: &App) -> Vec<String> {
    let numbers = Numbers::of(app.picture(Place::Header));
    let events = last_events(app);
    let events = events.iter().map(|said| {
        format!(
            "{:>8}  {:>5}  {}",
            said.clock,
            crate::text::count(said.count),
            said.text
        )
    });
    let line = |tile: Tile| {
        format!("{:<16}{:>12}  {}", tile.title, tile.value, tile.notes.join(", "))
            .trim_end()
            .to_owned()
    };
    tiles::all(app, numbers)
        .into_iter()
        .map(line)
        .chain(events)
        .collect()
}
