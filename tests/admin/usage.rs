//! How `vmq-admin` is called: help at each level, exit codes, formats (admin.md 2.5, 2.6, 3.3; its list 21.2).

use crate::tool::vmq_admin;
use harness::Node;
use harness::process::program;
use std::collections::BTreeSet;
use std::process::Command;
use vmq_admin::command::catalogue::Catalogue;
use vmq_admin::command::entries;

/// Nobody runs; nothing here asks a daemon.
fn nowhere() -> Node {
    Node::new("")
}

/// First line, whether standard error is empty, exit code.
fn said(node: &Node, line: &str) -> (String, bool, i32) {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let said = vmq_admin(node, &words);
    let first = said.out.lines().next().unwrap_or_default().to_owned();
    (first, said.err.is_empty(), said.code)
}

/// admin.md 21.2: the first line is `Usage: ` and the syntax, at each level; asked for it is no failure.
#[test]
fn help_at_each_level() {
    let node = nowhere();
    let mut groups = BTreeSet::from([""]);
    let mut lines = Vec::new();
    for entry in entries() {
        lines.push((entry.words.join(" "), format!("Usage: {}", entry.syntax)));
        for length in 1..entry.words.len() {
            let is_command = entries().any(|other| other.words == &entry.words[..length]);
            if !is_command {
                groups.insert(entry.words[..length].join(" ").leak());
            }
        }
    }
    for group in groups {
        let usage = match group {
            "" => "Usage: vmq-admin <sub-command>".to_owned(),
            group => format!("Usage: vmq-admin {group} <sub-command>"),
        };
        assert_eq!(said(&node, group), (usage.clone(), true, 1), "{group} alone");
        assert_eq!(
            said(&node, &format!("{group} nonsense")),
            (usage.clone(), true, 1),
            "{group}"
        );
        lines.push((group.to_owned(), usage));
    }
    for (line, usage) in lines {
        assert_eq!(
            said(&node, &format!("{line} --help")),
            (usage.clone(), true, 0),
            "{line}"
        );
        assert_eq!(said(&node, &format!("{line} -h")), (usage, true, 0), "{line}");
    }
}

/// admin.md 2.5: the groups, in this order; those of the settings stand apart.
#[test]
fn the_top_lists_the_groups_in_order() {
    let help = vmq_admin(&nowhere(), &["--help"]).out;
    let wanted =
        "node cluster session retain plugin listener metrics api-key trace tls log set show describe config";
    let named: Vec<&str> = help
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let known: Vec<&str> = wanted.split(' ').filter(|name| named.contains(name)).collect();
    let ours: Vec<&str> = named
        .iter()
        .copied()
        .filter(|name| known.contains(name))
        .collect();
    assert_eq!(ours, known);
    assert!(known.len() >= 14, "{help}");
    assert!(help.contains("\n  Settings:\n    set "), "{help}");
}

/// admin.md 2.6
#[test]
fn exit_codes() {
    let node = nowhere();
    for (line, code) in [
        ("--version", 0),
        ("-V", 0),
        ("node status --x", 1),
        ("listener show nonsense=1", 1),
        ("session show --limit=x", 1),
        ("node status", 1),
        ("-rpctimeout x node status", 1),
    ] {
        assert_eq!(said(&node, line).2, code, "{line}");
    }
    let down = vmq_admin(&node, &["node", "status"]);
    let text = "Node 'VerneMQ@127.0.0.1' not responding to pings.\n";
    assert_eq!((&*down.out, &*down.err, down.code), ("", text, 1));
    let version = vmq_admin(&node, &["--version"]);
    assert_eq!(version.out, concat!(env!("CARGO_PKG_VERSION"), "\n"));
}

/// admin.md 3.3: help and faults are JSON too where that is asked for.
#[test]
fn help_and_faults_as_json() {
    let node = nowhere();
    let help = vmq_admin(&node, &["tls", "show", "--help", "--format=json"]);
    assert_eq!(help.code, 0);
    let start = "{\"type\":\"usage\",\"usage\":\"Usage: vmq-admin tls show\\n";
    assert!(
        help.out.starts_with(start) && help.out.ends_with("\"}\n"),
        "{}",
        help.out
    );
    let alert = |text: &str| {
        format!("{{\"alert\":[{{\"text\":\"{text}\",\"type\":\"text\"}}],\"type\":\"alert\"}}\n")
    };
    for (line, text) in [
        ("node status --x --format=json", "Invalid Flags: [\\\"x\\\"]"),
        (
            "session disconnect client-id= --format=json",
            "Empty value in argument: \\\"client-id\\\"",
        ),
        ("node status --format json k=v", "Invalid flag: \\\"k=v\\\""),
        (
            "node status --format=json --timeout-rpc=x",
            "Invalid value: \\\"x\\\" for flag: rpctimeout",
        ),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let said = vmq_admin(&node, &words);
        assert_eq!((said.out, said.code), (alert(text), 1), "{line}");
    }
}

/// The variable stands in for the flag, and a wrong value of it is told like one of the flag.
#[test]
fn the_format_of_the_environment() {
    let node = Node::started("");
    let with = |format: &str, words: &[&str]| {
        let mut command = Command::new(program().with_file_name("vmq-admin"));
        command.args(words).env("VMQ_ADMIN_SOCKET", node.socket());
        let output = command.env("VMQ_ADMIN_FORMAT", format).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    let json = "{\"table\":[{\"Node\":\"VerneMQ@127.0.0.1\",\"Running\":true}],\"type\":\"table\"}\n";
    let show = ["cluster", "show"];
    assert_eq!(with("json", &show), (json.to_owned(), String::new()));
    let raw = with("json", &["cluster", "show", "--format=raw"]);
    assert_eq!(
        raw,
        ("VerneMQ@127.0.0.1\ttrue\n".to_owned(), String::new()),
        "the flag wins"
    );
    let (out, err) = with("film", &show);
    assert!(out.starts_with("+--"), "{out}");
    assert_eq!(err, "Invalid format \"film\"! Defaulted to human-readable.\n");
}

/// admin.md 18.3: the daemon tells which commands it has.
#[test]
fn a_daemon_sends_its_commands() {
    let node = Node::started("");
    let mut client = vmq_admin::Client::connect(&node.socket()).unwrap();
    let catalogue = client.commands(harness::DEADLINE).unwrap();
    assert!(catalogue == Catalogue::new(), "the daemon is of another version");
    let show = catalogue
        .commands
        .iter()
        .find(|form| form.words == ["session", "show"])
        .unwrap();
    assert!(show.read_only && !show.streams);
    client.ping(harness::DEADLINE).unwrap();
}
