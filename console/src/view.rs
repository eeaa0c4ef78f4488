//! The frame: header, tabs, the title of the view, the view, a line about what is selected, the keys (console.md 3).

use crate::app::{App, Mode, OpenSession, Severity, View};
use crate::pane::paint::Paint;
use crate::pane::{self, front, menu};
use crate::table::Tone;
use crate::text::{age, clean, count, width};
use crate::theme::Theme;
use crate::update;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

/// The first line of a view.
pub const BODY: u16 = 3;

/// The line with the titles of the table's columns.
#[must_use]
pub const fn titles(app: &App) -> u16 {
    match (app.view, &app.session) {
        (View::Hot | View::Topics | View::Cluster, _) | (View::Sessions, Some(_)) => BODY + 1,
        _ => BODY,
    }
}

/// The smallest terminal that can be drawn on.
const LEAST: (u16, u16) = (60, 15);

/// Cells of the word of the verdict, and between it and its reasons.
const WORD_MAX: usize = 10;

/// Cells of the node's name in the header.
const NODE_MAX: usize = 30;

/// Columns from which on tabs stand apart.
const TABS_APART: u16 = 96;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    let theme = Theme::of(app);
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let said = format!(
            "{}×{} is too small: at least {}×{}, please",
            area.width, area.height, LEAST.0, LEAST.1
        );
        Paint {
            buffer: frame.buffer_mut(),
            theme,
        }
        .nothing(area, &said);
        theme.finish(frame.buffer_mut());
        return;
    }
    let [header_at, tabs_at, title_at, body, status_at, footer_at] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    pane::draw(frame, body, app);
    if app.is_lost() {
        theme.fade(frame.buffer_mut(), body);
    }
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme,
    };
    header(&mut paint, header_at, app);
    tabs(&mut paint, tabs_at, app);
    title(&mut paint, title_at, app);
    status(&mut paint, status_at, app);
    menu::footer(&mut paint, footer_at, app);
    front::draw(
        frame,
        Rect {
            height: area.height - 2,
            y: 2,
            ..area
        },
        app,
    );
    theme.finish(frame.buffer_mut());
}

fn header(paint: &mut Paint<'_>, area: Rect, app: &App) {
    let theme = paint.theme;
    let pace = if app.paused {
        "PAUSED".to_owned()
    } else {
        format!("⟳ {}", interval(app.interval_ms))
    };
    let only = if app.read_only { "read-only  " } else { "" };
    let right = format!("{only}{}  {pace} ", app.clock);
    let right_at = area
        .right()
        .saturating_sub(u16::try_from(width(&right)).unwrap_or(0));
    paint.say(
        right_at,
        area.y,
        width(&right),
        &right,
        if app.paused { Tone::Warn } else { Tone::Plain },
    );
    let (node, version) = app
        .link
        .hello
        .as_ref()
        .map_or(("", ""), |hello| (hello.node.as_str(), hello.version.as_str()));
    // Which node and how it is: the rest has the room that they leave.
    let mut x = paint.put(area.x + 1, area.y, NODE_MAX, &clean(node), theme.title()) + 2;
    let mut room = usize::from(right_at.saturating_sub(x)).saturating_sub(3);
    let (word, reason, tone) = verdict(app, room.saturating_sub(WORD_MAX));
    let said = format!("{word}  {reason}");
    let said = said.trim_end();
    room = room.saturating_sub(width(said));
    for piece in [uptime(app), clean(version), "vernemq".to_owned()] {
        if !piece.is_empty() && width(&piece) + 2 <= room {
            room -= width(&piece) + 2;
            x = paint.say(x, area.y, room + width(&piece), &piece, Tone::Faint) + 2;
        }
    }
    let style = theme.tone(tone).patch(if tone == Tone::Good {
        Style::new()
    } else {
        theme.selected()
    });
    let cells = usize::from(right_at.saturating_sub(x + 1));
    paint.put(x, area.y, cells, &format!(" {said} "), style);
}

