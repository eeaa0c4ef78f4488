//! `session history` and `events show`: their shapes, in every format, and what they say of clients nobody knows.

use crate::tool::{answer, client, rows, vmq_admin};
use harness::control::eventually_blocking;
use harness::{Node, ReasonCode, V4};

/// Times and ports are those of the test; as wide as they were.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['2', '1']) {
        let (before, found) = rest.split_at(at);
        masked.push_str(before);
        let is_time = found.len() >= 24 && found.as_bytes()[10] == b'T' && found.as_bytes()[23] == b'Z';
        if is_time {
            masked.push_str("2026-01-01T00:00:00.000Z");
            rest = &found[24..];
        } else if let Some(port) = found.strip_prefix("127.0.0.1:") {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            masked.push_str("127.0.0.1:");
            masked.push_str(&"5".repeat(digits));
            rest = &port[digits..];
        } else {
            masked.push_str(&found[..1]);
            rest = &found[1..];
        }
    }
    masked + rest
}

/// One client that could not come in, then did, and left.
async fn one_that_left(node: &Node) {
    client(node, V4, "pump")
        .will("$x", "m")
        .refused(ReasonCode::NotAuthorized)
        .await;
    let mut gone = client(node, V4, "pump").user("joe", "x").connect().await;
    gone.shut_down().await;
    eventually_blocking("it to be gone", || rows(node, "events show").len() == 2);
}

#[tokio::test]
async fn the_history_of_a_client_in_every_format() {
    let node = Node::started("");
    one_that_left(&node).await;
    let human = "\
+--------------------------+--------------------------+-------+-----------------+----------------+------------+-----------------+--------------------------------------+
| first                    | last                     | count | event           | reason         | decided_by | peer            | detail                               |
+--------------------------+--------------------------+-------+-----------------+----------------+------------+-----------------+--------------------------------------+
| 2026-01-01T00:00:00.000Z | 2026-01-01T00:00:00.000Z | 1     | connect_refused | reserved_topic | protocol   | 127.0.0.1:55555 | null                                 |
+--------------------------+--------------------------+-------+-----------------+----------------+------------+-----------------+--------------------------------------+
| 2026-01-01T00:00:00.000Z | 2026-01-01T00:00:00.000Z | 1     | connected       | null           | null       | 127.0.0.1:55555 | listener=default protocol=4 user=joe |
+--------------------------+--------------------------+-------+-----------------+----------------+------------+-----------------+--------------------------------------+
| 2026-01-01T00:00:00.000Z | 2026-01-01T00:00:00.000Z | 1     | disconnected    | peer_closed    | client     | 127.0.0.1:55555 | null                                 |
+--------------------------+--------------------------+-------+-----------------+----------------+------------+-----------------+--------------------------------------+
";
    assert_eq!(masked(&answer(&node, "session history client-id=pump")), human);
    let json = concat!(
        r#"{"table":[{"first":"2026-01-01T00:00:00.000Z","last":"2026-01-01T00:00:00.000Z","count":1,"#,
        r#""event":"disconnected","reason":"peer_closed","decided_by":"client","peer":"127.0.0.1:55555","#,
        r#""detail":null}],"type":"table"}"#,
        "\n"
    );
    let words = [
        "session",
        "history",
        "client-id=pump",
        "--limit=1",
        "--format=json",
    ];
    let said = vmq_admin(&node, &words);
    assert_eq!((masked(&said.out).as_str(), said.code), (json, 0));
    assert_eq!(said.err, "showing the last 1 of 3 entries\n");
    let csv = answer(&node, "session history client-id=pump --format=csv");
    assert_eq!(
        masked(&csv).lines().nth(1).unwrap(),
        "2026-01-01T00:00:00.000Z,2026-01-01T00:00:00.000Z,1,connect_refused,reserved_topic,protocol,\
         127.0.0.1:55555,null"
    );
}

