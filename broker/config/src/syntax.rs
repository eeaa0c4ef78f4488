//! The grammar of `vernemq.conf`: text to statements, with the line of each.
//!
//! Knows no setting and no file system. One pass over the text, no recursion; a syntax error carries the place where
//! reading stopped. `source` calls it for each file.

use crate::key::{Key, is_word_char};

/// More lines than this are no configuration.
pub(crate) const LINES_MAX: u32 = 100_000;

/// One meaningful line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    Assign {
        key: Key,
        value: String,
        line: u32,
    },
    /// `include path`; the path may have `*` in its last element.
    Include {
        path: String,
        line: u32,
    },
}

/// Where reading stopped, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) line: u32,
    pub(crate) column: usize,
}

/// Reads a whole file. Comments and blank lines leave no trace.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut cursor = Cursor {
        rest: text,
        text,
        line: 1,
        line_start: 0,
    };
    let mut statements = Vec::new();
    while !cursor.rest.is_empty() {
        if let Some(statement) = cursor.line()? {
            statements.push(statement);
        }
    }
    Ok(statements)
}

struct Cursor<'a> {
    text: &'a str,
    rest: &'a str,
    line: u32,
    /// Offset of the current line in `text`.
    line_start: usize,
}

impl<'a> Cursor<'a> {
    fn line(&mut self) -> Result<Option<Statement>, SyntaxError> {
        self.skip_blanks();
        let statement = if self.at_line_end() || self.rest.starts_with('#') {
            None
        } else {
            Some(self.statement()?)
        };
        self.skip_blanks();
        if self.rest.starts_with('#') {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.advance(end);
        }
        self.end_of_line()?;
        Ok(statement)
    }

    fn statement(&mut self) -> Result<Statement, SyntaxError> {
        let line = self.line;
        let end = self
            .rest
            .find(|c| !(is_word_char(c) || c == '.' || c == '\\'))
            .unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let start = self.rest;
        self.advance(end);
        let blanks = self.skip_blanks();
        if self.rest.starts_with('=') {
            let Some(key) = Key::parse(word) else {
                self.rest = start;
                return Err(self.error());
            };
            self.advance(1);
            self.skip_blanks();
            return Ok(Statement::Assign {
                key,
                value: self.value()?,
                line,
            });
        }
        if word == "include" && blanks > 0 {
            return Ok(Statement::Include {
                path: self.include_path()?,
                line,
            });
        }
        Err(self.error())
    }

    fn include_path(&mut self) -> Result<String, SyntaxError> {
        let is_path_char = |c: char| is_word_char(c) || matches!(c, '.' | '*' | '/');
        let end = self.rest.find(|c| !is_path_char(c)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.error());
        }
        Ok(self.advance(end).to_owned())
    }

    fn value(&mut self) -> Result<String, SyntaxError> {
        if self.rest.starts_with("'''") {
            let text = self.delimited("'''")?;
            return Ok(text.trim_matches(['\r', '\n']).to_owned());
        }
        if self.rest.starts_with('\'') {
            return Ok(self.delimited("'")?.to_owned());
        }
        let line_end = self.rest.find('\n').unwrap_or(self.rest.len());
        let bare = &self.rest[..line_end];
        let bare = &bare[..bare.find('#').unwrap_or(bare.len())];
        let bare = bare.trim_end_matches([' ', '\t', '\r']);
        if bare.is_empty() {
            return Err(self.error());
        }
        Ok(self.advance(bare.len()).to_owned())
    }

    /// The text between two equal marks; it may span lines.
    fn delimited(&mut self, mark: &str) -> Result<&'a str, SyntaxError> {
        let Some(length) = self.rest[mark.len()..].find(mark) else {
            return Err(self.error());
        };
        let whole = self.advance(mark.len() * 2 + length);
        let inner = &whole[mark.len()..mark.len() + length];
        let offset = self.text.len() - self.rest.len();
        if let Some(last) = whole.rfind('\n') {
            self.line = self.line.saturating_add(newlines(whole));
            self.line_start = offset - whole.len() + last + 1;
        }
        Ok(inner)
    }

    fn end_of_line(&mut self) -> Result<(), SyntaxError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let Some(rest) = self
            .rest
            .strip_prefix("\r\n")
            .or_else(|| self.rest.strip_prefix('\n'))
        else {
            if self.rest == "\r" {
                self.rest = "";
                return Ok(());
            }
            return Err(self.error());
        };
        self.rest = rest;
        self.line = self.line.saturating_add(1);
        self.line_start = self.text.len() - rest.len();
        if self.line > LINES_MAX {
            Err(self.error())
        } else {
            Ok(())
        }
    }

    fn at_line_end(&self) -> bool {
        self.rest.is_empty()
            || self.rest == "\r"
            || self.rest.starts_with('\n')
            || self.rest.starts_with("\r\n")
    }

    fn skip_blanks(&mut self) -> usize {
        let count = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
        self.advance(count);
        count
    }

    /// Steps over `count` bytes, which end on a character, and gives them back.
    fn advance(&mut self, count: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    fn error(&self) -> SyntaxError {
        let offset = self.text.len() - self.rest.len();
        let column = self
            .text
            .get(self.line_start..offset)
            .map_or(1, |before| before.chars().count() + 1);
        SyntaxError {
            line: self.line,
            column,
        }
    }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
