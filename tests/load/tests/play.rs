//! Scenario files against a real broker: every sample for a moment, assertions and their exit codes, several processes, and a
//! client that comes back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a panic is a failed test"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use serde_json::Value;

#[path = "support/broker.rs"]
mod broker;
#[path = "support/running.rs"]
mod running;

use running::{Broker, assert_held, count};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name)
}

#[test]
fn the_samples_are_played() {
    let broker = Broker::start("");
    for (name, settings, least) in [
        (
            "one-to-one.toml",
            &["clients=20", "start=200/s", "time=500ms", "rate=10/s"][..],
            80,
        ),
        (
            "fan-in.toml",
            &["publishers=20", "start=500/s", "time=500ms", "rate=20/s"],
            80,
        ),
        (
            "fan-out.toml",
            &["subscribers=20", "time=500ms", "from=10/s", "to=50/s"],
            150,
        ),
        (
            "query-response.toml",
            &["responders=1000", "start=5000/s", "time=300ms", "rate=100/s"],
            50,
        ),
    ] {
        let mut arguments = Vec::new();
        for setting in settings {
            arguments.extend(["--set", setting]);
        }
        let (output, result) = broker.play(&sample(name), &arguments);
        assert_held(&output, &result);
        assert!(count(&result, "consumed") >= least, "{name}: {result}");
        let report = String::from_utf8(output.stdout).unwrap();
        assert!(
            report.contains("publish to receive, messages by latency"),
            "{report}"
        );
        assert!(
            String::from_utf8(output.stderr).unwrap().contains("/s consumed"),
            "{name} tells its progress"
        );
    }
}

