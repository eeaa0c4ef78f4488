//! What the load generator reports, against the list of packaging.md 19.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

#[path = "support/broker.rs"]
mod broker;
#[path = "support/running.rs"]
mod running;

use std::fs;
use std::process::Command;

use running::{Broker, assert_held};

/// Everything packaging.md 19 asks to be reported, from one file whose clients use every QoS, answer.
#[test]
fn every_metric_of_the_list_is_reported() {
    let broker = Broker::start("");
    let file = broker.file(
        r#"
assert = [
    "connects = 4", "connections = 0", "connect_errors = 0", "reconnects = 0", "connack.p99 < 60s",
    "published = 90", "consumed = 90", "publishes_to_ack.qos1 = 30", "pubacks = 30", "outstanding.qos1 = 0", "puback.p99 < 60s",
    "publishes_to_ack.qos2 = 30", "pubrecs = 30", "pubcomps = 30", "outstanding.qos2 = 0", "outstanding = 0",
    "pubrec.p99 < 60s", "internal.pubrel.p99 < 60s", "pubcomp.p99 < 60s", "exchange.p99 < 60s",
    "pub_to_sub.p99 < 60s", "pub_to_sub.qos1.p99 < 60s", "pub_to_sub.qos2.p99 < 60s",
    "internal.puback.p99 < 60s", "internal.pubrec.p99 < 60s", "internal.pubcomp.p99 < 60s",
    "suback.p99 < 60s", "suback_errors = 0", "unsuback.p99 < 60s",
]
[[pool]]
name = "every"
size = 3
start = { poisson = "500/s" }
steps = [
    { connect = { client_id = { random = 12 } } },
    { subscribe_to_self = { prefix = "t/", qos = 2 } },
    { loop = { count = 10, rate = "200/s", poisson = true, steps = [
        { publish_to_self = { prefix = "t/", qos = 0 } },
        { publish_to_self = { prefix = "t/", qos = 1 } },
        { publish_to_self = { prefix = "t/", qos = 2, payload = { random = [20, 200] } } },
    ] } },
    { wait = "100ms" },
    { unsubscribe = "t/{client}" },
    "disconnect",
]
[[pool]]
name = "fifth"
steps = [
    { connect = { client_id = { fixed = "fifth" }, version = "5", bind = "127.0.0.", username = "somebody" } },
    "disconnect",
]
"#,
    );
    let (output, result) = broker.play(&file, &[]);
    assert_held(&output, &result);
}

/// Our broker answers a subscription nobody may have with an error; its settings stand in the same command.
#[test]
fn refused_subscriptions_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("acl"), "topic t/#\n").unwrap();
    fs::write(
        at("refused.toml"),
        r#"
assert = ["suback_errors = 1", "subacks = 2", "consumed = 0"]
[[pool]]
name = "all"
steps = [
    { connect = {} },
    { subscribe = { topic = "t/a" } },
    { subscribe = { topic = "elsewhere" } },
    "disconnect",
]
"#,
    )
    .unwrap();
    let spec = format!(
        "{}:vmq_acl.acl_file={}",
        broker::vernemq().display(),
        at("acl").display()
    );
    let output = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
        .arg("play")
        .arg(at("refused.toml"))
        .args(["--runs", "1", "--every", "0", "--broker", &spec])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
