//! The commands: one file for each group, with its words, keys, flags, help and typed form. Parsing, help, completion,
//! manual and the daemon's dispatch come from here; what is not in the table is not a command.

pub mod daemon;
pub mod query;
mod values;
pub mod node;
pub mod durability;
pub mod cluster;
pub mod plugin;
pub mod session;
pub mod subscription;
pub mod topic;
pub mod publish;
pub mod retain;
pub mod authz;
pub mod events;
pub mod listener;
pub mod trace;
pub mod tls;
pub mod log;
pub mod metrics;
pub mod api_key;
pub mod settings;
pub mod support;
pub mod alias;
pub mod later;
pub mod help;
pub mod kind;
pub mod reply;
pub mod catalogue;
pub mod schema;

use crate::argv::{ArgumentFault, Arguments, Flag};
use serde::{Deserialize, Serialize};

/// A command, with everything it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Daemon(daemon::Daemon),
    Node(node::Node),
    Cluster(cluster::Cluster),
    Plugin(plugin::Plugin),
    Session(session::Session),
    Retain(retain::Retain),
    Publish(publish::Publish),
    Authz(authz::Authz),
    Events(events::Events),
    Listener(listener::Listener),
    Trace(trace::Trace),
    Tls(tls::Tls),
    Log(log::Log),
    Metrics(metrics::Metrics),
    ApiKey(api_key::ApiKey),
    Settings(settings::Settings),
    Support(support::Support),
}

/// What a peer must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Looks, and shows nothing secret.
    Read,
    /// Changes something, or shows what is not everybody's.
    Full,
}

/// A row of the command table.
#[derive(Debug)]
pub struct Entry {
    pub words: &'static [&'static str],
    pub keys: &'static [&'static str],
    pub flags: &'static [FlagSpec],
    /// After `Usage: `.
    pub syntax: &'static str,
    /// One sentence.
    pub about: &'static str,
    pub example: &'static str,
    build: fn(&Given<'_>) -> Result<Command, ArgumentFault>,
}

/// A flag of a command: `--long` and perhaps `-s`.
#[derive(Clone, Copy, Debug)]
pub struct FlagSpec {
    pub long: &'static str,
    pub short: Option<char>,
    pub about: &'static str,
}

/// What a command line means.
#[derive(Debug)]
pub enum Parsed {
    Command(Command),
    /// A leaf or group whose help is wanted, or which is no command: the words before it.
    Usage(Vec<String>),
    /// A command of the original that this version does not have.
    NotAvailable,
}

/// The arguments of a command, already known to be among those it takes.
#[derive(Debug)]
struct Given<'a>(&'a Arguments);

/// Every command of `vmq-admin`, in the order of the help.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    [
        node::ENTRIES,
        cluster::ENTRIES,
        session::ENTRIES,
        retain::ENTRIES,
        authz::ENTRIES,
        events::ENTRIES,
        plugin::ENTRIES,
        listener::ENTRIES,
        metrics::ENTRIES,
        api_key::ENTRIES,
        trace::ENTRIES,
        tls::ENTRIES,
        log::ENTRIES,
        // Ours, behind those of the original (admin.md 2.5).
        subscription::ENTRIES,
        topic::ENTRIES,
        publish::ENTRIES,
        durability::ENTRIES,
        support::ENTRIES,
        settings::ENTRIES,
    ]
    .into_iter()
    .flatten()
}

/// Finds the command of a command line.
///
/// # Errors
/// The command is known, its arguments are not right.
pub fn parse(arguments: &Arguments) -> Result<Parsed, ArgumentFault> {
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let Some(entry) = entries().find(|entry| entry.is_meant(&words)) else {
        return Ok(match later::is_known(&words) {
            true => Parsed::NotAvailable,
            false => Parsed::Usage(arguments.words.clone()),
        });
    };
    entry.check(arguments)?;
    (entry.build)(&Given(arguments)).map(Parsed::Command)
}

impl Command {
    /// What the caller must be allowed to do.
    #[must_use]
    pub fn access(&self) -> Access {
        match self {
            Self::Daemon(command) => command.access(),
            Self::Node(command) => command.access(),
            Self::Cluster(command) => command.access(),
            Self::Plugin(command) => command.access(),
            Self::Session(command) => command.access(),
            Self::Retain(command) => command.access(),
            Self::Publish(command) => command.access(),
            Self::Authz(command) => command.access(),
            Self::Events(command) => command.access(),
            Self::Listener(command) => command.access(),
            Self::Trace(command) => command.access(),
            Self::Tls(command) => command.access(),
            Self::Log(command) => command.access(),
            Self::Metrics(command) => command.access(),
            Self::ApiKey(command) => command.access(),
            Self::Settings(command) => command.access(),
            Self::Support(command) => command.access(),
        }
    }

    /// Whether something is another afterwards. Some that only look need full access all the same, for what they show.
    #[must_use]
    pub fn changes(&self) -> bool {
        let only_shows = match self {
            Self::ApiKey(command) => command.only_shows(),
            Self::Retain(command) => command.only_shows(),
            Self::Session(command) => command.only_shows(),
            Self::Trace(command) => command.only_shows(),
            _ => false,
        };
        self.access() == Access::Full && !only_shows
    }

