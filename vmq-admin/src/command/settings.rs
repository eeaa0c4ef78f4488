//! `vmq-admin show | describe | set`: the settings of `vernemq.conf` while the broker runs (admin.md 11).

use super::{Access, Command, Entry, FlagSpec, Given};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is asked of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// Values in force.
    Show {
        keys: Vec<String>,
        scope: Scope,
        /// As they would stand in the file.
        raw: bool,
        /// One row for each key, with default and origin.
        verbose: bool,
    },
    /// What keys are about.
    Describe { keys: Vec<String> },
    /// New values, all of them or none.
    Set {
        values: Vec<(String, String)>,
        scope: Scope,
        /// Also for the next start.
        persist: bool,
    },
    /// Every setting of one part, by the place its value is from.
    ConfigShow {
        /// `vmq_server`, or a plugin.
        app: Option<String>,
        /// Only this one.
        key: Option<String>,
    },
    /// Takes back what was set at run time or saved.
    ConfigReset {
        app: Option<String>,
        key: Option<String>,
        /// What the cluster has stored.
        global: bool,
        /// In the place of the values of the file.
        replacement: Option<Replacement>,
    },
}

/// Where a reset takes values from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// A file as `vernemq.conf`.
    File(PathBuf),
    /// A value as it would stand there, for one key.
    Value(String),
}

/// The nodes that are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The one that is asked.
    Local,
    /// One by its name.
    Node(String),
    /// Every one of the cluster.
    All,
}

const NODE: FlagSpec = FlagSpec {
    long: "node",
    short: Some('n'),
    about: "the node that is meant",
};
const ALL: FlagSpec = FlagSpec {
    long: "all",
    short: Some('a'),
    about: "every node of the cluster",
};
const RAW: FlagSpec = FlagSpec {
    long: "raw",
    short: None,
    about: "values as they would stand in vernemq.conf",
};
const VERBOSE: FlagSpec = FlagSpec {
    long: "verbose",
    short: Some('v'),
    about: "one row for each key, with its default, where its value is from and the words it may be; without a key: of all",
};
const PERSIST: FlagSpec = FlagSpec {
    long: "persist",
    short: None,
    about: "also write it to conf.d/90-admin.conf, for the next start",
};

const KEY: FlagSpec = FlagSpec {
    long: "key",
    short: Some('k'),
    about: "only this setting",
};

const CONFIG_FILE: FlagSpec = FlagSpec {
    long: "config-file",
    short: None,
    about: "take the values of this file, written as vernemq.conf",
};
const CONFIG_VAL: FlagSpec = FlagSpec {
    long: "config-val",
    short: None,
    about: "take this value for the key",
};
const LOCAL: FlagSpec = FlagSpec {
    long: "local",
    short: None,
    about: "what this node has stored (default)",
};
const GLOBAL: FlagSpec = FlagSpec {
    long: "global",
    short: None,
    about: "what the cluster has stored",
};