/// A client that is connected costs nothing until something happens, and is shown all the same.
#[tokio::test]
async fn who_is_connected_has_one_entry() {
    let node = Node::started("");
    let client = client(&node, V4, "idle").connect().await;
    let events = || {
        let rows = rows(&node, "session history client-id=idle");
        rows.iter()
            .map(|row| row.split('\t').nth(3).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(events(), ["connected"]);
    client.disconnect().await;
    eventually_blocking("the end", || events() == ["connected", "disconnected"]);
}

#[tokio::test]
async fn who_is_not_known() {
    let node = Node::started("history.max_clients = 1\nhistory.events_per_client = 2");
    let said = vmq_admin(&node, &["session", "history", "client-id=nobody"]);
    assert_eq!((said.err.as_str(), said.code), ("", 1));
    let text = "client nobody has not connected since the broker started at 2026-01-01T00:00:00.000Z\n";
    assert_eq!(masked(&said.out), text);
    for name in ["first", "second"] {
        client(&node, V4, name).connect().await.disconnect().await;
        eventually_blocking("the end", || {
            let said = vmq_admin(&node, &["session", "history", &format!("client-id={name}")]);
            said.out.contains("disconnected")
        });
    }
    let said = vmq_admin(&node, &["session", "history", "client-id=first"]);
    let text = "nothing is known of client first: it has not connected since the broker started at \
                2026-01-01T00:00:00.000Z, or it is one of 1 that were forgotten (history.max_clients, \
                history.max_memory)\n";
    assert_eq!((masked(&said.out).as_str(), said.code), (text, 1));
    client(&node, V4, "second").connect().await.disconnect().await;
    eventually_blocking("older entries to be forgotten", || {
        let said = vmq_admin(&node, &["session", "history", "client-id=second"]);
        said.err == "2 older entries were forgotten (history.events_per_client)\n"
    });
}

#[tokio::test]
async fn switched_off() {
    let node = Node::started("history.max_clients = 0\nhistory.events = 0");
    client(&node, V4, "c").connect().await.disconnect().await;
    let said = vmq_admin(&node, &["session", "history", "client-id=c"]);
    let text = "no history is kept (history.max_clients or history.events_per_client is 0)\n";
    assert_eq!((said.out.as_str(), said.code), (text, 1));
    let said = vmq_admin(&node, &["events", "show"]);
    let text = "events are not remembered (history.events = 0)\n";
    assert_eq!((said.out.as_str(), said.code), (text, 1));
}

/// console.md 4.1
#[tokio::test]
async fn the_last_events_of_the_broker() {
    let node = Node::started("");
    one_that_left(&node).await;
    client(&node, V4, "other")
        .will("$x", "m")
        .refused(ReasonCode::NotAuthorized)
        .await;
    let human = "\
+--------------------------+--------------------------+-------+-----------------+----------------+---------+-----------+------------+------------+-----------------+--------+
| first                    | last                     | count | event           | reason         | clients | client_id | mountpoint | decided_by | peer            | detail |
+--------------------------+--------------------------+-------+-----------------+----------------+---------+-----------+------------+------------+-----------------+--------+
| 2026-01-01T00:00:00.000Z | 2026-01-01T00:00:00.000Z | 1     | disconnected    | peer_closed    | 1       | pump      |            | client     | 127.0.0.1:55555 | null   |
+--------------------------+--------------------------+-------+-----------------+----------------+---------+-----------+------------+------------+-----------------+--------+
| 2026-01-01T00:00:00.000Z | 2026-01-01T00:00:00.000Z | 2     | connect_refused | reserved_topic | 2       | other     |            | protocol   | 127.0.0.1:55555 | null   |
+--------------------------+--------------------------+-------+-----------------+----------------+---------+-----------+------------+------------+-----------------+--------+
";
    assert_eq!(masked(&answer(&node, "events show")), human);
    let json = answer(&node, "events show --format=json");
    let first = concat!(
        r#"{"table":[{"first":"2026-01-01T00:00:00.000Z","last":"2026-01-01T00:00:00.000Z","count":1,"#,
        r#""event":"disconnected","reason":"peer_closed","clients":1,"client_id":"pump","mountpoint":"","#,
        r#""decided_by":"client","peer":"127.0.0.1:55555","detail":null},"#
    );
    assert!(masked(&json).starts_with(first), "{json}");
}