/// A word, reasons in so many cells, and the tone.
fn verdict(app: &App, cells: usize) -> (String, String, Tone) {
    if let Some((since, why)) = &app.link.lost {
        let seconds = app.now_ms.saturating_sub(*since) / 1000;
        return (
            "LOST".to_owned(),
            format!("{}: {}", age(seconds), clean(why)),
            Tone::Bad,
        );
    }
    if let Some(seconds) = app.silence() {
        return (
            "SLOW".to_owned(),
            format!("no answer for {}", age(seconds)),
            Tone::Warn,
        );
    }
    let verdict = app.verdict();
    let tone = match verdict.severity {
        Severity::Fine => Tone::Good,
        Severity::Degraded => Tone::Warn,
        Severity::Critical => Tone::Bad,
    };
    (verdict.word().to_owned(), verdict.said(cells), tone)
}

fn uptime(app: &App) -> String {
    let numbers = crate::app::Numbers::of(app.picture(crate::place::Place::Header));
    match pane::session::whole(numbers.value("system_wallclock")) / 1000 {
        0 => String::new(),
        seconds => format!("up {}", age(seconds)),
    }
}

/// `1s`, `0.5s`.
#[must_use]
pub fn interval(millis: u32) -> String {
    match millis % 1000 {
        0 => format!("{}s", millis / 1000),
        _ => format!("{:.1}s", f64::from(millis) / 1000.0),
    }
}

/// Where the tabs are: each with its first column and the one behind it.
fn tab_places(app: &App) -> impl Iterator<Item = (View, u16, u16)> {
    let is_apart = app.size.0 >= TABS_APART;
    let mut x = 1;
    View::ALL.into_iter().map(move |view| {
        let cells = u16::try_from(view.title().len()).unwrap_or(0) + 1 + u16::from(is_apart);
        let from = x;
        x += cells + 1 + u16::from(is_apart);
        (view, from, from + cells)
    })
}

/// The view whose tab is in a column.
#[must_use]
pub fn tab_at(app: &App, column: u16) -> Option<View> {
    tab_places(app)
        .find(|(_, from, to)| (*from..*to).contains(&column))
        .map(|(view, _, _)| view)
}

fn tabs(paint: &mut Paint<'_>, area: Rect, app: &App) {
    let theme = paint.theme;
    for (view, from, to) in tab_places(app) {
        let number = (view.number() + 1).to_string();
        let title = format!("{:>1$}", view.title(), usize::from(to - from) - 1);
        let is_open = view == app.view;
        let (first, second) = match is_open {
            true => (
                theme.title().patch(theme.selected()),
                theme.title().patch(theme.selected()),
            ),
            false => (theme.accent(), Style::new()),
        };
        let x = paint.put(from, area.y, 1, &number, first);
        paint.put(x, area.y, usize::from(to - x), &title, second);
    }
}

