//! What survives a clean restart of the broker. What survives a crash is in `tests/crash`.

use harness::exchange::success;
use harness::wire;
use harness::*;
use std::time::Duration;

/// [MQTT-4.1.0-1] [MQTT5-4.1.0-1] 20.5 #88
async fn c088_persistent_sessions_survive_a_restart(v: Version) {
    let broker = TestBroker::start().await;
    // Clean Start 1 with an expiry is persistent as well.
    let first = broker.client(v, "x").persistent();
    let first = if v == V5 { first.clean(true) } else { first };
    let mut client = first.connect_present(false).await;
    client.subscribe("a/+", QOS2).await;
    client.subscribe("$share/g/s", QOS1).await;
    client.disconnect().await;
    broker
        .client(v, "empty")
        .persistent()
        .connect_present(false)
        .await
        .disconnect()
        .await;
    let mut gone = broker.connect(v, "gone").await;
    gone.subscribe("a/+", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for (qos, payload) in [(QOS1, "one"), (QOS0, "zero"), (QOS2, "two")] {
        publisher.publish("a/b", qos, payload).await;
    }

    let broker = broker.restart().await;
    broker.client(v, "empty").persistent().connect_present(true).await;
    broker.client(v, "gone").persistent().connect_present(false).await;
    let mut client = broker.client(v, "x").persistent().connect_present(true).await;
    for (qos, payload) in [(QOS1, "one"), (QOS2, "two")] {
        let message = client.receive("a/b", payload).await;
        assert!(
            message.qos == qos && !message.dup && !message.retain,
            "{message:?}"
        );
    }
    client.expect_silence().await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a/c", QOS2, "live").await;
    publisher.publish("s", QOS2, "shared").await;
    assert_eq!(client.receive("a/c", "live").await.qos, QOS2);
    assert_eq!(client.receive("s", "shared").await.qos, QOS1);
    assert_eq!(client.unsubscribe(&["a/+"]).await.len(), usize::from(v == V5));
    client.disconnect().await;

    let broker = broker.restart().await;
    let mut client = broker.client(v, "x").persistent().connect_present(true).await;
    broker
        .connect(v, "publisher")
        .await
        .publish("a/c", QOS2, "unsubscribed")
        .await;
    client.expect_silence().await;
}
versions!(c088_persistent_sessions_survive_a_restart: V3, V4, V5);

/// [MQTT-4.4.0-1] [MQTT5-4.4.0-1] 20.5 #81
async fn c081_open_exchanges_survive_a_restart(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS2).await;
    let mut publisher = broker.client(v, "publisher").persistent().connect().await;
    let mut ids = Vec::new();
    for (qos, payload) in [
        (QOS1, "unacked"),
        (QOS2, "unreceived"),
        (QOS2, "received"),
        (QOS1, "acked"),
    ] {
        publisher.publish("a", qos, payload).await;
        ids.push(client.expect("a", payload).await.packet_id.unwrap());
    }
    client.send(&Packet::PubRec(success(ids[2]))).await;
    client.expect_pubrel(ids[2]).await;
    client.send(&Packet::PubAck(success(ids[3]))).await;
    client.ping().await;
    publisher
        .send_raw(&wire::publish(v, 0x34, "a", Some(77), b"open"))
        .await;
    publisher.expect_raw(&hex("50 02 00 4D")).await;
    let open = client.expect("a", "open").await;

    let broker = broker.restart().await;
    let mut publisher = broker
        .client(v, "publisher")
        .persistent()
        .connect_present(true)
        .await;
    publisher
        .send_raw(&wire::publish(v, 0x3C, "a", Some(77), b"open"))
        .await;
    publisher.expect_raw(&hex("50 02 00 4D")).await;
    publisher.release(id(77)).await;
    let mut client = broker.client(v, "x").persistent().connect_present(true).await;
    for (packet_id, qos, payload) in [(ids[0], QOS1, "unacked"), (ids[1], QOS2, "unreceived")] {
        let message = client.expect("a", payload).await;
        assert!(
            message.dup && message.qos == qos && message.packet_id == Some(packet_id),
            "{message:?}"
        );
        client.acknowledge_later(&message).await;
    }
    client.expect_pubrel(ids[2]).await;
    client.send(&Packet::PubComp(success(ids[2]))).await;
    let message = client.expect("a", "open").await;
    assert!(message.dup && message.packet_id == open.packet_id, "{message:?}");
    client.acknowledge_later(&message).await;
    client.ping().await;
    client.forget_parked(|packet| matches!(packet, Packet::PubRel(_)));
    // The next id goes on where the old process stopped.
    publisher.publish("a", QOS1, "new").await;
    let message = client.receive("a", "new").await;
    assert!(message.packet_id > open.packet_id && !message.dup, "{message:?}");
    client.expect_silence().await;
}
versions!(c081_open_exchanges_survive_a_restart: V3, V4, V5);

