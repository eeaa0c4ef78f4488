//! SUBSCRIBE and UNSUBSCRIBE.

use harness::exchange::{refused, success};
use harness::wire;
use harness::*;

/// [MQTT-3.8.3-3] [MQTT5-3.8.3-2] 20.6 #93
async fn c093_subscribe_without_a_filter_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.send_raw(&wire::subscribe(v, 0x82, 1, &[])).await;
    client.expect_end(ReasonCode::ProtocolError).await;
}
versions!(c093_subscribe_without_a_filter_is_refused: V3, V4, V5);

/// [MQTT-3-8.3-4] [MQTT5-3.8.3-5] 20.6 #94
async fn c094_reserved_option_bits_and_qos_three_are_refused(v: Version) {
    let broker = TestBroker::start().await;
    let malformed: &[u8] = if v == V5 {
        &[0x40, 0x80, 0xC1]
    } else {
        &[0x04, 0x08, 0x10, 0x41, 0x80]
    };
    let wrong: &[u8] = if v == V5 { &[0x03, 0x30] } else { &[0x03] };
    let cases = malformed
        .iter()
        .map(|options| (options, ReasonCode::MalformedPacket));
    let cases = cases.chain(wrong.iter().map(|options| (options, ReasonCode::ProtocolError)));
    for (options, reason) in cases {
        let mut client = broker.connect(v, "x").await;
        client
            .send_raw(&wire::subscribe(v, 0x82, 1, &[(b"a", 0), (b"b", *options)]))
            .await;
        client.expect_end(reason).await;
    }
}
versions!(c094_reserved_option_bits_and_qos_three_are_refused: V3, V4, V5);

/// [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT5-3.8.4-1] [MQTT5-3.8.4-2] 20.6 #95
async fn c095_suback_has_the_id_of_subscribe(v: Version) {
    let broker = TestBroker::builder().acl("topic yes\n").start().await;
    let mut client = broker.connect(v, "x").await;
    for id in [1u16, 0x0102, 65_535] {
        for filter in [b"yes".as_slice(), b"no"] {
            client
                .send_raw(&wire::subscribe(v, 0x82, id, &[(filter, 0)]))
                .await;
            let answer = client.recv_raw().await;
            assert_eq!(answer[0], 0x90);
            assert_eq!(answer[2..4], id.to_be_bytes());
        }
    }
}
versions!(c095_suback_has_the_id_of_subscribe: V3, V4, V5);

/// [MQTT-3.9.3-1] [MQTT5-3.9.3-1] 20.6 #96
async fn c096_suback_has_one_code_for_each_filter_in_order(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_subscriptions_per_client = 3")
        .start()
        .await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("kept", QOS0).await;
    let filters = [
        ("one", options(QOS2)),
        ("two", options(QOS1)),
        ("three", options(QOS0)),
        ("kept", options(QOS2)),
        ("four", options(QOS1)),
    ];
    let quota = refused(v, ReasonCode::QuotaExceeded);
    let expected = [
        ReasonCode::GrantedQoS2,
        ReasonCode::GrantedQoS1,
        quota,
        ReasonCode::GrantedQoS2,
        quota,
    ];
    assert_eq!(client.subscribe_all(&filters).await, expected);
    let mut publisher = broker.connect(v, "publisher").await;
    for topic in ["one", "two", "three", "kept", "four"] {
        publisher.publish(topic, QOS2, "m").await;
    }
    assert_eq!(client.receive("one", "m").await.qos, QOS2);
    assert_eq!(client.receive("two", "m").await.qos, QOS1);
    assert_eq!(client.receive("kept", "m").await.qos, QOS2);
    client.expect_silence().await;
    // A place that becomes free may be taken again.
    client.unsubscribe(&["one"]).await;
    client.subscribe("three", QOS0).await;
}
versions!(c096_suback_has_one_code_for_each_filter_in_order: V3, V4, V5);

/// [MQTT-3.8.4-5] [MQTT5-3.8.4-6] 20.6 #96
async fn c096_a_refused_subscribe_has_a_code_for_each_filter(v: Version) {
    let broker = TestBroker::builder().acl("topic yes\n").start().await;
    let mut client = broker.connect(v, "x").await;
    let reasons = client
        .subscribe_all(&[("yes", options(QOS1)), ("no", options(QOS2))])
        .await;
    assert_eq!(reasons, [refused(v, ReasonCode::NotAuthorized); 2]);
    broker
        .connect(v, "publisher")
        .await
        .publish("yes", QOS1, "m")
        .await;
    client.expect_silence().await;
    assert_eq!(
        broker.metric("mqtt_subscribe_auth_error") + broker.metric("mqtt_subscribe_error"),
        1
    );
}
versions!(c096_a_refused_subscribe_has_a_code_for_each_filter: V3, V4, V5);

