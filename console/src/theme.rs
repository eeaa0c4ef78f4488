//! How it looks (console.md 8): two accents, yellow for warnings, red for errors, the terminal's own colours for the rest.
//! Sixteen colours at most, none where nobody wants any, ASCII where there is nothing else. A colour never says anything
//! that bold, a word or a place does not say as well.

use crate::app::{App, Look};
use crate::table::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// The styles of a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Theme(Look);

/// What is drawn where there is only ASCII.
const ASCII: [(&str, &str); 28] = [
    ("─", "-"),
    ("…", "~"),
    ("▼", "v"),
    ("▲", "^"),
    ("›", ">"),
    ("‹", "<"),
    ("●", "*"),
    ("⟳", "@"),
    ("↵", "E"),
    ("↑", "^"),
    ("↓", "v"),
    ("←", "<"),
    ("→", ">"),
    ("≡", "="),
    ("×", "x"),
    ("≤", "<"),
    ("µ", "u"),
    ("█", "#"),
    ("░", "."),
    ("│", "|"),
    ("·", "-"),
    ("▌", "|"),
    ("–", "-"),
    ("✖", "X"),
    ("┌", "+"),
    ("┐", "+"),
    ("└", "+"),
    ("┘", "+"),
];

impl Theme {
    /// The theme of the state.
    #[must_use]
    pub const fn of(app: &App) -> Self {
        Self(app.look)
    }

    /// The terminal's own colours.
    #[must_use]
    pub const fn of_plain() -> Style {
        Style::new()
    }

    fn colour(self, colour: Color) -> Style {
        match self.0.colours {
            true => Style::new().fg(colour),
            false => Style::new(),
        }
    }

    /// The style of a tone.
    #[must_use]
    pub fn tone(self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => Style::new(),
            Tone::Faint if self.0.colours => Style::new().fg(Color::DarkGray),
            Tone::Faint => Style::new().add_modifier(Modifier::DIM),
            Tone::Accent => self.accent(),
            Tone::Good => self.colour(Color::Green),
            Tone::Warn => self.colour(Color::Yellow).add_modifier(Modifier::BOLD),
            Tone::Bad => self.colour(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// The first accent: names of places and keys.
    #[must_use]
    pub fn accent(self) -> Style {
        self.colour(Color::Cyan)
    }

    /// The second accent: what somebody has marked or typed.
    #[must_use]
    pub fn mark(self) -> Style {
        self.colour(Color::Magenta).add_modifier(Modifier::BOLD)
    }

    /// Titles.
    #[must_use]
    pub fn title(self) -> Style {
        self.accent().add_modifier(Modifier::BOLD)
    }

    /// What is selected.
    #[must_use]
    pub const fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Makes a part of the screen a thing of the past.
    pub fn fade(self, buffer: &mut Buffer, area: Rect) {
        buffer.set_style(area, self.tone(Tone::Faint));
    }

    /// Leaves only ASCII on the screen, if there is nothing else.
    pub fn finish(self, buffer: &mut Buffer) {
        if !self.0.ascii {
            return;
        }
        for cell in &mut buffer.content {
            if !cell.symbol().is_ascii() {
                let known = ASCII.iter().find(|(symbol, _)| *symbol == cell.symbol());
                cell.set_symbol(known.map_or("?", |(_, ascii)| ascii));
            }
        }
    }
}
