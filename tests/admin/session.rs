//! `vmq-admin session show` (admin.md 6.1): columns, filters, rows, formats.

use crate::tool::{answer, client, rows, vmq_admin};
use harness::control::eventually_blocking;
use harness::{Node, QOS0, QOS1, V4, V5, options};

/// The example of the page: one client is connected, one has left its session.
async fn one_online_one_offline(node: &Node) -> harness::RawClient {
    let online = client(node, V5, "client1").connect().await;
    let mut offline = client(node, V4, "client2").persistent().connect().await;
    offline.subscribe("some/other/topic1", QOS1).await;
    offline.disconnect().await;
    eventually_blocking("client2 to be offline", || {
        rows(node, "session show --statename --client_id=client2") == ["offline"]
    });
    online
}

#[tokio::test]
async fn the_default_columns_in_every_format() {
    let node = Node::started("");
    let _online = one_online_one_offline(&node).await;
    let port = rows(&node, "session show --peer_port --client_id=client1").remove(0);
    assert_eq!(port.len(), 5, "the columns below are as wide as this one");
    let human = format!(
        "\
+-----------+-----------+------------+-----------+-----------+-----------+
| client_id | is_online | mountpoint | peer_host | peer_port | user      |
+-----------+-----------+------------+-----------+-----------+-----------+
| client1   | true      |            | 127.0.0.1 | {port}     | undefined |
+-----------+-----------+------------+-----------+-----------+-----------+
| client2   | false     |            | null      | null      | null      |
+-----------+-----------+------------+-----------+-----------+-----------+
"
    );
    assert_eq!(answer(&node, "session show"), human);
    let json = format!(
        concat!(
            r#"{{"table":[{{"client_id":"client1","is_online":true,"mountpoint":"","peer_host":"127.0.0.1","#,
            r#""peer_port":{port},"user":null}},{{"client_id":"client2","is_online":false,"mountpoint":"","#,
            r#""peer_host":null,"peer_port":null,"user":null}}],"type":"table"}}"#,
            "\n"
        ),
        port = port
    );
    assert_eq!(answer(&node, "session show --format=json"), json);
    // Lines end with CR LF, of which the harness shows one; the test of the renderer has both.
    let csv = format!(
        "client_id,is_online,mountpoint,peer_host,peer_port,user\nclient1,true,,127.0.0.1,{port},undefined\n\
         client2,false,,null,null,null\n"
    );
    assert_eq!(answer(&node, "session show --format=csv"), csv);
}

/// admin.md 21 #3: zero rows are nothing at all, but a table in JSON.
#[tokio::test]
async fn columns_and_filters_mix() {
    let node = Node::started("");
    let _online = one_online_one_offline(&node).await;
    let human = "\
+-----------+-------------------+
| is_online | node              |
+-----------+-------------------+
| true      | VerneMQ@127.0.0.1 |
+-----------+-------------------+
";
    assert_eq!(
        answer(&node, "session show --node --is_online --client_id=client1"),
        human
    );
    let found = |line: &str| rows(&node, &format!("session show --client_id {line}"));
    assert_eq!(
        found("--topic --topic=~some/other/.*"),
        ["client2\tsome/other/topic1"]
    );
    assert_eq!(found("--is_online=true"), ["client1"]);
    assert_eq!(found("--client_id=~^client"), ["client1", "client2"]);
    assert_eq!(found("--client_id=~CLIENT"), [""; 0]);
    assert_eq!(found("--protocol=5"), ["client1"]);
    assert_eq!(found("--protocol=~5"), [""; 0], "numbers are no texts");
    assert_eq!(found("--statename=wait_for_offline"), [""; 0]);
    assert_eq!(found("--user=undefined"), ["client1", "client2"]);
    assert_eq!(found("--is_offline=true --num_sessions=0"), ["client2"]);
    assert_eq!(
        found("--topic"),
        ["client2\tsome/other/topic1"],
        "no subscription, no row"
    );
    assert_eq!(found("--mountpoint= --client_id=client2"), ["client2\t"]);
    assert_eq!(answer(&node, "session show --client_id=nobody"), "");
    assert_eq!(
        answer(&node, "session show --client_id=nobody --format=json"),
        "{\"table\":[],\"type\":\"table\"}\n"
    );
}

