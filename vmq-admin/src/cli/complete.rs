//! `vmq-admin __complete WORD...`: what may stand in the place of the last word, for the completion scripts of shells. One
//! candidate a line, a tab and what it is about. Names come from the command table, values from a broker that answers
//! within [`live::PATIENCE`]; without one there are none, and never a message.

mod files;
mod live;
mod values;

use super::CONFIG_FILE;
use crate::argv::Flag;
use crate::command::kind::{GLOBAL_FLAGS, Kind, Needs};
use crate::command::{Entry, FlagSpec, entries, help};
use crate::locate;
use live::Broker;
use std::path::PathBuf;
use values::Source;

/// What could be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    text: String,
    about: String,
}

/// A command line up to the cursor.
struct Line<'a> {
    /// Words before the one that is typed.
    before: &'a [String],
    /// As far as it is typed.
    current: &'a str,
    /// The command's words, as far as they are known.
    words: Vec<&'a str>,
}

/// Prints the candidates; `args` are the words after `vmq-admin`, the last of them as far as it is typed.
pub(super) fn run(args: &[String], socket: impl FnOnce(Option<PathBuf>) -> PathBuf) -> String {
    let Some((current, before)) = args.split_last() else {
        return String::new();
    };
    let line = Line::new(before, current);
    let mut broker = Broker::new(socket(line.value_of("--socket").map(PathBuf::from)));
    let mut out = String::new();
    for Candidate { text, about } in line.candidates(&mut broker) {
        // Nobody types those, and they must not break the lines of the answer.
        if !text.contains(char::is_control) {
            out.push_str(&format!("{text}\t{about}\n"));
        }
    }
    out
}

/// The socket that the command line asks for, or that of the environment, or of the configuration.
pub(super) fn socket(asked: Option<PathBuf>) -> PathBuf {
    let of_configuration = || {
        let text = std::fs::read_to_string(CONFIG_FILE).unwrap_or_default();
        PathBuf::from(locate::setting(&text, "admin.socket.path").unwrap_or(locate::DEFAULT_SOCKET))
    };
    asked
        .or_else(|| std::env::var_os("VMQ_ADMIN_SOCKET").map(PathBuf::from))
        .unwrap_or_else(of_configuration)
}

impl<'a> Line<'a> {
    fn new(before: &'a [String], current: &'a str) -> Self {
        let is_word = |word: &&String| !word.starts_with('-') && !word.contains('=');
        let words = before.iter().take_while(is_word).map(String::as_str).collect();
        Self {
            before,
            current,
            words,
        }
    }

    /// Candidates that begin with what is typed.
    fn candidates(&self, source: &mut dyn Source) -> Vec<Candidate> {
        let mut found = self.unfiltered(source);
        found.retain(|candidate| candidate.text.starts_with(self.current));
        found
    }

    fn unfiltered(&self, source: &mut dyn Source) -> Vec<Candidate> {
        let entry = self.entry();
        if let Some((name, value)) = self.current.split_once('=') {
            if entry.is_some_and(|entry| entry.words == ["set"]) && !name.starts_with('-') {
                return prefixed(&format!("{name}="), source.choices(name));
            }
            let kind = match (name.strip_prefix("--"), entry) {
                (Some(flag), _) => self.flag(&Flag::Long(flag.to_owned())).map(|(kind, _)| kind),
                (None, Some(entry)) if entry.keys.contains(&name) => Some(entry.key_kind(name)),
                (None, _) => None,
            };
            let values = kind.map(|kind| values::of(kind, value, self.before, source));
            return prefixed(&format!("{name}="), values.unwrap_or_default());
        }
        if let Some(kind) = self.awaited() {
            return values::of(kind, self.current, self.before, source);
        }
        if self.current.starts_with('-') {
            return self.flag_names();
        }
        let mut found = self.sub_commands();
        if let Some(entry) = entry {
            found.extend(self.arguments(entry, source));
        }
        if found.is_empty() {
            found = self.flag_names();
        }
        found
    }

