//! `chkconfig`, `config`, and the verbs that need no daemon.

use harness::Node;
use std::fs;

#[test]
fn a_good_configuration_is_ok() {
    let node = Node::new("");
    let said = node.verb(&["chkconfig"]);
    assert_eq!((said.out.as_str(), said.code), ("config is OK\n", 0), "{said:?}");
    assert_eq!(said.err, "");
}

#[test]
fn every_fault_is_told_with_its_place() {
    let node = Node::new("");
    node.write_conf("allow_anonymous = perhaps\nmax_client_id_sise = 5\n");
    let said = node.verb(&["chkconfig"]);
    let conf = node.conf();
    let at = |line: u32, text: &str| format!("[error] {}:{line}: {text}", conf.display());
    for line in [
        at(1, "Error transforming datatype for: allow_anonymous"),
        at(2, "    max_client_id_size"),
        at(
            2,
            "Conf file attempted to set unknown variable: max_client_id_sise",
        ),
    ] {
        assert!(said.err.lines().any(|found| found == line), "{line} in {said:?}");
    }
    assert!(said.err.ends_with("Error generating config\n"));
    assert_eq!((said.out.as_str(), said.code), ("", 1));
}

#[test]
fn warnings_are_errors_when_strict() {
    let node = Node::new("vmq_swc.swc_groups = 3");
    let said = node.verb(&["chkconfig"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.starts_with("[warning] "), "{said:?}");
    let said = node.verb(&["chkconfig", "--strict"]);
    assert_eq!((said.out.as_str(), said.code), ("", 1));
    assert!(said.err.contains("[error] "), "{said:?}");
}

/// decisions.md 13: the rule files are part of the check.
#[test]
fn bad_lines_of_rule_files_are_faults() {
    let node = Node::new("");
    let (acl, users) = (node.home().join("vmq.acl"), node.home().join("vmq.passwd"));
    fs::write(&acl, "topic #\nnonsense here\n").unwrap();
    fs::write(&users, "user without a hash\n").unwrap();
    let said = node.verb(&["chkconfig"]);
    assert!(
        said.err.contains(&format!("[error] {}:2: ", acl.display())),
        "{said:?}"
    );
    assert!(
        said.err.contains(&format!("[error] {}:1: ", users.display())),
        "{said:?}"
    );
    assert_eq!(said.code, 1);
}

#[test]
fn a_missing_password_file_is_a_warning_and_a_missing_acl_an_error() {
    let node = Node::new("");
    fs::remove_file(node.home().join("vmq.passwd")).unwrap();
    let said = node.verb(&["chkconfig"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.err.starts_with("[warning] can't load password file "),
        "{said:?}"
    );
    fs::remove_file(node.home().join("vmq.acl")).unwrap();
    let said = node.verb(&["chkconfig"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("[error] can't load acl file "), "{said:?}");
}

#[test]
fn effective_lists_every_key_in_order() {
    let node = Node::new("max_online_messages = 77");
    let said = node.verb(&["config", "effective"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.lines().any(|line| line == "max_online_messages = 77"));
    let keys: Vec<&str> = said
        .out
        .lines()
        .filter_map(|line| line.split(" = ").next())
        .collect();
    assert!(keys.len() > 100);
    assert!(keys.is_sorted(), "{keys:?}");
    let debug = node.verb(&["config", "effective", "-l", "debug"]);
    assert!(debug.out.contains(&format!("# from {}:", node.conf().display())));
}

#[test]
fn describe_explains_a_key() {
    let node = Node::new("max_client_id_size = 45");
    let said = node.verb(&["config", "describe", "max_client_id_size"]);
    for line in [
        "Documentation for max_client_id_size",
        "   Valid Values: ",
        "     - an integer",
        "   Default Value : 100",
        "   Set Value     : 45",
    ] {
        assert!(said.out.lines().any(|found| found == line), "{line} in {said:?}");
    }
    let said = node.verb(&["config", "describe", "max_message_size"]);
    assert!(
        said.out
            .contains(&format!("   Value not set in {}", node.conf().display()))
    );
    let said = node.verb(&["config", "describe", "nothing"]);
    assert_eq!(
        (said.out.as_str(), said.code),
        ("Variable 'nothing' not found\n", 1)
    );
    let said = node.verb(&["config", "describe"]);
    assert!(
        said.out
            .starts_with("vernemq config describe requires a variable name to query\n")
    );
    assert_eq!(said.code, 1);
}

#[test]
fn generate_is_silent_unless_there_are_faults() {
    let node = Node::new("");
    let said = node.verb(&["config", "generate"]);
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", "", 0));
    node.add_conf("nonsense = 1");
    let said = node.verb(&["config", "generate"]);
    assert!(said.err.contains("[error]"), "{said:?}");
    assert_eq!(said.code, 1);
}

#[test]
fn other_words_show_the_usage() {
    let node = Node::new("");
    let said = node.verb(&["config", "dance"]);
    assert!(
        said.out
            .starts_with("Valid commands for vernemq config are:\n  vernemq config effective\n")
    );
    assert_eq!(said.code, 1);
    let said = node.verb(&["dance"]);
    assert!(said.err.contains("Usage: vernemq"), "{said:?}");
    assert_eq!((said.out.as_str(), said.code), ("", 1));
    let said = node.verb(&["help"]);
    assert!(said.out.contains("Usage: vernemq"), "{said:?}");
    assert_eq!(said.code, 0);
    for verb in [&["escript", "x"][..], &["ertspath"]] {
        let said = node.verb(verb);
        assert_eq!(said.err, "not supported: this VerneMQ has no Erlang runtime\n");
        assert_eq!(said.code, 1);
    }
}

#[test]
fn the_version_is_a_number_alone() {
    let node = Node::new("");
    for verb in ["version", "--version", "-V"] {
        let said = node.verb(&[verb]);
        let expected = format!("{}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!((said.out, said.code), (expected, 0), "{verb}");
    }
}