#[test]
fn what_is_wrong_is_said() {
    let node = Node::started("");
    for (line, text) in [
        (
            "session show --topic=~(",
            "Invalid value: \"(\" for flag: topic\n",
        ),
        ("session show --limit=x", "Invalid value: \"x\" for flag: limit\n"),
        ("session show client_id=x", "Invalid arguments: client_id=x \n"),
        ("session show --nope", "Invalid key: \"nope\"\n"),
        (
            "session show --filter=nope=1",
            "Invalid value: \"nope=1\" for flag: filter\n\"nope\" is no field\n",
        ),
    ] {
        let said = vmq_admin(&node, &line.split(' ').collect::<Vec<_>>());
        assert_eq!((said.out.as_str(), said.code), (text, 1), "{line}");
    }
}

/// admin.md 19 #6: nobody has to guess that there is more.
#[tokio::test]
async fn a_limit_that_cuts_says_so() {
    let node = Node::started("");
    let mut clients = Vec::new();
    for name in ["e", "b", "d", "a", "c"] {
        clients.push(client(&node, V4, name).connect().await);
    }
    let said = vmq_admin(
        &node,
        &["session", "show", "--client_id", "--limit=3", "--format=raw"],
    );
    assert_eq!((said.out.as_str(), said.code), ("a\nb\nc\n", 0));
    assert_eq!(said.err, "showing first 3 rows per node, use --limit (3 of 5)\n");
    assert_eq!(rows(&node, "session show --client_id --limit=5").len(), 5);
    let last = vmq_admin(
        &node,
        &[
            "session",
            "show",
            "--client_id",
            "--limit=2",
            "--sort=-client_id",
            "--format=raw",
        ],
    );
    assert_eq!(last.out, "e\nd\n");
    let started = rows(&node, "session show --client_id --sort=session_started_at");
    assert_eq!(started.len(), 5);
    let said = vmq_admin(&node, &["session", "show", "--limit=0"]);
    assert_eq!((said.out.as_str(), said.code), ("", 0));
    assert_eq!(said.err, "showing first 0 rows per node, use --limit (0 of 5)\n");
}

#[tokio::test]
async fn a_session_is_what_its_client_said() {
    let node = Node::started("listener.tcp.default.mountpoint = mp");
    let mut joe = client(&node, V5, "c").username("joe").expiry(60).keepalive(30);
    joe = joe.clean(false);
    let mut joe = joe.connect().await;
    joe.subscribe("a/+", QOS1).await;
    joe.subscribe_with(
        "$share/g/b",
        harness::SubscribeOptions {
            retain_as_published: true,
            ..options(QOS0)
        },
    )
    .await;
    let one = |fields: &str| rows(&node, &format!("session show {fields} --client_id=c"));
    assert_eq!(
        one("--clean_session --deliver_mode --is_plugin --keep_alive --listener --mountpoint --protocol"),
        ["false\tfanout\tfalse\t30\tdefault\tmp\t5"]
    );
    assert_eq!(
        one("--num_sessions --session_expiry_interval --statename --subscriptions_count --user"),
        ["1\t60\tonline\t2\tjoe"]
    );
    let times: Vec<u64> = one("--queue_started_at --session_started_at")[0]
        .split('\t')
        .map(|time| time.parse().unwrap())
        .collect();
    assert!(times[0] <= times[1] && times[0] > 1_700_000_000_000, "{times:?}");
    assert_eq!(
        one("--topic --qos --rap --no_local"),
        ["false\t0\ttrue\t$share/g/b", "false\t1\tfalse\ta/+"]
    );
    let pids = one("--queue_pid --session_pid").remove(0);
    assert!(pids.starts_with("<0.1.0>\t<0."), "{pids}");
    // Sent and not acknowledged.
    let mut publisher = client(&node, V4, "p").connect().await;
    publisher.publish("a/1", QOS1, "x").await;
    let message = joe.expect("a/1", "x").await;
    eventually_blocking("a message in flight", || one("--waiting_acks") == ["1"]);
    joe.acknowledge(&message).await;
    joe.ping().await;
    assert_eq!(one("--waiting_acks"), ["0"]);
    assert_eq!(rows(&node, "session show --rap --client_id=p"), [""; 0]);
}

/// 3.x has no such options: they are missing, not false.
#[tokio::test]
async fn options_of_older_versions_are_missing() {
    let node = Node::started("");
    let mut old = client(&node, V4, "old").persistent().connect().await;
    old.subscribe("a", QOS1).await;
    let fields = "session show --rap --no_local --topic --client_id=old";
    assert_eq!(rows(&node, fields), ["null\tnull\ta"]);
    old.disconnect().await;
    assert_eq!(rows(&node, fields), ["null\tnull\ta"]);
}

