//! The terminal as a guest finds it and leaves it: whatever happens, exit, signal or panic, it is as it was.

use crate::keys::Key;
use crate::update::{Event, Mouse, MouseKind};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event as Raw,
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use std::io::{self, Write as _, stdout};
use std::panic;
use std::time::{Duration, Instant};

/// Two clicks within this are one double click.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);

/// As long as it lives the terminal is ours.
pub struct Guard;

impl Guard {
    /// Takes the terminal.
    ///
    /// # Errors
    /// There is none.
    pub fn take(with_mouse: bool) -> io::Result<Self> {
        enable_raw_mode()?;
        let guard = Self;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        if with_mouse {
            execute!(stdout(), EnableMouseCapture)?;
        }
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back. What fails has nobody left to tell.
fn restore() {
    let mut out = stdout();
    execute!(
        out,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        crossterm::cursor::Show
    )
    .ok();
    disable_raw_mode().ok();
    out.flush().ok();
}

/// Makes events of what the terminal says.
#[derive(Debug, Default)]
pub struct Reader {
    clicked: Option<(Instant, u16, u16)>,
}

impl Reader {
    /// What it means: nearly always one thing, or nothing.
    pub fn events(&mut self, raw: Raw) -> Vec<Event> {
        match raw {
            // Escape and a key that came in one piece, as they do over a slow line.
            Raw::Key(key) if key.modifiers.contains(KeyModifiers::ALT) => {
                let plain = KeyEvent {
                    modifiers: key.modifiers - KeyModifiers::ALT,
                    ..key
                };
                let escape = (key.kind != KeyEventKind::Release).then_some(Event::Key(Key::Esc));
                escape.into_iter().chain(self.event(Raw::Key(plain))).collect()
            }
            raw => self.event(raw).into_iter().collect(),
        }
    }

    fn event(&mut self, raw: Raw) -> Option<Event> {
        match raw {
            Raw::Key(key) if key.kind != KeyEventKind::Release => key_of(key).map(Event::Key),
            Raw::Paste(text) => Some(Event::Paste(text)),
            Raw::Resize(columns, lines) => Some(Event::Resize(columns, lines)),
            Raw::Mouse(mouse) => {
                let kind = match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => self.click(mouse.column, mouse.row),
                    MouseEventKind::ScrollUp => MouseKind::WheelUp,
                    MouseEventKind::ScrollDown => MouseKind::WheelDown,
                    _ => return None,
                };
                Some(Event::Mouse(Mouse {
                    kind,
                    column: mouse.column,
                    row: mouse.row,
                }))
            }
            _ => None,
        }
    }

    fn click(&mut self, column: u16, row: u16) -> MouseKind {
        let now = Instant::now();
        let is_second = self
            .clicked
            .is_some_and(|(at, x, y)| now - at < DOUBLE_CLICK && (x, y) == (column, row));
        self.clicked = (!is_second).then_some((now, column, row));
        if is_second {
            MouseKind::DoubleClick
        } else {
            MouseKind::Click
        }
    }
}

fn key_of(key: KeyEvent) -> Option<Key> {
    Some(match key.code {
        KeyCode::Char(character) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Ctrl(character.to_ascii_lowercase())
        }
        KeyCode::Char(character) => Key::Char(character),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_and_a_key_may_come_in_one_piece() {
        let key = |code, modifiers| Raw::Key(KeyEvent::new(code, modifiers));
        let mut reader = Reader::default();
        let mut keys = |code, modifiers| -> Vec<Key> {
            let events = reader.events(key(code, modifiers)).into_iter();
            let key = |event| match event {
                Event::Key(key) => key,
                other => panic!("{other:?}"),
            };
            events.map(key).collect()
        };
        let (x, alt) = (KeyCode::Char('x'), KeyModifiers::ALT);
        assert_eq!(keys(x, KeyModifiers::NONE), [Key::Char('x')]);
        assert_eq!(keys(x, alt), [Key::Esc, Key::Char('x')]);
        assert_eq!(keys(x, alt | KeyModifiers::CONTROL), [Key::Esc, Key::Ctrl('x')]);
        assert_eq!(keys(KeyCode::F(1), KeyModifiers::NONE), []);
    }
}
