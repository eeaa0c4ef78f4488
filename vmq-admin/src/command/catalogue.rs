//! The command table as a document: what `{"t":"commands"}` on the admin socket is answered with (admin.md 18.3), and what
//! the schema of the answers is made from. Whether a command only reads, and whether it streams, is what the command of
//! its example does.

use super::kind::{Kind, Needs};
use super::{Access, Command, Entry, FlagSpec, Parsed, entries, parse, reply};
use crate::argv::Arguments;
use serde::{Deserialize, Serialize};

/// Every command of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Of the daemon.
    pub version: String,
    pub commands: Vec<CommandForm>,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandForm {
    pub words: Vec<String>,
    pub syntax: String,
    /// One sentence.
    pub about: String,
    pub example: String,
    pub keys: Vec<KeyForm>,
    pub flags: Vec<FlagForm>,
    /// Nothing is changed, and nothing shown that is not everybody's.
    pub read_only: bool,
    /// It sends lines until it is cancelled.
    pub streams: bool,
    pub reply: ReplyForm,
}

/// A `key=value` argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyForm {
    pub name: String,
    pub required: bool,
    pub value: ValueForm,
}

/// A flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagForm {
    pub name: String,
    pub short: Option<char>,
    pub about: String,
    pub required: bool,
    /// Whether a value follows.
    pub needs: Needs,
    pub value: ValueForm,
    /// With it a command that only reads shows what is not everybody's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueForm {
    /// A name of [`Kind`].
    pub kind: String,
    /// The values there are; none = any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

/// What the answer is made of. Any command may answer an alert instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyForm {
    /// `text`, `table`, `list`, `alert` or `line`; none = nothing is said when it is done.
    pub elements: Vec<String>,
    /// Of the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Flags or operands lead to others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_columns: bool,
}

impl Catalogue {
    /// The commands of this library.
    #[must_use]
    pub fn new() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commands: entries().map(CommandForm::of).collect(),
        }
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

impl CommandForm {
    fn of(entry: &Entry) -> Self {
        let read_only = entry.access() == Access::Read;
        Self {
            words: owned(entry.words),
            syntax: entry.syntax.to_owned(),
            about: entry.about.to_owned(),
            example: entry.example.to_owned(),
            keys: entry.keys.iter().map(|key| KeyForm::of(entry, key)).collect(),
            flags: entry
                .flags
                .iter()
                .map(|flag| FlagForm::of(entry, flag, read_only))
                .collect(),
            read_only,
            streams: entry.streams(),
            reply: ReplyForm::of(entry),
        }
    }
}

impl KeyForm {
    fn of(entry: &Entry, key: &str) -> Self {
        Self {
            name: key.to_owned(),
            required: entry.is_required(key),
            value: ValueForm::of(entry.key_kind(key)),
        }
    }
}

impl FlagForm {
    fn of(entry: &Entry, flag: &FlagSpec, read_only: bool) -> Self {
        let (kind, needs) = entry.flag_kind(flag);
        let with_it = || entry.example_with(Some(flag));
        Self {
            name: flag.long.to_owned(),
            short: flag.short,
            about: flag.about.to_owned(),
            required: entry.is_required(flag.long),
            needs,
            value: ValueForm::of(kind),
            sensitive: read_only && with_it().is_some_and(|command| command.access() == Access::Full),
        }
    }
}

impl ValueForm {
    fn of(kind: Kind) -> Self {
        Self {
            kind: kind.name().to_owned(),
            words: owned(&kind.words()),
        }
    }
}

impl ReplyForm {
    fn of(entry: &Entry) -> Self {
        let told = reply::of(entry.words);
        Self {
            elements: told.map(|reply| owned(reply.elements)).unwrap_or_default(),
            columns: told.map(|reply| owned(reply.columns)).unwrap_or_default(),
            other_columns: told.is_some_and(|reply| reply.other_columns),
        }
    }
}

impl Entry {
    /// The command of the example, with one more flag if wanted.
    #[must_use]
    pub fn example_with(&self, flag: Option<&FlagSpec>) -> Option<Command> {
        let words = self.example.split(' ').skip(1).map(str::to_owned);
        let flag = flag.map(|flag| format!("--{}", flag.long));
        let mut arguments = Arguments::parse(words.chain(flag)).ok()?;
        arguments.take_flag("format", None);
        match parse(&arguments) {
            Ok(Parsed::Command(command)) => Some(command),
            _ => None,
        }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests;
