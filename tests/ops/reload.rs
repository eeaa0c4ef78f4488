//! `vernemq reload` and SIGHUP: live keys at once, the others named, faults change nothing.

use harness::Node;
use std::fs;

#[test]
fn live_keys_apply_and_the_others_are_named() {
    let node = Node::started("");
    node.add_conf("max_online_messages = 5\nnodename = VerneMQ@10.0.0.1");
    let said = node.verb(&["reload"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(
        said.out,
        "max_online_messages: 1000 -> 5\n\
         needs a restart: nodename: VerneMQ@127.0.0.1 -> VerneMQ@10.0.0.1\nok\n"
    );
    let again = node.verb(&["reload"]);
    assert!(
        !again.out.contains("max_online_messages"),
        "applied already: {again:?}"
    );
    assert!(
        again.out.contains("needs a restart: nodename"),
        "still waiting: {again:?}"
    );
    node.wait_for_log("configuration change needs a restart: nodename");
}

#[test]
fn a_key_that_goes_has_its_default_again() {
    let node = Node::new("");
    let before = fs::read_to_string(node.conf()).unwrap();
    node.add_conf("max_message_rate = 7");
    assert_eq!(node.verb(&["start"]).code, 0);
    node.write_conf(&format!("{before}metrics_are_not_here = 1\n"));
    assert_eq!(node.verb(&["reload"]).code, 1);
    node.write_conf(&before);
    assert_eq!(node.verb(&["reload"]).out, "max_message_rate: 7 -> 0\nok\n");
}

#[test]
fn faults_change_nothing() {
    let node = Node::started("");
    node.add_conf("max_online_messages = 5\nnonsense = 1");
    let said = node.verb(&["reload"]);
    assert_eq!((said.out.as_str(), said.code), ("", 1));
    assert!(said.err.contains("[error] "), "{said:?}");
    assert!(said.err.contains("unknown variable: nonsense"), "{said:?}");
    node.wait_for_log("configuration not reloaded: ");
    assert!(!node.log().contains("configuration changed: "));
}

#[test]
fn a_bad_rule_file_is_told_and_the_old_rules_stay() {
    let node = Node::started("vmq_acl.acl_reload_interval = 0");
    fs::write(node.home().join("vmq.acl"), "topic #\nnonsense here\n").unwrap();
    let said = node.verb(&["reload"]);
    assert!(said.err.contains("vmq.acl due to line 2"), "{said:?}");
    assert_eq!(said.code, 1);
    fs::write(node.home().join("vmq.acl"), "topic a/#\n").unwrap();
    assert_eq!(node.verb(&["reload"]).out, "ok\n");
}

#[test]
fn hangup_reloads() {
    let node = Node::new("");
    let daemon = node.foreground(&mut node.command(&["run"]));
    node.add_conf("allow_anonymous = off");
    // A rotation moved the log away; SIGHUP opens a new one.
    let log = node.home().join("console.log");
    fs::rename(&log, node.home().join("console.log.old")).unwrap();
    daemon.signal("HUP");
    node.wait_for_log("configuration changed: allow_anonymous: on -> off");
    daemon.signal("TERM");
    assert_eq!(daemon.code(), 0);
}

/// The password file may come later than the broker, and at another place.
#[test]
fn rule_files_may_move() {
    let node = Node::started("");
    let path = node.home().join("other.acl");
    fs::write(&path, "topic other/#\n").unwrap();
    node.add_conf(&format!("vmq_acl.acl_file = {}", path.display()));
    let said = node.verb(&["reload"]);
    assert_eq!(said.code, 0, "{said:?}");
    node.wait_for_log(&format!("loaded acl file {}", path.display()));
}