/// `─ Sessions › pump-0017 ─ filter: online ─────── 1,204 of 98,317 ─ sort: QUEUE ▼ ─`
fn title(paint: &mut Paint<'_>, area: Rect, app: &App) {
    let theme = paint.theme;
    paint.rule(area, area.y);
    let table = app.table();
    let grid = pane::grid(app);
    let mut right = String::new();
    if let Some(grid) = grid.as_ref().filter(|grid| grid.of > 0) {
        let more = if grid.is_partial { "…" } else { "" };
        right = match grid.found == grid.of {
            true => format!(" {} ", count(grid.of as u64)),
            false => format!(
                " {}{more} of {} ",
                count(grid.found as u64),
                count(grid.of as u64)
            ),
        };
        if let Some(order) = pane::table(app).and_then(|table| table.order.as_ref()) {
            let named = grid.columns.iter().find(|column| column.field == order.field);
            let title = named.map_or(order.field.as_str(), |column| column.title.as_str());
            right.push_str(&format!(
                "─ sort: {title} {}{} ",
                if order.descending { "▼" } else { "▲" },
                pane::session::measured(app).unwrap_or_default()
            ));
        }
        if let Some(marked) = marked(app) {
            right = format!(" {marked} ─{right}");
        }
    }
    let room = usize::from(area.width).saturating_sub(width(&right) + 4);
    let mut x = paint.put(
        area.x + 2,
        area.y,
        room,
        &format!(" {} ", pane::path(app).join(" › ")),
        theme.title(),
    );
    if app.view == View::Logs {
        let level = crate::app::LOG_LEVELS[app.log_level % crate::app::LOG_LEVELS.len()];
        x = paint.say(x + 1, area.y, 30, &format!(" {level} and above "), Tone::Plain);
    }
    let left = usize::from(area.right().saturating_sub(x)).saturating_sub(width(&right) + 3);
    match &app.mode {
        Mode::Filter { line, .. } => {
            let fault = table.fault.as_ref();
            let style = if fault.is_some() {
                theme.tone(Tone::Bad)
            } else {
                theme.mark()
            };
            x = paint.put(x + 1, area.y, left, " filter: ", style);
            x = front::typed(paint, x, area.y, left.saturating_sub(10).max(1), line);
            x = paint.say(x, area.y, 1, " ", Tone::Plain);
            if let Some(fault) = fault {
                let left = usize::from(area.right().saturating_sub(x + 2));
                paint.say(x + 1, area.y, left, &format!(" {fault} "), Tone::Bad);
                return;
            }
        }
        _ if grid_has_filter(app) && !update::filter(app).is_empty() => {
            let said = format!(" filter: {} ", clean(update::filter(app)));
            paint.put(x + 1, area.y, left, &said, theme.mark());
        }
        _ => {}
    }
    let at = area
        .right()
        .saturating_sub(u16::try_from(width(&right)).unwrap_or(0) + 1);
    paint.say(at, area.y, width(&right), &right, Tone::Plain);
}

/// Whether what is shown is what the filter has found.
fn grid_has_filter(app: &App) -> bool {
    app.session.is_none() || app.view != View::Sessions
}

fn marked(app: &App) -> Option<String> {
    let marked = &pane::table(app)?.marked;
    match marked.len() {
        0 => None,
        _ if marked.contains(crate::deed::ALL) => Some("● all marked".to_owned()),
        many => Some(format!("● {} marked", count(many as u64))),
    }
}

/// What has just happened, or who is selected, in full.
fn status(paint: &mut Paint<'_>, area: Rect, app: &App) {
    paint.rule(area, area.y);
    let room = usize::from(area.width).saturating_sub(4);
    if let Some(note) = &app.note {
        let tone = if note.is_bad { Tone::Bad } else { Tone::Accent };
        paint.say(area.x + 2, area.y, room, &format!(" {} ", note.text), tone);
        return;
    }
    if app.is_lost() {
        let newest = app.shown.values().map(|shown| shown.at_ms).max();
        let said = newest.map_or_else(
            || " nothing was seen yet; trying again ".to_owned(),
            |at| {
                format!(
                    " what is shown was seen {} ago; trying again ",
                    age(app.now_ms.saturating_sub(at) / 1000)
                )
            },
        );
        paint.say(area.x + 2, area.y, room, &said, Tone::Bad);
        return;
    }
    let Some(line) = pane::selected(app).filter(|_| app.session.is_none() || app.view != View::Sessions)
    else {
        return;
    };
    let named = OpenSession::of(&line.id);
    let (mountpoint, name) = match line.id.contains('\0') {
        true => (named.mountpoint.as_str(), named.client_id.as_str()),
        false => ("", line.id.as_str()),
    };
    if name.is_empty() {
        return;
    }
    let whose = if mountpoint.is_empty() {
        String::new()
    } else {
        format!("  mountpoint {}", clean(mountpoint))
    };
    paint.say(
        area.x + 2,
        area.y,
        room,
        &format!(" {}{whose} ", clean(name)),
        Tone::Faint,
    );
}
