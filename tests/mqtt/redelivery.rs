//! What is sent again, when, with which id and in which order.

use harness::exchange::success;
use harness::wire;
use harness::*;
use std::time::Duration;

/// [MQTT-4.4.0-1] [MQTT5-4.4.0-1] 20.5 #81
async fn c081_a_resumed_session_gets_its_open_packets_first(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "subscriber").persistent();
    let mut subscriber = builder.connect().await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    let sent = [
        (QOS1, "unacked"),
        (QOS2, "unreceived"),
        (QOS2, "received"),
        (QOS1, "acked"),
        (QOS2, "completed"),
    ];
    let mut ids = Vec::new();
    for (qos, payload) in sent {
        publisher.publish("a", qos, payload).await;
        ids.push(subscriber.expect("a", payload).await.packet_id.unwrap());
    }
    subscriber.send(&Packet::PubRec(success(ids[2]))).await;
    subscriber.expect_pubrel(ids[2]).await;
    subscriber.send(&Packet::PubAck(success(ids[3]))).await;
    subscriber.send(&Packet::PubRec(success(ids[4]))).await;
    subscriber.expect_pubrel(ids[4]).await;
    subscriber.send(&Packet::PubComp(success(ids[4]))).await;
    subscriber.ping().await;
    subscriber.drop_connection();
    publisher.publish("a", QOS1, "queued").await;

    let mut subscriber = builder.connect_present(true).await;
    for (index, (qos, payload)) in sent[..2].iter().enumerate() {
        let message = subscriber.expect("a", payload).await;
        assert!(message.dup && message.qos == *qos, "{message:?}");
        assert_eq!(message.packet_id, Some(ids[index]));
    }
    subscriber.expect_pubrel(ids[2]).await;
    let message = subscriber.expect("a", "queued").await;
    assert!(
        !message.dup && !ids[..3].contains(&message.packet_id.unwrap()),
        "{message:?}"
    );
    subscriber.send(&Packet::PubAck(success(ids[0]))).await;
    subscriber.send(&Packet::PubRec(success(ids[1]))).await;
    subscriber.complete(ids[1]).await;
    subscriber.send(&Packet::PubComp(success(ids[2]))).await;
    subscriber.acknowledge(&message).await;
    subscriber.ping().await;
    subscriber.drop_connection();
    let mut subscriber = builder.connect_present(true).await;
    subscriber.expect_silence().await;
}
versions!(c081_a_resumed_session_gets_its_open_packets_first: V3, V4, V5);

/// [MQTT-4.4.0-1] [MQTT5-4.4.0-1] 20.5 #81
async fn c081_a_take_over_resends_too(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "subscriber").persistent();
    let mut old = builder.connect().await;
    old.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for round in 0..5 {
        publisher.publish("a", QOS1, format!("{round}")).await;
        old.expect("a", format!("{round}")).await;
    }
    let mut new = builder.connect_present(true).await;
    old.expect_end(ReasonCode::SessionTakenOver).await;
    for round in 0..5 {
        assert!(new.receive("a", format!("{round}")).await.dup);
    }
    new.expect_silence().await;
}
versions!(c081_a_take_over_resends_too: V3, V4, V5);

/// [MQTT5-4.4.0-1] 20.5 #82
async fn c082_version_5_resends_nothing_on_a_live_connection(v: Version) {
    let broker = TestBroker::builder().conf("retry_interval = 1").start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a", QOS1, "1").await;
    publisher.publish("a", QOS2, "2").await;
    publisher.publish("a", QOS2, "3").await;
    subscriber.expect("a", "1").await;
    subscriber.expect("a", "2").await;
    let received = subscriber.expect("a", "3").await.packet_id.unwrap();
    subscriber.send(&Packet::PubRec(success(received))).await;
    subscriber.expect_pubrel(received).await;
    subscriber.quiet_for(Duration::from_millis(3500)).await;
    subscriber.expect_silence().await;
}
versions!(slow c082_version_5_resends_nothing_on_a_live_connection: V5);

/// [MQTT-4.4.0-1] 20.5 #83
async fn c083_version_3_resends_after_the_retry_interval(v: Version) {
    let broker = TestBroker::builder().conf("retry_interval = 1").start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for qos in [QOS1, QOS2] {
        publisher.publish("a", qos, "m").await;
        let first = subscriber.recv_raw().await;
        assert_eq!(first[0] & 0x08, 0, "DUP on the first transmission");
        let start = std::time::Instant::now();
        for _ in 0..2 {
            let again = subscriber.recv_raw().await;
            assert_eq!(again[0], first[0] | 0x08);
            assert_eq!(again[1..], first[1..]);
        }
        let waited = start.elapsed();
        assert!(
            waited >= Duration::from_millis(1800),
            "two retries within {waited:?}"
        );
        let id_bytes = &first[5..7];
        if qos == QOS1 {
            subscriber.send_raw(&[&[0x40, 2], id_bytes].concat()).await;
        } else {
            subscriber.send_raw(&[&[0x50, 2], id_bytes].concat()).await;
            let pubrel = [&[0x62, 2], id_bytes].concat();
            subscriber.expect_raw(&pubrel).await;
            subscriber.expect_raw(&pubrel).await; // resent as well
            subscriber.send_raw(&[&[0x70, 2], id_bytes].concat()).await;
        }
    }
    subscriber.quiet_for(Duration::from_millis(1500)).await;
}
versions!(slow c083_version_3_resends_after_the_retry_interval: V3, V4);

