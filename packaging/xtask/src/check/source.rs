//! One Rust file as the counters see it: masked lines, which of them are test code, where functions begin and end.
//!
//! A reader of lines and braces, not a parser: it has to be right about well-formed, formatted code.

use super::mask::{is_word, mask};

/// Words that begin an item or statement; what else follows an attribute is a field, a variant or an arm.
const ITEM_WORDS: [&str; 17] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "let",
    "macro_rules",
    "mod",
    "pub",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
];

/// What begins an attribute that makes the next item test code.
const TEST_ATTRIBUTES: [&str; 5] = [
    "#[cfg(test)]",
    "#[cfg(any(test",
    "#[cfg(all(test",
    "#[test]",
    "#[tokio::test",
];

/// A function: its name and the lines of its first and last character, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl Function {
    pub(crate) fn lines(&self) -> usize {
        self.last - self.first + 1
    }
}

/// A masked file.
#[derive(Debug)]
pub(crate) struct Source {
    code: Vec<char>,
    /// For each character, the line it stands on.
    line_of: Vec<usize>,
    lines: Vec<String>,
    is_test: Vec<bool>,
}

impl Source {
    pub(crate) fn new(text: &str) -> Self {
        let masked = mask(text);
        let lines: Vec<String> = masked.lines().map(str::to_owned).collect();
        let code: Vec<char> = masked.chars().collect();
        let mut line = 0;
        let line_of = code
            .iter()
            .map(|character| {
                let here = line;
                line += usize::from(*character == '\n');
                here
            })
            .collect();
        let is_test = vec![false; lines.len()];
        let mut source = Self {
            code,
            line_of,
            lines,
            is_test,
        };
        source.mark_tests();
        source
    }

    /// The masked lines, counted from 0, each with whether it is test code.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        self.lines
            .iter()
            .zip(&self.is_test)
            .enumerate()
            .map(|(number, (line, test))| (number, line.as_str(), *test))
    }

    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.is_test.get(line).copied().unwrap_or(false)
    }

    /// Modules of tests that lie in files of their own: `#[cfg(test)] mod name;`.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        let declared = self
            .lines()
            .filter(|(_, _, test)| *test)
            .filter_map(|(_, line, _)| {
                let declaration = line.trim().trim_start_matches("#[cfg(test)]").trim();
                let name = declaration.strip_suffix(';')?.strip_prefix("mod ")?;
                Some(name.trim().to_owned())
            });
        declared.collect()
    }

    /// Every function that has a body, in the order of the file.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(start) = self.find("fn ", at) {
            at = start + 3;
            let name: String = self.code[at..]
                .iter()
                .copied()
                .take_while(|c| is_word(*c))
                .collect();
            if name.is_empty() || (start > 0 && is_word(self.code[start - 1])) {
                continue;
            }
            if let Some(last) = self.item_end(at, false).filter(|end| self.code[*end] == '}') {
                found.push(Function {
                    name,
                    first: self.line_of[start],
                    last: self.line_of[last],
                });
            }
        }
        found
    }

    fn mark_tests(&mut self) {
        for attribute in TEST_ATTRIBUTES {
            let mut at = 0;
            while let Some(start) = self.find(attribute, at) {
                let after = self.skip_attributes(start);
                let last = self
                    .item_end(after, !self.begins_item(after))
                    .unwrap_or(self.code.len() - 1);
                self.is_test[self.line_of[start]..=self.line_of[last].min(self.lines.len() - 1)].fill(true);
                at = start + attribute.len();
            }
        }
    }

    fn find(&self, needle: &str, from: usize) -> Option<usize> {
        let needle: Vec<char> = needle.chars().collect();
        let found = self
            .code
            .get(from..)?
            .windows(needle.len())
            .position(|window| window == needle)?;
        Some(from + found)
    }

    /// The first character after the attributes that begin here.
    fn skip_attributes(&self, mut at: usize) -> usize {
        while self.code.get(at) == Some(&'#') {
            let mut depth = 0_usize;
            while let Some(character) = self.code.get(at) {
                at += 1;
                match character {
                    '[' => depth += 1,
                    ']' if depth == 1 => break,
                    ']' => depth -= 1,
                    _ => {}
                }
            }
            at += self
                .code
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take_while(|c| c.is_whitespace())
                .count();
        }
        at
    }

    fn begins_item(&self, at: usize) -> bool {
        let word: String = self.code[at..]
            .iter()
            .copied()
            .take_while(|c| is_word(*c))
            .collect();
        ITEM_WORDS.contains(&word.as_str())
    }

    /// The last character of what begins here: its closing brace, its semicolon, for a field or an arm its comma,
    /// or what stands before the brace that closes the surroundings.
    fn item_end(&self, from: usize, comma_ends: bool) -> Option<usize> {
        let mut nested = 0_usize;
        let mut braces = 0_usize;
        for (at, character) in self.code.iter().enumerate().skip(from) {
            match character {
                '(' | '[' => nested += 1,
                ')' | ']' => nested = nested.saturating_sub(1),
                '{' => braces += 1,
                '}' if braces == 0 => return Some(at.saturating_sub(1)),
                '}' if braces == 1 && nested == 0 => return Some(at),
                '}' => braces -= 1,
                ';' if braces == 0 && nested == 0 => return Some(at),
                ',' if comma_ends && braces == 0 && nested == 0 => return Some(at),
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
