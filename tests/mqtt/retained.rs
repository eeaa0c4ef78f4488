//! Retained messages.

use harness::*;
use std::time::Duration;

/// [MQTT-3.3.1-5] [MQTT5-3.3.1-5] 20.7 #114
async fn c114_the_newest_retained_message_counts(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for (qos, payload) in [(QOS1, "one"), (QOS0, "two"), (QOS2, "three")] {
        publisher.publish_retained("a", qos, payload).await;
        publisher.publish_retained("b", qos, payload).await;
        let mut client = broker.connect(v, "x").await;
        client.subscribe("a", QOS2).await;
        client.receive("a", payload).await;
        client.expect_silence().await;
    }
}
versions!(c114_the_newest_retained_message_counts: V3, V4, V5);

/// [MQTT-3.3.1-8] [MQTT5-3.3.1-9] 20.7 #115
async fn c115_a_new_subscription_gets_them_with_retain(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for topic in ["a/1", "a/2", "a/3", "b/1"] {
        publisher.publish_retained(topic, QOS2, topic).await;
    }
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a/#", QOS1).await;
    for topic in ["a/1", "a/2", "a/3"] {
        let message = client.receive(topic, topic).await;
        assert!(
            message.retain && !message.dup && message.qos == QOS1,
            "{message:?}"
        );
    }
    client.expect_silence().await;
}
versions!(c115_a_new_subscription_gets_them_with_retain: V3, V4, V5);

/// [MQTT-3.3.1-9] [MQTT5-3.3.1-12] 20.7 #116
async fn c116_live_delivery_has_no_retain(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS2).await;
    let builder = broker.client(v, "sleeper").persistent();
    let mut sleeper = builder.connect().await;
    sleeper.subscribe("a", QOS2).await;
    sleeper.disconnect().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for qos in [QOS0, QOS1, QOS2] {
        publisher.publish_retained("a", qos, "m").await;
        assert!(!client.receive("a", "m").await.retain, "{qos:?}");
    }
    let mut sleeper = builder.connect_present(true).await;
    for _ in [QOS1, QOS2] {
        assert!(!sleeper.receive("a", "m").await.retain);
    }
    sleeper.expect_silence().await;
}
versions!(c116_live_delivery_has_no_retain: V3, V4, V5);

/// [MQTT5-3.3.1-13] 20.7 #117
async fn c117_retain_as_published(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    client
        .subscribe_with(
            "a",
            SubscribeOptions {
                retain_as_published: true,
                ..options(QOS1)
            },
        )
        .await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish_retained("a", QOS1, "kept").await;
    assert!(client.receive("a", "kept").await.retain);
    publisher.publish("a", QOS1, "live").await;
    assert!(!client.receive("a", "live").await.retain);
    client.disconnect().await;
    publisher.publish_retained("a", QOS1, "kept").await;
    publisher.publish("a", QOS1, "live").await;
    let mut client = builder.connect_present(true).await;
    assert!(client.receive("a", "kept").await.retain);
    assert!(!client.receive("a", "live").await.retain);
}
versions!(c117_retain_as_published: V5);

/// [MQTT-3.3.1-10] [MQTT-3.3.1-11] [MQTT5-3.3.1-6] [MQTT5-3.3.1-7] 20.7 #118
async fn c118_an_empty_payload_removes(v: Version) {
    let broker = TestBroker::start().await;
    let mut current = broker.connect(v, "current").await;
    current.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for qos in [QOS0, QOS1, QOS2] {
        publisher.publish_retained("a", QOS1, "m").await;
        current.receive("a", "m").await;
        publisher.publish_retained("a", qos, "").await;
        let message = current.receive("a", "").await;
        assert!(!message.retain, "{message:?}");
        let mut new = broker.connect(v, "new").await;
        new.subscribe("a", QOS1).await;
        new.expect_silence().await;
    }
    // Nothing to remove is no fault, and is delivered all the same.
    publisher.publish_retained("a", QOS1, "").await;
    current.receive("a", "").await;
}
versions!(c118_an_empty_payload_removes: V3, V4, V5);

/// [MQTT-3.3.1-12] [MQTT5-3.3.1-8] 20.7 #119
async fn c119_a_publish_without_retain_leaves_the_stored_one(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish_retained("a", QOS1, "kept").await;
    publisher.publish("a", QOS1, "live").await;
    publisher.publish("a", QOS1, "").await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    client.receive("a", "kept").await;
    client.expect_silence().await;
}
versions!(c119_a_publish_without_retain_leaves_the_stored_one: V3, V4, V5);

/// [MQTT5-3.3.1-9] [MQTT5-3.3.1-10] [MQTT5-3.3.1-11] 20.7 #120
async fn c120_retain_handling(v: Version) {
    let broker = TestBroker::start().await;
    broker
        .connect(v, "publisher")
        .await
        .publish_retained("a", QOS0, "kept")
        .await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    let with = |retain_handling| SubscribeOptions {
        retain_handling,
        ..options(QOS0)
    };
    client.subscribe_with("a", with(RetainHandling::Never)).await;
    client.expect_silence().await;
    client.subscribe_with("a", with(RetainHandling::SendIfNew)).await;
    client.expect_silence().await;
    client.subscribe_with("a", with(RetainHandling::Send)).await;
    client.expect("a", "kept").await;
    client.subscribe_with("a", with(RetainHandling::Send)).await;
    client.expect("a", "kept").await;
    client.unsubscribe(&["a"]).await;
    client.subscribe_with("a", with(RetainHandling::SendIfNew)).await;
    client.expect("a", "kept").await;
    client.expect_silence().await;
    client.disconnect().await;
    let mut client = builder.connect_present(true).await;
    client.subscribe_with("a", with(RetainHandling::SendIfNew)).await;
    client.expect_silence().await;
}
versions!(c120_retain_handling: V5);