const SHOW_SYNTAX: &str = "vmq-admin show <variable> ... [[--node | -n] <node> | --all]";
const DESCRIBE_SYNTAX: &str = "vmq-admin describe <variable> ...";
const SET_SYNTAX: &str = "vmq-admin set <variable>=<value> ... [[--node | -n] <node> | --all]";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["set"],
        keys: &[],
        flags: &[NODE, ALL, PERSIST],
        syntax: SET_SYNTAX,
        about: "Changes settings of the running broker, until the next restart.",
        example: "vmq-admin set max_online_messages=5000 allow_anonymous=off",
        build: |given| {
            let values = given.0.keys.clone();
            if values.is_empty() {
                return Err(usage(SET_SYNTAX));
            }
            Ok(Command::Settings(Settings::Set {
                values,
                scope: scope(given)?,
                persist: given.flag(&PERSIST)?,
            }))
        },
    },
    Entry {
        words: &["show"],
        keys: &[],
        flags: &[NODE, ALL, RAW, VERBOSE],
        syntax: SHOW_SYNTAX,
        about: "Shows the values of settings.",
        example: "vmq-admin show max_online_messages allow_anonymous",
        build: |given| {
            let verbose = given.flag(&VERBOSE)?;
            let keys = operands(given, SHOW_SYNTAX);
            Ok(Command::Settings(Settings::Show {
                keys: if verbose { keys.unwrap_or_default() } else { keys? },
                scope: scope(given)?,
                raw: given.flag(&RAW)?,
                verbose,
            }))
        },
    },
    Entry {
        words: &["describe"],
        keys: &[],
        flags: &[],
        syntax: DESCRIBE_SYNTAX,
        about: "Tells what settings are about.",
        example: "vmq-admin describe max_online_messages",
        build: |given| {
            Ok(Command::Settings(Settings::Describe {
                keys: operands(given, DESCRIBE_SYNTAX)?,
            }))
        },
    },
    Entry {
        words: &["config", "show"],
        keys: &["app"],
        flags: &[KEY],
        syntax: "vmq-admin config show app=<app> [--key=<key>]",
        about: "Shows every setting of the server or of a plugin, as the broker works with it.",
        example: "vmq-admin config show app=vmq_acl",
        build: |given| {
            Ok(Command::Settings(Settings::ConfigShow {
                app: given.key("app").ok().map(str::to_owned),
                key: given.text(&KEY)?.map(str::to_owned),
            }))
        },
    },
    Entry {
        words: &["config", "reset"],
        keys: &["app"],
        flags: &[KEY, LOCAL, GLOBAL, CONFIG_FILE, CONFIG_VAL],
        syntax: "vmq-admin config reset app=<app> [--key=<key>] [--config-file=<file> | --config-val=<value>]",
        about: "Gives settings that were set at run time or saved the value of the configuration file again.",
        example: "vmq-admin config reset app=vmq_server --key=max_online_messages",
        build: |given| {
            Ok(Command::Settings(Settings::ConfigReset {
                app: given.key("app").ok().map(str::to_owned),
                key: given.text(&KEY)?.map(str::to_owned),
                global: given.flag(&GLOBAL)? && !given.flag(&LOCAL)?,
                replacement: replacement(given)?,
            }))
        },
    },
];

fn replacement(given: &Given<'_>) -> Result<Option<Replacement>, ArgumentFault> {
    match (given.text(&CONFIG_FILE)?, given.text(&CONFIG_VAL)?) {
        (Some(_), Some(_)) => Err(ArgumentFault::Usage(
            "Specify config file or config value".to_owned(),
        )),
        (None, Some(value)) => Ok(Some(Replacement::Value(value.to_owned()))),
        // The daemon lives in another folder.
        (Some(file), None) => match std::path::absolute(file) {
            Ok(file) => Ok(Some(Replacement::File(file))),
            Err(_) => Err(ArgumentFault::BadFlagValue {
                value: file.to_owned(),
                flag: "'config-file'".to_owned(),
            }),
        },
        (None, None) => Ok(None),
    }
}

fn usage(syntax: &str) -> ArgumentFault {
    ArgumentFault::Usage(format!("Usage: {syntax}"))
}

/// The words after the command's own.
fn operands(given: &Given<'_>, syntax: &str) -> Result<Vec<String>, ArgumentFault> {
    let mut keys: Vec<String> = Vec::new();
    for key in given.0.words.iter().skip(1) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    match keys.is_empty() {
        true => Err(usage(syntax)),
        false => Ok(keys),
    }
}

fn scope(given: &Given<'_>) -> Result<Scope, ArgumentFault> {
    match (given.text(&NODE)?, given.flag(&ALL)?) {
        (Some(_), true) => Err(ArgumentFault::NodeAndAll),
        (Some(node), false) => Ok(Scope::Node(node.to_owned())),
        (None, true) => Ok(Scope::All),
        (None, false) => Ok(Scope::Local),
    }
}

/// Whether the value of a key must not get into a log: the daemon's table has the same opinion of every key.
#[must_use]
pub fn is_secret(key: &str) -> bool {
    const WORDS: [&str; 8] = [
        "password", "passwd", "pwd", "cookie", "api_key", "apikey", "psk", "secret",
    ];
    let name = key.rsplit('.').next().unwrap_or(key);
    WORDS.iter().any(|word| name.ends_with(word)) || matches!(name, "key" | "token")
}

