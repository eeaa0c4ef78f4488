//! Why: for each reason of the closed lists, log line, metric and history say the same (decisions.md 33, style.md 6).
//!
//! `list` names the test of every reason, and fails if there is none. What a client or an operator can provoke is provoked on
//! a daemon; what needs a plugin that exists only in a test, a clock that jumps or the end of the broker itself, on one that
//! runs in the process of the test (`inside`).

mod closed;
mod entrance;
mod inside;
mod list;
mod lost;
mod plugins;
mod refused;
mod slow;

use crate::tool::{rows, vmq_admin};
use harness::control::eventually_blocking;
use harness::{Node, eventually};
use std::fs;

/// What three places must say of something that happened to one client.
struct Expected<'a> {
    client: &'a str,
    event: &'a str,
    family: &'a str,
    reason: &'a str,
    /// A part of the log line's text.
    text: &'a str,
    /// The beginning of who decided.
    by: &'a str,
}

/// Something that one family counts under the name of the event.
fn refused<'a>(event: &'a str, client: &'a str, reason: &'a str, text: &'a str, by: &'a str) -> Expected<'a> {
    Expected {
        client,
        event,
        family: event,
        reason,
        text,
        by,
    }
}

/// A node that writes its log as JSON, with an ACL and a password file.
fn started(lines: &str, acl: &str, passwords: &str) -> Node {
    let node = Node::new(&format!("log.console.file.format = json\n{lines}"));
    fs::write(node.home().join("vmq.acl"), acl).unwrap();
    fs::write(node.home().join("vmq.passwd"), passwords).unwrap();
    let said = node.verb(&["start"]);
    assert_eq!(said.code, 0, "{said:?}\n{}", node.log());
    node
}

/// A broker whose log, metrics and histories can be read.
trait Witness {
    /// The log, as of now.
    fn log(&self) -> String;
    /// The metric of a reason.
    fn metric(&self, family: &str, reason: &str) -> u64;
    /// The history of a client: count, reason and who decided of each entry with this event.
    fn entries(&self, client: &str, event: &str) -> Vec<(u64, String, String)>;
}

impl Witness for Node {
    fn log(&self) -> String {
        Self::log(self)
    }

    fn metric(&self, family: &str, reason: &str) -> u64 {
        metric(self, family, reason)
    }

    fn entries(&self, client: &str, event: &str) -> Vec<(u64, String, String)> {
        history(self, client, event)
    }
}

/// The metric of a reason.
pub(crate) fn metric(node: &Node, family: &str, reason: &str) -> u64 {
    let line = format!("counter.{family}{{reason=\"{reason}\"}} = ");
    let lines = rows(node, "metrics show --show-labels");
    let value = lines.iter().find_map(|shown| shown.strip_prefix(&line));
    value.unwrap_or_else(|| panic!("no {line}")).parse().unwrap()
}

/// Rows of the history: count, reason and who decided of each entry with this event.
fn history(node: &Node, client: &str, event: &str) -> Vec<(u64, String, String)> {
    let words = [
        "session",
        "history",
        &format!("client-id={client}"),
        "--format=raw",
    ];
    let said = vmq_admin(node, &words);
    let rows = said.out.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter(|columns| columns[3] == event)
        .map(|columns| {
            (
                columns[2].parse().unwrap(),
                columns[4].to_owned(),
                columns[5].to_owned(),
            )
        })
        .collect()
}

impl Expected<'_> {
    /// Waits until it has been told, and compares.
    fn agrees(&self, node: &Node) {
        eventually_blocking(&self.name("history"), || !self.entries(node).is_empty());
        self.compare(node);
        eventually_blocking(&self.name("line"), || self.is_logged(node));
    }

    /// The same of a broker that runs in this process, and in this thread.
    async fn agrees_inside(&self, witness: &impl Witness) {
        eventually(&self.name("history"), async || !self.entries(witness).is_empty()).await;
        self.compare(witness);
        eventually(&self.name("line"), async || self.is_logged(witness)).await;
    }

    /// What is waited for.
    fn name(&self, place: &str) -> String {
        format!("the {place} of {}: {} {}", self.client, self.event, self.reason)
    }

    /// The entries of the history with this reason.
    fn entries(&self, witness: &impl Witness) -> Vec<(u64, String, String)> {
        let entries = witness.entries(self.client, self.event).into_iter();
        entries.filter(|(_, why, _)| why == self.reason).collect()
    }

    /// Who decided is the same, and the metric counts what the history counts.
    fn compare(&self, witness: &impl Witness) {
        let (client, reason, family) = (self.client, self.reason, self.family);
        let entries = self.entries(witness);
        for (_, _, decided_by) in &entries {
            assert!(
                decided_by.starts_with(self.by),
                "{client}: {reason} by {decided_by}"
            );
        }
        let told: u64 = entries.iter().map(|(count, ..)| count).sum();
        assert_eq!(witness.metric(family, reason), told, "{family} {reason}");
    }

    fn is_logged(&self, witness: &impl Witness) -> bool {
        let is_it = |line: &str| {
            line.contains(&format!("\"client_id\":\"{}\"", self.client))
                && line.contains(&format!("\"reason\":\"{}\"", self.reason))
                && line.contains(self.text)
                && line.contains(&format!("\"decided_by\":\"{}", self.by))
        };
        witness.log().lines().any(is_it)
    }
}

/// The end of a connection.
fn closed<'a>(client: &'a str, reason: &'a str, text: &'a str, by: &'a str) -> Expected<'a> {
    Expected {
        client,
        event: "disconnected",
        family: "connection_closed",
        reason,
        text,
        by,
    }
}
