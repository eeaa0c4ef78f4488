//! Flow control: windows in both directions, and the client's Maximum Packet Size.

use harness::exchange::success;
use harness::wire;
use harness::*;

/// [MQTT5-3.3.4-7] 20.4 #65
async fn c065_more_than_receive_maximum_is_refused(v: Version) {
    let broker = TestBroker::builder().conf("receive_max_broker = 2").start().await;
    let (mut client, ack) = broker.client(v, "x").ack().await;
    assert_eq!(
        ack.properties.and_then(|properties| properties.receive_maximum),
        Some(2)
    );
    for id in [1, 2] {
        client
            .send_raw(&wire::publish(v, 0x34, "a", Some(id), b"m"))
            .await;
        assert_eq!(client.recv_raw().await[0], 0x50);
    }
    // QoS 0 does not count.
    client.send_raw(&wire::publish(v, 0x30, "a", None, b"m")).await;
    client.ping().await;
    client.send_raw(&wire::publish(v, 0x34, "a", Some(3), b"m")).await;
    client.expect_end(ReasonCode::ReceiveMaximumExceeded).await;
}
versions!(c065_more_than_receive_maximum_is_refused: V5);

/// [MQTT5-3.3.4-7] 20.4 #65
async fn c065_a_finished_exchange_makes_room(v: Version) {
    let broker = TestBroker::builder().conf("receive_max_broker = 1").start().await;
    let mut client = broker.connect(v, "x").await;
    for _ in 0..5 {
        client.publish("a", QOS2, "m").await;
        client.publish("a", QOS1, "m").await;
    }
}
versions!(c065_a_finished_exchange_makes_room: V5);

/// [MQTT5-4.9.0-1] 20.4 #66
async fn c066_a_retransmission_at_the_limit_is_fine(v: Version) {
    let broker = TestBroker::builder().conf("receive_max_broker = 2").start().await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    for (first_byte, id) in [(0x34, 1), (0x34, 2), (0x3C, 1), (0x3C, 2), (0x34, 2)] {
        client
            .send_raw(&wire::publish(v, first_byte, "a", Some(id), b"m"))
            .await;
        client.expect_raw(&hex(&format!("50 02 00 0{id}"))).await;
    }
    client.drop_connection();
    let mut client = builder.connect_present(true).await;
    for id in [1, 2] {
        client
            .send_raw(&wire::publish(v, 0x3C, "a", Some(id), b"m"))
            .await;
        client.expect_raw(&hex(&format!("50 02 00 0{id}"))).await;
    }
    client.expect_silence().await;
}
versions!(c066_a_retransmission_at_the_limit_is_fine: V5);

/// [MQTT5-4.4.0-2] 20.4 #69
async fn c069_a_refused_message_is_done_and_makes_room(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker
        .client(v, "subscriber")
        .persistent()
        .props(|p| p.receive_maximum = Some(1));
    let mut subscriber = builder.connect().await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for (qos, payload) in [(QOS1, "1"), (QOS2, "2"), (QOS1, "3"), (QOS2, "4"), (QOS1, "5")] {
        publisher.publish("a", qos, payload).await;
    }
    for payload in ["1", "2", "3", "4"] {
        let message = subscriber.expect("a", payload).await;
        let mut ack = success(message.packet_id.unwrap());
        ack.reason = ReasonCode::QuotaExceeded;
        let packet = if message.qos == QOS1 {
            Packet::PubAck(ack)
        } else {
            Packet::PubRec(ack)
        };
        subscriber.send(&packet).await;
    }
    subscriber.expect("a", "5").await;
    subscriber.expect_silence().await;
    subscriber.drop_connection();
    let mut subscriber = builder.connect_present(true).await;
    let message = subscriber.receive("a", "5").await;
    assert!(message.dup, "{message:?}");
    subscriber.expect_silence().await;
}
versions!(c069_a_refused_message_is_done_and_makes_room: V5);

/// [MQTT5-4.9.0-2] 20.4 #70
async fn c070_receive_maximum_of_the_client_is_kept(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker
        .client(v, "subscriber")
        .props(|p| p.receive_maximum = Some(3))
        .connect()
        .await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for round in 0..10 {
        publisher
            .publish("a", if round % 2 == 0 { QOS1 } else { QOS2 }, format!("{round}"))
            .await;
    }
    let mut open = Vec::new();
    for round in 0..3 {
        open.push(subscriber.expect("a", format!("{round}")).await);
    }
    subscriber.expect_silence().await;
    // PUBREC alone does not free a slot, PUBCOMP does.
    let second = open[1].packet_id.unwrap();
    subscriber.send(&Packet::PubRec(success(second))).await;
    subscriber.expect_pubrel(second).await;
    subscriber.expect_silence().await;
    subscriber.send(&Packet::PubComp(success(second))).await;
    open[1] = subscriber.expect("a", "3").await;
    subscriber.expect_silence().await;
    subscriber
        .send(&Packet::PubAck(success(open[0].packet_id.unwrap())))
        .await;
    subscriber.expect("a", "4").await;
    subscriber.expect_silence().await;
}
versions!(c070_receive_maximum_of_the_client_is_kept: V5);

