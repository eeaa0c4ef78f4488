//! `vmq-admin listener`: the listeners of this node.

use super::{Access, Command, Entry, FlagSpec};
use serde::{Deserialize, Serialize};

/// What is asked of the listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listener {
    /// All of them (admin.md 8.1).
    Show {
        /// With the TLS columns.
        tls: bool,
        /// With the MQTT columns.
        mqtt: bool,
    },
}

const TLS: FlagSpec = FlagSpec {
    long: "tls",
    short: Some('t'),
    about: "also the TLS settings",
};
const MQTT: FlagSpec = FlagSpec {
    long: "mqtt",
    short: Some('m'),
    about: "also the MQTT versions",
};

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["listener", "show"],
    keys: &[],
    flags: &[TLS, MQTT],
    syntax: "vmq-admin listener show [--tls] [--mqtt]",
    about: "Shows the listeners of this node.",
    example: "vmq-admin listener show --mqtt",
    build: |given| {
        Ok(Command::Listener(Listener::Show {
            tls: given.flag(&TLS)?,
            mqtt: given.flag(&MQTT)?,
        }))
    },
}];

impl Listener {
    pub(super) const fn access(self) -> Access {
        match self {
            Self::Show { .. } => Access::Read,
        }
    }

    pub(super) fn line(self) -> String {
        match self {
            Self::Show { tls, mqtt } => {
                let flag = |given: bool, text: &'static str| if given { text } else { "" };
                format!("listener show{}{}", flag(tls, " --tls"), flag(mqtt, " --mqtt"))
            }
        }
    }
}