/// A look into an offline queue (admin.md 6.1, last lines).
#[tokio::test]
async fn stored_messages_have_rows() {
    let node = Node::started("");
    let mut offline = client(&node, V4, "x").persistent().connect().await;
    offline.subscribe("#", QOS1).await;
    let mut publisher = client(&node, V4, "p").connect().await;
    publisher.publish("in/flight", QOS1, "zero").await;
    offline.expect("in/flight", "zero").await;
    offline.disconnect().await;
    publisher.publish("a/1", QOS1, "one").await;
    publisher.publish("a/2", QOS1, b"two\xff").await;
    let fields = "session show --routing_key --payload --msg_qos --dup --client_id=x";
    eventually_blocking("three stored messages", || rows(&node, fields).len() == 3);
    assert_eq!(
        rows(&node, fields),
        [
            "true\t1\tzero\tin/flight",
            "false\t1\tone\ta/1",
            "false\t1\ttwo\\xff\ta/2"
        ]
    );
    assert_eq!(
        rows(
            &node,
            "session show --is_offline=true --client_id --offline_messages --queue_size"
        ),
        ["x\t3\t3"]
    );
    let refs = rows(&node, "session show --msg_ref --client_id=x");
    assert!(refs.len() == 3 && refs.iter().all(|text| text.len() == 24));
    let of_one = format!("session show --payload --msg_ref={}", refs[1]);
    assert_eq!(rows(&node, &of_one), ["one"]);
    assert_eq!(rows(&node, "session show --client_id --payload=two").len(), 0);
    assert_eq!(
        rows(&node, "session show --client_id --payload=~^two$").len(),
        0,
        "no text"
    );
    assert_eq!(rows(&node, "session show --client_id --payload=~^on"), ["x"]);
    let said = vmq_admin(
        &node,
        &["session", "show", "--routing_key", "--limit=2", "--format=raw"],
    );
    assert_eq!(said.out, "in/flight\na/1\n");
    assert_eq!(said.err, "showing first 2 rows per node, use --limit\n");
    node.wait_for_log("cmd=\"session show --payload --msg_ref=");
}

/// console.md 5.
#[tokio::test]
async fn an_expression_finds_sessions() {
    let node = Node::started("");
    let _online = one_online_one_offline(&node).await;
    let _other = client(&node, V4, "pump-1").username("joe").connect().await;
    let found = |filter: &str| {
        let filter = format!("--filter={filter}");
        let said = vmq_admin(
            &node,
            &["session", "show", "--client_id", &filter, "--format=raw"],
        );
        assert_eq!((said.err.as_str(), said.code), ("", 0), "{said:?}");
        said.out.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("client online"), ["client1"]);
    assert_eq!(found("offline | user=jo*"), ["client2", "pump-1"]);
    assert_eq!(found("mqtt5"), ["client1"]);
    assert_eq!(found("!client"), ["pump-1"]);
    assert_eq!(found("client_id=client2"), ["client2"]);
    assert_eq!(found("topic=some/*"), ["client2"]);
    assert_eq!(found("127.0.0.1 protocol>4"), ["client1"]);
}

/// admin.md 19 #13. CONNECT of 15 bytes, CONNACK of 4, then PINGREQ and PINGRESP.
#[tokio::test]
async fn bytes_are_counted_for_each_session() {
    let node = Node::started("");
    let mut pump = client(&node, V4, "pmp").connect().await;
    let line = "session show --bytes_in --bytes_out --tls_cn --client_id=pmp";
    assert_eq!(rows(&node, line), ["17\t4\tundefined"]);
    pump.ping().await;
    eventually_blocking("the ping to be counted", || {
        rows(&node, line) == ["19\t6\tundefined"]
    });
    assert_eq!(
        answer(&node, &format!("{line} --format=json")),
        "{\"table\":[{\"bytes_in\":19,\"bytes_out\":6,\"tls_cn\":null}],\"type\":\"table\"}\n"
    );
    // The metric does not wait for the end of the connection.
    let sent = rows(&node, "metrics show");
    assert!(
        sent.iter().any(|line| line == "counter.bytes_sent = 6"),
        "{sent:?}"
    );
}

/// console.md 4.2: rates are made of them. A refused PUBLISH came as well.
#[tokio::test]
async fn messages_are_counted_for_each_session() {
    let node = Node::started("");
    let mut pump = client(&node, V5, "pmp").connect().await;
    let line = "session show --messages_in --messages_out --client_id=pmp";
    assert_eq!(rows(&node, line), ["0\t0"]);
    pump.subscribe("a/#", QOS1).await;
    for payload in ["1", "2"] {
        pump.publish("a/b", QOS1, payload).await;
        pump.expect("a/b", payload).await;
    }
    eventually_blocking("the messages to be counted", || rows(&node, line) == ["2\t2"]);
}
