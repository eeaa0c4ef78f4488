//! Sessions: what survives a connection, for how long, and in which order it is delivered.

use harness::*;
use std::time::Duration;

/// [MQTT-4.5.0-1] [MQTT5-4.5.0-1] 20.4 #73
async fn c073_a_message_reaches_every_matching_session(v: Version) {
    let broker = TestBroker::start().await;
    let mut online = Vec::new();
    let mut offline = Vec::new();
    for number in 0..20 {
        let mut client = broker.connect(v, &format!("online-{number}")).await;
        client
            .subscribe(["a/b", "a/+", "#", "+/b"][number % 4], QOS1)
            .await;
        online.push(client);
        let builder = broker.client(v, &format!("offline-{number}")).persistent();
        let mut client = builder.connect().await;
        client
            .subscribe(["a/b", "a/+", "a/#", "+/+"][number % 4], QOS1)
            .await;
        client.disconnect().await;
        offline.push(builder);
    }
    let mut stranger = broker.connect(v, "stranger").await;
    stranger.subscribe("a", QOS1).await;
    broker
        .connect(v, "publisher")
        .await
        .publish("a/b", QOS1, "m")
        .await;
    for client in &mut online {
        client.receive("a/b", "m").await;
        client.expect_silence().await;
    }
    for builder in offline {
        let mut client = builder.connect_present(true).await;
        client.receive("a/b", "m").await;
        client.expect_silence().await;
    }
    stranger.expect_silence().await;
}
versions!(c073_a_message_reaches_every_matching_session: V3, V4, V5);

/// [MQTT-3.1.2-4] [MQTT-3.1.2-6] [MQTT5-3.1.2-4] [MQTT5-3.1.2-5] [MQTT5-3.1.2-6] 20.5 #79
async fn c079_a_clean_start_discards_everything(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a", QOS2, "in flight").await;
    client.expect("a", "in flight").await;
    client.drop_connection();
    publisher.publish("a", QOS1, "queued").await;
    let mut client = builder.clone().clean(true).connect_present(false).await;
    client.expect_silence().await;
    publisher.publish("a", QOS1, "not subscribed").await;
    client.expect_silence().await;
    client.disconnect().await;
    let mut client = builder.connect().await;
    client.expect_silence().await;
}
versions!(c079_a_clean_start_discards_everything: V3, V4, V5);

/// [MQTT-3.1.2-6] [MQTT5-3.1.2-23] 20.5 #79
async fn c079_a_session_that_is_not_kept_is_gone(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    client.drop_connection();
    eventually("the queue to go", async || broker.metric("queue_teardown") >= 1).await;
    broker.connect(v, "publisher").await.publish("a", QOS1, "m").await;
    let mut client = broker.client(v, "x").persistent().connect_present(false).await;
    client.expect_silence().await;
}
versions!(c079_a_session_that_is_not_kept_is_gone: V3, V4, V5);

/// [MQTT-3.1.2-5] [MQTT5-4.5.0-1] 20.5 #80
async fn c080_qos_one_and_two_wait_for_an_offline_client(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "sleeper").persistent();
    let mut sleeper = builder.connect().await;
    sleeper.subscribe("a", QOS2).await;
    sleeper.disconnect().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for (qos, payload) in [
        (QOS0, "zero"),
        (QOS1, "one"),
        (QOS0, "zero"),
        (QOS2, "two"),
        (QOS1, "three"),
    ] {
        publisher.publish("a", qos, payload).await;
    }
    let mut sleeper = builder.connect_present(true).await;
    assert_eq!(sleeper.receive("a", "one").await.qos, QOS1);
    assert_eq!(sleeper.receive("a", "two").await.qos, QOS2);
    assert_eq!(sleeper.receive("a", "three").await.qos, QOS1);
    sleeper.expect_silence().await;
    assert_eq!(broker.metric("queue_message_unhandled"), 2);
}
versions!(c080_qos_one_and_two_wait_for_an_offline_client: V3, V4, V5);

