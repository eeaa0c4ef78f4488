//! PUBLISH from clients: topics, flags, refusals, size.

use harness::wire;
use harness::*;

/// [MQTT-3.3.1-4] [MQTT5-3.3.1-4] 20.4 #51
async fn c051_qos_three_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    for first_byte in [0x36, 0x37, 0x3E, 0x3F] {
        let mut client = broker.connect(v, "x").await;
        client
            .send_raw(&wire::publish(v, first_byte, "a", Some(1), b"m"))
            .await;
        client.expect_end(ReasonCode::MalformedPacket).await;
    }
}
versions!(c051_qos_three_is_refused: V3, V4, V5);

/// [MQTT-3.3.1-2] [MQTT5-3.3.1-2] 20.4 #52
async fn c052_dup_on_qos_zero_is_tolerated_and_not_passed_on(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS2).await;
    client.send_raw(&wire::publish(v, 0x38, "a", None, b"m")).await;
    let raw = client.recv_raw().await;
    assert_eq!(raw[0], 0x30, "{raw:02x?}");
    client.expect_silence().await;
}
versions!(c052_dup_on_qos_zero_is_tolerated_and_not_passed_on: V3, V4, V5);

/// [MQTT-3.3.1-3] [MQTT5-3.3.1-3] 20.4 #53
async fn c053_dup_of_an_incoming_publish_is_not_passed_on(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for qos in [QOS1, QOS2] {
        let packet = Publish {
            dup: true,
            qos,
            ..publish("a", "m")
        };
        assert_eq!(publisher.publish_packet(packet).await, ReasonCode::Success);
        let message = subscriber.receive("a", "m").await;
        assert!(!message.dup && message.qos == qos, "{message:?}");
    }
}
versions!(c053_dup_of_an_incoming_publish_is_not_passed_on: V3, V4, V5);

/// [MQTT-3.3.2-2] [MQTT5-3.3.2-2] 20.4 #54
async fn c054_wildcards_in_a_topic_name_are_refused(v: Version) {
    let broker = TestBroker::start().await;
    for topic in ["+", "#", "a/+", "a/#", "a+b", "#a", "a/+/b"] {
        for (first_byte, id) in [(0x30, None), (0x32, Some(1)), (0x34, Some(1)), (0x31, None)] {
            let mut client = broker.connect(v, "x").await;
            client
                .send_raw(&wire::publish(v, first_byte, topic, id, b"m"))
                .await;
            client.expect_end(ReasonCode::TopicNameInvalid).await;
        }
    }
}
versions!(c054_wildcards_in_a_topic_name_are_refused: V3, V4, V5);

/// [MQTT-4.7.3-1] [MQTT5-4.7.3-1] 20.4 #55
async fn c055_an_empty_topic_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    for (first_byte, id) in [(0x30, None), (0x32, Some(1)), (0x34, Some(1))] {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&wire::publish(v, first_byte, "", id, b"m")).await;
        client.expect_end(ReasonCode::ProtocolError).await;
    }
}
versions!(c055_an_empty_topic_is_refused: V3, V4, V5);

/// [MQTT-3.3.5-2] 20.4 #62
async fn c062_an_unauthorised_publish(v: Version) {
    let broker = TestBroker::builder().acl("topic will\ntopic yes\n").start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will", QOS0).await;
    for qos in [QOS0, QOS1, QOS2] {
        let mut client = broker.client(v, "x").will("will", "closed").connect().await;
        let packet = Publish {
            qos,
            ..publish("no", "m")
        };
        if v == V3 {
            assert_eq!(client.publish_packet(packet).await, ReasonCode::Success);
            client.expect_silence().await;
            client.disconnect().await;
        } else {
            let packet_id = (qos != QOS0).then(|| id(1));
            client
                .send(&Packet::Publish(Publish { packet_id, ..packet }))
                .await;
            client.expect_close().await;
            observer.expect("will", "closed").await;
        }
    }
    observer.expect_silence().await;
    assert!(broker.metric("mqtt_publish_auth_error") >= 2);
}
versions!(c062_an_unauthorised_publish: V3, V4);

/// [MQTT-3.3.5-2] 20.4 #62
async fn c062_version_3_can_be_made_as_strict(v: Version) {
    let broker = TestBroker::builder()
        .acl("topic yes\n")
        .conf("disconnect_on_unauthorized_publish_v3 = on")
        .start()
        .await;
    let mut client = broker.connect(v, "x").await;
    client
        .send_raw(&wire::publish(v, 0x32, "no", Some(1), b"m"))
        .await;
    client.expect_close().await;
}
versions!(c062_version_3_can_be_made_as_strict: V3);

