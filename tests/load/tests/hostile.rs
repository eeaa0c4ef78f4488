//! `hostile` as a whole, against mosquitto: the attackers attack, the clients that behave well are measured, and the
//! exit code is that of the verdict. The figures of such short runs mean nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

use std::process::{Command, Output};

use serde_json::Value;

#[path = "support/broker.rs"]
mod broker;

/// A run of some moments with these arguments, and its result file.
fn hostile(arguments: &[&str]) -> (Output, Value) {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("result.json");
    let output = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
        .arg("hostile")
        .arg("--broker")
        .arg(broker::mosquitto())
        .arg("--json")
        .arg(&json)
        .args([
            "--pairs",
            "5",
            "--seconds",
            "0.6",
            "--all-seconds",
            "0.6",
            "--settle",
            "0",
        ])
        .args(arguments)
        .output()
        .unwrap();
    let told = || format!("{output:?}");
    let result = std::fs::read(&json).unwrap_or_else(|error| panic!("{error}: {}", told()));
    (output, serde_json::from_slice(&result).unwrap())
}

#[test]
fn attackers_attack_and_others_are_measured() {
    let stages = ["garbage", "takeover-churn"];
    let (output, result) = hostile(&["--rounds", "2", "--only", stages[0], "--only", stages[1]]);
    // A busy machine decides whether it passes.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    let passed = result["passed"].as_bool().unwrap();
    assert_eq!(output.status.success(), passed, "{output:?}");

    let told = String::from_utf8(output.stdout).unwrap();
    for (stage, judged) in stages.iter().zip(result["judged"].as_array().unwrap()) {
        assert!(told.contains(&format!("\n| {stage} |")), "{told}");
        let trial = &judged["trial"];
        let count = |field: &str| trial["achieved"][field].as_u64().unwrap();
        assert!(count("accepted") > 10 && count("closed") > 10, "{trial}");
        for round in trial["rounds"].as_array().unwrap() {
            for phase in ["baseline", "attack"] {
                // Five publishers of ten messages a second.
                assert_eq!(round[phase]["messages"].as_u64(), Some(30), "{round}");
                assert!(round[phase]["p99_ms"].as_f64().unwrap() > 0.0, "{round}");
            }
        }
        assert_eq!(trial["rounds"].as_array().unwrap().len(), 2);
        assert_eq!(trial["harm"]["disconnects"].as_u64(), Some(0), "{trial}");
        assert_eq!(trial["harm"]["missing"].as_u64(), Some(0), "{trial}");
    }
}

#[test]
fn the_memory_bound_is_stated_first_and_judged() {
    let (output, result) = hostile(&["--only", "all-at-once", "--memory-bound-mib", "1"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(result["passed"].as_bool(), Some(false));
    let told = String::from_utf8(output.stdout).unwrap();
    let stated = told.find("below 1 MiB").unwrap();
    assert!(stated < told.find("| all-at-once |").unwrap(), "{told}");
    assert!(told.contains("FAULT all-at-once: memory reached"), "{told}");

    let (output, _) = hostile(&["--only", "all-at-once", "--memory-bound-mib", "4096"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
