//! Why messages do not arrive, and why sessions end while nobody is connected.

use super::{Expected, started};
use crate::tool::{answer, client, rows};
use harness::control::eventually_blocking;
use harness::{Node, QOS0, QOS1, V4, V5};
use std::fs;

fn lost<'a>(client: &'a str, reason: &'a str, by: &'a str) -> Expected<'a> {
    Expected {
        client,
        event: "message_dropped",
        family: "message_dropped",
        reason,
        text: "dropped due to",
        by,
    }
}

fn ended<'a>(client: &'a str, reason: &'a str, text: &'a str, by: &'a str) -> Expected<'a> {
    Expected {
        client,
        event: "session_ended",
        family: "session_ended",
        reason,
        text,
        by,
    }
}

async fn offline(node: &Node, name: &str, expiry: u32) {
    let mut client = client(node, V5, name).persistent().expiry(expiry).connect().await;
    client.subscribe("q/#", QOS1).await;
    client.disconnect().await;
    eventually_blocking("it to be offline", || {
        rows(node, &format!("session show --is_online --client_id={name}")) == ["false"]
    });
}

#[tokio::test]
async fn a_queue_that_is_full() {
    let node = started("max_offline_messages = 2", "topic #\n", "");
    offline(&node, "away", 3600).await;
    let mut publisher = client(&node, V4, "publisher").connect().await;
    for number in 0..5 {
        publisher.publish(&format!("q/{number}"), QOS1, "m").await;
    }
    lost("away", "queue_full", "max_offline_messages=2").agrees(&node);
    assert_eq!(super::history(&node, "away", "message_dropped")[0].0, 3);
    // The line of the original comes with the next delivery.
    let _back = client(&node, V5, "away").persistent().connect().await;
    node.wait_for_log("dropped 3 messages");
}

#[tokio::test]
async fn messages_that_do_not_fit_or_come_too_late() {
    let node = started("", "topic #\n", "");
    let mut small = client(&node, V5, "small")
        .props(|properties| properties.maximum_packet_size = Some(100))
        .connect()
        .await;
    small.subscribe("s", QOS0).await;
    offline(&node, "late", 3600).await;
    let mut publisher = client(&node, V5, "publisher").connect().await;
    publisher.publish("s", QOS0, vec![b'x'; 200]).await;
    let mut packet = harness::publish("q/1", "m");
    packet.properties = harness::properties(|properties| properties.message_expiry_secs = Some(1));
    packet.qos = QOS1;
    publisher.publish_packet(packet).await;
    let by = "client's maximum_packet_size=100";
    lost("small", "max_packet_size_exceeded", by).agrees(&node);
    // It comes back when the time is over.
    publisher.quiet_for(std::time::Duration::from_millis(1200)).await;
    let _back = client(&node, V5, "late").persistent().connect().await;
    lost("late", "expired", "message expiry interval").agrees(&node);
}

/// decisions.md 13
#[tokio::test]
async fn messages_of_a_subscription_that_was_revoked() {
    let node = started(
        "vmq_acl.revoke_on_reload = on\nmax_inflight_messages = 1",
        "topic #\n",
        "",
    );
    let mut reader = client(&node, V4, "reader").connect().await;
    reader.subscribe("old", QOS1).await;
    reader.subscribe("kept", QOS1).await;
    let mut publisher = client(&node, V4, "publisher").connect().await;
    // The first one is on its way and keeps the others where they are.
    for _ in 0..3 {
        publisher.publish("old", QOS1, "m").await;
    }
    let first = reader.message().await;
    fs::write(node.home().join("vmq.acl"), "topic kept\ntopic write old\n").unwrap();
    eventually_blocking("the new rules", || {
        rows(&node, "session show --topic --client_id=reader") == ["kept"]
    });
    reader.acknowledge(&first).await;
    lost("reader", "not_authorized", "vmq_acl.revoke_on_reload=on").agrees(&node);
    let refused = super::history(&node, "reader", "subscribe_refused");
    assert_eq!(refused[0].1, "plugin_chain_exhausted");
}

#[tokio::test]
async fn sessions_that_end_without_a_connection() {
    let node = started("", "topic #\n", "");
    offline(&node, "short", 1).await;
    offline(&node, "deleted", 3600).await;
    answer(&node, "session disconnect client-id=deleted --cleanup");
    ended("deleted", "administrative_action", "deleted", "admin uid=").agrees(&node);
    ended("short", "session_expired", "expired", "session expiry interval").agrees(&node);
}
