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
        ("router_subscriptions", 1),
        ("queue_setup", 1),
        ("queue_message_in", 1),
        ("queue_message_out", 1),
        ("total_active_connections", 1),
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
    assert_eq!(broker.metric("total_active_connections"), 0);
    assert_eq!(broker.metric("router_subscriptions"), 0);
    assert!(broker.metric("bytes_received") > 0 && broker.metric("bytes_sent") > 0);
}
versions!(what_an_operator_counts: V3, V4, V5);