/// [MQTT5-3.3.2-5] [MQTT5-3.3.2-6] 20.7 #122
async fn c122_retained_messages_expire(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(V5, "publisher").await;
    for (topic, seconds) in [("a/short", 1), ("a/long", 100), ("b", 1)] {
        let properties = properties(|p| p.message_expiry_secs = Some(seconds));
        publisher
            .publish_packet(Publish {
                qos: QOS1,
                retain: true,
                properties,
                ..publish(topic, "m")
            })
            .await;
    }
    publisher.quiet_for(Duration::from_millis(2200)).await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a/+", QOS1).await;
    let message = client.receive("a/long", "m").await;
    let left = message.properties.and_then(|p| p.message_expiry_secs);
    match left {
        Some(left) => assert!(v == V5 && (90..=98).contains(&left), "{left} seconds left"),
        None => assert_ne!(v, V5, "the interval is missing"),
    }
    client.subscribe("b", QOS1).await;
    client.expect_silence().await;
    assert_eq!(broker.metric("queue_message_expired"), 2);
}
versions!(slow c122_retained_messages_expire: V3, V4, V5);

/// mqtt.md 10.4
async fn expired_entries_are_swept(v: Version) {
    let broker = TestBroker::builder()
        .conf("expire_retain_cache = 1")
        .start()
        .await;
    let mut publisher = broker.connect(v, "publisher").await;
    let properties = properties(|p| p.message_expiry_secs = Some(1));
    publisher
        .publish_packet(Publish {
            qos: QOS1,
            retain: true,
            properties,
            ..publish("a", "m")
        })
        .await;
    publisher.publish_retained("b", QOS1, "m").await;
    assert_eq!(broker.metric("retain_messages"), 2);
    eventually("the sweep", async || broker.metric("retain_messages") == 1).await;
}
versions!(slow expired_entries_are_swept: V5);

/// [-] 20.7 #123
async fn c123_a_retained_qos_zero_message_stays_qos_zero(v: Version) {
    let broker = TestBroker::start().await;
    broker
        .connect(v, "publisher")
        .await
        .publish_retained("a", QOS0, "kept")
        .await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    let message = client.receive("a", "kept").await;
    assert!(message.retain && message.qos == QOS0, "{message:?}");
}
versions!(c123_a_retained_qos_zero_message_stays_qos_zero: V3, V4, V5);

/// [-] 20.7 #124
async fn c124_retained_properties_are_kept(v: Version) {
    let broker = TestBroker::start().await;
    let sent = crate::mqtt5::forwarded_properties();
    let packet = Publish {
        qos: QOS1,
        retain: true,
        properties: sent.clone(),
        ..publish("a", "m")
    };
    broker.connect(v, "publisher").await.publish_packet(packet).await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    assert_eq!(client.receive("a", "m").await.properties, sent);
    let mut old = broker.connect(V4, "old").await;
    old.subscribe("a", QOS1).await;
    old.receive("a", "m").await;
}
versions!(c124_retained_properties_are_kept: V5);

/// [-] 20.7 #125
async fn c125_suback_precedes_retained_messages(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for number in 0..50 {
        publisher
            .publish_retained(&format!("a/{number}"), QOS1, "m")
            .await;
    }
    for _ in 0..5 {
        let mut client = broker.connect(v, "x").await;
        let filters = [("a/+", options(QOS1)), ("#", options(QOS0))];
        let packet = client.subscribe_packet(&filters);
        client.send(&Packet::Subscribe(packet)).await;
        assert!(matches!(client.recv().await, Packet::SubAck(_)));
        for _ in 0..100 {
            let message = client.message().await;
            client.acknowledge(&message).await;
        }
        client.expect_silence().await;
    }
}
versions!(c125_suback_precedes_retained_messages: V3, V4, V5);

/// mqtt.md 10.3
async fn each_overlapping_subscription_has_its_own_delivery(v: Version) {
    let broker = TestBroker::start().await;
    broker
        .connect(v, "publisher")
        .await
        .publish_retained("a/b", QOS1, "kept")
        .await;
    let mut client = broker.connect(v, "x").await;
    for filter in ["a/b", "a/+", "#"] {
        client.subscribe(filter, QOS1).await;
        client.receive("a/b", "kept").await;
    }
    client.expect_silence().await;
}
versions!(each_overlapping_subscription_has_its_own_delivery: V3, V4, V5);

/// mqtt.md 10.1
async fn a_refused_publish_does_not_touch_the_store(v: Version) {
    let broker = TestBroker::builder()
        .acl("topic read #\nuser henry\ntopic write a\n")
        .start()
        .await;
    let mut henry = broker.client(v, "henry").username("henry").connect().await;
    henry.publish_retained("a", QOS1, "kept").await;
    let mut other = broker.connect(v, "other").await;
    other
        .send(&Packet::Publish(Publish {
            retain: true,
            ..publish("a", "")
        }))
        .await;
    other
        .send(&Packet::Publish(Publish {
            retain: true,
            ..publish("a", "changed")
        }))
        .await;
    if v == V4 {
        other.expect_close().await;
    } else {
        other.ping().await;
    }
    let mut late = broker.connect(v, "late").await;
    late.subscribe("a", QOS1).await;
    late.receive("a", "kept").await;
    late.expect_silence().await;
}
versions!(a_refused_publish_does_not_touch_the_store: V3, V4, V5);