trait AcknowledgeLater {
    async fn acknowledge_later(&mut self, message: &Publish);
}

impl AcknowledgeLater for RawClient {
    /// PUBACK or PUBREC, without waiting for the PUBREL, which may come after other packets.
    async fn acknowledge_later(&mut self, message: &Publish) {
        let ack = success(message.packet_id.unwrap());
        self.send(&if message.qos == QOS1 {
            Packet::PubAck(ack)
        } else {
            Packet::PubRec(ack)
        })
        .await;
    }
}

/// [-] 20.7 #126
async fn c126_retained_messages_survive_a_restart(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for qos in [QOS0, QOS1, QOS2] {
        publisher
            .publish_retained(&format!("a/{}", qos.as_u8()), qos, "old")
            .await;
        publisher
            .publish_retained(&format!("a/{}", qos.as_u8()), qos, "kept")
            .await;
    }
    publisher.publish_retained("a/removed", QOS1, "m").await;
    publisher.publish_retained("a/removed", QOS1, "").await;
    let sent = crate::mqtt5::forwarded_properties();
    if v == V5 {
        let packet = Publish {
            qos: QOS1,
            retain: true,
            properties: sent.clone(),
            ..publish("properties", "m")
        };
        publisher.publish_packet(packet).await;
    }
    let broker = broker.restart().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a/+", QOS2).await;
    for qos in [QOS0, QOS1, QOS2] {
        let message = client.receive(&format!("a/{}", qos.as_u8()), "kept").await;
        assert!(message.retain && message.qos == qos, "{message:?}");
    }
    client.expect_silence().await;
    if v == V5 {
        client.subscribe("properties", QOS2).await;
        assert_eq!(client.receive("properties", "m").await.properties, sent);
    }
}
versions!(c126_retained_messages_survive_a_restart: V3, V4, V5);

/// [MQTT-3.3.5-1] [MQTT5-3.8.4-8] 20.4 #74
async fn c074_the_lower_qos_survives_a_restart(v: Version) {
    let broker = TestBroker::start().await;
    for granted in [QOS1, QOS2] {
        let mut client = broker
            .client(v, &format!("{granted:?}"))
            .persistent()
            .connect()
            .await;
        client.subscribe("a", granted).await;
        client.disconnect().await;
    }
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a", QOS1, "one").await;
    publisher.publish("a", QOS2, "two").await;
    let broker = broker.restart().await;
    for granted in [QOS1, QOS2] {
        let mut client = broker
            .client(v, &format!("{granted:?}"))
            .persistent()
            .connect_present(true)
            .await;
        assert_eq!(client.receive("a", "one").await.qos, QOS1);
        assert_eq!(client.receive("a", "two").await.qos, granted);
    }
}
versions!(c074_the_lower_qos_survives_a_restart: V3, V4, V5);

/// mqtt.md 14.3
async fn properties_and_options_survive_a_restart(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    let options = SubscribeOptions {
        no_local: true,
        retain_as_published: true,
        ..options(QOS1)
    };
    let mut packet = client.subscribe_packet(&[("a", options)]);
    packet.properties = properties(|p| p.subscription_ids = vec![268_435_455]);
    client.subscribe_exchange(packet).await;
    client.disconnect().await;
    let mut sent = crate::mqtt5::forwarded_properties();
    sent.as_mut().unwrap().message_expiry_secs = Some(1000);
    let queued = Publish {
        qos: QOS1,
        retain: true,
        properties: sent.clone(),
        ..publish("a", "queued")
    };
    broker.connect(v, "publisher").await.publish_packet(queued).await;

    let broker = broker.restart().await;
    let mut client = broker.client(v, "x").persistent().connect_present(true).await;
    let message = client.receive("a", "queued").await;
    assert!(message.retain, "{message:?}");
    let mut got = *message.properties.unwrap();
    assert_eq!(std::mem::take(&mut got.subscription_ids), [268_435_455]);
    let left = got.message_expiry_secs.take().unwrap();
    assert!((900..=1000).contains(&left), "{left}");
    sent.as_mut().unwrap().message_expiry_secs = None;
    assert_eq!(got, *sent.unwrap());
    client.publish("a", QOS1, "own").await;
    client.expect_silence().await;
    broker
        .connect(v, "publisher")
        .await
        .publish_retained("a", QOS1, "live")
        .await;
    let message = client.receive("a", "live").await;
    assert!(message.retain);
    assert_eq!(message.properties.unwrap().subscription_ids, [268_435_455]);
}
versions!(properties_and_options_survive_a_restart: V5);