    /// Whether it sends lines until it is told to stop, so that it has no time to be done in.
    #[must_use]
    pub const fn streams(&self) -> bool {
        matches!(self, Self::Trace(command) if command.streams())
    }

    /// The command line, for the audit log; secrets would be masked here.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Daemon(command) => command.line(),
            Self::Node(command) => command.line(),
            Self::Cluster(command) => command.line(),
            Self::Plugin(command) => command.line(),
            Self::Session(command) => command.line(),
            Self::Retain(command) => command.line(),
            Self::Publish(command) => command.line(),
            Self::Authz(command) => command.line(),
            Self::Events(command) => command.line(),
            Self::Listener(command) => command.line(),
            Self::Trace(command) => command.line(),
            Self::Tls(command) => command.line(),
            Self::Log(command) => command.line(),
            Self::Metrics(command) => command.line(),
            Self::ApiKey(command) => command.line(),
            Self::Settings(command) => command.line(),
            Self::Support(command) => command.line(),
        }
    }
}

impl Entry {
    /// What its example needs: the least that a command of this kind can need.
    #[must_use]
    pub fn access(&self) -> Access {
        match self.example_with(None) {
            Some(command) => command.access(),
            None => Access::Full,
        }
    }

    /// Whether its example changes something.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.example_with(None).is_none_or(|command| command.changes())
    }

    /// Whether its example sends lines until it is told to stop.
    #[must_use]
    pub fn streams(&self) -> bool {
        self.example_with(None).is_some_and(|command| command.streams())
    }

    /// `show` and `describe` are followed by names of settings.
    fn is_meant(&self, words: &[&str]) -> bool {
        match self.words {
            ["show" | "describe"] => words.starts_with(self.words),
            own => own == words,
        }
    }

    /// The keys of `set` are settings, which only the daemon knows.
    fn takes_any_key(&self) -> bool {
        matches!(self.words, ["set"])
    }

    /// A trace may be about several clients.
    fn may_repeat(&self, key: &str) -> bool {
        matches!(self.words, ["trace", "client"]) && key == trace::CLIENT_ID
    }

    fn check(&self, given: &Arguments) -> Result<(), ArgumentFault> {
        if self.keys.is_empty() && !self.takes_any_key() && !given.keys.is_empty() {
            let pairs = given.keys.iter().map(|(key, value)| format!("{key}={value} "));
            return Err(ArgumentFault::NoKeysTaken(pairs.collect()));
        }
        if self.flags.is_empty() && !given.flags.is_empty() {
            let names: Vec<String> = given
                .flags
                .iter()
                .map(|(flag, _)| format!("\"{}\"", flag.name()))
                .collect();
            return Err(ArgumentFault::NoFlagsTaken(names.join(",")));
        }
        for (index, (key, _)) in given.keys.iter().enumerate() {
            if !self.takes_any_key() && !self.keys.contains(&key.as_str()) {
                return Err(ArgumentFault::UnknownKey(key.clone()));
            }
            let is_again = given.keys[..index].iter().any(|(earlier, _)| earlier == key);
            if is_again && !self.may_repeat(key) {
                return Err(ArgumentFault::Twice(key.clone()));
            }
        }
        match given
            .flags
            .iter()
            .find(|(flag, _)| !self.flags.iter().any(|spec| spec.is(flag)))
        {
            Some((flag, _)) => Err(ArgumentFault::UnknownKey(flag.name())),
            None => Ok(()),
        }
    }
}

impl FlagSpec {
    pub(crate) fn is(&self, flag: &Flag) -> bool {
        match flag {
            Flag::Long(name) => name == self.long,
            Flag::Short(name) => Some(*name) == self.short,
        }
    }
}

impl Given<'_> {
    fn key(&self, name: &'static str) -> Result<&str, ArgumentFault> {
        let found = self.0.keys.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .ok_or(ArgumentFault::Missing(name))
    }

    /// A key that may be missing.
    fn optional_key(&self, name: &'static str) -> Option<String> {
        self.key(name).ok().map(str::to_owned)
    }

    /// The value of a flag that needs one; `None` = it is not given.
    fn text(&self, spec: &FlagSpec) -> Result<Option<&str>, ArgumentFault> {
        let found = self.0.flags.iter().find(|(flag, _)| spec.is(flag));
        match found {
            None => Ok(None),
            Some((_, Some(value))) => Ok(Some(value)),
            Some((_, None)) => Err(ArgumentFault::BadFlagValue {
                value: String::new(),
                flag: spec.long.to_owned(),
            }),
        }
    }

    /// A flag that is on or off; alone it means on.
    fn flag(&self, spec: &FlagSpec) -> Result<bool, ArgumentFault> {
        let Some((_, value)) = self.0.flags.iter().find(|(flag, _)| spec.is(flag)) else {
            return Ok(false);
        };
        match value.as_deref() {
            None | Some("true" | "on") => Ok(true),
            Some("false" | "off") => Ok(false),
            Some(other) => Err(ArgumentFault::BadFlagValue {
                value: other.to_owned(),
                flag: spec.long.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
