//! Lines that come in: the log, warnings, traces. The newest is at the bottom, unless somebody reads further up.

use super::paint::Paint;
use crate::app::{App, Follow};
use crate::table::Tone;
use crate::text::{count, pad, short, wrap};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Lines that one of them may take.
const FOLDED_MAX: usize = 3;

/// Where the first part of a line stands behind its time, and how many cells times, words and counts have.
const MARK: u16 = 10;
const CLOCK_CELLS: usize = 8;
const MARK_CELLS: u16 = 8;
const COUNT_CELLS: u16 = 6;

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
    // Parts that no line has take no room.
    let longest = follow
        .shown()
        .map(|said| crate::text::width(&said.mark))
        .max()
        .unwrap_or(0);
    let mark_cells = u16::try_from(longest).unwrap_or(0).min(MARK_CELLS);
    let count_at = MARK + mark_cells + u16::from(mark_cells > 0);
    let has_counts = follow.shown().any(|said| said.count > 1);
    let text_at = count_at + if has_counts { COUNT_CELLS + 1 } else { 0 };
    let mut bottom = area.bottom();
    if follow.left_out > 0 {
        bottom -= 1;
        let said = format!("… {} lines left out", count(follow.left_out));
        paint.say(area.x + 1, bottom, usize::from(area.width), &said, Tone::Warn);
    }
    for (nth, said) in follow.shown().skip(follow.back).enumerate() {
        let body = usize::from(area.width).saturating_sub(usize::from(text_at) + 2);
        let folded = wrap(&said.words(app.is_folded), body, FOLDED_MAX);
        let height = u16::try_from(folded.len()).unwrap_or(1);
        let Some(top) = bottom.checked_sub(height).filter(|top| *top >= area.y) else {
            break;
        };
        paint.say(area.x + 1, top, CLOCK_CELLS, &said.clock, Tone::Faint);
        paint.say(area.x + MARK, top, usize::from(mark_cells), &said.mark, said.tone);
        if said.count > 1 {
            let cells = usize::from(COUNT_CELLS);
            #[expect(clippy::cast_precision_loss, reason = "it is shortened to three digits")]
            let times = pad(&format!("×{}", short(said.count as f64)), cells, true, '…');
            paint.say(area.x + count_at, top, cells, &times, Tone::Accent);
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
