//! Limits and overflow of queues, and message expiry in them.

use harness::*;
use std::time::Duration;

/// [-] 20.5 #92
async fn c092_a_full_offline_queue(v: Version) {
    for (kind, expected) in [("fifo", ["0", "1", "2"]), ("lifo", ["5", "4", "3"])] {
        let conf = format!("max_offline_messages = 3\nqueue_type = {kind}");
        let broker = TestBroker::builder().conf(&conf).start().await;
        let builder = sleeper(&broker, v).await;
        let mut publisher = broker.connect(v, "publisher").await;
        for number in 0..6 {
            publisher
                .publish(
                    "a",
                    if number % 2 == 0 { QOS1 } else { QOS2 },
                    format!("{number}"),
                )
                .await;
        }
        assert_eq!(broker.metric("queue_message_drop"), 3, "{kind}");
        let mut client = builder.connect_present(true).await;
        for payload in expected {
            client.receive("a", payload).await;
        }
        client.expect_silence().await;
    }
}
versions!(c092_a_full_offline_queue: V3, V4, V5);

/// A persistent client, offline, subscribed to `a` with QoS 2.
async fn sleeper(broker: &TestBroker, v: Version) -> ConnectBuilder {
    let builder = broker.client(v, "sleeper").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS2).await;
    client.disconnect().await;
    builder
}

/// mqtt.md 4.4
async fn offline_limits_of_zero_and_none(v: Version) {
    for (limit, kept) in [("0", 0), ("-1", 1500)] {
        let conf = format!(
            "max_offline_messages = {limit}\nmax_online_messages = {}",
            if kept == 0 { 1000 } else { -1 }
        );
        let broker = TestBroker::builder().conf(&conf).start().await;
        let builder = sleeper(&broker, v).await;
        let mut publisher = broker.connect(v, "publisher").await;
        for number in 0..1500 {
            let packet = Publish {
                qos: QOS1,
                packet_id: Some(id(number + 1)),
                ..publish("a", format!("{number}"))
            };
            publisher.send(&Packet::Publish(packet)).await;
        }
        for _ in 0..1500 {
            assert!(matches!(publisher.recv().await, Packet::PubAck(_)));
        }
        let mut client = builder.connect_present(true).await;
        for number in 0..kept {
            client.receive("a", format!("{number}")).await;
        }
        client.expect_silence().await;
    }
}
versions!(offline_limits_of_zero_and_none: V4, V5);

/// mqtt.md 4.4
async fn a_client_that_does_not_acknowledge_keeps_a_bounded_queue(v: Version) {
    let conf = "max_online_messages = 50\nmax_inflight_messages = 5\nreceive_max_client = 5";
    let broker = TestBroker::builder().conf(conf).start().await;
    let mut subscriber = broker.connect(v, "stuck").await;
    subscriber.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for number in 0..400 {
        publisher.publish("a", QOS1, format!("{number}")).await;
    }
    let dropped = usize::try_from(broker.metric("queue_message_drop")).unwrap();
    let kept = 400 - dropped;
    assert!((50..=50 + 100 + 5).contains(&kept), "{kept} messages were kept");
    // The oldest are there, in order; the newest were dropped.
    for number in 0..kept {
        subscriber.receive("a", format!("{number}")).await;
    }
    subscriber.expect_silence().await;
    publisher.publish("a", QOS1, "again").await;
    subscriber.receive("a", "again").await;
}
versions!(a_client_that_does_not_acknowledge_keeps_a_bounded_queue: V4, V5);

