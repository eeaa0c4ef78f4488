//! Keys while something stands in front of the view: a line that is typed, a list, a text.

use super::{Effect, act, command};
use crate::app::{App, Confirm, Mode, Output, View};
use crate::edit::Edit;
use crate::export;
use crate::filter::Filter;
use crate::keys::Key;
use crate::pane::{self, help, menu};

/// What a key of an edited line came to.
enum Typed {
    Changed,
    Done,
    Left,
}

/// The key, if it is for what stands in front; `None` = nothing does.
pub(super) fn key(app: &mut App, key: Key) -> Option<Vec<Effect>> {
    match std::mem::take(&mut app.mode) {
        Mode::Normal => return None,
        Mode::Filter { line, before } => filter(app, line, before, key),
        Mode::Command { line, back } => return Some(command::key(app, line, back, key)),
        Mode::Help { line, top } => help(app, line, top, key),
        Mode::Menu { at } => return Some(menu_key(app, at, key)),
        Mode::Columns { at } => columns(app, at, key),
        Mode::Confirm(confirm) => return Some(confirm_key(app, confirm, key)),
        Mode::Output(output) => output_key(app, output, key),
        Mode::Write(line) => return Some(write(app, line, key)),
    }
    Some(Vec::new())
}

/// A pasted text goes where is typed, and nowhere else: pasted keys would be commands.
pub(super) fn paste(app: &mut App, text: &str) {
    let first = text.lines().next().unwrap_or_default();
    let (Mode::Filter { line, .. }
    | Mode::Command { line, .. }
    | Mode::Help { line, .. }
    | Mode::Write(line)) = &mut app.mode
    else {
        return;
    };
    first.chars().for_each(|character| line.insert(character));
    if let Mode::Filter { line, .. } = &app.mode {
        let typed = line.text();
        try_filter(app, &typed);
    }
}

/// A key in a line.
pub(super) fn edit(line: &mut Edit, key: Key) {
    match key {
        Key::Char(character) => line.insert(character),
        Key::Backspace => line.backspace(),
        Key::Delete => line.delete(),
        Key::Left => line.move_by(-1),
        Key::Right => line.move_by(1),
        Key::Home | Key::Ctrl('a') => line.home(),
        Key::End | Key::Ctrl('e') => line.end(),
        Key::Ctrl('u') => line.clear(),
        Key::Ctrl('w') => line.delete_word(),
        _ => {}
    }
}

fn typed(line: &mut Edit, key: Key) -> Typed {
    match key {
        Key::Enter => Typed::Done,
        Key::Esc => Typed::Left,
        other => {
            edit(line, other);
            Typed::Changed
        }
    }
}

fn filter(app: &mut App, mut line: Edit, before: String, key: Key) {
    match typed(&mut line, key) {
        Typed::Changed => {
            let text = line.text();
            app.mode = Mode::Filter { line, before };
            try_filter(app, &text);
        }
        Typed::Done => {
            if let Some(fault) = app.table().fault.clone() {
                app.say(format!("{fault}; the last good filter stays in force"), true);
                app.table_mut().fault = None;
            }
        }
        Typed::Left => {
            act::set_filter(app, &before);
            app.table_mut().fault = None;
        }
    }
}

/// Puts an expression in force while it is typed. Where the broker reads it, the broker says what is wrong with it; one
/// that is wrong here leaves the last good one where it is.
fn try_filter(app: &mut App, text: &str) {
    let is_read_here = !matches!(app.view, View::Logs | View::Sessions) && !app.is_tracing;
    match Filter::parse(text) {
        Err(fault) if is_read_here => app.table_mut().fault = Some(fault),
        _ => {
            act::set_filter(app, text);
            app.table_mut().fault = None;
        }
    }
}

fn help(app: &mut App, mut line: Edit, top: usize, key: Key) {
    let page = usize::from(app.size.1).saturating_sub(6);
    let top = match key {
        Key::Esc | Key::Enter => return,
        Key::Char('?') if line.text().is_empty() => return,
        Key::Up => top.saturating_sub(1),
        Key::Down => top + 1,
        Key::PageUp => top.saturating_sub(page),
        Key::PageDown => top + page,
        other => {
            edit(&mut line, other);
            0
        }
    };
    let most = help::lines(app, &line.text()).len().saturating_sub(page);
    app.mode = Mode::Help {
        line,
        top: top.min(most),
    };
}

fn menu_key(app: &mut App, at: usize, key: Key) -> Vec<Effect> {
    let entries = menu::entries(app);
    let last = entries.len().saturating_sub(1);
    let at = match key {
        Key::Esc | Key::Char('x' | 'q') => return Vec::new(),
        Key::Up => at.saturating_sub(1),
        Key::Down => (at + 1).min(last),
        Key::Enter => {
            return entries
                .get(at)
                .map_or_else(Vec::new, |binding| act::act(app, binding.action));
        }
        other => match entries
            .iter()
            .find(|binding| app.keys_of(binding).contains(&other))
        {
            Some(binding) => return act::act(app, binding.action),
            None => at,
        },
    };
    app.mode = Mode::Menu { at };
    Vec::new()
}

fn columns(app: &mut App, at: usize, key: Key) {
    let all = pane::column_choices(app);
    let last = all.len().saturating_sub(1);
    let at = match key {
        Key::Esc | Key::Enter | Key::Char('c' | 'q') => return,
        Key::Up | Key::Char('k') => at.saturating_sub(1),
        Key::Down | Key::Char('j') => (at + 1).min(last),
        Key::Char(' ') => {
            if let Some((name, _)) = all.get(at) {
                pane::toggle_column(app, name);
            }
            at
        }
        _ => at,
    };
    app.mode = Mode::Columns { at };
}

fn confirm_key(app: &mut App, mut confirm: Confirm, key: Key) -> Vec<Effect> {
    match typed(&mut confirm.line, key) {
        Typed::Left => app.say("nothing was done", false),
        Typed::Done if confirm.line.text() == "yes" => return act::carry_out(app, confirm.deed),
        // Enter alone is no answer, and neither is y.
        Typed::Done | Typed::Changed => app.mode = Mode::Confirm(confirm),
    }
    Vec::new()
}

fn output_key(app: &mut App, mut output: Output, key: Key) {
    let page = usize::from(app.size.1).saturating_sub(6).max(1);
    let most = output.lines.len().saturating_sub(page);
    match key {
        Key::Esc | Key::Enter | Key::Char('q') => return,
        Key::Up | Key::Char('k') => output.top = output.top.saturating_sub(1),
        Key::Down | Key::Char('j') => output.top = (output.top + 1).min(most),
        Key::PageUp => output.top = output.top.saturating_sub(page),
        Key::PageDown | Key::Char(' ') => output.top = (output.top + page).min(most),
        Key::Home | Key::Char('g') => output.top = 0,
        Key::End | Key::Char('G') => output.top = most,
        Key::Left | Key::Char('h') => output.shift = output.shift.saturating_sub(8),
        Key::Right | Key::Char('l') => output.shift += 8,
        _ => {}
    }
    app.mode = Mode::Output(output);
}

fn write(app: &mut App, mut line: Edit, key: Key) -> Vec<Effect> {
    match typed(&mut line, key) {
        Typed::Left => {}
        Typed::Changed => app.mode = Mode::Write(line),
        Typed::Done => match export::text(app, &line.text()) {
            Ok(text) => {
                return vec![Effect::Write {
                    path: line.text().into(),
                    text,
                }];
            }
            Err(fault) => {
                app.say(fault, true);
                app.mode = Mode::Write(line);
            }
        },
    }
    Vec::new()
}
