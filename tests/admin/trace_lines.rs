//! What a trace shows, line by line, for every version (monitoring.md 8.2-8.4).

use crate::trace::{HENRY, ROOMY, Watch, client, connect, connecting, plain};
use bytes::Bytes;
use harness::{DEADLINE, Node, Packet, QOS0, QOS1, ReasonCode, TestBroker, V3, V4, V5, Version};
use std::fs;
use std::sync::Arc;
use vmq_admin::command::trace::{ClientFilter, Trace, TraceEvents, TraceForm, TraceLimits, TracePayload};
use vmq_broker::hooks::{Answer, AuthStep, Authenticate, Provider, Verdict};
use vmq_broker::trace::select::Pattern;
use vmq_broker::trace::{Form, Payloads, Rate, Select, Show, Traces, Wanted};
use vmq_config::Plugin;
use vmq_mqtt::Auth;

/// A node that asks for a password.
fn closed() -> Node {
    let node = Node::new("allow_anonymous = off");
    fs::write(node.home().join("vmq.passwd"), HENRY).unwrap();
    assert_eq!(node.verb(&["start"]).code, 0);
    node
}

async fn connect_subscribe_publish(node: &Node, version: Version) {
    let builder = connecting(node, version, "client").user("henry", "secret");
    let mut client = builder.connect().await;
    client.subscribe("topic", QOS1).await;
    client.publish("topic", QOS1, "hello").await;
    let got = client.recv().await;
    let Packet::Publish(got) = got else {
        panic!("{got:?}");
    };
    client.acknowledge(&got).await;
    client.ping().await;
    client.disconnect().await;
}

/// monitoring.md 8.4, admin.md 21.11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connect_a_subscribe_and_a_publish_of_version_3() {
    let node = closed();
    for (version, level) in [(V3, 3), (V4, 4)] {
        let watch = Watch::of(&node, "client");
        connect_subscribe_publish(&node, version).await;
        let connect = format!(
            "<P> MQTT RECV: CID: \"client\" CONNECT(c: client, v: {level}, u: henry, p: pw_no_print, cs: 1, ka: 60)"
        );
        watch.expect(&[
            "No sessions found for client \"client\"",
            "New session with PID <P> found for client \"client\"",
            &connect,
            "<P> Calling auth_on_register({{127,0,0,1},PORT},{[],<<\"client\">>},henry,pw_no_print,true) ",
            "<P> Hook returned \"ok\"",
            "<P> MQTT SEND: CID: \"client\" CONNACK(sp: 0, rc: 0)",
            "<P> MQTT RECV: CID: \"client\" SUBSCRIBE(m1) with topics:\n    q:1, t: \"topic\"",
            "<P> Calling auth_on_subscribe(henry,{[],<<\"client\">>}) with topics:\n    q:1, t: \"topic\"",
            "<P> Hook returned \"ok\"",
            "<P> MQTT SEND: CID: \"client\" SUBACK(m1, qt[1])",
            "<P> MQTT RECV: CID: \"client\" PUBLISH(d0, q1, r0, m2, \"topic\") with payload:\n    hello",
            "<P> Calling auth_on_publish(henry,{[],<<\"client\">>},1,topic,false) with payload:\n    hello",
            "<P> Hook returned \"ok\"",
            "<P> MQTT SEND: CID: \"client\" PUBACK(m2)",
            "<P> MQTT SEND: CID: \"client\" PUBLISH(d0, q1, r0, m1, \"topic\") with payload:\n    hello",
            "<P> MQTT RECV: CID: \"client\" PUBACK(m1)",
            "<P> MQTT RECV: CID: \"client\" PINGREQ()",
            "<P> MQTT SEND: CID: \"client\" PINGRESP()",
            "<P> MQTT RECV: CID: \"client\" DISCONNECT()",
            "<P> Trace session for client stopped",
        ]);
    }
}

