//! What a file did wrong, and where: faults stop a start, notices do not.
//!
//! Every fault of a file is collected before any is told (only a syntax error ends the reading), so an operator
//! mends a file once. The daemon, `chkconfig` and reload print them; nothing here prints.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A line of one of the files that were read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// As the operator wrote it: the path given at start, or the including file's folder and the match.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One thing that is wrong. Some texts have several lines (an unknown key lists its neighbours).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `None` when no line of a file is to blame (the file cannot be opened, a value given at run time).
    pub at: Option<Position>,
    /// At least one line, without position.
    pub lines: Vec<String>,
}

impl Fault {
    pub(crate) fn new(at: Option<Position>, line: impl Into<String>) -> Self {
        Self {
            at,
            lines: vec![line.into()],
        }
    }

    /// The lines without position, joined by newlines: the answer to `vmq-admin set`.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match &self.at {
                Some(at) => write!(f, "{at}: {line}")?,
                None => f.write_str(line)?,
            }
        }
        Ok(())
    }
}

/// All faults of a configuration, in the order of its phases; never empty when returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// In reading order; faults without a place first.
    pub(crate) fn sort(&mut self, files: &[PathBuf]) {
        self.0
            .sort_by_key(|fault| reading_order(fault.at.as_ref(), files));
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value unless something is wrong.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Faults> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

/// Sorts places in the order in which the files were read.
pub(crate) fn reading_order(at: Option<&Position>, files: &[PathBuf]) -> Option<(usize, u32)> {
    at.map(|at| {
        (
            files
                .iter()
                .position(|file| file.as_os_str() == &*at.file)
                .unwrap_or(files.len()),
            at.line,
        )
    })
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One line of output for each line of text: `<file>:<line>: <text>`.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Something an operator should know although the configuration works: a renamed key, one without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub at: Option<Position>,
    pub text: String,
}

impl Notice {
    pub(crate) fn new(at: Option<Position>, text: impl Into<String>) -> Self {
        Self {
            at,
            text: text.into(),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{at}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}
