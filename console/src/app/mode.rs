//! Who has the keyboard: the view, or something in front of it.

use crate::deed::Deed;
use crate::edit::Edit;

/// What a key is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Mode {
    #[default]
    Normal,
    /// The expression of the table is being typed; the other one is what was in force before.
    Filter { line: Edit, before: String },
    /// The command line, and which of what was typed before is shown.
    Command { line: Edit, back: usize },
    /// Every key, those with the text in them.
    Help { line: Edit, top: usize },
    /// Everything that can be done with the selection.
    Menu { at: usize },
    /// The columns of the sessions.
    Columns { at: usize },
    /// A deed that must be confirmed.
    Confirm(Confirm),
    /// What a command has answered.
    Output(Output),
    /// The name of a file to write the table to.
    Write(Edit),
}

/// A deed that waits for `yes`.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    pub deed: Deed,
    pub line: Edit,
}

/// What commands have answered, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub title: String,
    pub lines: Vec<String>,
    pub top: usize,
    pub shift: usize,
    /// Commands that have not answered yet.
    pub open: usize,
    /// Commands that have failed.
    pub failed: usize,
}

/// Lines of answers that are kept.
const LINES_MAX: usize = 20_000;

impl Output {
    /// Adds a text of an answer.
    pub fn add(&mut self, text: &str) {
        let room = LINES_MAX.saturating_sub(self.lines.len());
        self.lines.extend(text.lines().take(room).map(str::to_owned));
    }
}