/// monitoring.md 8.3, 8.4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connect_a_subscribe_and_a_publish_of_version_5() {
    let node = closed();
    let watch = Watch::of(&node, "client");
    connect_subscribe_publish(&node, V5).await;
    let topics = "with topics:\n    q:1, no_local:false, rap:false, rh:send_retain\n    t: \"topic\"";
    let subscribe = format!("<P> MQTT RECV: CID: \"client\" SUBSCRIBE(m1) {topics}");
    let asked = format!("<P> Calling auth_on_subscribe_m5(henry,{{[],<<\"client\">>}}) {topics}");
    watch.expect(&[
        "No sessions found for client \"client\"",
        "New session with PID <P> found for client \"client\"",
        "<P> MQTT RECV: CID: \"client\" CONNECT(c: client, v: 5, u: henry, p: pw_no_print, cs: true, ka: 60)",
        "<P> Calling auth_on_register_m5({{127,0,0,1},PORT},{[],<<\"client\">>},henry,pw_no_print,true) ",
        "<P> Hook returned \"ok\"",
        "<P> MQTT SEND: CID: \"client\" CONNACK(sp: 0, rc: success(0))",
        &subscribe,
        &asked,
        "<P> Hook returned \"ok\"",
        "<P> MQTT SEND: CID: \"client\" SUBACK(m1, reason_codes:[1])",
        "<P> MQTT RECV: CID: \"client\" PUBLISH(d0, q1, r0, m2, \"topic\") with payload:\n    hello",
        "<P> Calling auth_on_publish_m5(henry,{[],<<\"client\">>},1,topic,false) with payload:\n    hello",
        "<P> Hook returned \"ok\"",
        "<P> MQTT SEND: CID: \"client\" PUBACK(m2, rc: success(0))",
        "<P> MQTT SEND: CID: \"client\" PUBLISH(d0, q1, r0, m1, \"topic\") with payload:\n    hello",
        "<P> MQTT RECV: CID: \"client\" PUBACK(m1, rc: success(0))",
        "<P> MQTT RECV: CID: \"client\" PINGREQ()",
        "<P> MQTT SEND: CID: \"client\" PINGRESP()",
        "<P> MQTT RECV: CID: \"client\" DISCONNECT(rc:normal_disconnect(0))",
        "<P> Trace session for client stopped",
    ]);
}

/// Who is refused is seen as well, and so is why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_client() {
    let node = closed();
    let watch = Watch::of(&node, "client");
    let builder = connecting(&node, V4, "client")
        .user("henry", "wrong")
        .will("w", "bye");
    builder.refused(ReasonCode::BadUsernameOrPassword).await;
    watch.expect(&[
        "No sessions found for client \"client\"",
        "New session with PID <P> found for client \"client\"",
        "<P> MQTT RECV: CID: \"client\" CONNECT(c: client, v: 4, u: henry, p: pw_no_print, cs: 1, ka: 60)\n    \
         with LWT(wr: 0, wq: 0, wt: w) with payload:\n    bye",
        "<P> Calling auth_on_register({{127,0,0,1},PORT},{[],<<\"client\">>},henry,pw_no_print,true) ",
        "<P> Hook returned {error,invalid_credentials}",
        "<P> MQTT SEND: CID: \"client\" CONNACK(sp: 0, rc: 4)",
        "<P> Trace session for client stopped",
    ]);
}

/// Sessions that exist are named by the first line, and followed from then on; the mountpoint counts and is shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_exists() {
    let node = Node::started("listener.tcp.default.mountpoint = mp");
    let mut running = connect(&node, V4, "client").await;
    let elsewhere = Watch::of(&node, "client");
    elsewhere.expect(&["No sessions found for client \"client\""]);
    let limits = TraceLimits {
        trunc_payload: 4,
        ..ROOMY
    };
    let in_mountpoint = ClientFilter {
        mountpoint: "mp".to_owned(),
        ..client("client")
    };
    let watch = Watch::start(&node, in_mountpoint, limits);
    watch.expect(&["Starting trace for 1 existing sessions for client \"client\" with PIDs\n    [<P>]"]);
    running.publish("a", QOS0, b"12\xff45").await;
    watch.expect(&[
        "<P> MQTT RECV: MP: \"mp\" CID: \"client\" PUBLISH(d0, q0, r0, m0, \"a\") with payload:\n    \
         12\\xff4 (truncated)",
        "<P> Calling auth_on_publish(undefined,{\"mp\",<<\"client\">>},0,a,false) with payload:\n    \
         12\\xff4 (truncated)",
        "<P> Hook returned \"ok\"",
    ]);
    elsewhere.canceller.cancel().unwrap();
    assert_eq!(elsewhere.rest().0, [""; 0], "the mountpoint is another one");
}