    /// The command, if its words are complete.
    fn entry(&self) -> Option<&'static Entry> {
        entries().find(|entry| match entry.words {
            ["show" | "describe"] => self.words.starts_with(entry.words),
            own => own == self.words,
        })
    }

    /// What the value is that the flag before waits for.
    fn awaited(&self) -> Option<Kind> {
        let last = self.before.last().filter(|word| !word.contains('='))?;
        let flag = match last.strip_prefix("--") {
            Some(name) => Flag::Long(name.to_owned()),
            None => Flag::Short(
                last.strip_prefix('-')
                    .filter(|name| name.len() == 1)?
                    .chars()
                    .next()?,
            ),
        };
        match self.flag(&flag)? {
            (kind, Needs::Value) => Some(kind),
            _ => None,
        }
    }

    fn flag(&self, flag: &Flag) -> Option<(Kind, Needs)> {
        if let Some(entry) = self.entry()
            && let Some(spec) = entry.flags.iter().find(|spec| spec.is(flag))
        {
            return Some(entry.flag_kind(spec));
        }
        let spec = GLOBAL_FLAGS.iter().find(|spec| spec.is(flag))?;
        let kind = Kind::of(&[], spec.long);
        let needs = if kind == Kind::Switch {
            Needs::Nothing
        } else {
            Needs::Value
        };
        Some((kind, needs))
    }

    /// Names of flags that are not given yet; a field may be column and filter.
    fn flag_names(&self) -> Vec<Candidate> {
        let own = self.entry().map_or(&[][..], |entry| entry.flags);
        let is_new = |spec: &&FlagSpec| {
            let long = format!("--{}", spec.long);
            !self.before.contains(&long)
        };
        let name = |spec: &FlagSpec| {
            let needs = self
                .flag(&Flag::Long(spec.long.to_owned()))
                .map(|(_, needs)| needs);
            let mark = if needs == Some(Needs::Value) { "=" } else { "" };
            candidate(format!("--{}{mark}", spec.long), spec.about)
        };
        own.iter().chain(GLOBAL_FLAGS).filter(is_new).map(name).collect()
    }

    fn sub_commands(&self) -> Vec<Candidate> {
        if self.words.len() < self.before.len() {
            return Vec::new();
        }
        let mut found: Vec<Candidate> = Vec::new();
        for entry in entries().filter(|entry| entry.words.starts_with(&self.words)) {
            let Some(word) = entry.words.get(self.words.len()) else {
                continue;
            };
            if found.iter().all(|known| known.text != *word) {
                found.push(candidate(*word, help::about_of(entry, self.words.len())));
            }
        }
        found
    }

    /// Keys that are not given yet, and names that follow some commands. Keys stand before flags.
    fn arguments(&self, entry: &Entry, source: &mut dyn Source) -> Vec<Candidate> {
        if self.before.iter().any(|word| word.starts_with('-')) {
            return Vec::new();
        }
        match entry.words {
            ["show" | "describe"] => values::of(Kind::Setting, self.current, self.before, source),
            ["set"] => {
                let mut settings = values::of(Kind::Setting, self.current, self.before, source);
                settings.iter_mut().for_each(|setting| setting.text.push('='));
                settings
            }
            _ => {
                let is_new = |key: &&&str| self.value_of(key).is_none();
                let keys = entry.keys.iter().filter(is_new);
                keys.map(|key| candidate(format!("{key}="), "")).collect()
            }
        }
    }

    /// The value of a key, or of a flag with its dashes.
    fn value_of(&self, name: &str) -> Option<&str> {
        values::given(self.before, name)
    }
}

fn candidate(text: impl Into<String>, about: impl Into<String>) -> Candidate {
    Candidate {
        text: text.into(),
        about: about.into(),
    }
}

fn prefixed(prefix: &str, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    for candidate in &mut candidates {
        candidate.text.insert_str(0, prefix);
    }
    candidates
}

#[cfg(test)]
mod tests;
