//! Lines that come in while somebody looks: the log, warnings, traces. A bounded number of them, the oldest fall off.

use crate::table::Tone;
use std::borrow::Cow;
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
    /// The payload of a publish, which a key folds away.
    pub payload: String,
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
    /// Only lines with this text are shown.
    pub filter: String,
}

/// A trace that was started here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub argv: Vec<String>,
    /// Its worker.
    pub number: u8,
    pub has_ended: bool,
}

impl Said {
    /// What is shown of it, with or without its payload.
    #[must_use]
    pub fn words(&self, is_folded: bool) -> Cow<'_, str> {
        match is_folded || self.payload.is_empty() {
            true => Cow::Borrowed(&self.text),
            false => Cow::Owned(format!("{}: {}", self.text, self.payload)),
        }
    }
}

impl Follow {
    /// Adds a line where its time says: several traces have one list.
    pub fn merge(&mut self, said: Said) {
        let is_later = |known: &&Said| said.at_ms > 0 && known.at_ms > said.at_ms;
        let later = self.lines.iter().rev().take_while(is_later).count();
        self.push(said);
        let last = self.lines.len().saturating_sub(1);
        // The later ones go behind it, in their order.
        self.lines.make_contiguous()[last - later.min(last)..].rotate_right(1);
    }

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

    /// Moves up (negative) or down.
    pub fn scroll(&mut self, by: isize) {
        self.back = self
            .back
            .saturating_add_signed(-by)
            .min(self.shown().count().saturating_sub(1));
    }

    /// The line that is selected: the last one on the screen.
    #[must_use]
    pub fn selected(&self) -> Option<&Said> {
        self.shown().nth(self.back)
    }

    /// The lines that are shown, the newest first.
    pub fn shown(&self) -> impl Iterator<Item = &Said> {
        let wanted = self.filter.to_lowercase();
        let has = move |text: &str| text.to_lowercase().contains(&wanted);
        let is_wanted = move |said: &&Said| self.filter.is_empty() || has(&said.text) || has(&said.payload);
        self.lines.iter().rev().filter(is_wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Said {
        Said {
            text: text.to_owned(),
            count: 1,
            ..Said::default()
        }
    }

    /// Lines of one trace keep their order; those of another come between them by their time.
    #[test]
    fn traces_merge_by_time() {
        let mut follow = Follow::default();
        for (at_ms, text) in [
            (1, "a1"),
            (3, "a3"),
            (5, "a5"),
            (3, "b3"),
            (1, "b1"),
            (0, "?"),
            (9, "a9"),
        ] {
            follow.merge(Said { at_ms, ..said(text) });
        }
        let order: Vec<&str> = follow.lines.iter().map(|said| said.text.as_str()).collect();
        assert_eq!(order, ["a1", "b1", "a3", "b3", "a5", "?", "a9"]);
        (0..KEPT_MAX as u64).for_each(|n| {
            follow.merge(Said {
                at_ms: 10 + n,
                ..said("x")
            })
        });
        assert_eq!(follow.lines.len(), KEPT_MAX);
    }

    #[test]
    fn who_reads_further_up_stays_there() {
        let mut follow = Follow::default();
        (0..10).for_each(|n| follow.push(said(&n.to_string())));
        follow.scroll(-3);
        assert_eq!(follow.selected().unwrap().text, "6");
        follow.push(said("new"));
        assert_eq!(follow.selected().unwrap().text, "6");
        follow.scroll(isize::MAX / 2);
        assert_eq!(follow.selected().unwrap().text, "new");
    }
}
