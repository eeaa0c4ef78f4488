//! What a trace is about and what it shows: the options of monitoring.md 8.6; and its acceptance (monitoring.md 12.14).

use crate::tool::vmq_admin;
use crate::trace::{HENRY, ROOMY, Watch, cell, client, connect, connecting, done, listed};
use harness::control::eventually_blocking;
use harness::{Node, QOS0, QOS1, V4, V5};
use std::os::unix::fs::PermissionsExt as _;
use vmq_admin::command::trace::{ClientFilter, Trace, TraceEvents, TraceLimits, TracePayload};

/// The example of monitoring.md 8.4 at machine speed, with the limits that are there without options. The page leaves out
/// the question about the subscription, which its table of hooks has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_manual() {
    let node = Node::new("allow_anonymous = off");
    std::fs::write(node.home().join("vmq.passwd"), HENRY).unwrap();
    assert_eq!(node.verb(&["start"]).code, 0);
    let watch = Watch::start(&node, client("client"), TraceLimits::default());
    let connecting = connecting(&node, V4, "client").user("henry", "secret");
    let mut session = connecting.keepalive(30).connect().await;
    session.subscribe("topic", QOS0).await;
    session.drop_connection();
    watch.expect(&[
        "No sessions found for client \"client\"",
        "New session with PID <P> found for client \"client\"",
        "<P> MQTT RECV: CID: \"client\" CONNECT(c: client, v: 4, u: henry, p: pw_no_print, cs: 1, ka: 30)",
        "<P> Calling auth_on_register({{127,0,0,1},PORT},{[],<<\"client\">>},henry,pw_no_print,true) ",
        "<P> Hook returned \"ok\"",
        "<P> MQTT SEND: CID: \"client\" CONNACK(sp: 0, rc: 0)",
        "<P> MQTT RECV: CID: \"client\" SUBSCRIBE(m1) with topics:\n    q:0, t: \"topic\"",
        "<P> Calling auth_on_subscribe(henry,{[],<<\"client\">>}) with topics:\n    q:0, t: \"topic\"",
        "<P> Hook returned \"ok\"",
        "<P> MQTT SEND: CID: \"client\" SUBACK(m1, qt[0])",
        "<P> Trace session for client stopped",
    ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_clients_in_one_trace() {
    let node = Node::started("");
    let clients = ClientFilter {
        client_ids: ["a", "b-*", "~^c[0-9]$"].map(str::to_owned).to_vec(),
        ..ClientFilter::default()
    };
    let limits = TraceLimits {
        events: TraceEvents::parse("ping").unwrap(),
        ..ROOMY
    };
    let watch = Watch::start(&node, clients, limits);
    watch.expect(&["No sessions found for client \"a\", \"b-*\", \"~^c[0-9]$\""]);
    for (id, is_meant) in [
        ("a", true),
        ("ab", false),
        ("b-1", true),
        ("c7", true),
        ("c77", false),
    ] {
        connect(&node, V4, id).await.ping().await;
        if is_meant {
            watch.expect(&[
                &format!("New session with PID <P> found for client \"{id}\""),
                &format!("<P> MQTT RECV: CID: \"{id}\" PINGREQ()"),
                &format!("<P> MQTT SEND: CID: \"{id}\" PINGRESP()"),
                &format!("<P> Trace session for {id} stopped"),
            ]);
        }
    }
    assert_eq!(
        cell(&listed(&node)[0], "filter"),
        "client-id=a client-id=b-* client-id=~^c[0-9]$"
    );
    let bad = vmq_admin(&node, &["trace", "client", "client-id=~("]);
    assert_eq!((bad.out.as_str(), bad.code), ("Invalid value: \"~(\"\n", 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_as_digits_or_not_at_all() {
    let node = Node::started("");
    let mut sender = connect(&node, V4, "sender").await;
    let of = |payload| {
        let limits = TraceLimits {
            payload,
            trunc_payload: 2,
            events: TraceEvents::parse("publish,hook").unwrap(),
            ..ROOMY
        };
        let watch = Watch::start(&node, client("sender"), limits);
        watch.next();
        watch
    };
    let (hex, hidden) = (of(TracePayload::Hex), of(TracePayload::Hidden));
    sender.publish("t", QOS0, b"a\xffb").await;
    let lines = |shown: &str| {
        [
            format!("<P> MQTT RECV: CID: \"sender\" PUBLISH(d0, q0, r0, m0, \"t\") with payload{shown}"),
            format!(
                "<P> Calling auth_on_publish(undefined,{{[],<<\"sender\">>}},0,t,false) with payload{shown}"
            ),
        ]
    };
    for (watch, shown) in [(hex, ":\n    61ff (truncated)"), (hidden, " of 3 bytes")] {
        assert_eq!([watch.next(), watch.next()], lines(shown));
    }
}

/// It ends by itself: after so many events, or after a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_with_an_end() {
    let node = Node::started("");
    let mut sender = connect(&node, V4, "sender").await;
    let limits = TraceLimits {
        max_events: Some(3),
        ..ROOMY
    };
    let counted = Watch::start(&node, client("sender"), limits);
    counted.next();
    sender.ping().await;
    sender.ping().await;
    let (lines, outcome) = counted.rest();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[3], "Trace event limit reached.");
    assert_eq!(outcome, done());
    let limits = TraceLimits {
        duration_ms: Some(50),
        ..ROOMY
    };
    let timed = Watch::start(&node, client("sender"), limits);
    timed.next();
    assert_eq!(timed.rest(), (vec!["Trace duration is over.".to_owned()], done()));
    assert!(listed(&node).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verbose_trace_says_more() {
    let node = Node::started("max_online_messages = 1");
    let limits = TraceLimits {
        verbose: true,
        events: TraceEvents::parse("ping").unwrap(),
        ..ROOMY
    };
    let watch = Watch::start(&node, client("reader"), limits);
    watch.next();
    let reader = connecting(&node, V5, "reader").props(|p| p.receive_maximum = Some(1));
    let mut reader = reader.connect().await;
    watch.next();
    let known = watch.next();
    assert!(
        known.starts_with("<P> INFO listener: default, peer: 127.0.0.1:"),
        "{known}"
    );
    reader.subscribe("t", QOS1).await;
    let mut sender = connect(&node, V4, "sender").await;
    // None is acknowledged: soon there is no room.
    for _ in 0..20 {
        sender.publish("t", QOS1, "x").await;
    }
    let drop = "INFO queue of client \"reader\" dropped 1 messages";
    watch.expect(&[drop]);
    reader.drop_connection();
    let mut line = watch.next();
    while line == drop {
        line = watch.next();
    }
    let stopped = "<P> Trace session for reader stopped (reason: ";
    let reasons = ["peer_closed)", "socket_error)"];
    assert!(
        line.strip_prefix(stopped)
            .is_some_and(|reason| reasons.contains(&reason)),
        "{line}"
    );
}

/// Where a publish went, and who had no room for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_trace_tells_drops() {
    let node = Node::started("max_offline_messages = 1");
    let mut reader = connecting(&node, V4, "reader").persistent().connect().await;
    reader.subscribe("t", QOS1).await;
    reader.disconnect().await;
    let watch = Watch::run(
        &node,
        Trace::Topic {
            topic: "t".to_owned(),
            mountpoint: String::new(),
            limits: TraceLimits {
                events: TraceEvents::parse("publish").unwrap(),
                ..ROOMY
            },
        },
    );
    watch.next();
    let mut sender = connect(&node, V4, "sender").await;
    sender.publish("t", QOS1, "first").await;
    sender.publish("t", QOS1, "second").await;
    sender.publish("other", QOS1, "third").await;
    let publish = |n: u8, payload: &str| {
        format!(
            "<P> MQTT RECV: CID: \"sender\" PUBLISH(d0, q1, r0, m{n}, \"t\") with payload:\n    {payload}"
        )
    };
    let routed = "<P> Routed \"t\": local matches 1, remote matches 0";
    watch.expect(&[
        &publish(1, "first"),
        routed,
        &publish(2, "second"),
        routed,
        "<P> Queue of client \"reader\" dropped 1 messages",
    ]);
    watch.canceller.cancel().unwrap();
    assert_eq!(watch.rest().0, [""; 0]);
}

/// Into a file of its own, that others cannot read, and never over another one.
#[test]
fn a_trace_in_a_file() {
    let node = Node::started("");
    let file = node.home().join("trace.txt");
    let output = format!("--output={}", file.display());
    let line = ["trace", "client", "client-id=c", "--max-events=2", &output];
    let running = std::thread::scope(|scope| {
        let tool = scope.spawn(|| vmq_admin(&node, &line));
        eventually_blocking("the trace to run", || !listed(&node).is_empty());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime
            .unwrap()
            .block_on(async { connect(&node, V4, "c").await.ping().await });
        tool.join().unwrap()
    });
    assert_eq!((running.out.as_str(), running.code), ("Done.\n", 0));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.contains(" MQTT RECV: CID: \"c\" CONNECT(") && text.ends_with("Trace event limit reached.\n"),
        "{text}"
    );
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = vmq_admin(&node, &line);
    assert_eq!(again.code, 1);
    assert_eq!(
        again.out,
        format!(
            "can't write {} due to File exists (os error 17)\n",
            file.display()
        )
    );
    let elsewhere = vmq_admin(&node, &["session", "show", &output]);
    assert_eq!(elsewhere.out, "Invalid key: \"output\"\n");
    eventually_blocking("the trace to end", || listed(&node).is_empty());
}
