//! `vmq-admin node`: the state of this node.

use super::{Access, Command, Entry};
use serde::{Deserialize, Serialize};

/// What is asked of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Counts of clients, messages and subscriptions (admin.md 5.1).
    Status,
}

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["node", "status"],
    keys: &[],
    flags: &[],
    syntax: "vmq-admin node status",
    about: "Shows how many clients, messages and subscriptions this node has.",
    example: "vmq-admin node status --format=json",
    build: |_| Ok(Command::Node(Node::Status)),
}];

impl Node {
    pub(super) const fn access(self) -> Access {
        match self {
            Self::Status => Access::Read,
        }
    }

    pub(super) fn line(self) -> String {
        match self {
            Self::Status => "node status".to_owned(),
        }
    }
}
