//! `vmq-admin events`: the last events of the broker that are worth telling.

use super::{Access, Command, Entry};
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Events {
    /// All that are remembered, the newest last.
    Show,
}

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["events", "show"],
    keys: &[],
    flags: &[],
    syntax: "vmq-admin events show",
    about: "Shows the last refusals, lost messages and ends of connections. Equal ones are one, with their count and how many \
            clients they happened to, 100 at most; client, peer and detail are those of the last time.",
    example: "vmq-admin events show",
    build: |_| Ok(Command::Events(Events::Show)),
}];

impl Events {
    pub(super) const fn access(&self) -> Access {
        Access::Read
    }

    pub(super) fn line(&self) -> String {
        "events show".to_owned()
    }
}