/// Ours: several traces see the same session, each in its own way (monitoring.md 8.6).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patterns_users_addresses_and_listeners() {
    let node = Node::started("");
    let mut joe = connecting(&node, V4, "sensor-1").username("joe").connect().await;
    let with = |change: fn(&mut ClientFilter)| {
        let mut filter = client("sensor-*");
        change(&mut filter);
        Watch::start(&node, filter, ROOMY)
    };
    let all = with(|_| {});
    let of_joe = with(|filter| filter.username = Some("joe".to_owned()));
    let of_ann = with(|filter| filter.username = Some("ann".to_owned()));
    let near = with(|filter| filter.peer = Some("127.0.0.0/8".to_owned()));
    let far = with(|filter| filter.peer = Some("10.0.0.0/8".to_owned()));
    let here = with(|filter| filter.listener = Some("default".to_owned()));
    let elsewhere = with(|filter| filter.listener = Some("other".to_owned()));
    all.expect(&["Starting trace for 1 existing sessions for client \"sensor-*\" with PIDs\n    [<P>]"]);
    // Which sessions are meant they tell themselves, at once.
    let found = "New session with PID <P> found for client \"sensor-1\"";
    of_joe.expect(&["Starting trace for client-id=sensor-* --username=joe", found]);
    near.expect(&["Starting trace for client-id=sensor-* --peer=127.0.0.0/8", found]);
    here.expect(&["Starting trace for client-id=sensor-* --listener=default", found]);
    joe.ping().await;
    for watch in [&all, &of_joe, &near, &here] {
        watch.expect(&[
            "<P> MQTT RECV: CID: \"sensor-1\" PINGREQ()",
            "<P> MQTT SEND: CID: \"sensor-1\" PINGRESP()",
        ]);
    }
    for watch in [of_ann, far, elsewhere] {
        watch.canceller.cancel().unwrap();
        let (lines, _) = watch.rest();
        assert_eq!(lines.len(), 1, "only the first line: {lines:?}");
    }
}

/// A client whose id the broker gives is seen from its CONNECT on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_an_id() {
    let node = Node::started("");
    let watch = Watch::of(&node, "*");
    let (_client, ack) = connecting(&node, V5, "").ack().await;
    let id = ack.properties.unwrap().assigned_client_id.unwrap();
    watch.expect(&[
        "No sessions found for client \"*\"",
        "New session with PID <P> found for client \"\"",
        "<P> MQTT RECV: CID: \"\" CONNECT(c: , v: 5, u: undefined, p: pw_no_print, cs: true, ka: 60)",
    ]);
    let connack = format!("<P> MQTT SEND: CID: \"{id}\" CONNACK(sp: 0, rc: success(0))");
    assert!(watch.next().starts_with(&connack));
}

/// Ours: publishes of a topic, whoever sends or gets them, also where an alias stands for the topic (monitoring.md 8.6).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic() {
    let node = Node::started("topic_alias_max_client = 5\ntopic_alias_max_broker = 5");
    let watch = Watch::run(
        &node,
        Trace::Topic {
            topic: "alarms/#".to_owned(),
            mountpoint: String::new(),
            limits: ROOMY,
        },
    );
    watch.expect(&["Starting trace for topic \"alarms/#\""]);
    let mut getter = connect(&node, V4, "getter").await;
    getter.subscribe("#", QOS0).await;
    let aliasing = connecting(&node, V5, "sender").props(|p| p.topic_alias_maximum = Some(5));
    let mut sender = aliasing.connect().await;
    for topic in ["alarms/1", ""] {
        let packet = harness::Publish {
            properties: harness::properties(|p| p.topic_alias = Some(1)),
            ..harness::publish(topic, "x")
        };
        sender.publish_packet(packet).await;
        getter.recv().await;
        let alias = "    x\n    with properties: #{p_topic_alias => 1}";
        watch.expect(&[
            &format!("<P> MQTT RECV: CID: \"sender\" PUBLISH(d0, q0, r0, m0, \"{topic}\") with payload:\n{alias}"),
            "<P> Calling auth_on_publish_m5(undefined,{[],<<\"sender\">>},0,alarms/1,false) with payload:\n    x",
            "<P> Hook returned \"ok\"",
        ]);
        // Two connections say this, each in its own time.
        let mut both = [watch.next(), watch.next()];
        both.sort();
        assert_eq!(
            both,
            [
                "<P> MQTT SEND: CID: \"getter\" PUBLISH(d0, q0, r0, m0, \"alarms/1\") with payload:\n    x",
                "<P> Routed \"alarms/1\": local matches 1, remote matches 0",
            ]
        );
    }
    sender.publish("other", QOS0, "y").await;
    getter.recv().await;
    sender.subscribe("alarms/#", QOS0).await;
    for topic in ["alarms/2", ""] {
        getter.publish("alarms/2", QOS0, "z").await;
        sender.recv().await;
        getter.recv().await;
        let alias = "    z\n    with properties: #{p_topic_alias => 1}";
        let first = [
            watch.next(),
            watch.next(),
            watch.next(),
            watch.next(),
            watch.next(),
            watch.next(),
        ];
        let routed = "<P> Routed \"alarms/2\": local matches 2, remote matches 0";
        assert!(first.iter().any(|line| line == routed), "{first:#?}");
        let sent = format!(
            "<P> MQTT SEND: CID: \"sender\" PUBLISH(d0, q0, r0, m0, \"{topic}\") with payload:\n{alias}"
        );
        assert!(first.contains(&sent), "{first:#?}");
    }
    watch.canceller.cancel().unwrap();
    assert_eq!(watch.rest().0, [""; 0], "nothing of other topics");
}

