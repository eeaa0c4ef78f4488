//! `run`: what a named scenario shows while it runs, its report and its result file, several processes, and assertions
//! (packaging.md 19).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;

#[path = "support/broker.rs"]
mod broker;
#[path = "support/running.rs"]
mod running;

use running::{Broker, count};

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
    for acks in ["pubrecs", "pubcomps", "publishes_to_ack.qos2"] {
        assert_eq!(count(&result, acks), count(&result, "published"), "{acks}");
    }
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
    let arguments = ["--clients", "20", "--target", &address, "--bind", "127.0.0."];
    let (output, result) = run(&first, "connect-storm", &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(count(&result, "connects"), 20);
    // With one of two gone, half of the connections fail.
    drop(second);
    let (output, _) = run(&first, "connect-storm", &arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// Killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that is closed while we still send ends with a reset.
    stream.read_to_end(&mut answer).unwrap_or_default();
    said(&answer)
}

/// Looks until there is something, or for half a minute.
fn eventually(look: impl Fn() -> Result<String, String>) -> String {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(last) => assert!(start.elapsed() < Duration::from_secs(30), "{last}"),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// packaging.md 19: a Prometheus endpoint, off unless asked for.
#[test]
fn prometheus_reads_what_is_counted_while_it_runs() {
    let broker = Broker::start("");
    let child = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
        .args([
            "run",
            "--scenario",
            "pairs",
            "--qos",
            "1",
            "--seconds",
            "600",
            "--every",
            "0",
        ])
        .args([
            "--target",
            &broker.address.to_string(),
            "--prometheus",
            "127.0.0.1:0",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let mut line = String::new();
    let mut told = BufReader::new(running.0.stderr.take().unwrap());
    told.read_line(&mut line).unwrap();
    let address = line
        .trim()
        .strip_prefix("metrics: http://")
        .and_then(|rest| rest.strip_suffix("/metrics"))
        .unwrap_or_else(|| panic!("{line}"));
    let address: SocketAddr = address.parse().unwrap();

    let get = |path: &str| ask(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    let text = eventually(|| {
        let text = get("/metrics");
        let moves = |name: &str| {
            text.lines()
                .any(|line| line.starts_with(name) && !line.ends_with(" 0"))
        };
        let all = [
            "vmq_loadtest_consumed_total ",
            "vmq_loadtest_latency_seconds_count{kind=\"puback\"}",
            "vmq_loadtest_outstanding ",
        ];
        if all.into_iter().all(moves) {
            Ok(text)
        } else {
            Err(text)
        }
    });
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 OK") && head.contains("text/plain; version=0.0.4"),
        "{head}"
    );
    assert!(body.contains("\nvmq_loadtest_connections 20\n"), "{body}");
    // Every sample stands behind the type of its family.
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name);
        assert!(body.contains(&format!("# TYPE {family} ")), "{line}");
    }
    assert!(get("/").starts_with("HTTP/1.1 404"));
    assert!(ask(address, "POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
    // A request without end is bounded, and the next one is answered.
    assert_eq!(ask(address, &"x".repeat(20_000)), "");
    assert!(get("/metrics").starts_with("HTTP/1.1 200"));
}