/// [MQTT-3.8.4-3] [MQTT5-3.8.4-3] 20.6 #97
async fn c097_subscribing_again_replaces(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    let mut publisher = broker.connect(v, "publisher").await;
    for filter in ["a/b", "a/+", "$share/g/a/c"] {
        let topic = if filter.ends_with('c') { "a/c" } else { "a/b" };
        for qos in [QOS0, QOS2, QOS1, QOS1] {
            client.subscribe(filter, qos).await;
            publisher.publish(topic, QOS2, "m").await;
            assert_eq!(client.receive(topic, "m").await.qos, qos, "{filter}");
            client.expect_silence().await;
        }
        client.unsubscribe(&[filter]).await;
        publisher.publish(topic, QOS2, "m").await;
        client.expect_silence().await;
    }
}
versions!(c097_subscribing_again_replaces: V3, V4, V5);

/// [MQTT5-3.8.4-3] 20.6 #97
async fn c097_subscribing_again_replaces_options(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    let own = SubscribeOptions {
        no_local: true,
        retain_as_published: true,
        ..options(QOS0)
    };
    let mut first = client.subscribe_packet(&[("a", own)]);
    first.properties = properties(|p| p.subscription_ids = vec![7]);
    client.subscribe_exchange(first).await;
    client.subscribe("a", QOS0).await;
    client.publish_retained("a", QOS0, "m").await;
    let message = client.expect("a", "m").await;
    assert!(!message.retain && message.properties.is_none(), "{message:?}");
    client.expect_silence().await;
}
versions!(c097_subscribing_again_replaces_options: V5);

/// [MQTT-3.8.4-3] 20.6 #98
async fn c098_subscribing_again_resends_retained_messages(v: Version) {
    let broker = TestBroker::start().await;
    broker
        .connect(v, "publisher")
        .await
        .publish_retained("a", QOS1, "kept")
        .await;
    let mut client = broker.connect(v, "x").await;
    for _ in 0..3 {
        client.subscribe("a", QOS1).await;
        assert!(client.receive("a", "kept").await.retain);
        client.expect_silence().await;
    }
}
versions!(c098_subscribing_again_resends_retained_messages: V3, V4, V5);

/// [MQTT-3.8.4-4] [MQTT5-3.8.4-5] 20.6 #99
async fn c099_the_last_of_equal_filters_wins(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for (first, last) in [(QOS2, QOS0), (QOS0, QOS2), (QOS2, QOS1)] {
        let mut client = broker.connect(v, "x").await;
        let reasons = client
            .subscribe_all(&[("a", options(first)), ("a", options(last))])
            .await;
        assert_eq!(reasons.len(), 2);
        assert_eq!(reasons[1].as_u8(), last.as_u8());
        publisher.publish("a", QOS2, "m").await;
        assert_eq!(client.receive("a", "m").await.qos, last);
        client.expect_silence().await;
    }
}
versions!(c099_the_last_of_equal_filters_wins: V3, V4, V5);

/// [MQTT-4.7.1-2] [MQTT5-4.7.1-1] 20.6 #100
async fn c100_a_misplaced_number_sign_is_refused(v: Version) {
    refuse_filters(
        v,
        &[
            "a/#/b",
            "a#",
            "#a",
            "a/#b",
            "##",
            "#/",
            "#/a",
            "/#/",
            "$share/g/a#",
        ],
    )
    .await;
}
versions!(c100_a_misplaced_number_sign_is_refused: V3, V4, V5);

/// [MQTT-4.7.1-3] [MQTT5-4.7.1-2] 20.6 #101
async fn c101_a_plus_within_a_level_is_refused(v: Version) {
    refuse_filters(v, &["a+", "+a", "a/b+/c", "++", "a/+b", "+#", "$share/g/+a"]).await;
}
versions!(c101_a_plus_within_a_level_is_refused: V3, V4, V5);

/// [MQTT-4.7.3-1] [MQTT5-4.7.3-1] 20.6 #100
async fn c100_an_empty_filter_is_refused(v: Version) {
    refuse_filters(v, &[""]).await;
}
versions!(c100_an_empty_filter_is_refused: V3, V4, V5);