/// mqtt.md 14.2
async fn deadlines_survive_a_restart(v: Version) {
    let broker = TestBroker::start().await;
    broker
        .client(v, "short")
        .clean(false)
        .expiry(2)
        .connect_present(false)
        .await
        .disconnect()
        .await;
    broker
        .client(v, "endless")
        .clean(false)
        .expiry(u32::MAX)
        .connect_present(false)
        .await
        .disconnect()
        .await;
    let mut keeper = broker.client(v, "keeper").persistent().connect().await;
    keeper.subscribe("#", QOS1).await;
    keeper.disconnect().await;
    let mut publisher = broker.connect(v, "publisher").await;
    let expiring = properties(|p| p.message_expiry_secs = Some(2));
    for (topic, retain) in [("a", false), ("kept", true)] {
        let packet = Publish {
            qos: QOS1,
            retain,
            properties: expiring.clone(),
            ..publish(topic, "expires")
        };
        publisher.publish_packet(packet).await;
    }
    let willed = broker
        .client(v, "willed")
        .persistent()
        .will("will", "delayed")
        .will_delay(2)
        .will_qos(QOS1);
    willed.connect().await.drop_connection();
    eventually("the will to be parked", async || broker.open_connections() == 1).await;

    let broker = broker.restart().await;
    let mut clock = broker.connect(v, "clock").await;
    clock.quiet_for(Duration::from_millis(3200)).await;
    broker
        .client(v, "short")
        .clean(false)
        .expiry(2)
        .connect_present(false)
        .await;
    broker
        .client(v, "endless")
        .clean(false)
        .expiry(u32::MAX)
        .connect_present(true)
        .await;
    let mut keeper = broker
        .client(v, "keeper")
        .persistent()
        .connect_present(true)
        .await;
    keeper.receive("will", "delayed").await;
    keeper.expect_silence().await;
    clock.subscribe("kept", QOS1).await;
    clock.expect_silence().await;
}
versions!(slow deadlines_survive_a_restart: V5);

/// mqtt.md 14.2
async fn deadlines_pass_while_the_broker_is_down(v: Version) {
    let broker = TestBroker::builder()
        .conf("persistent_client_expiration = 1s")
        .start()
        .await;
    let short = broker.client(v, "short").clean(false);
    let short = if v == V5 { short.expiry(1) } else { short };
    let mut client = short.connect_present(false).await;
    client.subscribe("a", QOS1).await;
    client.disconnect().await;
    let stopped = broker.stop().await;
    // Another broker is the clock.
    let clock = TestBroker::start().await;
    clock
        .connect(v, "clock")
        .await
        .quiet_for(Duration::from_millis(2200))
        .await;
    let broker = stopped.start().await;
    let short = broker.client(v, "short").clean(false);
    let short = if v == V5 { short.expiry(1) } else { short };
    short.connect_present(false).await.expect_silence().await;
}
versions!(slow deadlines_pass_while_the_broker_is_down: V4, V5);

/// mqtt.md 13.4
async fn a_stopping_broker_says_so(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.client(v, "x").persistent().connect().await;
    client.subscribe("a", QOS1).await;
    let builder = broker.stop().await;
    client.expect_end(ReasonCode::ServerShuttingDown).await;
    let broker = builder.start().await;
    let mut client = broker.client(v, "x").persistent().connect_present(true).await;
    broker.connect(v, "publisher").await.publish("a", QOS1, "m").await;
    client.receive("a", "m").await;
}
versions!(a_stopping_broker_says_so: V3, V4, V5);

/// mqtt.md 14.3
async fn order_and_limits_survive_a_restart(v: Version) {
    let conf = "max_offline_messages = 50";
    let broker = TestBroker::builder().conf(conf).start().await;
    let mut client = broker.client(v, "x").persistent().connect().await;
    client.subscribe("a", QOS1).await;
    client.disconnect().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for number in 0..30 {
        publisher.publish("a", QOS1, format!("{number}")).await;
    }
    let broker = broker.restart().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for number in 30..60 {
        publisher.publish("a", QOS1, format!("{number}")).await;
    }
    assert_eq!(broker.metric("queue_message_drop"), 10);
    let broker = broker.restart().await;
    let mut client = broker.client(v, "x").persistent().connect_present(true).await;
    for number in 0..50 {
        client.receive("a", format!("{number}")).await;
    }
    client.expect_silence().await;
    let broker = broker.restart().await;
    let mut client = broker.client(v, "x").persistent().connect_present(true).await;
    client.expect_silence().await;
}
versions!(order_and_limits_survive_a_restart: V4, V5);

/// mqtt.md 14.2
async fn every_sync_policy_keeps_the_data(v: Version) {
    for policy in ["batch", "always", "never"] {
        let broker = TestBroker::builder()
            .conf(&format!("message_store.sync = {policy}"))
            .start()
            .await;
        let mut client = broker.client(v, "x").persistent().connect().await;
        client.subscribe("a", QOS1).await;
        client.disconnect().await;
        broker
            .connect(v, "publisher")
            .await
            .publish("a", QOS1, policy)
            .await;
        let broker = broker.restart().await;
        broker
            .client(v, "x")
            .persistent()
            .connect_present(true)
            .await
            .receive("a", policy)
            .await;
    }
}
versions!(every_sync_policy_keeps_the_data: V4);