/// mqtt.md 4.4
async fn an_offline_queue_may_exceed_the_online_limit_only_with_the_override(v: Version) {
    for (setting, kept) in [("off", 10), ("on", 40)] {
        let conf = format!(
            "max_online_messages = 10\nmax_inflight_messages = 1\nreceive_max_client = 1\noverride_max_online_messages = {setting}"
        );
        let broker = TestBroker::builder().conf(&conf).start().await;
        let builder = sleeper(&broker, v).await;
        let mut publisher = broker.connect(v, "publisher").await;
        for number in 0..40 {
            publisher.publish("a", QOS1, format!("{number}")).await;
        }
        let mut client = builder.connect_present(true).await;
        let received = client.drain_acknowledging().await;
        for (number, message) in received.iter().enumerate() {
            assert_eq!(message.payload, format!("{number}"), "override {setting}");
        }
        let received = received.len();
        if setting == "on" {
            assert_eq!(received, kept);
        } else {
            assert!(
                (kept..=kept + 10).contains(&received),
                "{received} of 40 with a limit of 10"
            );
            assert_eq!(
                broker.metric("queue_message_drop"),
                40 - u64::try_from(received).unwrap()
            );
        }
    }
}
versions!(an_offline_queue_may_exceed_the_online_limit_only_with_the_override: V4, V5);

/// mqtt.md 4.4
async fn an_online_limit_of_zero_blocks_delivery(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_online_messages = 0")
        .start()
        .await;
    let mut subscriber = broker.connect(v, "x").await;
    subscriber.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for qos in [QOS0, QOS1, QOS2] {
        publisher.publish("a", qos, "m").await;
    }
    subscriber.expect_silence().await;
    assert_eq!(broker.metric("queue_message_drop"), 3);
}
versions!(an_online_limit_of_zero_blocks_delivery: V4, V5);

/// [MQTT5-3.3.2-5] [MQTT5-3.3.2-6] 20.9 #138
async fn c138_message_expiry_is_counted_down_and_enforced(v: Version) {
    let broker = TestBroker::start().await;
    let builder = sleeper(&broker, v).await;
    let mut publisher = broker.connect(V5, "publisher").await;
    for (seconds, payload) in [(1, "short"), (100, "long"), (1, "short too")] {
        let properties = properties(|p| p.message_expiry_secs = Some(seconds));
        publisher
            .publish_packet(Publish {
                qos: QOS1,
                properties,
                ..publish("a", payload)
            })
            .await;
    }
    publisher.publish("a", QOS1, "endless").await;
    publisher.quiet_for(Duration::from_millis(2200)).await;
    let mut client = builder.connect_present(true).await;
    let message = client.receive("a", "long").await;
    let left = message.properties.and_then(|p| p.message_expiry_secs);
    if v == V5 {
        let left = left.expect("the remaining interval");
        assert!((90..=98).contains(&left), "{left} seconds left");
    } else {
        assert_eq!(left, None);
    }
    let message = client.receive("a", "endless").await;
    assert_eq!(message.properties.and_then(|p| p.message_expiry_secs), None);
    client.expect_silence().await;
    assert_eq!(broker.metric("queue_message_expired"), 2);
}
versions!(slow c138_message_expiry_is_counted_down_and_enforced: V3, V4, V5);

/// [MQTT5-3.3.2-6] 20.9 #138
async fn c138_a_message_already_sent_does_not_expire(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS1).await;
    let properties = properties(|p| p.message_expiry_secs = Some(1));
    let mut publisher = broker.connect(V5, "publisher").await;
    publisher
        .publish_packet(Publish {
            qos: QOS1,
            properties,
            ..publish("a", "sent")
        })
        .await;
    client.expect("a", "sent").await;
    client.drop_connection();
    publisher.quiet_for(Duration::from_millis(2200)).await;
    let mut client = builder.connect_present(true).await;
    assert!(client.receive("a", "sent").await.dup);
}
versions!(slow c138_a_message_already_sent_does_not_expire: V4, V5);

/// [MQTT5-3.3.2-6] 20.9 #138
async fn c138_a_live_message_keeps_its_interval(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for seconds in [1u32, 60, u32::MAX] {
        let properties = properties(|p| p.message_expiry_secs = Some(seconds));
        publisher
            .publish_packet(Publish {
                qos: QOS1,
                properties,
                ..publish("a", "m")
            })
            .await;
        let left = subscriber
            .receive("a", "m")
            .await
            .properties
            .unwrap()
            .message_expiry_secs
            .unwrap();
        assert!(
            left <= seconds && left >= seconds.saturating_sub(2).max(1),
            "{left} of {seconds}"
        );
    }
}
versions!(c138_a_live_message_keeps_its_interval: V5);
