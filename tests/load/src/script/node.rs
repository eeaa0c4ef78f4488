//! One value of a scenario file with its place: every error names file, line, key, and the way out.
//!
//! A string that is `$name` stands for a variable: from the table `[set]` of the file, or from `--set` on the command line.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, anyhow};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where errors lie, and what `$names` mean.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    pub(super) variables: BTreeMap<String, DeValue<'a>>,
}

/// A value, its place in the text, and the keys that lead to it.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    source: &'a Source<'a>,
    value: &'a DeValue<'a>,
    start: usize,
    pub(super) key: String,
}

impl Source<'_> {
    /// The error at byte `at`.
    pub(super) fn error(&self, at: usize, key: &str, what: &str) -> anyhow::Error {
        let line = self.text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let key = if key.is_empty() {
            String::new()
        } else {
            format!("{key}: ")
        };
        anyhow!("{}:{line}: {key}{what}", self.path.display())
    }
}

impl<'a> Node<'a> {
    pub(super) fn root(source: &'a Source<'a>, table: &'a Spanned<DeValue<'a>>) -> Node<'a> {
        Node {
            source,
            value: table.get_ref(),
            start: 0,
            key: String::new(),
        }
    }

    /// The error that this value is; `what` says what may stand there.
    pub(super) fn error(&self, what: &str) -> anyhow::Error {
        self.source.error(self.start, &self.key, what)
    }

    fn child(&self, value: &'a Spanned<DeValue<'a>>, key: String) -> Result<Node<'a>> {
        let mut node = Node {
            source: self.source,
            value: value.get_ref(),
            start: value.span().start,
            key,
        };
        if let DeValue::String(text) = node.value
            && let Some(name) = text.strip_prefix('$')
        {
            let known = || {
                self.source
                    .variables
                    .keys()
                    .map(|name| format!("${name}"))
                    .collect::<Vec<_>>()
            };
            node.value = self.source.variables.get(name).ok_or_else(|| {
                node.error(&format!(
                    "there is no variable {name:?}; the table [set] has: {}",
                    known().join(", ")
                ))
            })?;
        }
        Ok(node)
    }

    fn named(&self, name: &str) -> String {
        if self.key.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.key)
        }
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    pub(super) fn is_array(&self) -> bool {
        matches!(self.value, DeValue::Array(_))
    }

    fn table(&self) -> Result<&'a DeTable<'a>> {
        match self.value {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.error("write a table, { key = value, ... }")),
        }
    }

    /// The value under `name`, if it is there.
    pub(super) fn get(&self, name: &str) -> Result<Option<Node<'a>>> {
        let found = self
            .table()?
            .iter()
            .find(|(key, _)| key.get_ref().as_ref() == name);
        found
            .map(|(_, value)| self.child(value, self.named(name)))
            .transpose()
    }

    /// The value under `name`, which must be there.
    pub(super) fn need(&self, name: &str) -> Result<Node<'a>> {
        self.get(name)?
            .ok_or_else(|| self.error(&format!("`{name}` is missing; write {name} = ...")))
    }

    /// An error for every key that is not one of `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<()> {
        for (key, _) in self.table()? {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let what = format!("unknown key; known here: {}", known.join(", "));
                return Err(self.source.error(key.span().start, &self.named(name), &what));
            }
        }
        Ok(())
    }

    /// The one key of a table that has only one, and its value.
    pub(super) fn single(&self) -> Result<(String, Node<'a>)> {
        let table = self.table()?;
        match table.iter().next() {
            Some((key, value)) if table.len() == 1 => {
                let name = key.get_ref().to_string();
                let key = self.named(&name);
                Ok((name, self.child(value, key)?))
            }
            _ => Err(self.error("a step has one key, as in { publish = { topic = \"a\" } }")),
        }
    }

    pub(super) fn items(&self) -> Result<Vec<Node<'a>>> {
        let DeValue::Array(array) = self.value else {
            return Err(self.error("write a list, [ ... ]"));
        };
        array
            .iter()
            .enumerate()
            .map(|(at, value)| self.child(value, format!("{}[{at}]", self.key)))
            .collect()
    }

    pub(super) fn string(&self) -> Result<&'a str> {
        match self.value {
            DeValue::String(text) => Ok(text),
            _ => Err(self.error("write a text, \"...\"")),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool> {
        match self.value {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(self.error("write true or false")),
        }
    }

    /// A whole number of `least..=greatest`.
    pub(super) fn whole(&self, least: u64, greatest: u64) -> Result<u64> {
        let number = match self.value {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        number
            .filter(|number| (least..=greatest).contains(number))
            .ok_or_else(|| self.error(&format!("write a whole number from {least} to {greatest}")))
    }
}
