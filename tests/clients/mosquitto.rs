//! `mosquitto_pub` and `mosquitto_sub`, in the three versions of the protocol.

use crate::install;
use crate::program::{Program, Running};
use harness::*;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What a subscriber of these tests prints for a message: topic, QoS, retained, length, payload.
pub(crate) const FORMAT: &str = "message %t %q %r %l %p";
pub(crate) const MESSAGE: &str = "message ";
/// What it prints when the broker has granted its subscriptions.
pub(crate) const SUBSCRIBED: &str = "Subscribed (mid: ";

/// `mosquitto_pub` or `mosquitto_sub` with an address and a version.
pub(crate) fn mosquitto(name: &str, v: Version, broker: SocketAddr) -> Program {
    let version = match v {
        V3 => "mqttv31",
        V4 => "mqttv311",
        V5 => "mqttv5",
    };
    install::mosquitto(name).words(&format!("-h {} -p {} -V {version}", broker.ip(), broker.port()))
}

pub(crate) fn publisher(v: Version, broker: SocketAddr) -> Program {
    mosquitto("mosquitto_pub", v, broker)
}

pub(crate) fn subscriber(v: Version, broker: SocketAddr) -> Program {
    mosquitto("mosquitto_sub", v, broker)
        .arg("-d")
        .arg("-F")
        .arg(FORMAT)
}

/// A subscriber whose subscriptions are granted.
pub(crate) fn subscribed(program: Program) -> Running {
    let mut running = program.start();
    running.line(SUBSCRIBED);
    running
}

/// The messages a subscriber printed, in order.
fn messages(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| line.strip_prefix(MESSAGE))
        .collect()
}

/// A session that outlives its connection.
fn persistent(v: Version, program: Program) -> Program {
    let program = program.words("-c -q 2");
    if v == V5 { program.words("-x 60") } else { program }
}

async fn every_qos_arrives(v: Version) {
    let broker = TestBroker::start().await;
    let mut sub = subscribed(subscriber(v, broker.addr()).words("-q 2 -t qos/#"));
    for qos in 0..3 {
        publisher(v, broker.addr())
            .words(&format!("-q {qos} -t qos/{qos} -m maß"))
            .succeed();
        assert_eq!(sub.line(MESSAGE), format!("qos/{qos} {qos} 0 4 maß"));
    }
    publisher(v, broker.addr())
        .words("-q 2 -t qos/empty -n")
        .succeed();
    assert_eq!(sub.line(MESSAGE), "qos/empty 2 0 0 ");
    publisher(v, broker.addr())
        .words("-q 1 -t qos/large -s")
        .input(vec![b'x'; 300_000])
        .succeed();
    let large = format!("qos/large 1 0 300000 {}", "x".repeat(300_000));
    assert!(sub.line(MESSAGE) == large, "the large payload is another one");
}
versions!(tcp every_qos_arrives: V3, V4, V5);

/// The lower of both QoS is what arrives.
async fn the_subscription_bounds_the_qos(v: Version) {
    let broker = TestBroker::start().await;
    let mut sub = subscribed(subscriber(v, broker.addr()).words("-q 1 -t a"));
    for (qos, granted) in [(2, 1), (1, 1), (0, 0)] {
        publisher(v, broker.addr())
            .words(&format!("-q {qos} -t a -m m"))
            .succeed();
        assert_eq!(sub.line(MESSAGE), format!("a {granted} 0 1 m"));
    }
}
versions!(tcp the_subscription_bounds_the_qos: V3, V4, V5);

async fn many_lines_arrive_in_order(v: Version) {
    let broker = TestBroker::start().await;
    let sub = subscribed(subscriber(v, broker.addr()).words("-q 2 -t lines -C 1000"));
    let input: String = (0..1000).map(|n| format!("{n}\n")).collect();
    publisher(v, broker.addr())
        .words("-q 2 -t lines -l")
        .input(input)
        .succeed();
    let ended = sub.ended();
    assert_eq!(ended.code, Some(0));
    let expected: Vec<_> = (0..1000)
        .map(|n| format!("lines 2 0 {} {n}", n.to_string().len()))
        .collect();
    assert_eq!(messages(&ended.lines), expected);
}
versions!(tcp many_lines_arrive_in_order: V3, V4, V5);

