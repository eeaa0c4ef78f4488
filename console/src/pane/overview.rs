//! Overview: tiles with ten minutes behind each number, and the last events worth telling (console.md 4.1).

mod tiles;

use super::paint::Paint;
use super::{events, lines};
use crate::app::{App, Follow, Numbers, View};
use crate::place::Place;
use crate::spark;
use crate::table::{Order, Tone};
use crate::text::width;
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use tiles::Tile;

/// How many tiles there are.
pub const TILES: usize = 12;

/// Lines of the events at least, their title included.
const EVENTS_MIN: u16 = 5;

/// Events that are looked at; as many are shown as there is room for.
const EVENTS_MAX: usize = 50;

/// Lines of a sparkline at most.
const SPARK_MAX: u16 = 4;

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
    let empty = app
        .fault(Place::Beside)
        .unwrap_or("nobody was refused, nothing was lost");
    lines::draw(frame, below, app, &last_events(app), empty, false);
}

/// The last events, the newest at the bottom.
fn last_events(app: &App) -> Follow {
    let rows = app
        .picture(Place::Beside)
        .map_or(&[][..], |picture| &picture.rows);
    let first = rows.len().saturating_sub(EVENTS_MAX);
    Follow {
        lines: rows[first..].iter().map(|row| events::said(app, row)).collect(),
        ..Follow::default()
    }
}

/// Tiles in a row.
#[must_use]
pub const fn per_row(app: &App) -> usize {
    match app.size.0 {
        0..=75 => 3,
        76..=119 => 4,
        _ => 6,
    }
}

/// Where a tile is on the screen.
fn place(app: &App, at: usize) -> Rect {
    let per_row = per_row(app);
    let rows = u16::try_from(TILES.div_ceil(per_row)).unwrap_or(1);
    let body = app.size.1.saturating_sub(5);
    // Title, sparkline, note; a blank line below when there is room.
    let height = (body.saturating_sub(EVENTS_MIN) / rows).clamp(3, 3 + SPARK_MAX);
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
    let value_at = left + u16::try_from(inner.saturating_sub(width(&tile.value))).unwrap_or(0);
    paint.put(
        left,
        area.y,
        inner.saturating_sub(width(&tile.value) + 1),
        tile.title,
        title,
    );
    let value = theme.tone(tile.tone).add_modifier(ratatui::style::Modifier::BOLD);
    paint.put(value_at, area.y, inner, &tile.value, value);
    // With a line to spare, tiles do not touch.
    let blank = u16::from(area.height > 3);
    let height = area.height.saturating_sub(2 + blank).min(SPARK_MAX);
    if let Some((values, until)) = &tile.history {
        let lines = spark::lines(values, *until, inner, usize::from(height), app.look.ascii);
        // Digits take a line; it is the lowest.
        let top = area.y + 1 + height.saturating_sub(u16::try_from(lines.len()).unwrap_or(0));
        for (line, y) in lines.iter().zip(top..) {
            paint.say(
                left,
                y,
                inner,
                line,
                if tile.tone == Tone::Plain {
                    Tone::Good
                } else {
                    tile.tone
                },
            );
        }
    } else {
        for (line, y) in tile.lines.iter().zip(area.y + 1..area.y + 1 + height) {
            paint.say(left, y, inner, line, Tone::Plain);
        }
    }
    paint.say(left, area.y + 1 + height, inner, &tile.note, Tone::Faint);
}

/// Opens the view that explains a tile, filtered and sorted.
pub fn open(app: &mut App) {
    let by = |field: &str| {
        Some(Order {
            field: field.to_owned(),
            descending: true,
        })
    };
    match app.tile {
        tiles::CONNECTIONS => sessions(app, "online", None),
        tiles::CONNECTS => sessions(app, "online", by("session_started_at")),
        tiles::SESSIONS => sessions(app, "", by("queue_size")),
        tiles::OUT | tiles::BYTES_OUT => sessions(app, "online", by("waiting_acks")),
        tiles::DROPS => hot(app, "Lost messages"),
        tiles::RETAINED => app.view = View::Topics,
        tiles::REFUSED => hot(app, "Refused logins"),
        tiles::PUBLISHES => hot(app, "Refused topics"),
        tiles::MEMORY | tiles::CPU => hot(app, "Deepest queues"),
        _ => app.view = View::Listeners,
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
    let events = events.lines.iter().map(|said| {
        format!(
            "{:>8}  {:>5}  {}",
            said.clock,
            crate::text::count(said.count),
            said.text
        )
    });
    let line = |tile: Tile| {
        let lines = tile.lines.join(", ");
        let rest: Vec<&str> = [tile.note.as_str(), lines.as_str()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        format!("{:<16}{:>12}  {}", tile.title, tile.value, rest.join(", "))
            .trim_end()
            .to_owned()
    };
    tiles::all(app, numbers)
        .into_iter()
        .map(line)
        .chain(events)
        .collect()
}