/// [MQTT5-3.4.2.1] 20.4 #63
async fn c063_an_unauthorised_publish_is_told(v: Version) {
    let broker = TestBroker::builder().acl("topic yes\n").start().await;
    let mut client = broker.connect(v, "x").await;
    assert_eq!(
        client.publish_packet(publish("no", "m")).await,
        ReasonCode::Success
    );
    for qos in [QOS1, QOS2] {
        let reason = client
            .publish_packet(Publish {
                qos,
                ..publish("no", "m")
            })
            .await;
        assert_eq!(reason, ReasonCode::NotAuthorized);
        client.publish("yes", qos, "m").await;
    }
    client.expect_silence().await;
}
versions!(c063_an_unauthorised_publish_is_told: V5);

/// [MQTT5-3.3.4-6] 20.4 #64
async fn c064_a_client_may_not_send_subscription_identifiers(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client
        .send_raw(&wire::publish_with(v, 0x30, "a", None, &hex("0B 01"), b"m"))
        .await;
    client.expect_end(ReasonCode::ProtocolError).await;
}
versions!(c064_a_client_may_not_send_subscription_identifiers: V5);

/// [MQTT5-3.2.2.3.6] 20.4 #78
async fn c078_packets_over_the_size_limit_are_refused(v: Version) {
    let broker = TestBroker::builder().conf("max_message_size = 100").start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("#", QOS0).await;
    let empty = wire::publish(v, 0x30, "size", None, b"").len() - 2;
    let mut client = broker.client(v, "x").will("will", "too large").connect().await;
    let largest = vec![b'm'; 100 - empty];
    client
        .send_raw(&wire::publish(v, 0x30, "size", None, &largest))
        .await;
    client.ping().await;
    observer.expect("size", &largest).await;
    client
        .send_raw(&wire::publish(v, 0x30, "size", None, &vec![b'm'; 101 - empty]))
        .await;
    client.expect_end(ReasonCode::PacketTooLarge).await;
    observer.expect("will", "too large").await;
    assert_eq!(broker.metric("mqtt_invalid_msg_size_error"), 1);

    let mut client = broker.connect(v, "x").await;
    let small = wire::publish(v, 0x30, "small", None, b"0123456789");
    client.send_raw(&small.repeat(100)).await;
    client.ping().await;
    for _ in 0..100 {
        observer.expect("small", "0123456789").await;
    }
    observer.expect_silence().await;
}
versions!(c078_packets_over_the_size_limit_are_refused: V3, V4, V5);

/// [MQTT5-3.2.2.3.6] 20.4 #78
async fn c078_the_limit_counts_for_connect_too(v: Version) {
    let broker = TestBroker::builder().conf("max_message_size = 50").start().await;
    let mut client = broker.client(v, &"x".repeat(60)).send().await;
    client.expect_connect_refused().await;
    broker.connect(v, "x").await;
}
versions!(c078_the_limit_counts_for_connect_too: V3, V4, V5);

/// mqtt.md 5.1
async fn publishes_to_dollar_topics_are_not_routed(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    for filter in ["#", "$SYS/#", "$own/x", "$/+", "+/x"] {
        observer.subscribe(filter, QOS1).await;
    }
    let mut client = broker.connect(v, "x").await;
    for topic in ["$SYS/x", "$own/x", "$/x", "$share/g/x"] {
        for qos in [QOS0, QOS1, QOS2] {
            let reason = client
                .publish_packet(Publish {
                    qos,
                    retain: true,
                    ..publish(topic, "m")
                })
                .await;
            let expected = if v == V5 && qos != QOS0 {
                ReasonCode::TopicNameInvalid
            } else {
                ReasonCode::Success
            };
            assert_eq!(reason, expected, "{topic} {qos:?}");
        }
    }
    client.expect_silence().await;
    observer.expect_silence().await;
    observer.subscribe("$SYS/#", QOS0).await;
    observer.expect_silence().await;
    assert_eq!(broker.metric("mqtt_publish_auth_error"), 12);
}
versions!(publishes_to_dollar_topics_are_not_routed: V3, V4, V5);

/// mqtt.md 16
async fn max_message_rate_delays_and_drops_nothing(v: Version) {
    let broker = TestBroker::builder().conf("max_message_rate = 20").start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("a", QOS0).await;
    let mut fast = broker.connect(v, "fast").await;
    let start = std::time::Instant::now();
    for round in 0..50 {
        fast.send_raw(&wire::publish(v, 0x30, "a", None, format!("{round}").as_bytes()))
            .await;
    }
    // Another session has a rate of its own.
    let mut other = broker.connect(v, "other").await;
    other.publish("b", QOS1, "m").await;
    for round in 0..50 {
        observer.expect("a", format!("{round}")).await;
    }
    let waited = start.elapsed();
    assert!(
        waited.as_millis() >= 1000,
        "50 messages at 20 a second took {waited:?}"
    );
    assert!(
        waited.as_millis() <= 4000,
        "50 messages at 20 a second took {waited:?}"
    );
    fast.expect_silence().await;
}
versions!(slow max_message_rate_delays_and_drops_nothing: V4, V5);
