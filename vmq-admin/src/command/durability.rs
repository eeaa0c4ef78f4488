//! `vmq-admin durability show`: what survives what, with the settings in force (mqtt.md 14; user-demands.md 10).

use super::node::Node;
use super::{Command, Entry};

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["durability", "show"],
    keys: &[],
    flags: &[],
    syntax: "vmq-admin durability show",
    about: "Shows when data counts as safe: what is stored before which acknowledgement, and what it survives.",
    example: "vmq-admin durability show",
    build: |_| Ok(Command::Node(Node::Durability)),
}];
