//! Without a terminal: plain text, exit codes (console.md 2, 9).

use crate::end_to_end::address;
use harness::process::{admin_program, console_program};
use harness::{ConnectBuilder, Node, V5};
use std::path::Path;
use std::process::Command;

/// What it says and its exit code.
fn run(program: &Path, socket: &Path, args: &[&str]) -> (String, String, i32) {
    let output = Command::new(program)
        .args(args)
        .env("VMQ_ADMIN_SOCKET", socket)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        text(output.stdout),
        text(output.stderr),
        output.status.code().unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_once() {
    let node = Node::started("");
    let _pump = ConnectBuilder::new(address(&node), V5, "pump-0017")
        .connect()
        .await;
    let _other = ConnectBuilder::new(address(&node), V5, "meter").connect().await;
    let run = |args: &[&str]| run(&console_program(), &node.socket(), args);
    let (out, err, code) = run(&["--once", "--view", "sessions", "--filter", "pump"]);
    assert_eq!((err.as_str(), code), ("", 0));
    assert!(out.contains("Sessions  filter: pump  1 of 2"), "{out}");
    assert!(
        out.contains("pump-0017") && !out.contains("meter") && !out.contains('\u{1b}'),
        "{out}"
    );
    // That is what a pipe gets anyhow, as often as it asks for.
    let (out, _, code) = run(&["--view", "listeners", "--interval", "0.5s", "--count", "2"]);
    assert_eq!((out.matches("ADDRESS").count(), code), (2, 0), "{out}");
    // A rate needs two looks, and one block has it.
    for view in ["listeners", "plugins"] {
        let (out, _, code) = run(&["--once", "--view", view, "--interval", "0.5s"]);
        assert!(out.contains("/s") && !out.contains('…') && code == 0, "{out}");
    }
    let (out, _, code) = run(&["--once", "--view", "sessions", "--filter", "queue>many"]);
    assert!(
        out.contains("Invalid value: \"queue>many\"") && code == 1,
        "{out}"
    );
    // decisions.md 35
    let (out, err, code) = super::plain::run(
        &admin_program(),
        &node.socket(),
        &["tui", "--once", "--view", "cluster"],
    );
    assert!(out.contains("VerneMQ@127.0.0.1  yes") && code == 0, "{out}{err}");
}

#[test]
fn without_a_broker_it_says_what_to_do() {
    let nothing = Path::new("/nonexistent/admin.sock");
    let (out, err, code) = run(&console_program(), nothing, &[]);
    assert_eq!((out.as_str(), code), ("", 6));
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(
        err.contains("no broker answers at /nonexistent/admin.sock") && err.contains("--socket"),
        "{err}"
    );
    let (_, err, code) = run(&console_program(), nothing, &["--interval", "1h"]);
    assert!(code == 2 && err.contains("0.5s to 60s"), "{err}");
}
