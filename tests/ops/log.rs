//! The log file as others read it: collectors of JSON lines, logrotate (monitoring.md 7, 12.11, 12.12).

use harness::Node;
use harness::control::eventually_blocking;
use harness::process::program;
use std::fs;
use std::process::Command;

/// monitoring.md 7.4, 12.11
#[test]
fn every_line_is_an_object() {
    let node = Node::started("log.console.file.format = json");
    assert_eq!(node.verb(&["reload"]).code, 0);
    node.wait_for_log("reloading the configuration");
    let log = node.log();
    // The last line may be half written.
    let (whole, _) = log.rsplit_once('\n').unwrap();
    for line in whole.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(object["time"].is_u64() && object["level"].is_string(), "{line}");
        assert!(
            object["msg"].as_str().is_some_and(|text| !text.contains('\n')),
            "{line}"
        );
    }
}

/// monitoring.md 12.12: no restart, no reload and no signal.
#[test]
fn a_log_that_was_moved_away_is_begun_anew() {
    let node = Node::started("");
    node.wait_for_log("vernemq");
    let log = node.home().join("console.log");
    fs::rename(&log, node.home().join("console.log.1")).unwrap();
    // The file is looked at before a line is written, at most once a second: some line is the first in the new one.
    eventually_blocking("a new file", || {
        let said = Command::new(program().with_file_name("vmq-admin"))
            .args(["log", "level", "logger=consolefile", "level=info"])
            .env("VMQ_ADMIN_SOCKET", node.socket())
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
        node.log().contains("via=socket cmd=\"log level")
    });
}