/// Knows the method `PING`: `ping` is challenged, `pong` is right. Not in the original: AUTH before CONNACK is shown, its data
/// are not (monitoring.md 8.3, 8.4).
struct PingPong;

impl Provider for PingPong {
    fn plugin(&self) -> Plugin {
        Plugin::Diversity
    }

    fn on_auth(&self, request: &Authenticate) -> Option<Answer<AuthStep>> {
        let step = match request.data.as_deref() {
            Some(b"ping") => AuthStep::Continue(Some(Bytes::from_static(b"secret"))),
            _ => AuthStep::Success(None),
        };
        Some(Answer::Now(Verdict::Allow(step)))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enhanced_authentication() {
    let broker = TestBroker::builder().provider(Arc::new(PingPong)).start().await;
    let watched = Traces::start(
        broker.core(),
        Wanted {
            select: Select {
                clients: vec![Pattern::parse("c").unwrap()],
                ..Select::default()
            },
            show: Show {
                payloads: Payloads {
                    form: TracePayload::Text,
                    bytes_max: 200,
                },
                events: TraceEvents::ALL,
                verbose: false,
            },
            rate: Rate {
                events_max: 1000,
                window: DEADLINE,
                sample: false,
                total_max: None,
            },
            form: Form::Text,
            existing: Vec::new(),
            first_line: "first".to_owned(),
            uid: 0,
        },
    );
    let watched = watched.unwrap();
    let with = |data: &'static [u8]| {
        move |properties: &mut harness::Properties| {
            properties.authentication_method = Some("PING".into());
            properties.authentication_data = Some(Bytes::from_static(data));
        }
    };
    let mut client = broker.client(V5, "c").props(with(b"ping")).send().await;
    client.recv().await;
    let answer = Packet::Auth(Auth {
        reason: ReasonCode::ContinueAuthentication,
        properties: harness::properties(with(b"pong")),
    });
    client.send(&answer).await;
    client.recv().await;
    let hidden = "    with properties: #{p_authentication_data => <<\"redacted\">>,p_authentication_method => <<\"PING\">>}";
    let asked = format!("<P> Calling on_auth_m5(undefined,{{[],<<\"c\">>}})\n{hidden}");
    let auth = |way| format!("<P> MQTT {way}: CID: \"c\" AUTH(rc:continue_authentication(24))\n{hidden}");
    let connect =
        "<P> MQTT RECV: CID: \"c\" CONNECT(c: c, v: 5, u: undefined, p: pw_no_print, cs: true, ka: 60)";
    for expected in [
        "first",
        "New session with PID <P> found for client \"c\"",
        &format!("{connect}\n{hidden}"),
        &asked,
        "<P> Hook returned \"ok\" with modifiers:\n    {reason_code,continue_authentication}",
        &auth("SEND"),
        &auth("RECV"),
        &asked,
        "<P> Hook returned \"ok\"",
        "<P> MQTT SEND: CID: \"c\" CONNACK(sp: 0, rc: success(0))\n    with properties: \
         #{p_authentication_method => <<\"PING\">>}",
    ] {
        let line = harness::within(DEADLINE, expected, watched.trace().feed.next()).await;
        assert_eq!(plain(&line.unwrap().text), expected);
    }
}

/// Ours: the same events as objects, for programs (monitoring.md 8.6).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_of_json() {
    let node = Node::started("");
    let form = TraceForm::Json;
    let watch = Watch::start(&node, client("c*"), TraceLimits { form, ..ROOMY });
    let mut talker = connecting(&node, V4, "c\u{9b}").username("joe").connect().await;
    talker.publish("a", QOS1, b"x\xff\"").await;
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.contains("PUBACK")) {
        lines.push(watch.next_raw());
    }
    assert!(
        lines[0].contains(r#","event":"info","text":"No sessions found for client \"c*\"""#),
        "{}",
        lines[0]
    );
    assert!(!lines.concat().contains('\u{9b}'), "nothing drives the terminal");
    let publish = lines
        .iter()
        .find(|line| line.contains("\"recv\"") && line.contains("PUBLISH"))
        .unwrap();
    let session = r#""mountpoint":"","client_id":"c\u009b","username":"joe","peer":"127.0.0.1:"#;
    assert!(publish.contains(session), "{publish}");
    let fields = r#""packet":"PUBLISH","topic":"a","qos":1,"retain":false,"dup":false,"packet_id":1,"payload":"x\\xff\"","payload_bytes":3,"text":"PUBLISH(d0, q1, r0, m1, \"a\") with payload:\n    x\\xff\""}"#;
    assert!(publish.ends_with(fields), "{publish}");
    watch.canceller.cancel().unwrap();
    assert_eq!(watch.rest_raw().elements, [], "nothing that is not JSON");
}
