//! Every named scenario for a moment against a real broker, mosquitto, and WebSocket against ours: each is one command, finds no fault, and prints its
//! figures. The figures of such short runs mean nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[path = "support/broker.rs"]
mod broker;

/// A short `vs` of one broker; returns the report and the result file.
fn versus(program: &Path, scenario: &str, arguments: &[&str]) -> (String, Value) {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("result.json");
    let output = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
        .args([
            "vs",
            "--runs",
            "1",
            "--seconds",
            "0.5",
            "--warmup",
            "0.1",
            "--scenario",
            scenario,
        ])
        .arg("--json")
        .arg(&json)
        .arg("--broker")
        .arg(program)
        .args(arguments)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    // A rate may be missed on a busy machine (exit code 3); that is no fault of the tool.
    let missed_rate = report
        .lines()
        .filter(|line| line.starts_with("FAULT"))
        .all(|line| line.contains("deliveries a second instead of"));
    assert!(
        missed_rate && matches!(output.status.code(), Some(0 | 3)),
        "{scenario}: {output:?}"
    );
    let result = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    (report, result)
}

#[test]
fn every_named_scenario_runs() {
    let mosquitto = broker::mosquitto();
    for (scenario, figure, arguments) in [
        ("pairs", "messages", &["--qos", "2"][..]),
        ("p2p", "ack_p99", &["--publishers", "20"]),
        ("fanout", "messages", &["--subscribers", "10"]),
        ("fanin", "messages", &["--publishers", "10"]),
        ("shared", "messages", &[]),
        ("mixed", "messages", &["--clients", "20", "--rate", "500"]),
        ("persistent", "messages", &[]),
        ("offline", "drain", &["--messages", "50"]),
        (
            "retained",
            "flood",
            &["--messages", "100", "--subscribers", "3", "--qos", "1"],
        ),
        ("connect", "connects", &["--clients", "5"]),
        ("tls-connect", "connects", &["--clients", "5"]),
        ("connect-storm", "subscribed", &["--clients", "100"]),
        (
            "reconnect-storm",
            "p99_ratio",
            &["--clients", "50", "--rate", "100"],
        ),
        ("churn", "visits", &["--clients", "50", "--rate", "100"]),
        ("slow", "thrown_out", &["--clients", "2", "--rate", "100"]),
        ("idle", "rss_per_connection", &["--clients", "50"]),
    ] {
        let (report, result) = versus(&mosquitto, scenario, arguments);
        assert!(report.contains(figure), "{scenario}: {report}");
        assert_eq!(result["plan"]["scenario"].as_str(), Some(scenario));
    }
}

#[test]
fn every_transport_carries_messages() {
    // The mosquitto of some distributions listens for no WebSocket where there is no IPv6.
    for (transport, program) in [
        ("tls", broker::mosquitto()),
        ("tls", broker::vernemq()),
        ("ws", broker::vernemq()),
        ("wss", broker::vernemq()),
    ] {
        let arguments = ["--publishers", "2", "--qos", "1", "--transport", transport];
        let (report, _) = versus(&program, "pairs", &arguments);
        assert!(report.contains("latency_p99"), "{transport}: {report}");
    }
}

/// Issue 7: persistent QoS 1 with both durabilities of our broker, beside each other in one command.
#[test]
fn durabilities_are_compared_in_one_command() {
    let program = broker::vernemq();
    let always = format!("{}:message_store.sync=always", program.display());
    let (report, result) = versus(
        &program,
        "persistent",
        &["--publishers", "2", "--broker", &always],
    );
    let labels: Vec<_> = result["brokers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|series| series["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels.len(), 2);
    // A raw file says what was measured, and on what.
    assert!(result["machine"]["processors"].as_u64() > Some(0), "{result}");
    let version = result["brokers"][1]["version"].as_str();
    assert!(version.is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit())));
    assert!(labels[1].ends_with(":message_store.sync=always"), "{labels:?}");
    for figure in ["messages", "broker_cpu"] {
        let lines = report.lines().filter(|line| line.starts_with(figure));
        assert_eq!(lines.count(), 2, "{report}");
    }
}