async fn refuse_filters(v: Version, filters: &[&str]) {
    let broker = TestBroker::start().await;
    for filter in filters {
        let mut client = broker.connect(v, "x").await;
        client
            .send_raw(&wire::subscribe(
                v,
                0x82,
                1,
                &[(b"good", 0), (filter.as_bytes(), 0)],
            ))
            .await;
        client.expect_end(ReasonCode::TopicFilterInvalid).await;
    }
}

/// [MQTT-3.10.4-1] [MQTT5-3.10.4-1] 20.6 #105
async fn c105_unsubscribe_compares_literally(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a/#", QOS0).await;
    client.subscribe("a/b/c", QOS0).await;
    for other in ["a/b", "#", "a/+", "a", "A/#", "+/#"] {
        client.unsubscribe(&[other]).await;
    }
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a/b", QOS0, "m").await;
    client.expect("a/b", "m").await;
    client.unsubscribe(&["a/#"]).await;
    publisher.publish("a/b", QOS0, "m").await;
    client.expect_silence().await;
    publisher.publish("a/b/c", QOS0, "m").await;
    client.expect("a/b/c", "m").await;
}
versions!(c105_unsubscribe_compares_literally: V3, V4, V5);

/// [MQTT-3.10.4-5] [MQTT5-3.10.4-5] 20.6 #106
async fn c106_unsuback_comes_even_if_nothing_matched(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("one", QOS0).await;
    client.subscribe("two", QOS0).await;
    client.send_raw(&wire::unsubscribe(v, 0xA2, 9, &[b"none"])).await;
    client
        .expect_raw(&hex(if v == V5 {
            "B0 04 00 09 00 11"
        } else {
            "B0 02 00 09"
        }))
        .await;
    client
        .send_raw(&wire::unsubscribe(
            v,
            0xA2,
            10,
            &[b"one", b"none", b"two", b"one"],
        ))
        .await;
    client
        .expect_raw(&hex(if v == V5 {
            "B0 07 00 0A 00 00 11 00 11"
        } else {
            "B0 02 00 0A"
        }))
        .await;
}
versions!(c106_unsuback_comes_even_if_nothing_matched: V3, V4, V5);

/// [MQTT-3.10.4-2] [MQTT-3.10.4-3] [MQTT5-3.10.4-2] [MQTT5-3.10.4-3] 20.6 #107
async fn c107_after_unsuback_open_deliveries_complete(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_inflight_messages = 2\nreceive_max_client = 2")
        .start()
        .await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a", QOS1, "one").await;
    publisher.publish("a", QOS2, "two").await;
    publisher.publish("a", QOS2, "queued").await;
    let one = client.expect("a", "one").await;
    let two = client.expect("a", "two").await;
    client.unsubscribe(&["a"]).await;
    publisher.publish("a", QOS2, "later").await;
    client.acknowledge(&one).await;
    client.acknowledge(&two).await;
    client.receive("a", "queued").await;
    client.expect_silence().await;
}
versions!(c107_after_unsuback_open_deliveries_complete: V3, V4, V5);

/// [MQTT-3.10.3-2] [MQTT5-3.10.3-2] 20.6 #108
async fn c108_unsubscribe_without_a_filter_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.send_raw(&wire::unsubscribe(v, 0xA2, 1, &[])).await;
    client.expect_end(ReasonCode::ProtocolError).await;
}
versions!(c108_unsubscribe_without_a_filter_is_refused: V3, V4, V5);

/// [MQTT5-3.3.4-3] [MQTT5-3.3.4-5] 20.6 #109
async fn c109_overlapping_subscriptions_have_one_copy_each(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    for (number, (filter, qos)) in [("a/b", QOS2), ("a/+", QOS0), ("#", QOS1)]
        .into_iter()
        .enumerate()
    {
        let mut packet = client.subscribe_packet(&[(filter, options(qos))]);
        if v == V5 {
            packet.properties =
                properties(|p| p.subscription_ids = vec![u32::try_from(number).unwrap() + 10]);
        }
        client.subscribe_exchange(packet).await;
    }
    broker
        .connect(v, "publisher")
        .await
        .publish("a/b", QOS2, "m")
        .await;
    let mut copies = Vec::new();
    for _ in 0..3 {
        let message = client.receive("a/b", "m").await;
        copies.push((
            message.qos,
            message.properties.map(|p| p.subscription_ids).unwrap_or_default(),
        ));
    }
    client.expect_silence().await;
    copies.sort();
    let ids = |id: u32| if v == V5 { vec![id] } else { Vec::new() };
    assert_eq!(copies, [(QOS0, ids(11)), (QOS1, ids(12)), (QOS2, ids(10))]);
}
versions!(c109_overlapping_subscriptions_have_one_copy_each: V3, V4, V5);

