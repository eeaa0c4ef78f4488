//! Why: for each reason of the closed lists that a client or an operator can provoke, log line, metric and history say the
//! same (decisions.md 33, style.md 6).
//!
//! Not provoked here: `overload` (the machine would have to be short of memory), `hook_timeout` and
//! `register_subscriber_retry_exhausted` (they take 10 and 60 seconds), `server_shutting_down` (the history ends with the
//! broker). What needs a plugin that exists only in a test (`not_authorized`, `other`, `protocol_error` of a CONNECT) is
//! in `words_of_plugins`, without the log.

mod closed;
mod entrance;
mod lost;
mod plugins;
mod refused;

use crate::tool::{rows, vmq_admin};
use harness::Node;
use harness::control::eventually_blocking;
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

/// A node that writes its log as JSON, with an ACL and a password file.
fn started(lines: &str, acl: &str, passwords: &str) -> Node {
    let node = Node::new(&format!("log.console.file.format = json\n{lines}"));
    fs::write(node.home().join("vmq.acl"), acl).unwrap();
    fs::write(node.home().join("vmq.passwd"), passwords).unwrap();
    let said = node.verb(&["start"]);
    assert_eq!(said.code, 0, "{said:?}\n{}", node.log());
    node
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
        let Self {
            client,
            event,
            family,
            reason,
            text,
            by,
        } = self;
        let of_reason = || {
            let entries = history(node, client, event).into_iter();
            entries.filter(|(_, why, _)| why == reason).collect::<Vec<_>>()
        };
        eventually_blocking(&format!("{client}: {event} {reason}"), || !of_reason().is_empty());
        let entries = of_reason();
        for (_, _, decided_by) in &entries {
            assert!(decided_by.starts_with(by), "{client}: {reason} by {decided_by}");
        }
        let told: u64 = entries.iter().map(|(count, ..)| count).sum();
        assert_eq!(metric(node, family, reason), told, "{family} {reason}");
        let is_it = |line: &str| {
            line.contains(&format!("\"client_id\":\"{client}\""))
                && line.contains(&format!("\"reason\":\"{reason}\""))
                && line.contains(text)
                && line.contains(&format!("\"decided_by\":\"{by}"))
        };
        eventually_blocking(&format!("a line about {client}: {reason}"), || {
            node.log().lines().any(is_it)
        });
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