#[test]
fn clients_show_certificates() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    // OpenSSL takes a certificate of the same name as its authority for one signed by itself.
    authority
        .distinguished_name
        .push(rcgen::DnType::CommonName, "authority");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).unwrap();
    fs::write(at("ca.pem"), certificate.pem()).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    for name in ["server", "client"] {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
        fs::write(
            at(&format!("{name}.pem")),
            params.signed_by(&key, &issuer).unwrap().pem(),
        )
        .unwrap();
        fs::write(at(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }
    let broker = Broker::start(&format!(
        "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true",
        at("ca.pem"),
        at("server.pem"),
        at("server.key")
    ));
    let files = [("cert", "client.pem"), ("key", "client.key"), ("cas", "ca.pem")];
    let settings = files.map(|(name, file)| format!("{name}={}", at(file)));
    let mut arguments = vec!["--set", "clients=5", "--set", "time=300ms", "--set", "rate=10/s"];
    for setting in &settings {
        arguments.extend(["--set", setting]);
    }
    let (output, result) = broker.play(&sample("tls-client-certificates.toml"), &arguments);
    assert_held(&output, &result);
    assert!(count(&result, "consumed") >= 10, "{result}");

    // And without one nobody comes in.
    let file = broker
        .file("[[pool]]\nname = \"a\"\nsteps = [{ connect = { transport = \"tls\" } }, \"disconnect\"]");
    let (output, result) = broker.play(&file, &[]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(
        count(&result, "connect_errors") + count(&result, "connections_lost") > 0,
        "{result}"
    );
}

const PAIR: &str = r#"
assert = ["loss = 0", "consumed = 40", "ASSERTION"]
[[pool]]
name = "all"
size = 4
steps = [
    { connect = { version = "5" } },
    { subscribe_to_self = { prefix = "t/", qos = 1 } },
    { loop = { count = 10, steps = [{ publish_to_self = { prefix = "t/", qos = 1 } }] } },
]
"#;

#[test]
fn assertions_decide_the_exit_code() {
    let broker = Broker::start("");
    for (assertion, code, verdict) in [
        ("p99 < 60s", 0, "pass p99 < 60s (measured: "),
        ("p99 < 1ns", 3, "FAIL p99 < 1ns (measured: "),
        (
            "unsuback.p99 < 1s",
            3,
            "FAIL unsuback.p99 < 1s (measured: not measured)",
        ),
        ("broker_rss > 100000", 0, "pass broker_rss"),
    ] {
        let (output, _) = broker.play(&broker.file(&PAIR.replace("ASSERTION", assertion)), &[]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let report = String::from_utf8(output.stdout).unwrap();
        assert!(report.contains(verdict), "{report}");
    }
    // A signal that cannot come any more is not waited for.
    let (output, _) = broker.play(
        &broker.file(
            "[[pool]]\nname = \"a\"\nsteps = [{ connect = { target = \"127.0.0.1:1\" } }, { set_signal = \"s\" }]\n\
             [[pool]]\nname = \"b\"\nsteps = [{ connect = {} }, { wait_signal = \"s\" }]",
        ),
        &[],
    );
    assert_eq!(output.status.code(), Some(3));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(
        report.contains("waits for a signal, and another client has failed"),
        "{report}"
    );
    let (output, _) = broker.play(&broker.file("[[pool]]\nname = 5\nsteps = []"), &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("scenario.toml:2: pool[0].name: write a text"),
        "{told}"
    );
}

#[test]
fn a_file_is_played_beside_another_broker() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pair.toml");
    fs::write(&file, PAIR.replace("ASSERTION", "p99 < 60s")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
        .arg("play")
        .arg(&file)
        .args(["--runs", "1", "--every", "0", "--broker"])
        .arg(broker::mosquitto())
        .arg("--broker")
        .arg(broker::mosquitto())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.starts_with("pair, 4 clients"), "{report}");
    let consumed = report
        .lines()
        .filter(|line| line.starts_with("consumed ") && line.contains("40.0"));
    assert_eq!(consumed.count(), 2, "{report}");
    assert!(report.contains("mosquitto#2"), "{report}");
}

#[test]
fn several_processes_play_as_one() {
    let broker = Broker::start("");
    // The publisher waits for subscribers of both processes.
    let file = broker.file(
        r#"
assert = ["loss = 0", "consumed = 100", "connects = 11"]
[[pool]]
name = "subscribers"
size = 10
steps = [
    { connect = {} },
    { subscribe = { topic = "news", qos = 1 } },
    { set_signal = "there" },
]
[[pool]]
name = "publisher"
steps = [
    { connect = {} },
    { wait_signal = { name = "there", count = 10 } },
    { loop = { count = 10, rate = "50/s", steps = [{ publish = { topic = "news", qos = 1 } }] } },
]
"#,
    );
    let (output, result) = broker.play(&file, &["--processes", "2"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(result["processes"].as_u64(), Some(2));
    assert_eq!(
        result["latencies"]["pub_to_sub"]["count"].as_u64(),
        Some(100),
        "{result}"
    );

    let half = broker.dir.path().join("half.json");
    fs::write(&half, result.to_string()).unwrap();
    let merged = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
        .arg("merge")
        .args([&half, &half])
        .output()
        .unwrap();
    assert_eq!(merged.status.code(), Some(3), "{merged:?}");
    let report = String::from_utf8(merged.stdout).unwrap();
    assert!(report.contains("FAIL consumed = 100 (measured: 200)"), "{report}");
}

/// A broker that dies in the middle: clients with `reconnect` come back and lose nothing that was to be acknowledged.
#[test]
fn clients_come_back() {
    let mut broker = Broker::start("persistence false");
    let file = broker.file(
        r#"
assert = ["reconnects >= 2", "published = 60", "publishes_acked = publishes_to_ack"]
[connect]
reconnect = "20ms"
[[pool]]
name = "subscriber"
steps = [{ connect = {} }, { subscribe = { topic = "t", qos = 1 } }]
[[pool]]
name = "publisher"
steps = [
    { connect = {} },
    { loop = { count = 60, rate = "30/s", steps = [{ publish = { topic = "t", qos = 1 } }] } },
]
"#,
    );
    let (output, result) = thread::scope(|scope| {
        let address = broker.address;
        let conf = broker.dir.path().join("broker.conf");
        let (stop, stopped) = std::sync::mpsc::sync_channel::<()>(1);
        let mut old = std::mem::replace(&mut broker.child, Command::new("true").spawn().unwrap());
        let restart = scope.spawn(move || {
            // In the middle of the two seconds; when exactly does not matter.
            stopped
                .recv_timeout(Duration::from_millis(700))
                .unwrap_or_default();
            old.kill().unwrap();
            old.wait().unwrap();
            Command::new(broker::mosquitto())
                .arg("-c")
                .arg(conf)
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        });
        let json = broker.dir.path().join("result.json");
        let output = Command::new(env!("CARGO_BIN_EXE_vmq-loadtest"))
            .arg("play")
            .arg(&file)
            .args(["--target", &address.to_string(), "--json"])
            .arg(&json)
            .output()
            .unwrap();
        stop.try_send(()).unwrap_or_default();
        broker.child = restart.join().unwrap();
        let result: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
        (output, result)
    });
    assert_held(&output, &result);
}
