//! Long answers: large cells, clients that leave in the middle, rows that take too long (admin.md 6.1, 18.2).

use crate::tool::{answer, client, rows, vmq_admin};
use harness::control::eventually_blocking;
use harness::{DEADLINE, Node, QOS1, V4};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use vmq_admin::command::query::Query;
use vmq_admin::command::retain::Retain;
use vmq_admin::wire::{self, Request};
use vmq_admin::{Client, Command};

/// Retained messages that do not fit into what a socket and a channel hold.
async fn with_much_retained(node: &Node) -> harness::RawClient {
    let mut publisher = client(node, V4, "p").connect().await;
    for n in 0..40 {
        let payload = vec![b'a' + n % 26; 200_000];
        publisher
            .publish_retained(&format!("big/{n:02}"), QOS1, payload)
            .await;
    }
    publisher
}

#[tokio::test]
async fn large_tables_arrive_whole() {
    let node = Node::started("");
    let mut publisher = with_much_retained(&node).await;
    let all = answer(&node, "retain show --payload --topic --format=raw");
    assert_eq!(all.lines().count(), 40);
    assert!(all.lines().all(|line| line.len() == 200_000 + "\tbig/00".len()));
    // More than a line may have: it says how large it is.
    let payload = vec![b'x'; 1_500_000];
    publisher.publish_retained("huge", QOS1, payload).await;
    let huge = rows(&node, "retain show --payload --topic=huge").remove(0);
    assert!(
        huge.len() < 10_000 && huge.ends_with("xxx... (1500000 bytes)"),
        "{}",
        huge.len()
    );
}

/// There are 32 places for connections; one that waited for a client that is gone would keep its own.
#[tokio::test]
async fn who_leaves_in_the_middle_keeps_nothing() {
    let node = Node::started("");
    let _publisher = with_much_retained(&node).await;
    let query = Query {
        columns: Vec::new(),
        conditions: Vec::new(),
        limit: 1000,
        rowtimeout_ms: 100,
    };
    let command = Command::Retain(Retain::Show { query });
    let line = wire::encode(&Request::Exec { id: 1, command }).unwrap();
    for _ in 0..40 {
        eventually_blocking("a place", || Client::connect(&node.socket()).is_ok());
        let mut stream = UnixStream::connect(node.socket()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(&line).unwrap();
        stream.read_exact(&mut [0; 1000]).unwrap();
    }
    Client::connect(&node.socket()).unwrap().ping(DEADLINE).unwrap();
}

/// admin.md 6.1: told, and in the log.
#[tokio::test]
async fn a_client_whose_messages_take_too_long_is_left_out() {
    let node = Node::started("");
    let mut x = client(&node, V4, "x").persistent().connect().await;
    x.subscribe("a", QOS1).await;
    x.disconnect().await;
    let mut publisher = client(&node, V4, "p").connect().await;
    publisher.publish("a", QOS1, "waits").await;
    eventually_blocking("the message to be stored", || {
        rows(&node, "session show --payload --client_id=x --rowtimeout=60000") == ["waits"]
    });
    let said = vmq_admin(
        &node,
        &["session", "show", "--payload", "--client_id=x", "--rowtimeout=0"],
    );
    assert_eq!((said.out.as_str(), said.code), ("", 0));
    assert_eq!(said.err, "1 rows skipped (timeout)\n");
    node.wait_for_log("Subquery failed due to timeout");
}

/// admin.md 6.5: the same for retained messages.
#[tokio::test]
async fn a_retained_message_that_takes_too_long_is_left_out() {
    let node = Node::started("");
    let mut publisher = client(&node, V4, "p").connect().await;
    publisher.publish_retained("a", QOS1, "b").await;
    assert_eq!(rows(&node, "retain show --rowtimeout=60000"), ["b\ta"]);
    let said = vmq_admin(&node, &["retain", "show", "--rowtimeout=0"]);
    assert_eq!((said.out.as_str(), said.code), ("", 0));
    assert_eq!(said.err, "1 rows skipped (timeout)\n");
}

/// decisions.md 15: one row for each attached session, and one for the queue.
#[tokio::test]
async fn several_sessions_of_a_client_have_a_row_each() {
    let node = Node::started("allow_multiple_sessions = on\nqueue_deliver_mode = balance");
    let _first = client(&node, V4, "twin").connect().await;
    let _second = client(&node, V4, "twin").connect().await;
    assert_eq!(
        rows(&node, "session show --client_id --num_sessions --deliver_mode"),
        ["twin\tbalance\t2"]
    );
    let pids = rows(&node, "session show --client_id --session_pid");
    assert!(pids.len() == 2 && pids[0] != pids[1], "{pids:?}");
    let out = answer(&node, "session disconnect client-id=twin --verbose");
    assert_eq!(out, "Disconnected 2 sessions\n");
    assert_eq!(answer(&node, "session show"), "");
}
