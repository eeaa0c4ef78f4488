//! `--watch`: the same question again and again (issue 4, point 2).

use crate::tool::{client, vmq_admin};
use harness::process::admin_program;
use harness::{Node, V4};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

fn watching(node: &Node, words: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(admin_program())
        .args(words)
        .env("VMQ_ADMIN_SOCKET", node.socket())
        .env_remove("VMQ_ADMIN_FORMAT")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line
}

/// A pipe gets blocks with a blank line between; ^C is success.
#[tokio::test]
async fn answers_follow_each_other() {
    let node = Node::started("");
    let (mut child, mut out) = watching(
        &node,
        &[
            "session",
            "show",
            "--client_id",
            "--limit=1000",
            "--format=json",
            "--watch=0.1",
        ],
    );
    let none = "{\"table\":[],\"type\":\"table\"}\n";
    assert_eq!(line(&mut out), none);
    assert_eq!(line(&mut out), "\n");
    assert_eq!(line(&mut out), none);
    let _client = client(&node, V4, "x").connect().await;
    let one = "{\"table\":[{\"client_id\":\"x\"}],\"type\":\"table\"}\n";
    while line(&mut out) != one {}
    assert_eq!(line(&mut out), "\n");
    assert_eq!(line(&mut out), one);
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Nobody reads any longer: success. The broker is gone: failure.
#[test]
fn the_end_of_either_side_is_the_end() {
    let node = Node::started("");
    let words = ["node", "status", "--watch=0.1"];
    let (mut child, out) = watching(&node, &words);
    drop(out);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let (mut child, mut out) = watching(&node, &words);
    line(&mut out);
    assert_eq!(node.verb(&["stop"]).code, 0);
    while !line(&mut out).is_empty() {}
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn what_cannot_be_watched_says_so() {
    let node = Node::started("");
    for (words, text) in [
        (
            vec!["trace", "client", "client-id=x", "--watch"],
            "--watch is not for a command that streams\n",
        ),
        (
            vec!["retain", "delete-expired", "--watch"],
            "--watch is only for commands that show something\n",
        ),
        (
            vec!["node", "status", "--watch=0"],
            "Invalid value: \"0\" for flag: watch\n",
        ),
        // The first answer decides.
        (
            vec!["session", "show", "--topic=~(", "--watch"],
            "Invalid value: \"(\" for flag: topic\n",
        ),
    ] {
        let said = vmq_admin(&node, &words);
        assert_eq!((said.out.as_str(), said.code), (text, 1), "{words:?}");
    }
}