/// [MQTT5-4.9.0-2] 20.4 #70
async fn c070_receive_max_client_caps_it(v: Version) {
    let broker = TestBroker::builder().conf("receive_max_client = 2").start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for round in 0..5 {
        publisher.publish("a", QOS1, format!("{round}")).await;
    }
    subscriber.expect("a", "0").await;
    subscriber.expect("a", "1").await;
    subscriber.expect_silence().await;
}
versions!(c070_receive_max_client_caps_it: V5);

/// [MQTT5-4.9.0-3] 20.4 #71
async fn c071_a_full_window_stops_nothing_else(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_inflight_messages = 1\nreceive_max_client = 1")
        .start()
        .await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a", QOS1, "1").await;
    publisher.publish("a", QOS1, "2").await;
    let first = client.expect("a", "1").await;
    client.expect_silence().await;
    client.subscribe("b", QOS1).await;
    client.publish("c", QOS1, "m").await;
    client.publish("c", QOS2, "m").await;
    client.unsubscribe(&["b"]).await;
    client.expect_silence().await;
    client.acknowledge(&first).await;
    client.receive("a", "2").await;
}
versions!(c071_a_full_window_stops_nothing_else: V3, V4, V5);

/// [MQTT-4.6.0-6] 20.4 #72
async fn c072_max_inflight_messages_is_kept(v: Version) {
    for window in [1, 4] {
        let broker = TestBroker::builder()
            .conf(&format!("max_inflight_messages = {window}"))
            .start()
            .await;
        let mut subscriber = broker.connect(v, "subscriber").await;
        subscriber.subscribe("a", QOS2).await;
        let mut publisher = broker.connect(v, "publisher").await;
        for round in 0..10 {
            publisher
                .publish("a", if round % 2 == 0 { QOS1 } else { QOS2 }, format!("{round}"))
                .await;
        }
        let mut open = std::collections::VecDeque::new();
        for round in 0..10 {
            if open.len() == window {
                subscriber.expect_silence().await;
                subscriber.acknowledge(&open.pop_front().unwrap()).await;
            }
            open.push_back(subscriber.expect("a", format!("{round}")).await);
        }
        subscriber.expect_silence().await;
    }
}
versions!(c072_max_inflight_messages_is_kept: V3, V4);

/// mqtt.md 6.2
async fn max_inflight_messages_zero_is_no_limit(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_inflight_messages = 0")
        .start()
        .await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for round in 0..200 {
        publisher.publish("a", QOS1, format!("{round}")).await;
    }
    for round in 0..200 {
        subscriber.expect("a", format!("{round}")).await;
    }
}
versions!(max_inflight_messages_zero_is_no_limit: V3, V4);

/// mqtt.md 5.4
async fn open_inbound_exchanges_do_not_fill_the_outbound_window(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_inflight_messages = 1")
        .start()
        .await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    for id in 1..=50 {
        client
            .send_raw(&wire::publish(v, 0x34, "b", Some(id), b"m"))
            .await;
        assert_eq!(client.recv_raw().await[0], 0x50);
    }
    broker.connect(v, "publisher").await.publish("a", QOS1, "m").await;
    client.receive("a", "m").await;
}
versions!(open_inbound_exchanges_do_not_fill_the_outbound_window: V3, V4);

/// [MQTT5-3.1.2-24] [MQTT5-3.1.2-25] 20.4 #76
async fn c076_a_packet_too_large_for_the_client_is_left_out(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "subscriber").props(|p| {
        p.maximum_packet_size = Some(60);
        p.receive_maximum = Some(1);
    });
    let mut subscriber = builder.connect().await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    let large = "x".repeat(100);
    for round in 0..5 {
        for qos in [QOS0, QOS1, QOS2] {
            publisher.publish("a", qos, &large).await;
        }
        publisher.publish("a", QOS1, format!("{round}")).await;
    }
    for round in 0..5 {
        subscriber.receive("a", format!("{round}")).await;
    }
    subscriber.expect_silence().await;
    // Exactly the size of the largest packet that fits: header 2, topic 3, id 2, properties 1.
    publisher.publish("a", QOS1, "y".repeat(60 - 8)).await;
    let raw = subscriber.recv_raw().await;
    assert_eq!(raw.len(), 60);
    subscriber.send_raw(&[&[0x40, 2], &raw[5..7]].concat()).await;
    publisher.publish("a", QOS1, "y".repeat(60 - 7)).await;
    subscriber.expect_silence().await;
}
versions!(c076_a_packet_too_large_for_the_client_is_left_out: V5);

/// [MQTT5-3.4.2-3] 20.4 #77
async fn c077_user_properties_are_dropped_to_fit(v: Version) {
    let broker = TestBroker::start().await;
    let mut small = broker
        .client(v, "small")
        .props(|p| p.maximum_packet_size = Some(80))
        .connect()
        .await;
    let mut large = broker.connect(v, "large").await;
    small.subscribe("a", QOS1).await;
    large.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    let sent = properties(|p| {
        p.content_type = Some("text".into());
        p.user_properties = [("key", "value".repeat(30))].into_iter().collect();
    });
    publisher
        .publish_packet(Publish {
            qos: QOS1,
            properties: sent.clone(),
            ..publish("a", "m")
        })
        .await;
    let message = large.receive("a", "m").await;
    assert_eq!(message.properties, sent);
    let message = small.receive("a", "m").await;
    assert_eq!(
        message.properties,
        properties(|p| p.content_type = Some("text".into()))
    );
}
versions!(c077_user_properties_are_dropped_to_fit: V5);