async fn retained_messages_wait(v: Version) {
    let broker = TestBroker::start().await;
    for words in ["-t r/a -m old", "-t r/a -m new", "-t r/gone -m x", "-t r/gone -n"] {
        publisher(v, broker.addr())
            .words("-q 1 -r")
            .words(words)
            .succeed();
    }
    let mut late = subscribed(subscriber(v, broker.addr()).words("-q 1 -t r/#"));
    assert_eq!(late.line(MESSAGE), "r/a 1 1 3 new");
    publisher(v, broker.addr())
        .words("-q 1 -r -t r/a -m live")
        .succeed();
    assert_eq!(late.line(MESSAGE), "r/a 1 0 4 live");
}
versions!(tcp retained_messages_wait: V3, V4, V5);

async fn a_will_is_published_for_a_killed_client_only(v: Version) {
    let broker = TestBroker::start().await;
    let mut watcher = subscribed(subscriber(v, broker.addr()).words("-q 2 -t will/#"));
    let with_will = |name: &str| {
        subscriber(v, broker.addr()).words(&format!(
            "-t x --will-topic will/{name} --will-payload gone --will-qos 1 --will-retain"
        ))
    };
    with_will("polite").arg("-E").succeed();
    subscribed(with_will("killed")).kill();
    assert_eq!(watcher.line(MESSAGE), "will/killed 1 0 4 gone");
    let mut late = subscribed(subscriber(v, broker.addr()).words("-q 2 -t will/#"));
    assert_eq!(late.line(MESSAGE), "will/killed 1 1 4 gone");
}
versions!(tcp a_will_is_published_for_a_killed_client_only: V3, V4, V5);

/// Messages wait for a session with a name, over a restart of the broker too; QoS 0 does not.
async fn a_session_waits_for_its_client(v: Version) {
    let broker = TestBroker::start().await;
    let session = |broker: &TestBroker| persistent(v, subscriber(v, broker.addr())).words("-i sleeper -t a");
    session(&broker).arg("-E").succeed();
    for qos in 0..3 {
        publisher(v, broker.addr())
            .words(&format!("-q {qos} -t a -m m{qos}"))
            .succeed();
    }
    let broker = broker.restart().await;
    let lines = session(&broker).words("-C 2").succeed();
    assert_eq!(messages(&lines), ["a 1 0 2 m1", "a 2 0 2 m2"]);
    publisher(v, broker.addr()).words("-q 1 -t a -m last").succeed();
    let lines = session(&broker).words("-C 1").succeed();
    assert_eq!(messages(&lines), ["a 1 0 4 last"]);
}
versions!(tcp a_session_waits_for_its_client: V3, V4, V5);

/// `-c` missing: the session is new, what waited is gone.
async fn a_clean_session_forgets(v: Version) {
    let broker = TestBroker::start().await;
    let session = || subscriber(v, broker.addr()).words("-i sleeper -t a -q 1");
    persistent(v, session()).arg("-E").succeed();
    publisher(v, broker.addr())
        .words("-q 1 -t a -m forgotten")
        .succeed();
    let mut fresh = subscribed(session());
    publisher(v, broker.addr()).words("-q 1 -t a -m fresh").succeed();
    assert_eq!(fresh.line(MESSAGE), "a 1 0 5 fresh");
}
versions!(tcp a_clean_session_forgets: V3, V4, V5);

