//! Who may do what (admin.md 18.2). Only root can become somebody else; another user's run of the suite leaves these out.

use harness::Node;
use harness::control::Said;
use harness::stranger::{NOBODY, can_be_another, name_of_group, open_to_all};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;

/// Runs a verb as `nobody`; `None` = this user cannot become somebody else, or the program lies where nobody comes.
fn as_nobody(node: &Node, verb: &str) -> Option<Said> {
    if !can_be_another() {
        return None;
    }
    let mut command = node.command(&[verb]);
    command.uid(NOBODY).gid(NOBODY).current_dir("/");
    command.output().ok().map(Said::from)
}

#[test]
fn strangers_are_sent_away() {
    let node = open_to_all("");
    for verb in ["ping", "reload", "stop"] {
        let Some(said) = as_nobody(&node, verb) else {
            return;
        };
        let text = "You need to be root or use sudo to run this command\n";
        assert_eq!((said.out.as_str(), said.code), (text, 1), "{verb}: {said:?}");
    }
    assert_eq!(node.verb(&["ping"]).out, "pong\n");
    node.wait_for_log("admin connection of uid 65534 refused");
}

#[test]
fn the_read_only_group_looks_and_changes_nothing() {
    let Some(group) = name_of_group(NOBODY) else {
        return;
    };
    let node = open_to_all(&format!("admin.socket.readonly_group = {group}"));
    let Some(said) = as_nobody(&node, "ping") else {
        return;
    };
    assert_eq!((said.out.as_str(), said.code), ("pong\n", 0), "{said:?}");
    let said = as_nobody(&node, "stop").unwrap();
    assert_eq!(
        (said.out.as_str(), said.code),
        ("Permission denied: stop\n", 1),
        "{said:?}"
    );
    let said = as_nobody(&node, "reload").unwrap();
    assert_eq!(said.err, "[error] Permission denied: reload\n");
    assert_eq!(node.verb(&["ping"]).out, "pong\n");
    node.wait_for_log("via=socket refused cmd=\"stop\"");
}

#[test]
fn the_group_of_the_socket_may_everything() {
    let Some(group) = name_of_group(NOBODY) else {
        return;
    };
    let node = open_to_all(&format!("admin.socket.group = {group}"));
    assert_eq!(fs::metadata(node.socket()).unwrap().gid(), NOBODY);
    let Some(said) = as_nobody(&node, "reload") else {
        return;
    };
    assert_eq!((said.out.as_str(), said.code), ("ok\n", 0), "{said:?}");
    node.wait_for_log("admin: uid=65534 pid=");
}