/// [MQTT-4.6.0-6] [MQTT5-4.6.0-5] 20.5 #85
async fn c085_the_order_of_a_publisher_is_kept(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "subscriber").persistent();
    for qos in [QOS0, QOS1, QOS2] {
        let topic = format!("order/{}", qos.as_u8());
        let mut subscriber = builder.connect().await;
        subscriber.subscribe(&topic, qos).await;
        let mut publisher = broker.connect(v, "publisher").await;
        pipeline(&mut publisher, &topic, qos, 0..100).await;
        // Half of them online; then the connection is lost with some unacknowledged.
        let seen = if qos == QOS0 { 100 } else { 50 };
        for number in 0..seen {
            subscriber.receive(&topic, format!("{number}")).await;
        }
        subscriber.ping().await;
        subscriber.drop_connection();
        eventually("the client to be offline", async || {
            broker.open_connections() <= 1
        })
        .await;
        pipeline(&mut publisher, &topic, qos, 100..200).await;
        publisher.disconnect().await;
        let mut subscriber = builder.connect_present(true).await;
        let rest = if qos == QOS0 { 200..200 } else { seen..200 };
        for number in rest {
            subscriber.receive(&topic, format!("{number}")).await;
        }
        subscriber.expect_silence().await;
        subscriber.disconnect().await;
    }
}
versions!(c085_the_order_of_a_publisher_is_kept: V3, V4, V5);

/// Sends all in one write and completes every exchange.
async fn pipeline(publisher: &mut RawClient, topic: &str, qos: QoS, numbers: std::ops::Range<u16>) {
    let packets: Vec<_> = numbers
        .clone()
        .map(|number| {
            let packet_id = (qos != QOS0).then(|| id(number + 1));
            Packet::Publish(Publish {
                qos,
                packet_id,
                ..publish(topic, format!("{number}"))
            })
        })
        .collect();
    publisher.send_all(&packets).await;
    if qos == QOS0 {
        return publisher.ping().await;
    }
    for number in numbers {
        let expected = id(number + 1);
        loop {
            match publisher.recv().await {
                Packet::PubComp(_) => continue,
                Packet::PubAck(ack) => assert_eq!(ack.packet_id, expected),
                Packet::PubRec(ack) => {
                    assert_eq!(ack.packet_id, expected);
                    publisher.send(&Packet::PubRel(ack)).await;
                }
                other => panic!("unexpected {other:?}"),
            }
            break;
        }
    }
    publisher.ping().await;
    // PUBCOMPs say nothing that this test needs.
    publisher.forget_parked(|packet| matches!(packet, Packet::PubComp(_)));
}

/// [MQTT-4.1.0-2] [MQTT5-4.1.0-1] 20.5 #86
async fn c086_a_connected_session_never_expires(v: Version) {
    let broker = TestBroker::builder()
        .conf("persistent_client_expiration = 1s")
        .start()
        .await;
    let builder = broker.client(v, "x").clean(false);
    let mut client = if v == V5 { builder.expiry(1) } else { builder }.connect().await;
    client.subscribe("a", QOS1).await;
    client.quiet_for(Duration::from_millis(2500)).await;
    broker.connect(v, "publisher").await.publish("a", QOS1, "m").await;
    client.receive("a", "m").await;
    if v == V5 {
        let mut client = broker.client(v, "zero").expiry(0).connect().await;
        client.subscribe("a", QOS1).await;
        client.quiet_for(Duration::from_millis(1200)).await;
        broker.connect(v, "publisher").await.publish("a", QOS1, "m").await;
        client.receive("a", "m").await;
    }
}
versions!(slow c086_a_connected_session_never_expires: V3, V4, V5);

/// [MQTT5-4.1.0-2] 20.5 #87
async fn c087_a_session_ends_when_its_expiry_has_passed(v: Version) {
    let broker = TestBroker::builder()
        .conf("persistent_client_expiration = 1s")
        .start()
        .await;
    let mut observer = broker.connect(v, "observer").await;
    let short = broker.client(v, "short").clean(false);
    let short = if v == V5 { short.expiry(1) } else { short };
    let mut client = short.connect_present(false).await;
    client.subscribe("a", QOS1).await;
    client.disconnect().await;
    // Within the second it is still there, and the countdown starts anew.
    short.connect_present(true).await.disconnect().await;
    observer.publish("a", QOS1, "lost").await;
    observer.quiet_for(Duration::from_millis(2500)).await;
    let mut client = short.connect_present(false).await;
    client.expect_silence().await;
    observer.publish("a", QOS1, "not subscribed").await;
    client.expect_silence().await;
    if v == V5 {
        // The configuration key is for 3.x: the interval of version 5 alone counts.
        let long = broker.client(v, "long").clean(false).expiry(100);
        long.connect().await.disconnect().await;
        observer.quiet_for(Duration::from_millis(2000)).await;
        long.connect_present(true).await;
    }
}
versions!(slow c087_a_session_ends_when_its_expiry_has_passed: V3, V4, V5);