async fn a_shared_group_gets_each_message_once(v: Version) {
    let broker = TestBroker::start().await;
    let member = || subscribed(subscriber(v, broker.addr()).words("-q 1 -t $share/group/work -t end"));
    let mut members = [member(), member(), member()];
    let input: String = (0..300).map(|n| format!("{n}\n")).collect();
    publisher(v, broker.addr())
        .words("-q 1 -t work -l")
        .input(input)
        .succeed();
    publisher(v, broker.addr()).words("-q 1 -t end -m x").succeed();
    let mut all = HashSet::new();
    for member in &mut members {
        let mut share = 0;
        // Behind the work in every member's queue.
        while let Some(work) = member.line(MESSAGE).strip_prefix("work 1 0 ") {
            assert!(all.insert(work.to_owned()), "twice: {work}");
            share += 1;
        }
        assert!(share > 0, "a member without work");
    }
    assert_eq!(all.len(), 300);
}
versions!(tcp a_shared_group_gets_each_message_once: V3, V4, V5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn properties_travel() {
    let broker = TestBroker::start().await;
    let mut sub = subscribed(
        subscriber(V5, broker.addr())
            .arg("-F")
            .arg("message %t %C %D %E %F %P %R %S")
            .words("-q 1 -t p/# -D subscribe subscription-identifier 77"),
    );
    let mut properties = publisher(V5, broker.addr()).words("-q 1 -t p/a -m m");
    for property in [
        "content-type text/plain",
        "correlation-data c0rr",
        "message-expiry-interval 1000",
        "payload-format-indicator 1",
        "response-topic p/answer",
        "user-property colour blue",
        "user-property colour green",
    ] {
        properties = properties.words(&format!("-D publish {property}"));
    }
    properties.succeed();
    let line = sub.line(MESSAGE);
    // The broker takes off what the message has waited; a busy machine may need a second or two.
    let expiry: u32 = line.split(' ').nth(3).unwrap().parse().unwrap();
    assert!((980..=1000).contains(&expiry), "{line}");
    let expected = format!("p/a text/plain c0rr {expiry} 1 colour:blue colour:green p/answer 77");
    assert_eq!(line, expected);
}

/// A property of the original's hidden setting; without it the broker announces no alias.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_alias_is_for_the_publisher() {
    let broker = TestBroker::builder()
        .conf("topic_alias_max_client = 5")
        .start()
        .await;
    let mut sub = subscribed(subscriber(V5, broker.addr()).words("-q 1 -t alias"));
    publisher(V5, broker.addr())
        .words("-q 1 -t alias -l -D publish topic-alias 5")
        .input("one\ntwo\n")
        .succeed();
    assert_eq!(sub.line(MESSAGE), "alias 1 0 3 one");
    assert_eq!(sub.line(MESSAGE), "alias 1 0 3 two");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_message_is_not_delivered() {
    let broker = TestBroker::start().await;
    let session = || persistent(V5, subscriber(V5, broker.addr())).words("-i sleeper -t a");
    session().arg("-E").succeed();
    let publish = |words: &str| {
        publisher(V5, broker.addr())
            .words("-q 1 -t a")
            .words(words)
            .succeed()
    };
    publish("-m short -D publish message-expiry-interval 1");
    publish("-m long -D publish message-expiry-interval 600");
    // Time itself is the subject.
    let published = Instant::now();
    eventually("the short one to expire", async || {
        published.elapsed() > Duration::from_millis(1500)
    })
    .await;
    assert_eq!(messages(&session().words("-C 1").succeed()), ["a 1 0 4 long"]);
}

/// A client of version 5 is told why it lost its connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_id_has_one_owner() {
    let broker = TestBroker::start().await;
    let mut first = subscribed(subscriber(V5, broker.addr()).words("-i owner -t a"));
    let mut second = subscribed(subscriber(V5, broker.addr()).words("-i owner -t a"));
    assert_eq!(first.line("Received DISCONNECT "), "(142)");
    publisher(V5, broker.addr()).words("-q 1 -t a -m m").succeed();
    assert_eq!(second.line(MESSAGE), "a 0 0 1 m");
}
