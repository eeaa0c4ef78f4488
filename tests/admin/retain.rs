//! `vmq-admin retain` (admin.md 6.5, 6.6).

use crate::tool::{answer, client, rows, vmq_admin};
use harness::{Node, Publish, QOS0, QOS1, V4, V5, properties, publish};

async fn with_retained(node: &Node) -> harness::RawClient {
    let mut publisher = client(node, V4, "p").connect().await;
    for topic in ["a/b", "a", "a/c/d", "123"] {
        publisher
            .publish_retained(topic, QOS1, format!("at {topic}"))
            .await;
    }
    publisher
}

#[tokio::test]
async fn messages_are_shown() {
    let node = Node::started("");
    let _publisher = with_retained(&node).await;
    let human = "\
+----------+-------+
| payload  | topic |
+----------+-------+
| at 123   | 123   |
+----------+-------+
| at a     | a     |
+----------+-------+
| at a/b   | a/b   |
+----------+-------+
| at a/c/d | a/c/d |
+----------+-------+
";
    assert_eq!(answer(&node, "retain show"), human);
    assert_eq!(
        answer(
            &node,
            "retain show --topic=123 --mountpoint --payload --format=json"
        ),
        "{\"table\":[{\"mountpoint\":\"\",\"payload\":\"at 123\"}],\"type\":\"table\"}\n"
    );
    let topics = |line: &str| rows(&node, &format!("retain show --topic {line}"));
    assert_eq!(topics("--topic=a/b"), ["a/b"]);
    assert_eq!(topics("--topic=a/#"), ["a", "a/b", "a/c/d"]);
    assert_eq!(topics("--topic=+/b"), ["a/b"]);
    assert_eq!(topics("--topic=~^a/"), ["a/b", "a/c/d"]);
    assert_eq!(topics("--payload=~a.b"), ["a/b"]);
    assert_eq!(topics("--mountpoint=other"), [""; 0]);
    let said = vmq_admin(&node, &["retain", "show", "--payload", "at a"]);
    assert!(
        said.out.contains("| a     |") && !said.out.contains("a/b"),
        "{said:?}"
    );
    let said = vmq_admin(&node, &["retain", "show", "--topic", "--limit=1", "--format=raw"]);
    assert_eq!(said.out, "123\n");
    assert_eq!(said.err, "showing first 1 rows per node, use --limit (1 of 4)\n");
}

#[tokio::test]
async fn messages_are_deleted_for_good() {
    let node = Node::started("");
    let mut publisher = with_retained(&node).await;
    publisher.publish_retained("e", QOS1, "stays").await;
    let refused = |line: &str| {
        let said = vmq_admin(&node, &line.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, 1, "{line}");
        said.out
    };
    assert_eq!(refused("retain delete"), "No valid topic given.\n");
    assert_eq!(refused("retain delete topic=a"), "Invalid arguments: topic=a \n");
    assert_eq!(
        refused("retain delete --topic=a/#"),
        "A topic with wildcards needs --all-matching.\n"
    );
    assert_eq!(answer(&node, "retain delete --topic=a/b"), "Done\n");
    assert_eq!(answer(&node, "retain delete --topic=a/b"), "Done\n");
    assert_eq!(answer(&node, "retain delete -t 123 -m other"), "Done\n");
    assert_eq!(
        answer(&node, "retain delete --topic=a/# --dry-run"),
        "Would delete 2\n"
    );
    assert_eq!(
        answer(&node, "retain delete --topic=a/# --all-matching --format=json"),
        "{\"text\":\"Deleted 2\",\"type\":\"text\"}\n"
    );
    assert_eq!(rows(&node, "retain show --topic"), ["123", "e"]);
    let mut reader = client(&node, V4, "r").connect().await;
    reader.subscribe("a/#", QOS0).await;
    reader.expect_silence().await;
    assert_eq!(node.verb(&["restart"]).code, 0);
    assert_eq!(rows(&node, "retain show --topic"), ["123", "e"]);
}

#[tokio::test]
async fn expired_messages_are_deleted() {
    let node = Node::started("expire_retain_cache = 0");
    let mut publisher = client(&node, V5, "p").connect().await;
    for (topic, secs) in [("soon", 1), ("late", 3600)] {
        let packet = Publish {
            retain: true,
            qos: QOS1,
            properties: properties(|properties| properties.message_expiry_secs = Some(secs)),
            ..publish(topic, "x")
        };
        publisher.publish_packet(packet).await;
    }
    harness::control::eventually_blocking("the message to expire", || {
        rows(&node, "retain show --topic") == ["late"]
    });
    let table = "+---------+\n| expired |\n+---------+\n| 1       |\n+---------+\n";
    assert_eq!(answer(&node, "retain delete-expired"), table);
    assert_eq!(
        answer(&node, "retain delete-expired --format=json"),
        "{\"table\":[{\"expired\":0}],\"type\":\"table\"}\n"
    );
}