/// [MQTT5-3.1.2-23] 20.5 #88
async fn c088_clean_start_with_expiry_is_persistent(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").clean(true).expiry(100);
    let mut client = builder.connect_present(false).await;
    client.subscribe("a", QOS1).await;
    client.drop_connection();
    broker.connect(v, "publisher").await.publish("a", QOS1, "m").await;
    let mut client = builder.clean(false).connect_present(true).await;
    client.receive("a", "m").await;
}
versions!(c088_clean_start_with_expiry_is_persistent: V5);

/// [MQTT5-3.1.2.11.2] 20.5 #89
async fn c089_the_largest_expiry_never_expires(v: Version) {
    let broker = TestBroker::start().await;
    let endless = broker.client(v, "endless").clean(false).expiry(u32::MAX);
    let almost = broker.client(v, "almost").clean(false).expiry(u32::MAX - 1);
    for builder in [&endless, &almost] {
        let mut client = builder.connect_present(false).await;
        client.subscribe("a", QOS1).await;
        client.disconnect().await;
    }
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a", QOS1, "m").await;
    publisher.quiet_for(Duration::from_millis(1500)).await;
    for builder in [endless, almost] {
        let mut client = builder.connect_present(true).await;
        client.receive("a", "m").await;
    }
}
versions!(slow c089_the_largest_expiry_never_expires: V5);

/// [-] 20.5 #90
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c090_a_session_changes_its_version() {
    let broker = TestBroker::start().await;
    for (first, second) in [(V4, V5), (V5, V4), (V3, V5), (V5, V3), (V3, V4)] {
        let name = format!("traveller from {first:?} to {second:?}");
        let builder = |version| broker.client(version, &name).persistent();
        let mut client = builder(first).connect().await;
        client.subscribe("a/+", QOS2).await;
        let mut publisher = broker.connect(V5, "publisher").await;
        publisher.publish("a/b", QOS1, "in flight").await;
        let packet_id = client.expect("a/b", "in flight").await.packet_id;
        client.drop_connection();
        let props = properties(|p| p.content_type = Some("text".into()));
        publisher
            .publish_packet(Publish {
                qos: QOS2,
                properties: props,
                ..publish("a/b", "queued")
            })
            .await;
        let mut client = builder(second).connect_present(true).await;
        let message = client.receive("a/b", "in flight").await;
        assert!(
            message.dup && message.packet_id == packet_id,
            "{first:?} to {second:?}: {message:?}"
        );
        let message = client.receive("a/b", "queued").await;
        assert_eq!(
            message.properties.is_some(),
            second == V5,
            "{first:?} to {second:?}"
        );
        publisher.publish("a/c", QOS1, "live").await;
        client.receive("a/c", "live").await;
        client.disconnect().await;
        builder(first).connect_present(true).await.disconnect().await;
    }
}

/// decisions 15
async fn several_sessions_share_one_queue(v: Version) {
    for (mode, copies) in [("fanout", 2), ("balance", 1)] {
        let conf = format!("allow_multiple_sessions = on\nqueue_deliver_mode = {mode}");
        let broker = TestBroker::builder().conf(&conf).start().await;
        let mut one = broker.client(v, "same").connect().await;
        let mut two = broker.client(v, "same").connect().await;
        one.subscribe("a", QOS1).await;
        let mut publisher = broker.connect(v, "publisher").await;
        for number in 0..20 {
            publisher.publish("a", QOS1, format!("{number}")).await;
        }
        let received = [
            one.drain_acknowledging().await.len(),
            two.drain_acknowledging().await.len(),
        ];
        assert!(received.iter().all(|count| *count > 0), "{mode}: {received:?}");
        let received: usize = received.iter().sum();
        assert_eq!(received, 20 * copies, "{mode}");
    }
}
versions!(several_sessions_share_one_queue: V4, V5);
