//! Paint: the few strokes that all panes are made of.

use crate::table::Tone;
use crate::text::{cut, width};
use crate::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A place to draw on.
pub struct Paint<'a> {
    pub buffer: &'a mut Buffer,
    pub theme: Theme,
}

impl Paint<'_> {
    /// A text at a place, in at most so many cells; gives the column behind it.
    pub fn put(&mut self, x: u16, y: u16, cells: usize, text: &str, style: Style) -> u16 {
        if y >= self.buffer.area.bottom() || x >= self.buffer.area.right() {
            return x;
        }
        let room = usize::from(self.buffer.area.right() - x).min(cells);
        let text = cut(text, room, '…');
        self.buffer.set_stringn(x, y, &text, room, style);
        x + u16::try_from(width(&text)).unwrap_or(0)
    }

    /// A text in a tone.
    pub fn say(&mut self, x: u16, y: u16, cells: usize, text: &str, tone: Tone) -> u16 {
        let style = self.theme.tone(tone);
        self.put(x, y, cells, text, style)
    }

    /// A line across.
    pub fn rule(&mut self, area: Rect, y: u16) {
        let line = "─".repeat(usize::from(area.width));
        self.say(area.x, y, usize::from(area.width), &line, Tone::Faint);
    }

    /// A line in the middle of an area that has nothing to show.
    pub fn nothing(&mut self, area: Rect, text: &str) {
        let cells = usize::from(area.width).saturating_sub(4);
        let lines = crate::text::wrap(text, cells, usize::from(area.height));
        let top = area.y
            + area
                .height
                .saturating_sub(u16::try_from(lines.len()).unwrap_or(0))
                / 3;
        for (line, y) in lines.iter().zip(top..area.bottom()) {
            let indent = (usize::from(area.width).saturating_sub(width(line))) / 2;
            self.say(
                area.x + u16::try_from(indent).unwrap_or(0),
                y,
                cells,
                line,
                Tone::Faint,
            );
        }
    }

    /// Pieces with a blank between them, as far as there is room.
    pub fn pieces(&mut self, mut x: u16, y: u16, right: u16, pieces: &[(String, Style)]) -> u16 {
        for (text, style) in pieces {
            if usize::from(x) + width(text) > usize::from(right) {
                break;
            }
            x = self.put(x, y, width(text), text, *style);
        }
        x
    }
}
