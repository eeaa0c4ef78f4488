//! `session inspect` and `session messages`: one session from near (console.md 4.2), of a client that is there and of one
//! that has gone.

use crate::tool::{answer, client, rows, vmq_admin};
use crate::trace::HENRY;
use harness::control::eventually_blocking;
use harness::{Node, QOS0, QOS1, ReasonCode, V4, V5};

const LINES: &str = "\
receive_max_client = 10
max_online_messages = 500
listener.tcp.max_connection_lifetime = 3600
";

/// The rows of a part, without its name.
fn part(node: &Node, part: &str) -> Vec<String> {
    let rows = rows(node, "session inspect client-id=pump");
    let own = rows
        .iter()
        .filter_map(|row| row.strip_prefix(part)?.strip_prefix('\t'));
    own.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_connect_as_it_was_received_and_its_will() {
    let node = Node::started("");
    let _pump = client(&node, V5, "pump")
        .expiry(3600)
        .keepalive(30)
        .user("joe", "a secret")
        .will("a/will", "gone")
        .will_qos(QOS1)
        .will_retain()
        .will_delay(20)
        .props(|properties| {
            properties.receive_maximum = Some(7);
            properties.user_properties.push("site", "north\tsouth");
        })
        .connect()
        .await;
    assert_eq!(
        part(&node, "connect"),
        [
            "protocol\tMQTT 5\tclient",
            "user\tjoe\tclient",
            "clean_start\ttrue\tclient",
            "keep_alive\t30\tclient",
            "session_expiry_interval\t3600\tclient",
            "receive_maximum\t7\tclient",
            "user_property\tsite: north\u{fffd}south\tclient",
        ]
    );
    assert_eq!(
        part(&node, "will"),
        [
            "topic\ta/will\tclient",
            "qos\t1\tclient",
            "retain\ttrue\tclient",
            "payload_bytes\t4\tclient",
            "delay\t20\tclient",
        ]
    );
    assert!(!answer(&node, "session inspect client-id=pump").contains("secret"));
}

/// Each limit with who has set it: the client, a line, the listener's kind, or nobody.
#[tokio::test]
async fn limits_say_where_they_come_from() {
    let node = Node::started(LINES);
    let _pump = client(&node, V5, "pump").connect().await;
    let conf = std::fs::read_to_string(node.conf()).unwrap();
    let at = |text: &str| {
        let line = conf.lines().position(|line| line.starts_with(text)).unwrap() + 1;
        format!("{}:{line}", node.conf().display())
    };
    let limits = part(&node, "limit");
    for expected in [
        format!(
            "in_flight_to_client\t10\treceive_max_client ({})",
            at("receive_max")
        ),
        format!("waiting_online\t500\tmax_online_messages ({})", at("max_online")),
        format!(
            "connection_lifetime\t3600\tlistener default ({})",
            at("listener.tcp.max")
        ),
        "publishes_per_second\tnull\tmax_message_rate (default)".to_owned(),
        "keep_alive\t60\tclient".to_owned(),
    ] {
        assert!(limits.contains(&expected), "{expected}: {limits:#?}");
    }
    // A session keeps what it has sampled.
    let set = ["set", "receive_max_client=20", "max_message_rate=9"];
    assert_eq!(vmq_admin(&node, &set).code, 0);
    let limits = part(&node, "limit");
    for expected in [
        "in_flight_to_client\t10\treceive_max_client at its CONNECT; 20 since (",
        "publishes_per_second\tnull\tmax_message_rate at its CONNECT; 9 since (",
    ] {
        assert!(
            limits.iter().any(|limit| limit.starts_with(expected)),
            "{expected}: {limits:#?}"
        );
    }
}

/// Older clients have other limits, and what they do not ask for needs no room.
#[tokio::test]
async fn an_older_client_in_every_format() {
    let node = Node::started("");
    let _pump = client(&node, V4, "pump").keepalive(9).connect().await;
    let human = answer(&node, "session inspect client-id=pump");
    assert!(
        human.contains("| connect   | protocol                 | MQTT 3.1.1 "),
        "{human}"
    );
    let json = answer(&node, "session inspect client-id=pump --format=json");
    let begins = concat!(
        r#"{"table":[{"part":"connect","name":"protocol","value":"MQTT 3.1.1","from":"client"},"#,
        r#"{"part":"connect","name":"user","value":null,"from":"client"},"#,
        r#"{"part":"connect","name":"clean_session","value":true,"from":"client"},"#,
        r#"{"part":"connect","name":"keep_alive","value":9,"from":"client"},"#,
        r#"{"part":"transport","name":"peer","value":"127.0.0.1:"#
    );
    assert!(json.starts_with(begins), "{json}");
    assert!(json.contains(
        r#"{"part":"limit","name":"retry_interval","value":20,"from":"retry_interval (default)"}"#
    ));
    for command in ["inspect", "messages"] {
        let said = vmq_admin(&node, &["session", command, "client-id=nobody"]);
        assert_eq!(said.code, 1);
        assert!(
            said.out.contains("there is no session of client nobody"),
            "{said:?}"
        );
    }
}

/// What is in flight, what waits in memory, and when the client has gone what waits on the disk.
#[tokio::test]
async fn messages_on_their_way() {
    let node = Node::started("");
    let mut pump = client(&node, V5, "pump")
        .persistent()
        .props(|properties| properties.receive_maximum = Some(2))
        .connect()
        .await;
    pump.subscribe("a/#", QOS1).await;
    let mut meter = client(&node, V5, "meter").connect().await;
    for payload in ["1", "22", "333"] {
        meter.publish("a/b", QOS1, payload).await;
    }
    meter.publish("a/c", QOS0, "zero").await;
    // Without the columns that tell a name, a time or an age.
    let shown = || -> Vec<String> {
        let rows = rows(&node, "session messages client-id=pump");
        let columns = |row: &String| {
            let columns: Vec<&str> = row.split('\t').collect();
            [&columns[1..7], &columns[10..]].concat().join(" ")
        };
        rows.iter().map(columns).collect()
    };
    let online = [
        "sent 1 a/b 1 false 1 0",
        "sent 2 a/b 1 false 2 0",
        "waiting null a/b 1 false 3 null",
        "waiting null a/c 0 false 4 null",
    ];
    eventually_blocking("both to be sent", || shown() == online);
    let said = vmq_admin(&node, &["session", "messages", "client-id=pump", "--limit=1"]);
    assert_eq!(said.err, "showing the first 1 of 4 messages\n");
    // One of them, by its name, with its payload.
    for (at, payload) in [(1, "MjI="), (3, "emVybw==")] {
        let name = rows(&node, "session messages client-id=pump")[at]
            .split('\t')
            .next()
            .unwrap()
            .to_owned();
        let line = format!("session messages client-id=pump --message={name} --payload");
        let found = rows(&node, &line);
        assert!(
            found.len() == 1 && found[0].ends_with(&format!("\t{payload}")),
            "{found:?}"
        );
    }
    pump.drop_connection();
    let offline = [
        "to be sent again 1 a/b 1 false 1 null",
        "to be sent again 2 a/b 1 false 2 null",
        "waiting null a/b 1 false 3 null",
    ];
    eventually_blocking("it to be offline", || shown() == offline);
    assert_eq!(part(&node, "connect"), [""; 0]);
    // What was sent to nobody is sent again, and told so.
    let mut pump = client(&node, V5, "pump")
        .persistent()
        .clean(false)
        .connect()
        .await;
    pump.recv().await;
    eventually_blocking("it to be sent again", || {
        shown().first().map(String::as_str) == Some("sent 1 a/b 1 false 1 1")
    });
}

/// Who has let it in, what it was refused, and what it would get now: each row says which of the two it is.
#[tokio::test]
async fn why_a_client_may_or_may_not() {
    let node = Node::new("allow_anonymous = off\n");
    let home = node.home().to_owned();
    std::fs::write(home.join("vmq.acl"), "topic read a/#\ntopic write a/#\n").unwrap();
    std::fs::write(home.join("vmq.passwd"), HENRY).unwrap();
    assert_eq!(node.verb(&["start"]).code, 0);
    let mut pump = client(&node, V5, "pump")
        .user("henry", "secret")
        .will("a/gone", "gone")
        .connect()
        .await;
    pump.subscribe("a/#", QOS1).await;
    let refused = harness::Publish {
        qos: QOS1,
        ..harness::publish("b/c", "x")
    };
    assert_eq!(pump.publish_packet(refused).await, ReasonCode::NotAuthorized);
    // Without where, when and how long.
    let shown = |line: &str| -> Vec<String> {
        let rows = rows(&node, line);
        let columns = |row: &String| {
            let columns: Vec<&str> = row.split('\t').collect();
            let by: Vec<&str> = columns[4].split(home.to_str().unwrap()).collect();
            [&columns[..4], &[&*by.concat()], &columns[6..7], &columns[8..]]
                .concat()
                .join(" ")
        };
        rows.iter().map(columns).collect()
    };
    assert_eq!(
        shown("session why client-id=pump"),
        [
            "login henry allow null vmq_passwd auth_on_register /vmq.passwd:1 recorded 1",
            "publish b/c deny plugin_chain_exhausted no plugin (auth_on_publish) recorded 1",
            "publish b/c deny plugin_chain_exhausted no plugin (auth_on_publish) asked now null",
            "subscribe a/# allow null vmq_acl auth_on_subscribe /vmq.acl:1 asked now null",
            "will a/gone allow null vmq_acl auth_on_publish /vmq.acl:2 asked now null",
        ]
    );
    assert_eq!(rows(&node, "session why client-id=nobody"), [""; 0]);
}
