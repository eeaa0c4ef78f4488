//! `vmq-admin node`: the state of this node (admin.md 5.1).

use super::{Access, Command, Entry, FlagSpec};
use serde::{Deserialize, Serialize};

/// What is asked of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// Starts the broker in a process that has none.
    Start,
    /// Stops the broker; the process and its admin socket stay.
    Stop,
    /// Counts of clients, messages and subscriptions.
    Status,
    /// Whether anything was ever stored: an empty node may join a cluster.
    History,
    /// Which parts of the metadata are in step with the cluster.
    SwcSyncStatus,
    /// Takes all of them for being in step.
    FlagAsInitSynced,
    /// When data is safe.
    Durability,
    /// New code without a restart, which only the original's run-time system can do.
    Upgrade,
}

const UPGRADE_NOW: FlagSpec = FlagSpec {
    long: "upgrade-now",
    short: None,
    about: "not only a trial",
};
const INSTRUCTION_FILE: FlagSpec = FlagSpec {
    long: "instruction-file",
    short: None,
    about: "how to upgrade",
};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["node", "start"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin node start",
        about: "Starts the broker again after node stop, with the settings in force.",
        example: "vmq-admin node start",
        build: |_| Ok(Command::Node(Node::Start)),
    },
    Entry {
        words: &["node", "stop"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin node stop",
        about: "Stops the broker gracefully: listeners, sessions, store. The process and this socket stay.",
        example: "vmq-admin node stop",
        build: |_| Ok(Command::Node(Node::Stop)),
    },
    Entry {
        words: &["node", "status"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin node status",
        about: "Shows how many clients, messages and subscriptions this node has.",
        example: "vmq-admin node status --format=json",
        build: |_| Ok(Command::Node(Node::Status)),
    },
    Entry {
        words: &["node", "history"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin node history",
        about: "Tells whether this node has, or had, sessions or retained messages: empty_state or existing_state.",
        example: "vmq-admin node history",
        build: |_| Ok(Command::Node(Node::History)),
    },
    Entry {
        words: &["node", "swc_sync_status"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin node swc_sync_status",
        about: "Shows which partitions of the metadata have been in step with the cluster.",
        example: "vmq-admin node swc_sync_status",
        build: |_| Ok(Command::Node(Node::SwcSyncStatus)),
    },
    Entry {
        words: &["node", "flag_as_init_synced"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin node flag_as_init_synced",
        about: "Takes every partition of the metadata for being in step.",
        example: "vmq-admin node flag_as_init_synced",
        build: |_| Ok(Command::Node(Node::FlagAsInitSynced)),
    },
    Entry {
        words: &["node", "upgrade"],
        keys: &[],
        flags: &[UPGRADE_NOW, INSTRUCTION_FILE],
        syntax: "vmq-admin node upgrade [--upgrade-now] [--instruction-file=<file>]",
        about: "Not supported: install the new package and restart.",
        example: "vmq-admin node upgrade",
        build: |_| Ok(Command::Node(Node::Upgrade)),
    },
];

impl Node {
    pub(super) const fn access(self) -> Access {
        match self {
            Self::Status | Self::History | Self::SwcSyncStatus | Self::Durability => Access::Read,
            Self::Start | Self::Stop | Self::FlagAsInitSynced | Self::Upgrade => Access::Full,
        }
    }

    pub(super) fn line(self) -> String {
        match self {
            Self::Start => "node start",
            Self::Stop => "node stop",
            Self::Status => "node status",
            Self::History => "node history",
            Self::SwcSyncStatus => "node swc_sync_status",
            Self::FlagAsInitSynced => "node flag_as_init_synced",
            Self::Durability => "durability show",
            Self::Upgrade => "node upgrade",
        }
        .to_owned()
    }
}
