//! Lines that come in: the log, warnings, traces. The newest is at the bottom, unless somebody reads further up.

use super::paint::Paint;
use crate::app::{App, Follow, Said};
use crate::table::Tone;
use crate::text::{count, wrap};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Lines that one of them may take.
const FOLDED_MAX: usize = 3;

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
    let mut bottom = area.bottom();
    if follow.left_out > 0 {
        bottom -= 1;
        let said = format!("… {} lines left out", count(follow.left_out));
        paint.say(area.x + 1, bottom, usize::from(area.width), &said, Tone::Warn);
    }
    for (nth, said) in follow.lines.iter().rev().skip(follow.back).enumerate() {
        let (head, body) = (head(said), usize::from(area.width).saturating_sub(HEAD + 2));
        let folded = wrap(&said.text, body, FOLDED_MAX);
        let height = u16::try_from(folded.len()).unwrap_or(1);
        let Some(top) = bottom.checked_sub(height).filter(|top| *top >= area.y) else {
            break;
        };
        paint.say(area.x + 1, top, CLOCK, &said.clock, Tone::Faint);
        paint.say(area.x + 1 + CLOCK_COLUMN, top, HEAD - CLOCK - 1, &head, said.tone);
        for (line, y) in folded.iter().zip(top..) {
            let tone = if said.tone == Tone::Faint {
                Tone::Faint
            } else {
                Tone::Plain
            };
            paint.say(area.x + HEAD_COLUMN + 1, y, body, line, tone);
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

const CLOCK: usize = 8;
const CLOCK_COLUMN: u16 = 9;
const HEAD: usize = 19;
const HEAD_COLUMN: u16 = 19;

fn head(said: &Said) -> String {
    match said.count {
        0 | 1 => said.mark.clone(),
        many => format!("{} ×{many}", said.mark.get(..4).unwrap_or(&said.mark)),
    }
}
