//! Listeners: who is let in where, and up to which limit; below, why others are not, and how long certificates last
//! (console.md 4.6).

use super::grid as any;
use super::paint::Paint;
use crate::app::{App, Numbers, View, number, seconds_left};
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::text::{clean, count, rate};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::{Row, Value};

/// Days left of a certificate from which on it is no longer quiet.
const DAYS_WARN: i64 = 14;

/// Lines below the table at most.
const BELOW_MAX: u16 = 9;

/// Share of a limit from which on it is worth a look.
const NEAR: f64 = 0.8;

/// Lines that are needed below the table.
#[must_use]
pub fn below(app: &App) -> u16 {
    let certificates = app
        .picture(Place::Certificates)
        .map_or(0, |picture| picture.rows.len());
    let lines = u16::try_from(certificates).unwrap_or(BELOW_MAX) + 4;
    lines.min(BELOW_MAX).min(app.size.1.saturating_sub(8) / 2)
}

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let below = below(app).min(area.height);
    let above = Rect {
        height: area.height - below,
        ..area
    };
    any::draw(frame, above, app, &grid(app), app.table());
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    let mut y = above.bottom();
    paint.rule(area, y);
    for (text, tone) in refusals(app).into_iter().chain(certificates(app)) {
        y += 1;
        if y < area.bottom() {
            paint.say(area.x + 2, y, usize::from(area.width) - 3, &text, tone);
        }
    }
}

/// The listeners.
#[must_use]
pub fn grid(app: &App) -> Grid {
    let columns = vec![
        Column::text("ADDRESS", "address", 21),
        Column::text("TYPE", "type", 7),
        Column::text("STATUS", "status", 9),
        Column::number("OPEN", "active_conns", 7),
        Column::number("FULL", "full", 5),
        Column::number("ACCEPTS", "accepts", 7),
        Column::number("REFUSED", "refused", 7),
        Column::text("WHY", "reasons", 12),
        Column::number("LIMIT", "max_conns", 8),
        Column::text("MOUNTPOINT", "mountpoint", 10),
    ];
    let place = Place::View(View::Listeners);
    let Some(picture) = app.picture(place) else {
        return Grid::asking(columns);
    };
    let lines = picture.rows.iter().map(line).collect();
    Grid::whole(
        columns,
        lines,
        app.table(),
        app.fault(place).unwrap_or("there is no listener"),
    )
}

fn line(row: &Row) -> Line {
    let text = |name| row.get(name).map(Value::cell).unwrap_or_default();
    let address = match text("port") {
        port if port.is_empty() || port == "null" => text("address"),
        port => format!("{}:{port}", text("address")),
    };
    let status = text("status");
    let tone = if status == "running" {
        Tone::Good
    } else {
        Tone::Bad
    };
    let (open, limit) = (number(row.get("active_conns")), number(row.get("max_conns")));
    let whole = |number: f64| Cell::number(number, count(super::session::whole(number)));
    let full = open
        .zip(limit)
        .filter(|(_, limit)| *limit > 0.0)
        .map(|(open, limit)| open / limit);
    Line {
        cells: vec![
            Cell::text(&address),
            Cell::text(&text("type")),
            Cell::text(&status).toned(tone),
            open.map(whole).unwrap_or_default(),
            full.map(|full| {
                let tone = if full >= NEAR { Tone::Warn } else { Tone::Plain };
                Cell::number(full, format!("{:.0}%", full * 100.0)).toned(tone)
            })
            .unwrap_or_default(),
            match number(row.get("accepts")) {
                Some(accepts) => Cell::number(accepts, rate(accepts)),
                None => Cell::text("…").toned(Tone::Faint),
            },
            number(row.get("refused"))
                .map(|refused| {
                    let tone = if refused > 0.0 { Tone::Warn } else { Tone::Faint };
                    whole(refused).toned(tone)
                })
                .unwrap_or_default(),
            Cell::text(&text("reasons").replace('_', " ")),
            limit.map_or_else(|| Cell::text("none"), whole),
            Cell::text(&text("mountpoint")),
        ],
        id: address,
    }
}

/// Why nobody came in during the last ten seconds; the broker counts it for all listeners together.
#[must_use]
pub fn refusals(app: &App) -> Vec<(String, Tone)> {
    let numbers = Numbers::of(app.picture(Place::Header));
    let said = |title: &str, metric| {
        let rates = numbers.rates_by_label(metric);
        let each: Vec<String> = rates
            .iter()
            .map(|(reason, per_second)| format!("{} {}", reason.replace('_', " "), rate(*per_second)))
            .collect();
        let tone = if each.is_empty() { Tone::Faint } else { Tone::Warn };
        let each = if each.is_empty() {
            "none".to_owned()
        } else {
            each.join(", ")
        };
        (format!("{title}  {each}"), tone)
    };
    vec![
        (
            format!("Accepted           {}", rate(numbers.rate("socket_open"))),
            Tone::Plain,
        ),
        said("Refused          ", "connection_refused"),
        said("TLS failed       ", "tls_handshake_failed"),
    ]
}

/// Certificates, the one that ends first at the top.
#[must_use]
pub fn certificates(app: &App) -> Vec<(String, Tone)> {
    let Some(picture) = app.picture(Place::Certificates) else {
        return Vec::new();
    };
    let left = |row: &Row| seconds_left(row, app.now_ms);
    let mut rows: Vec<_> = picture
        .rows
        .iter()
        .filter_map(|row| Some((left(row)?, row)))
        .collect();
    rows.sort_by_key(|(seconds, _)| *seconds);
    let said = |(seconds, row): (i64, &Row)| {
        let text = |name| clean(&row.get(name).map(Value::cell).unwrap_or_default());
        let days = seconds.div_euclid(86_400);
        let (left, tone) = match days {
            ..0 => ("has expired".to_owned(), Tone::Bad),
            0 => ("expires today".to_owned(), Tone::Bad),
            days if days <= DAYS_WARN => (format!("{days} days left"), Tone::Warn),
            days => (format!("{days} days left"), Tone::Plain),
        };
        (
            format!("Certificate        {left:<14} {}  {}", text("CN"), text("File")),
            tone,
        )
    };
    rows.into_iter().map(said).collect()
}
