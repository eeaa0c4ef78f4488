//! `run`: what a named scenario shows while it runs, its report and its result file, several processes, and assertions
//! (packaging.md 19).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

#[path = "support/broker.rs"]
mod broker;
#[path = "support/running.rs"]
mod running;

use running::Broker;

const SHORT: [&str; 6] = ["--seconds", "0.5", "--warmup", "0.1", "--every", "0.1"];

/// Runs a scenario; returns what was said, and the result file.
fn run(broker: &Broker, scenario: &str, arguments: &[&str]) -> (Output, Value) {
    let json = broker.dir.path().join("result.json");
    let output = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
        .args(["run", "--scenario", scenario])
        .args(SHORT)
        .args(["--target", &broker.address.to_string()])
        .args(["--pid", &broker.child.id().to_string()])
        .arg("--json")
        .arg(&json)
        .args(arguments)
        .output()
        .unwrap();
    let result = fs::read(&json).ok();
    let result = result.and_then(|text| serde_json::from_slice(&text).ok());
    (output, result.unwrap_or_default())
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn count(result: &Value, counter: &str) -> u64 {
    result["counters"][counter]
        .as_u64()
        .unwrap_or_else(|| panic!("no {counter} in {result}"))
}

#[test]
fn a_named_scenario_tells_its_progress_and_plots_its_latency() {
    let broker = Broker::start("");
    let (output, result) = run(&broker, "pairs", &["--qos", "2", "--publishers", "3"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let progress = said(&output.stderr);
    assert!(
        progress.contains("6 connections") && progress.contains("/s consumed"),
        "{progress}"
    );
    let report = said(&output.stdout);
    for part in [
        "broker_cpu",
        "latency_p99",
        "pub_to_sub.qos2",
        "pubrec",
        "pubcomp",
        "exchange",
        "publish to receive, messages by latency",
        "p99 over ",
    ] {
        assert!(report.contains(part), "no {part}: {report}");
    }
    assert_eq!(count(&result, "published"), count(&result, "consumed"));
    assert_eq!(count(&result, "publishes_acked"), count(&result, "published"));
    assert_eq!(
        (
            count(&result, "connects"),
            count(&result, "connections_ended"),
            count(&result, "subacks"),
            count(&result, "loss")
        ),
        (6, 6, 3, 0)
    );
    assert_eq!(result["plan"]["scenario"].as_str(), Some("pairs"));
    assert!(result["progress"].as_array().unwrap().len() > 2, "{result}");
}

#[test]
fn several_processes_run_it_as_one_and_files_are_merged() {
    let broker = Broker::start("");
    let (output, result) = run(&broker, "fanin", &["--publishers", "5", "--processes", "2"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        (result["processes"].as_u64(), count(&result, "connects")),
        (Some(2), 12)
    );

    let half = broker.dir.path().join("half.json");
    fs::write(&half, result.to_string()).unwrap();
    let merged = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
        .arg("merge")
        .args([&half, &half])
        .output()
        .unwrap();
    assert_eq!(merged.status.code(), Some(0), "{merged:?}");
    let report = said(&merged.stdout);
    let connects = report.lines().find(|line| line.starts_with("connects "));
    assert!(
        connects.is_some_and(|line| line.ends_with(" 24")) && report.contains("4 processes"),
        "{report}"
    );
}

#[test]
fn assertions_on_figures_decide_the_exit_code() {
    let broker = Broker::start("");
    for (assertion, code, verdict) in [
        ("loss = 0", 0, "pass loss = 0 (measured: 0)"),
        ("messages < 1", 3, "FAIL messages < 1"),
        (
            "puback.p99 < 1s",
            3,
            "FAIL puback.p99 < 1s (measured: not measured)",
        ),
    ] {
        let (output, _) = run(&broker, "pairs", &["--publishers", "1", "--assert", assertion]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let report = said(&output.stdout);
        assert!(report.contains(verdict), "{report}");
    }
}

/// Connections take turns between the nodes.
#[test]
fn connections_are_shared_among_targets() {
    let (first, second) = (Broker::start(""), Broker::start(""));
    let address = second.address.to_string();
    let arguments = ["--clients", "20", "--target", &address];
    let (output, result) = run(&first, "connect-storm", &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(count(&result, "connects"), 20);
    // With one of two gone, half of the connections fail.
    drop(second);
    let (output, _) = run(&first, "connect-storm", &arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
