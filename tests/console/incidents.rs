//! Incidents: each fault is started, at most four keys are pressed from the overview, and the name of the culprit stands on
//! the screen (issue 5).

use crate::end_to_end::address;
use crate::terminal::Terminal;
use harness::{ConnectBuilder, Node, Packet, QOS1, RawClient, ReasonCode, V4, V5, publish};

use rcgen::{CertificateParams, DnType, KeyPair};
use std::time::{Duration, SystemTime};

/// Most keys that an operator has to press.
const KEYS_MAX: usize = 4;

const RIGHT: &str = "\x1b[C";
const LEFT: &str = "\x1b[D";

/// Presses the keys, each after the answer to the one before, and waits for what must be on the screen.
fn found(terminal: &mut Terminal, keys: &[(&str, &str)], texts: &[&str]) {
    assert!(keys.len() <= KEYS_MAX);
    terminal.shows("CONNECTIONS");
    for (key, answer) in keys {
        // As somebody does who looks before he presses the next one.
        terminal.press(key);
        terminal.shows(answer);
    }
    terminal.until(&format!("{texts:?}"), |screen| {
        texts.iter().all(|text| screen.contains(text))
    });
}

async fn client(node: &Node, client_id: &str) -> RawClient {
    ConnectBuilder::new(address(node), V4, client_id).connect().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_consumer() {
    let node = Node::started("max_inflight_messages = 3");
    let mut slow = client(&node, "slow-display").await;
    slow.subscribe("a/#", QOS1).await;
    let mut publisher = client(&node, "p").await;
    for _ in 0..20 {
        publisher.publish("a/b", QOS1, "x").await;
    }
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[
            ("5", "Last events ›"),
            (RIGHT, "Deepest queues ›"),
            (RIGHT, "Most in flight ›"),
        ],
        &["slow-display", "Most in flight"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_refusal() {
    let node = Node::started("plugins.vmq_acl = on");
    std::fs::write(node.home().join("vmq.acl"), "topic write allowed/#\n").unwrap();
    assert_eq!(node.verb(&["reload"]).code, 0);
    let mut meter = ConnectBuilder::new(address(&node), V5, "meter-3").connect().await;
    meter
        .send(&Packet::Publish(publish("forbidden/topic", "x")))
        .await;
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[],
        &["publish refused", "meter-3", "forbidden/topic"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_reconnects() {
    let node = Node::started("");
    for _ in 0..20 {
        client(&node, "nervous").await.drop_connection();
    }
    let _now = client(&node, "nervous").await;
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[("2", "nervous"), ("\r", "› facts"), (LEFT, "› history")],
        &["nervous › history", "disconnected"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_of_take_overs() {
    let node = Node::started("");
    let mut last = client(&node, "twin").await;
    for _ in 0..10 {
        let next = client(&node, "twin").await;
        last.expect_close().await;
        last = next;
    }
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[
            ("5", "Last events ›"),
            (LEFT, "Refused by address ›"),
            (LEFT, "Take-over loops ›"),
        ],
        &["Take-over loops", "twin", "PEER THAT CAME", "127.0.0.1:"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_overflows() {
    let node = Node::started("max_offline_messages = 5");
    let mut gone = ConnectBuilder::new(address(&node), V4, "on-holiday")
        .persistent()
        .connect()
        .await;
    gone.subscribe("a/#", QOS1).await;
    gone.disconnect().await;
    let mut publisher = client(&node, "p").await;
    for _ in 0..20 {
        publisher.publish("a/b", QOS1, "x").await;
    }
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[],
        &[
            "DEGRADED  queues overflow",
            "message dropped: queue full",
            "on-holiday",
        ],
    );
    found(
        &mut terminal,
        &[("5", "Last events ›"), (RIGHT, "Deepest queues ›")],
        &["Deepest queues", "on-holiday"],
    );
}

/// The one that sends the most stands above all others.
#[tokio::test(flavor = "multi_thread")]
async fn a_flooding_publisher() {
    let node = Node::started("");
    let mut quiet = client(&node, "a-quiet-meter").await;
    quiet.publish("m/1", QOS1, "x").await;
    let mut flood = client(&node, "mad-sensor").await;
    for _ in 0..50 {
        flood.publish("m/2", QOS1, &"x".repeat(500)).await;
    }
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[
            ("5", "Last events ›"),
            (RIGHT, "Deepest queues ›"),
            (RIGHT, "Most in flight ›"),
            (RIGHT, "Publishers ›"),
        ],
        &["Publishers", "mad-sensor"],
    );
    terminal.until("the flooding client is the first one", |screen| {
        let line_of = |name: &str| screen.lines().position(|line| line.contains(name));
        line_of("mad-sensor").is_some_and(|flooding| {
            line_of("CLIENT ID") == Some(flooding - 1)
                && line_of("a-quiet-meter").is_none_or(|quiet| quiet > flooding)
        })
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages_that_grow() {
    let node = Node::started("");
    let mut publisher = client(&node, "p").await;
    for n in 0..30 {
        publisher
            .publish_retained(&format!("log/line/{n}"), QOS1, "x")
            .await;
    }
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[("3", "Topics ─"), ("l", "PAYLOAD")],
        &["log/line/0", "Topics", " 30 "],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_at_its_limit() {
    let node = Node::started("listener.tcp.default.max_connections = 2");
    let _one = client(&node, "one").await;
    let _two = client(&node, "two").await;
    let place = address(&node).to_string();
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[],
        &["DEGRADED", &format!("listener {place} is full")],
    );
    found(&mut terminal, &[("6", "Listeners ─")], &[&place, "100%"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_that_fail() {
    let node = Node::started("allow_anonymous = off");
    for _ in 0..3 {
        let mallory = ConnectBuilder::new(address(&node), V5, "mallory").user("root", "guess");
        mallory.refused(ReasonCode::BadUsernameOrPassword).await;
    }
    let mut terminal = Terminal::open(&node, &[]);
    found(
        &mut terminal,
        &[("5", "Last events ›"), (LEFT, "Refused by address ›")],
        &["Refused by address", "127.0.0.1", "root"],
    );
}

/// Of its authority, for three days more.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_expires() {
    const HOUR: Duration = Duration::from_secs(3600);
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["mqtt.example.com".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "mqtt.example.com");
    params.not_after = (SystemTime::now() + HOUR * (3 * 24 + 1)).into();
    let (cert_file, key_file) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert_file, params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let node = Node::started(&format!(
        "listener.ssl.default = 127.0.0.1:0\nlistener.ssl.default.certfile = {}\nlistener.ssl.default.keyfile = {}\n",
        cert_file.display(),
        key_file.display()
    ));
    let mut terminal = Terminal::open(&node, &[]);
    found(&mut terminal, &[], &["DEGRADED", "3 days left: mqtt.example.com"]);
    found(
        &mut terminal,
        &[("6", "Listeners ─")],
        &["3 days left", "mqtt.example.com"],
    );
}