/// [MQTT5-3.8.3-3] 20.6 #110
async fn c110_no_local_keeps_own_messages_away(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "self").persistent();
    let mut client = builder.connect().await;
    client
        .subscribe_with(
            "a/#",
            SubscribeOptions {
                no_local: true,
                ..options(QOS1)
            },
        )
        .await;
    let mut other = broker.connect(v, "other").await;
    other.subscribe("a/#", QOS1).await;
    client.publish("a/b", QOS1, "own").await;
    client.expect_silence().await;
    other.receive("a/b", "own").await;
    other.publish("a/b", QOS1, "other").await;
    client.receive("a/b", "other").await;
    other.receive("a/b", "other").await;
    // The acknowledgement has been taken.
    client.expect_silence().await;
    client.drop_connection();
    let mut client = builder.connect_present(true).await;
    client.publish("a/b", QOS1, "own again").await;
    client.expect_silence().await;
    other.receive("a/b", "own again").await;
}
versions!(c110_no_local_keeps_own_messages_away: V5);

/// [MQTT5-3.8.3-4] 20.6 #111
async fn c111_no_local_on_a_shared_filter_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client
        .send_raw(&wire::subscribe(v, 0x82, 1, &[(b"$share/g/a", 0x04)]))
        .await;
    client.expect_end(ReasonCode::ProtocolError).await;
}
versions!(c111_no_local_on_a_shared_filter_is_refused: V5);

/// [MQTT5-3.8.2.1.2] 20.6 #112
async fn c112_subscription_identifiers_have_bounds(v: Version) {
    let broker = TestBroker::start().await;
    for properties in ["0B 00", "0B 01 0B 02", "0B 01 0B 01"] {
        let mut client = broker.connect(v, "x").await;
        client
            .send_raw(&wire::subscribe_with(v, 0x82, 1, &hex(properties), &[(b"a", 0)]))
            .await;
        client.expect_end(ReasonCode::ProtocolError).await;
    }
    let mut client = broker.connect(v, "x").await;
    client
        .send_raw(&wire::subscribe_with(
            v,
            0x82,
            1,
            &hex("0B FF FF FF 7F"),
            &[(b"a", 0)],
        ))
        .await;
    client.expect_raw(&hex("90 04 00 01 00 00")).await;
    client.publish("a", QOS0, "m").await;
    assert_eq!(
        client.message().await.properties.unwrap().subscription_ids,
        [268_435_455]
    );
}
versions!(c112_subscription_identifiers_have_bounds: V5);

/// mqtt.md 7.1
async fn bridges_have_no_local_and_retain_as_published(v: Version) {
    let broker = TestBroker::start().await;
    let mut bridge = broker.client(v, "bridge").bridge().connect().await;
    bridge.subscribe("a", QOS1).await;
    bridge.publish("a", QOS1, "own").await;
    bridge.expect_silence().await;
    let mut other = broker.connect(v, "other").await;
    other.publish_retained("a", QOS1, "kept").await;
    assert!(bridge.receive("a", "kept").await.retain);
    other.publish("a", QOS1, "live").await;
    assert!(!bridge.receive("a", "live").await.retain);
}
versions!(bridges_have_no_local_and_retain_as_published: V3, V4);

/// mqtt.md 7.1
async fn replacing_a_subscription_loses_and_doubles_nothing(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    let flood = tokio::spawn(async move {
        for number in 0..300 {
            publisher.publish("a", QOS1, format!("{number}")).await;
        }
    });
    for _ in 0..50 {
        client.subscribe("a", QOS1).await;
    }
    for number in 0..300 {
        let message = client.receive("a", format!("{number}")).await;
        assert!(!message.dup);
    }
    flood.await.unwrap();
    client.expect_silence().await;
}
versions!(replacing_a_subscription_loses_and_doubles_nothing: V4, V5);

/// mqtt.md 6.4
async fn an_unsubscribed_client_may_still_acknowledge(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS2).await;
    broker.connect(v, "publisher").await.publish("a", QOS2, "m").await;
    let packet_id = client.expect("a", "m").await.packet_id.unwrap();
    client.unsubscribe(&["a"]).await;
    client.send(&Packet::PubRec(success(packet_id))).await;
    client.expect_pubrel(packet_id).await;
    client.send(&Packet::PubComp(success(packet_id))).await;
    client.expect_silence().await;
    assert_eq!(broker.metric("mqtt_pubcomp_invalid_error"), 0);
}
versions!(an_unsubscribed_client_may_still_acknowledge: V3, V4, V5);
