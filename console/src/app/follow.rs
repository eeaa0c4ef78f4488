//! Lines that come in while somebody looks: the log, warnings, traces. A bounded number of them, the oldest fall off.

use crate::edit::Edit;
use crate::table::Tone;
use std::collections::VecDeque;

/// Lines that are kept.
const KEPT_MAX: usize = 5000;

/// The levels of the log that can be chosen, the usual one first.
pub const LOG_LEVELS: [&str; 4] = ["info", "warning", "error", "debug"];

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Unix time in milliseconds; 0 = not told.
    pub at_ms: u64,
    /// As a clock shows it.
    pub clock: String,
    /// A short word before it: a level, or which way a packet goes.
    pub mark: String,
    pub tone: Tone,
    /// The client it is about.
    pub client_id: Option<String>,
    pub text: String,
    /// How often it was said.
    pub count: u64,
}

/// Lines, and which of them are on the screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Follow {
    pub lines: VecDeque<Said>,
    /// Lines that the broker left out.
    pub left_out: u64,
    /// Lines behind the one at the bottom; 0 = the newest is shown.
    pub back: usize,
    /// Lines above the last one that is selected, counted from the bottom of the window.
    pub search: Edit,
}

/// A trace that was started here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub argv: Vec<String>,
    /// Its worker.
    pub number: u8,
    pub has_ended: bool,
}

impl Follow {
    /// Adds a line. Who reads further up stays where he is.
    pub fn push(&mut self, said: Said) {
        if self.lines.len() >= KEPT_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(said);
        if self.back > 0 {
            self.back = (self.back + 1).min(self.lines.len());
        }
    }

    /// Adds a line, or counts one that says the same as one of the last.
    pub fn push_or_count(&mut self, said: Said) {
        const LOOKED_AT: usize = 50;
        let same = |known: &Said| known.text == said.text && known.mark == said.mark;
        let begin = self.lines.len().saturating_sub(LOOKED_AT);
        match self.lines.iter().skip(begin).position(same) {
            Some(at) => {
                let Some(mut known) = self.lines.remove(begin + at) else {
                    return;
                };
                known.count += 1;
                known.at_ms = said.at_ms;
                known.clock = said.clock;
                self.lines.push_back(known);
            }
            None => self.push(said),
        }
    }

    /// Moves up (negative) or down.
    pub fn scroll(&mut self, by: isize) {
        self.back = self
            .back
            .saturating_add_signed(-by)
            .min(self.lines.len().saturating_sub(1));
    }

    /// The line that is selected: the last one on the screen.
    #[must_use]
    pub fn selected(&self) -> Option<&Said> {
        let at = self.lines.len().checked_sub(1 + self.back)?;
        self.lines.get(at)
    }
}
