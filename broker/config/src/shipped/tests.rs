//! The shipped file is what the table says, and it works.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;
use crate::load;
use crate::sections::{ListenerKind, Plugin};
use crate::table::{Area, Status};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/etc/vernemq.conf")
}

#[test]
fn the_committed_file_is_the_table_s() {
    let text = std::fs::read_to_string(committed()).expect("the file");
    assert!(
        text == shipped_conf(),
        "stale: cargo test -p vmq-config write_shipped_conf -- --ignored"
    );
}

#[test]
#[ignore = "writes packaging/etc/vernemq.conf"]
fn write_shipped_conf() {
    std::fs::write(committed(), shipped_conf()).expect("written");
}

#[test]
fn loads_without_fault_or_warning() {
    let loaded = load::load(&committed(), &|_| None).expect("no fault");
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.not_available_yet, Vec::<String>::new());
    let listeners: Vec<(ListenerKind, &str)> = loaded
        .config
        .listeners
        .iter()
        .map(|listener| (listener.kind, listener.name.as_str()))
        .collect();
    assert_eq!(
        listeners,
        [(ListenerKind::Tcp, "default"), (ListenerKind::Http, "default")]
    );
    assert_eq!(loaded.config.plugins, [Plugin::Acl, Plugin::Passwd]);
    assert!(!loaded.config.auth.allow_anonymous);
}

#[test]
fn active_lines_change_no_default() {
    let loaded = load::load_str(&shipped_conf(), &|_| None).expect("no fault");
    let changed: Vec<&str> = loaded
        .effective
        .iter()
        .filter(|setting| setting.default.is_some() && setting.default.as_ref() != Some(&setting.value))
        .map(|setting| setting.key.as_str())
        .collect();
    assert_eq!(changed, ["log.sasl.rotation.size"]);
}

#[test]
fn every_example_may_be_taken_in() {
    let parts = format!("{}/../../tests/config/valid/parts/", env!("CARGO_MANIFEST_DIR"));
    let taken_in: String = shipped_conf()
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .filter(|line| {
            line.split_once(" = ")
                .is_some_and(|(key, _)| table::find_text(key))
        })
        // Keys and certificates of listeners are an operator's own: others stand in for them.
        .map(|line| match line.strip_prefix("listener.") {
            Some(_) => line
                .replace("cacerts.pem", "cert.pem")
                .replace("/etc/vernemq/", &parts),
            None => line.to_owned(),
        })
        // Files that are not there, plugins that do not exist, pairs that need each other.
        .filter(|line| {
            !["/etc/vernemq/", "plugins.", "erlang.schedulers"]
                .iter()
                .any(|part| line.contains(part))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let loaded = load::load_str(&taken_in, &|_| None);
    assert!(loaded.is_ok(), "{}", loaded.expect_err("faults"));
    assert!(taken_in.lines().count() > 80, "{taken_in}");
}

#[test]
fn every_key_that_is_not_hidden_stands_in_it() {
    let text = shipped_conf();
    let lines = text.lines().map(|line| line.strip_prefix("## ").unwrap_or(line));
    let shown: BTreeSet<String> = lines
        .filter_map(|line| {
            Some(
                table::find(&Key::parse(line.split_once(" = ")?.0)?)?
                    .row
                    .key
                    .to_string(),
            )
        })
        .collect();
    let is_left_out = |row: &&Row| {
        row.key.ends_with(".allow_anonymous_override")
            || (row.area == Area::Vm && matches!(row.status, Status::Ignored(_)))
            || row.key == "vmq_bridge.tcp.$name.topic.$topic_id"
    };
    let missing: Vec<&str> = table::rows()
        .iter()
        .filter(|row| !row.hidden && !is_left_out(row) && !shown.contains(row.key.as_ref()))
        .map(|row| row.key.as_ref())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}