impl Settings {
    pub(super) const fn access(&self) -> Access {
        match self {
            Self::Show { .. } | Self::Describe { .. } | Self::ConfigShow { .. } => Access::Read,
            Self::Set { .. } | Self::ConfigReset { .. } => Access::Full,
        }
    }

    pub(super) fn line(&self) -> String {
        match self {
            Self::Show { keys, scope, .. } => format!("show {}{}", keys.join(" "), scope.line()),
            Self::Describe { keys } => format!("describe {}", keys.join(" ")),
            Self::ConfigShow { .. } => "config show".to_owned(),
            Self::ConfigReset {
                app,
                key,
                global,
                replacement,
            } => {
                let app = app.as_ref().map(|app| format!(" app={app}")).unwrap_or_default();
                let of_key = key.as_ref().map(|key| format!(" --key={key}"));
                let replacement = match (replacement, key) {
                    (Some(Replacement::Value(_)), Some(key)) if is_secret(key) => {
                        " --config-val=******".to_owned()
                    }
                    (Some(Replacement::Value(value)), _) => format!(" --config-val={value}"),
                    (Some(Replacement::File(file)), _) => format!(" --config-file={}", file.display()),
                    (None, _) => String::new(),
                };
                let global = if *global { " --global" } else { "" };
                format!(
                    "config reset{app}{}{global}{replacement}",
                    of_key.unwrap_or_default()
                )
            }
            Self::Set {
                values,
                scope,
                persist,
            } => {
                let masked = |key: &str, value: &str| match is_secret(key) {
                    true => format!(" {key}=******"),
                    false => format!(" {key}={value}"),
                };
                let values: String = values.iter().map(|(key, value)| masked(key, value)).collect();
                let persist = if *persist { " --persist" } else { "" };
                format!("set{values}{}{persist}", scope.line())
            }
        }
    }
}

impl Scope {
    fn line(&self) -> String {
        match self {
            Self::Local => String::new(),
            Self::Node(node) => format!(" --node={node}"),
            Self::All => " --all".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, fault};
    use super::*;

    #[test]
    fn lines_become_settings() {
        let show = |scope, raw| {
            Command::Settings(Settings::Show {
                keys: vec!["a".into(), "b.c".into()],
                scope,
                raw,
                verbose: false,
            })
        };
        assert_eq!(command("show a b.c a"), show(Scope::Local, false));
        assert_eq!(
            command("show a b.c --raw --node=x@y"),
            show(Scope::Node("x@y".into()), true)
        );
        assert_eq!(command("show a b.c -a"), show(Scope::All, false));
        let set = command("set a=1 b='x=y' graphite_api_key=hush --persist");
        assert_eq!(set.line(), "set a=1 b='x=y' graphite_api_key=****** --persist");
        assert_eq!(set.access(), Access::Full);
        assert_eq!(command("describe a").access(), Access::Read);
    }

    /// admin.md 11.2 to 11.4 and 2.4.
    #[test]
    fn what_is_missing_or_too_much_is_told() {
        for (line, text) in [
            (
                "set",
                "Usage: vmq-admin set <variable>=<value> ... [[--node | -n] <node> | --all]",
            ),
            (
                "show",
                "Usage: vmq-admin show <variable> ... [[--node | -n] <node> | --all]",
            ),
            (
                "show --raw",
                "Usage: vmq-admin show <variable> ... [[--node | -n] <node> | --all]",
            ),
            ("describe", "Usage: vmq-admin describe <variable> ..."),
            (
                "show a --all --node=x",
                "Error: Cannot use --all(-a) and --node(-n) at the same time",
            ),
            ("set a=", "Empty value in argument: \"a\""),
            ("set a=1 a=2", "Argument given twice: \"a\""),
            ("set a=1 --nope", "Invalid key: \"nope\""),
            ("show a b=c", "Invalid arguments: b=c "),
        ] {
            assert_eq!(fault(line), text, "{line}");
        }
    }
}
