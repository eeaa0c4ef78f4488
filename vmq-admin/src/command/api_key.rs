//! `vmq-admin api-key`: the keys of the HTTP side (admin.md 13). A key is a password: it is shown when it is made and
//! stands in no log, whole or guessable.

use super::{Access, Command, Entry, FlagSpec, values};
use serde::{Deserialize, Serialize};

/// What is asked of the keys. What a scope or a time means the daemon knows, which has the words for what is wrong with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiKey {
    /// Makes a key.
    Create {
        scope: Option<String>,
        /// `yyyy-mm-ddThh:mm:ss` in the local time of the node; `None` = never.
        expires: Option<String>,
    },
    /// Takes a key that somebody else has made.
    Add {
        key: String,
        scope: Option<String>,
        expires: Option<String>,
    },
    Delete {
        /// The key, or its id.
        key: String,
        scope: Option<String>,
    },
    Show {
        scope: Option<String>,
        /// With the time of its making.
        verbose: bool,
    },
}

const VERBOSE: FlagSpec = FlagSpec {
    long: "verbose",
    short: Some('v'),
    about: "with the time when each key was made",
};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["api-key", "create"],
        keys: &["scope", "expires"],
        flags: &[],
        syntax: "vmq-admin api-key create [scope=<scope>] [expires=<yyyy-mm-ddThh:mm:ss>]",
        about: "Makes a key and shows it, this once. Scopes: mgmt (default), status, metrics, health, api2, httppub.",
        example: "vmq-admin api-key create scope=metrics",
        build: |given| {
            Ok(Command::ApiKey(ApiKey::Create {
                scope: given.optional_key("scope"),
                expires: given.optional_key("expires"),
            }))
        },
    },
    Entry {
        words: &["api-key", "add"],
        keys: &["key", "scope", "expires"],
        flags: &[],
        syntax: "vmq-admin api-key add key=<key> [scope=<scope>] [expires=<yyyy-mm-ddThh:mm:ss>]",
        about: "Lets a key of your own in, for one scope; again for another one.",
        example: "vmq-admin api-key add key=4yQZtUJNmWbCVnKfFcmk9Ai2 scope=mgmt",
        build: |given| {
            Ok(Command::ApiKey(ApiKey::Add {
                key: values::required(given, "key", &["api-key", "add"])?.to_owned(),
                scope: given.optional_key("scope"),
                expires: given.optional_key("expires"),
            }))
        },
    },
    Entry {
        words: &["api-key", "delete"],
        keys: &["key", "scope"],
        flags: &[],
        syntax: "vmq-admin api-key delete key=<key or id> [scope=<scope>]",
        about: "Takes a key away, for one scope.",
        example: "vmq-admin api-key delete key=9f86d081884c scope=mgmt",
        build: |given| {
            Ok(Command::ApiKey(ApiKey::Delete {
                key: values::required(given, "key", &["api-key", "delete"])?.to_owned(),
                scope: given.optional_key("scope"),
            }))
        },
    },
    Entry {
        words: &["api-key", "show"],
        keys: &["scope"],
        flags: &[VERBOSE],
        syntax: "vmq-admin api-key show [scope=<scope>|all] [--verbose]",
        about: "Shows the ids of the keys, what they are for and until when.",
        example: "vmq-admin api-key show scope=all",
        build: |given| {
            Ok(Command::ApiKey(ApiKey::Show {
                scope: given.optional_key("scope"),
                verbose: given.flag(&VERBOSE)?,
            }))
        },
    },
];

impl ApiKey {
    pub(super) const fn access(&self) -> Access {
        Access::Full
    }

    pub(super) const fn only_shows(&self) -> bool {
        matches!(self, Self::Show { .. })
    }

    pub(super) fn line(&self) -> String {
        let given = |name: &str, value: &Option<String>| {
            let value = value.as_ref();
            value.map(|value| format!(" {name}={value}")).unwrap_or_default()
        };
        match self {
            Self::Create { scope, expires } => {
                let (scope, expires) = (given("scope", scope), given("expires", expires));
                format!("api-key create{scope}{expires}")
            }
            Self::Add { key, scope, expires } => {
                let (scope, expires) = (given("scope", scope), given("expires", expires));
                format!("api-key add key={}{scope}{expires}", beginning(key))
            }
            Self::Delete { key, scope } => {
                format!("api-key delete key={}{}", beginning(key), given("scope", scope))
            }
            Self::Show { scope, .. } => format!("api-key show{}", given("scope", scope)),
        }
    }
}

/// The audit line says enough; whoever prints a command for debugging prints no key either.
impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line())
    }
}

/// As much of a key as a log may hold (admin.md 18.2): four characters of a long one, no more than a quarter of a short one.
#[must_use]
pub fn beginning(key: &str) -> String {
    let shown = (key.chars().count() / 4).min(4);
    key.chars().take(shown).chain(['\u{2026}']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, fault};
    use super::*;

    #[test]
    fn keys_come_in_any_order_and_some_may_be_missing() {
        assert_eq!(command("api-key create").line(), "api-key create");
        assert_eq!(
            command("api-key create expires=2030-01-01T00:00:00 scope=api2").line(),
            "api-key create scope=api2 expires=2030-01-01T00:00:00"
        );
        assert!(fault("api-key add scope=mgmt").starts_with("Usage: vmq-admin api-key add key=<key>"));
        assert!(fault("api-key delete").starts_with("Usage: vmq-admin api-key delete"));
        assert_eq!(fault("api-key show colour=red"), "Invalid key: \"colour\"");
    }

    #[test]
    fn no_key_stands_in_a_line() {
        let secret = "4yQZtUJNmWbCVnKfFcmk9Ai2";
        for verb in ["add", "delete"] {
            let command = command(&format!("api-key {verb} key={secret} scope=mgmt"));
            let line = format!("api-key {verb} key=4yQZ\u{2026} scope=mgmt");
            assert_eq!(command.line(), line);
            assert!(!format!("{command:?}").contains(secret));
        }
        for (key, shown) in [("abc", "\u{2026}"), ("abcdefgh", "ab\u{2026}"), ("", "\u{2026}")] {
            assert_eq!(beginning(key), shown);
        }
    }
}