/// [MQTT-2.3.1-4] [MQTT5-2.2.1-4] 20.1 #8
/// [MQTT-4.6.0-1] [MQTT5-4.6.0-1] 20.5 #84
async fn c008_c084_ids_in_use_are_skipped_and_the_order_is_kept_at_the_wrap(v: Version) {
    let broker = TestBroker::builder()
        .conf("retry_interval = 3600\nmax_inflight_messages = 0")
        .start()
        .await;
    let builder = broker.client(v, "subscriber").persistent();
    let mut subscriber = builder.connect().await;
    subscriber.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a", QOS1, "kept").await;
    assert_eq!(subscriber.expect("a", "kept").await.packet_id, Some(id(1)));
    let last = advance_packet_ids(&mut subscriber, &mut publisher, 65_532).await;
    assert_eq!(last, 65_533);
    let mut sent = vec![("kept".to_owned(), 1)];
    for round in 0..6 {
        let payload = format!("{round}");
        publisher.publish("a", QOS1, &payload).await;
        let packet_id = subscriber.expect("a", &payload).await.packet_id.unwrap().get();
        sent.push((payload, packet_id));
    }
    let ids: Vec<u16> = sent.iter().map(|(_, packet_id)| *packet_id).collect();
    assert_eq!(ids, [1, 65_534, 65_535, 2, 3, 4, 5]);
    subscriber.drop_connection();
    let mut subscriber = builder.connect_present(true).await;
    for (payload, packet_id) in sent {
        let message = subscriber.expect("a", payload).await;
        assert!(
            message.dup && message.packet_id == Some(id(packet_id)),
            "{message:?}"
        );
    }
}
versions!(slow c008_c084_ids_in_use_are_skipped_and_the_order_is_kept_at_the_wrap: V4, V5);

/// Sends `count` QoS 1 messages to topic `a` and acknowledges them; the packet id of the last.
async fn advance_packet_ids(subscriber: &mut RawClient, publisher: &mut RawClient, count: usize) -> u16 {
    let one = wire::publish(publisher.version, 0x32, "a", Some(1), b"filler");
    let (mut left, mut last) = (count, 0);
    while left > 0 {
        let batch = left.min(800);
        left -= batch;
        publisher.send_raw(&one.repeat(batch)).await;
        let mut acks = Vec::new();
        for index in 0..batch {
            last = subscriber.expect("a", "filler").await.packet_id.unwrap().get();
            acks.extend([0x40, 2]);
            acks.extend(last.to_be_bytes());
            if index % 200 == 199 || index + 1 == batch {
                subscriber.send_raw(&std::mem::take(&mut acks)).await;
            }
        }
        for _ in 0..batch {
            publisher.expect_raw(&hex("40 02 00 01")).await;
        }
    }
    last
}

/// mqtt.md 6.3
async fn packet_ids_go_on_after_a_reconnect(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "subscriber").persistent();
    let mut publisher = broker.connect(v, "publisher").await;
    for round in 1..=4u16 {
        let mut subscriber = builder.connect().await;
        subscriber.subscribe("a", QOS1).await;
        publisher.publish("a", QOS1, "m").await;
        let message = subscriber.receive("a", "m").await;
        assert_eq!(message.packet_id.unwrap().get(), round);
        subscriber.ping().await;
        subscriber.drop_connection();
    }
}
versions!(packet_ids_go_on_after_a_reconnect: V3, V4, V5);

/// [MQTT-4.4.0-1] [MQTT5-4.4.0-1] 20.5 #91
async fn c091_a_message_never_sent_has_no_dup(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_inflight_messages = 1\nreceive_max_client = 1")
        .start()
        .await;
    let builder = broker.client(v, "subscriber").persistent();
    let mut subscriber = builder.connect().await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for payload in ["sent", "waiting"] {
        publisher.publish("a", QOS1, payload).await;
    }
    subscriber.expect("a", "sent").await;
    subscriber.expect_silence().await;
    subscriber.drop_connection();
    publisher.publish("a", QOS2, "offline").await;
    let mut subscriber = builder.connect_present(true).await;
    assert!(subscriber.receive("a", "sent").await.dup);
    assert!(!subscriber.receive("a", "waiting").await.dup);
    assert!(!subscriber.receive("a", "offline").await.dup);
    subscriber.expect_silence().await;
}
versions!(c091_a_message_never_sent_has_no_dup: V3, V4, V5);
