//! `vmq-admin cluster`: one node, which tells the truth about itself (admin.md 5.2, decisions 40).

use super::{Admin, Answer};
use vmq_admin::command::cluster::Cluster;
use vmq_admin::{Element, Row, State};

/// Runs the command. It works in every state of the node.
pub(super) fn run(admin: &Admin, command: Cluster) -> Answer {
    match command {
        Cluster::Show => Answer::of(vec![Element::Table(rows(admin))]),
    }
}

/// A row for each node.
pub(super) fn rows(admin: &Admin) -> Vec<Row> {
    let row = Row::default()
        .with("Node", admin.node.as_str())
        .with("Running", admin.state() == State::Running);
    vec![row]
}
