//! Values by their kind: words that are known beforehand, files, and what a broker knows.

use super::{Candidate, candidate, files, prefixed};
use crate::command::kind::Kind;

/// What a broker knows. A source without one answers nothing.
pub(super) trait Source {
    /// Values of a kind that begin with `typed`, and perhaps others; `before` is the command line so far.
    fn values(&mut self, kind: Kind, typed: &str, before: &[String]) -> Vec<Candidate>;

    /// The words that a setting may be.
    fn choices(&mut self, _setting: &str) -> Vec<Candidate> {
        Vec::new()
    }
}

/// The values that could be typed, each as a whole.
pub(super) fn of(kind: Kind, typed: &str, before: &[String], source: &mut dyn Source) -> Vec<Candidate> {
    match kind {
        Kind::File => files::list(typed, false),
        Kind::Folder => files::list(typed, true),
        // Of a list only the last is typed.
        Kind::ClientIds => {
            let start = typed.rfind(',').map_or(0, |comma| comma + 1);
            let (list, last) = typed.split_at(start);
            prefixed(list, source.values(Kind::ClientId, last, before))
        }
        // The order is one of falling numbers with a dash before the field.
        Kind::SortField if typed.starts_with('-') => prefixed("-", words(kind)),
        kind => match words(kind) {
            known if known.is_empty() => source.values(kind, typed, before),
            known => known,
        },
    }
}

fn words(kind: Kind) -> Vec<Candidate> {
    kind.words().into_iter().map(|word| candidate(word, "")).collect()
}

/// The value of a key, or of a flag with its dashes, on the command line so far.
pub(super) fn given<'a>(before: &'a [String], name: &str) -> Option<&'a str> {
    let mut words = before.iter();
    while let Some(word) = words.next() {
        if word == name {
            return words.next().map(String::as_str);
        }
        if let Some((own, value)) = word.split_once('=')
            && own == name
        {
            return Some(value);
        }
    }
    None
}
