//! What stands in front of a view: questions, answers, choices, help.

use super::paint::Paint;
use super::{help, menu};
use crate::app::{App, Confirm, Mode, Output};
use crate::deed;
use crate::edit::Edit;
use crate::pane;
use crate::table::Tone;
use crate::text::{clean, count, width};
use crate::theme::Theme;
use crate::update::{self, candidates};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Commands of a deed that are shown; how many more there are is told.
const COMMANDS_SHOWN: usize = 6;

/// Draws what is in front, if something is.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    match &app.mode {
        Mode::Normal | Mode::Filter { .. } => {}
        Mode::Command { line, .. } => command(&mut paint, area, app, line),
        Mode::Help { line, top } => keys(&mut paint, area, app, line, *top),
        Mode::Menu { at } => actions(&mut paint, area, app, *at),
        Mode::Columns { at } => columns(&mut paint, area, app, *at),
        Mode::Confirm(asked) => confirm(&mut paint, area, asked),
        Mode::Output(output) => answers(&mut paint, area, output),
        Mode::Write(line) => write(&mut paint, area, line),
    }
}

/// An empty place with a title, in the middle.
fn clear(paint: &mut Paint<'_>, area: Rect, cells: u16, lines: u16, title: &str, below: &str) -> Rect {
    let (cells, lines) = (cells.min(area.width), lines.min(area.height));
    let x = area.x + (area.width - cells) / 2;
    let y = area.y + (area.height - lines) / 2;
    let place = Rect::new(x, y, cells, lines);
    for y in place.y..place.bottom() {
        for x in place.x..place.right() {
            if let Some(cell) = paint.buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
        paint.say(place.x, y, 1, "│", Tone::Accent);
        paint.say(place.right() - 1, y, 1, "│", Tone::Accent);
    }
    let style = paint.theme.accent();
    let line = "─".repeat(usize::from(cells).saturating_sub(2));
    for (y, left, right) in [(place.y, "┌", "┐"), (place.bottom() - 1, "└", "┘")] {
        paint.put(
            place.x,
            y,
            usize::from(cells),
            &format!("{left}{line}{right}"),
            style,
        );
    }
    let bold = paint.theme.title();
    paint.put(
        place.x + 2,
        place.y,
        usize::from(cells) - 4,
        &format!(" {title} "),
        bold,
    );
    paint.say(
        place.x + 2,
        place.bottom() - 1,
        usize::from(cells) - 4,
        below,
        Tone::Faint,
    );
    Rect::new(
        place.x + 2,
        place.y + 1,
        cells.saturating_sub(4),
        lines.saturating_sub(2),
    )
}

fn confirm(paint: &mut Paint<'_>, area: Rect, asked: &Confirm) {
    let commands: Vec<String> = asked
        .deed
        .argvs
        .iter()
        .map(|argv| format!("≡ {}", clean(&deed::shown(argv))))
        .collect();
    let longest = commands.iter().map(|command| width(command)).max().unwrap_or(0);
    let cells = u16::try_from(longest.max(width(&asked.deed.title)) + 6)
        .unwrap_or(u16::MAX)
        .max(50);
    let shown = commands.len().min(COMMANDS_SHOWN);
    let more = commands.len() - shown;
    let lines = u16::try_from(shown + usize::from(more > 0) + 6).unwrap_or(12);
    let place = clear(
        paint,
        area,
        cells,
        lines,
        &clean(&asked.deed.title),
        " enter does it · esc leaves it ",
    );
    let room = usize::from(place.width);
    let mut y = place.y + 1;
    for command in commands.iter().take(COMMANDS_SHOWN) {
        paint.say(place.x, y, room, command, Tone::Plain);
        y += 1;
    }
    if more > 0 {
        paint.say(
            place.x,
            y,
            room,
            &format!("… and {} more", count(more as u64)),
            Tone::Faint,
        );
        y += 1;
    }
    let (asks, tone) = match asked.deed.loses {
        true => ("This cannot be undone. Type yes to do it: ", Tone::Warn),
        false => ("Type yes to do it: ", Tone::Accent),
    };
    let x = paint.say(place.x, y + 1, room, asks, tone);
    typed(
        paint,
        x,
        y + 1,
        usize::from(place.right().saturating_sub(x)),
        &asked.line,
    );
}

fn answers(paint: &mut Paint<'_>, area: Rect, output: &Output) {
    let state = match (output.open, output.failed) {
        (0, 0) => " done · esc closes ".to_owned(),
        (0, failed) => format!(" {failed} failed · esc closes "),
        (open, _) => format!(" waiting for {open} · esc closes "),
    };
    let longest = output.lines.iter().map(|line| width(line)).max().unwrap_or(0);
    let cells = u16::try_from(longest + 4)
        .unwrap_or(u16::MAX)
        .clamp(60, area.width.max(60));
    let lines = u16::try_from(output.lines.len() + 2)
        .unwrap_or(u16::MAX)
        .clamp(5, area.height.max(5));
    let place = clear(paint, area, cells, lines, &clean(&output.title), &state);
    for (line, y) in output.lines.iter().skip(output.top).zip(place.y..place.bottom()) {
        let shifted: String = line.chars().skip(output.shift).collect();
        let tone = if line.starts_with('≡') {
            Tone::Accent
        } else {
            Tone::Plain
        };
        paint.say(place.x, y, usize::from(place.width), &shifted, tone);
    }
}

fn actions(paint: &mut Paint<'_>, area: Rect, app: &App, at: usize) {
    let entries = menu::entries(app);
    let lines = u16::try_from(entries.len() + 2).unwrap_or(u16::MAX);
    let title = match update::identifier(app) {
        Some(name) => format!("What to do with {}", clean(&name)),
        None => "What to do".to_owned(),
    };
    let place = clear(paint, area, 76, lines, &title, " enter does it · esc leaves it ");
    for (nth, (binding, y)) in entries.iter().zip(place.y..place.bottom()).enumerate() {
        let tone = if app.may(binding) {
            Tone::Plain
        } else {
            Tone::Faint
        };
        let line = format!("{:>6}  {}", menu::key(app, binding), binding.about);
        paint.say(place.x, y, usize::from(place.width), &line, tone);
        choose(paint, place, y, nth == at);
    }
}

fn columns(paint: &mut Paint<'_>, area: Rect, app: &App, at: usize) {
    let choices = pane::column_choices(app);
    let lines = u16::try_from(choices.len() + 2).unwrap_or(u16::MAX);
    let place = clear(
        paint,
        area,
        40,
        lines,
        "Columns",
        " space shows or hides · esc closes ",
    );
    let top = (at + 1).saturating_sub(usize::from(place.height));
    for ((nth, (name, is_shown)), y) in choices.iter().enumerate().skip(top).zip(place.y..place.bottom()) {
        let mark = if *is_shown { "[x]" } else { "[ ]" };
        paint.say(
            place.x,
            y,
            usize::from(place.width),
            &format!("{mark} {name}"),
            Tone::Plain,
        );
        choose(paint, place, y, nth == at);
    }
}

fn choose(paint: &mut Paint<'_>, place: Rect, y: u16, is_chosen: bool) {
    if is_chosen {
        let style = paint.theme.selected();
        paint
            .buffer
            .set_style(Rect::new(place.x, y, place.width, 1), style);
    }
}

fn keys(paint: &mut Paint<'_>, area: Rect, app: &App, line: &Edit, top: usize) {
    let place = clear(
        paint,
        area,
        76,
        area.height,
        "Keys",
        " type to search · esc closes ",
    );
    let x = paint.say(place.x, place.y, 12, "Search: ", Tone::Accent);
    typed(paint, x, place.y, usize::from(place.width) - 8, line);
    let below = place.y + 1..place.bottom();
    for (text, y) in help::lines(app, &line.text()).iter().skip(top).zip(below) {
        let style = if text.starts_with(' ') {
            paint.theme.tone(Tone::Plain)
        } else {
            paint.theme.title()
        };
        paint.put(place.x, y, usize::from(place.width), text, style);
    }
}

fn command(paint: &mut Paint<'_>, area: Rect, app: &App, line: &Edit) {
    let y = area.bottom() - 1;
    blank(paint, area, y);
    let x = paint.say(area.x, y, 1, ":", Tone::Accent);
    typed(paint, x, y, usize::from(area.width) - 2, line);
    let candidates = candidates(app, &line.text());
    if !candidates.is_empty() {
        blank(paint, area, y - 1);
        paint.say(
            area.x + 1,
            y - 1,
            usize::from(area.width) - 2,
            &clean(&format!("tab: {}", candidates.join("  "))),
            Tone::Faint,
        );
    }
}

fn write(paint: &mut Paint<'_>, area: Rect, line: &Edit) {
    let y = area.bottom() - 1;
    blank(paint, area, y);
    let x = paint.say(
        area.x + 1,
        y,
        40,
        "Write to (.csv, .jsonl, lines .txt): ",
        Tone::Accent,
    );
    typed(paint, x, y, usize::from(area.right().saturating_sub(x)), line);
}

fn blank(paint: &mut Paint<'_>, area: Rect, y: u16) {
    paint.put(
        area.x,
        y,
        usize::from(area.width),
        &" ".repeat(usize::from(area.width)),
        Theme::of_plain(),
    );
}

/// A line that is typed, with its cursor. Of one that is too long the end is shown.
pub fn typed(paint: &mut Paint<'_>, x: u16, y: u16, cells: usize, line: &Edit) -> u16 {
    let (text, before) = (clean(&line.text()), clean(&line.before()));
    let skipped = (width(&before) + 1).saturating_sub(cells);
    let shown: String = text.chars().skip(skipped).collect();
    let end = paint.put(x, y, cells, &shown, Theme::of_plain());
    let at = x + u16::try_from(width(&before).saturating_sub(skipped)).unwrap_or(0);
    let style = paint.theme.selected();
    paint
        .buffer
        .set_style(Rect::new(at, y, 1, 1).intersection(paint.buffer.area), style);
    end.max(at + 1)
}
