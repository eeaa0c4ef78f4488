//! Lines that come in: the log, warnings, traces. The newest is at the bottom, unless somebody reads further up.

use super::paint::Paint;
use crate::app::{App, Follow};
use crate::table::Tone;
use crate::text::{count, short, wrap};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Lines that one of them may take.
const FOLDED_MAX: usize = 3;

/// Where the parts of a line stand, and how many cells they have.
const CLOCK_CELLS: usize = 8;
const MARK: u16 = 10;
const MARK_CELLS: usize = 8;
const MARK_WIDTH: u16 = 8;
const COUNT: u16 = 18;
const COUNT_CELLS: usize = 5;
const TEXT: u16 = 24;
/// Where the text stands if nothing is counted.
const TEXT_ALONE: u16 = 18;

/// Draws the last lines; the selected one is that at the bottom.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, follow: &Follow, empty: &str, selects: bool) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    if follow.lines.is_empty() {
        paint.nothing(area, empty);
        return;
    }
    let has_counts = follow.lines.iter().any(|said| said.count > 1);
    let has_marks = follow.lines.iter().any(|said| !said.mark.is_empty());
    let (count_at, text_at) = match (has_counts, has_marks) {
        (false, _) => (COUNT, TEXT_ALONE),
        (true, true) => (COUNT, TEXT),
        (true, false) => (MARK, TEXT - MARK_WIDTH),
    };
    let mut bottom = area.bottom();
    if follow.left_out > 0 {
        bottom -= 1;
        let said = format!("… {} lines left out", count(follow.left_out));
        paint.say(area.x + 1, bottom, usize::from(area.width), &said, Tone::Warn);
    }
    for (nth, said) in follow.shown().skip(follow.back).enumerate() {
        let body = usize::from(area.width).saturating_sub(usize::from(text_at) + 2);
        let folded = wrap(&said.text, body, FOLDED_MAX);
        let height = u16::try_from(folded.len()).unwrap_or(1);
        let Some(top) = bottom.checked_sub(height).filter(|top| *top >= area.y) else {
            break;
        };
        paint.say(area.x + 1, top, CLOCK_CELLS, &said.clock, Tone::Faint);
        paint.say(area.x + MARK, top, MARK_CELLS, &said.mark, said.tone);
        if said.count > 1 {
            let times = crate::text::pad(&format!("×{}", short(said.count as f64)), COUNT_CELLS, true, '…');
            paint.say(area.x + count_at, top, COUNT_CELLS, &times, Tone::Accent);
        }
        for (line, y) in folded.iter().zip(top..) {
            let tone = if said.tone == Tone::Faint {
                Tone::Faint
            } else {
                Tone::Plain
            };
            paint.say(area.x + text_at, y, body, line, tone);
        }
        if nth == 0 && selects {
            let style = paint.theme.selected();
            paint
                .buffer
                .set_style(Rect::new(area.x, top, area.width, height), style);
        }
        bottom = top;
        if bottom == area.y {
            break;
        }
    }
}
