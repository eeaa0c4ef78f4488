//! `vmq-admin cluster`: the nodes that belong together (admin.md 5.2). This version is one node alone.

use super::{Access, Command, Entry};
use serde::{Deserialize, Serialize};

/// What is asked of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cluster {
    /// The members, and whether they are there.
    Show,
}

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["cluster", "show"],
    keys: &[],
    flags: &[],
    syntax: "vmq-admin cluster show",
    about: "Shows the nodes of the cluster.",
    example: "vmq-admin cluster show",
    build: |_| Ok(Command::Cluster(Cluster::Show)),
}];

impl Cluster {
    pub(super) const fn access(self) -> Access {
        match self {
            Self::Show => Access::Read,
        }
    }

    pub(super) fn line(self) -> String {
        match self {
            Self::Show => "cluster show".to_owned(),
        }
    }
}
