//! `subscription show`, `topic show` (admin.md 19, 14) and `durability show` (user-demands.md 10).

use crate::tool::{answer, client, rows, vmq_admin};
use harness::{Node, QOS0, QOS1, V4, V5};

async fn subscribed(node: &Node) -> Vec<harness::RawClient> {
    let mut clients = Vec::new();
    for (id, topics) in [("c1", ["a/b", "c/#"]), ("c2", ["a/b", "$share/g/x"])] {
        let mut client = client(node, V5, id).connect().await;
        client.subscribe(topics[0], QOS0).await;
        client.subscribe(topics[1], QOS1).await;
        clients.push(client);
    }
    clients
}

#[tokio::test]
async fn subscriptions_are_listed() {
    let node = Node::started("");
    let _clients = subscribed(&node).await;
    let _silent = client(&node, V4, "silent").connect().await;
    let human = "\
+-----------+------------+-------------------+-----+------------+
| client_id | mountpoint | node              | qos | topic      |
+-----------+------------+-------------------+-----+------------+
| c1        |            | VerneMQ@127.0.0.1 | 0   | a/b        |
+-----------+------------+-------------------+-----+------------+
| c1        |            | VerneMQ@127.0.0.1 | 1   | c/#        |
+-----------+------------+-------------------+-----+------------+
| c2        |            | VerneMQ@127.0.0.1 | 1   | $share/g/x |
+-----------+------------+-------------------+-----+------------+
| c2        |            | VerneMQ@127.0.0.1 | 0   | a/b        |
+-----------+------------+-------------------+-----+------------+
";
    assert_eq!(answer(&node, "subscription show"), human);
    assert_eq!(
        answer(&node, "subscription show --client_id=c1 --qos=1 --format=json"),
        concat!(
            r#"{"table":[{"client_id":"c1","mountpoint":"","node":"VerneMQ@127.0.0.1","qos":1,"topic":"c/#"}],"#,
            r#""type":"table"}"#,
            "\n"
        )
    );
    let found = |line: &str| rows(&node, &format!("subscription show {line}"));
    assert_eq!(found("--client_id --topic=~^a"), ["c1\ta/b", "c2\ta/b"]);
    assert_eq!(found("--client_id --filter=c2"), ["c2\t$share/g/x", "c2\ta/b"]);
    assert_eq!(found("--client_id --sort=-client_id")[0], "c2\t$share/g/x");
    assert_eq!(
        found("--user --client_id=c1"),
        ["a/b\tundefined", "c/#\tundefined"],
        "still a row for each"
    );
    let cut = vmq_admin(&node, &["subscription", "show", "--limit=1"]);
    assert_eq!(cut.err, "showing first 1 rows per node, use --limit (1 of 4)\n");
    let unknown = vmq_admin(&node, &["subscription", "show", "--payload"]);
    assert_eq!(
        (unknown.out.as_str(), unknown.code),
        ("Invalid key: \"payload\"\n", 1)
    );
}

#[tokio::test]
async fn topics_are_counted() {
    let node = Node::started("");
    let _clients = subscribed(&node).await;
    let human = "\
+------------+-------------------+---------------+-------+
| mountpoint | node              | subscriptions | topic |
+------------+-------------------+---------------+-------+
|            | VerneMQ@127.0.0.1 | 2             | a/b   |
+------------+-------------------+---------------+-------+
";
    assert_eq!(answer(&node, "topic show --topic=a/b"), human);
    assert_eq!(
        answer(
            &node,
            "topic show --subscriptions --topic --sort=-subscriptions --format=json"
        ),
        concat!(
            r#"{"table":[{"subscriptions":2,"topic":"a/b"},{"subscriptions":1,"topic":"$share/g/x"},"#,
            r#"{"subscriptions":1,"topic":"c/#"}],"type":"table"}"#,
            "\n"
        )
    );
    let found = |line: &str| rows(&node, &format!("topic show --topic {line}"));
    assert_eq!(found(""), ["$share/g/x", "a/b", "c/#"]);
    assert_eq!(found("--sort=-topic"), ["c/#", "a/b", "$share/g/x"]);
    assert_eq!(found("--topic=~^c"), ["c/#"]);
    assert_eq!(found("--subscriptions=2"), ["a/b"]);
    assert_eq!(found("--mountpoint=other"), [""; 0]);
    let cut = vmq_admin(&node, &["topic", "show", "--limit=1"]);
    assert_eq!(cut.err, "showing first 1 rows per node, use --limit (1 of 3)\n");
    for (flag, text) in [
        ("--sort=payload", "Invalid value: \"payload\" for flag: sort\n"),
        (
            "--subscriptions=x",
            "Invalid value: \"x\" for flag: subscriptions\n",
        ),
        ("--topic=~(", "Invalid value: \"(\" for flag: topic\n"),
        ("--rowtimeout=5", "Invalid key: \"rowtimeout\"\n"),
    ] {
        let said = vmq_admin(&node, &["topic", "show", flag]);
        assert_eq!((said.out.as_str(), said.code), (text, 1), "{flag}");
    }
}

/// The table says what the policy in force promises.
#[test]
fn durability_is_told() {
    let node = Node::started("message_store.sync = always");
    let human = answer(&node, "durability show");
    let expected = "\
message_store.sync = always: an acknowledgement leaves after the data was forced to the disk, many together.
+---------------------------------------------------------------------+------------------+---------+--------------+------------+
| data                                                                | stored before    | restart | kill -9      | power loss |
+---------------------------------------------------------------------+------------------+---------+--------------+------------+
| QoS 1 and 2 for persistent sessions, but for what queue limits drop | PUBACK, PUBREC   | yes     | yes          | yes        |
+---------------------------------------------------------------------+------------------+---------+--------------+------------+
| QoS 1 and 2 for other sessions                                      | -                | no      | no           | no         |
";
    assert!(human.starts_with(expected), "{human}");
    let json = answer(&node, "durability show --format=json");
    assert!(
        json.starts_with("[{\"text\":\"message_store.sync = always: ")
            && json.contains(
                r#"{"data":"their subscriptions","stored before":"SUBACK, UNSUBACK","restart":"yes","kill -9":"yes","power loss":"yes"}"#
            ),
        "{json}"
    );
    let relaxed = Node::started("");
    let shown = answer(&relaxed, "durability show");
    assert!(
        shown.starts_with("message_store.sync = batch: ") && shown.contains("| but for the last 100 ms |"),
        "{shown}"
    );
}
