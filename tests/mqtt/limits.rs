//! Limits of listeners, and queues of other shapes of the same rules as seen by an operator.

use harness::*;
use std::time::Duration;

/// mqtt.md 16
async fn excess_connections_wait_for_a_place(v: Version) {
    let broker = TestBroker::builder()
        .conf("listener.tcp.default.max_connections = 2")
        .start()
        .await;
    let one = broker.connect(v, "one").await;
    let _two = broker.connect(v, "two").await;
    let mut three = broker.client(v, "three").send().await;
    three.quiet_for(Duration::from_millis(300)).await;
    one.disconnect().await;
    match three.recv().await {
        Packet::ConnAck(ack) => assert_eq!(ack.reason, ReasonCode::Success),
        other => panic!("expected CONNACK, got {other:?}"),
    }
}
versions!(excess_connections_wait_for_a_place: V4, V5);

/// mqtt.md 7.1
async fn an_existing_filter_may_always_be_replaced(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_subscriptions_per_client = 1")
        .start()
        .await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS0).await;
    client.subscribe("a", QOS1).await;
    client.disconnect().await;
    // The count belongs to the session, not to the connection.
    let mut client = builder.connect_present(true).await;
    let quota = harness::exchange::refused(v, ReasonCode::QuotaExceeded);
    assert_eq!(client.subscribe_all(&[("b", options(QOS0))]).await, [quota]);
    client.subscribe("a", QOS2).await;
}
versions!(an_existing_filter_may_always_be_replaced: V3, V4, V5);

/// mqtt.md 18
async fn what_an_operator_counts(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    client.publish("a", QOS1, "m").await;
    client.receive("a", "m").await;
    client.ping().await;
    let expected = [
        ("socket_open", 1),
        ("mqtt_connect_received", 1),
        ("mqtt_connack_sent", 1),
        ("mqtt_subscribe_received", 1),
        ("mqtt_suback_sent", 1),
        ("mqtt_publish_received", 1),
        ("mqtt_puback_sent", 1),
        ("mqtt_publish_sent", 1),
        ("mqtt_puback_received", 1),
        ("mqtt_pingreq_received", 1),
        ("router_matches_local", 1),
        ("queue_setup", 1),
        ("queue_message_in", 1),
        ("queue_message_out", 1),
    ];
    for (name, value) in expected {
        assert_eq!(broker.metric(name), value, "{name}");
    }
    client.disconnect().await;
    for (name, value) in [
        ("socket_close", 1),
        ("mqtt_disconnect_received", 1),
        ("queue_teardown", 1),
    ] {
        eventually(name, async || broker.metric(name) == value).await;
    }
    assert!(broker.metric("bytes_received") > 0 && broker.metric("bytes_sent") > 0);
}
versions!(what_an_operator_counts: V3, V4, V5);

/// mqtt.md 18
async fn what_an_operator_sees_now(v: Version) {
    let broker = TestBroker::start().await;
    let names = [
        "total_active_connections",
        "queue_processes",
        "router_subscriptions",
        "retain_messages",
    ];
    let see = || names.map(|name| broker.metric(name));
    assert_eq!(see(), [0; 4], "{names:?}");
    let mut client = broker.client(v, "x").persistent().connect().await;
    client.subscribe("a", QOS1).await;
    client.subscribe("$share/g/b", QOS1).await;
    client.publish_retained("c", QOS1, "m").await;
    let mut other = broker.connect(v, "y").await;
    other.subscribe("a", QOS1).await;
    assert_eq!(see(), [2, 2, 3, 1], "{names:?}");
    other.disconnect().await;
    client.publish_retained("c", QOS1, "").await;
    client.disconnect().await;
    eventually("the counts of an offline session", async || see() == [0, 1, 2, 0]).await;
    broker.client(v, "x").connect().await.disconnect().await;
    eventually("the counts of nothing", async || see() == [0; 4]).await;
}
versions!(what_an_operator_sees_now: V3, V4, V5);
