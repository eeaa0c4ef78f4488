//! QoS 1 and 2 exchanges in both directions, and the effective QoS.

use harness::exchange::success;
use harness::wire;
use harness::*;

/// [MQTT-4.3.2-2] [MQTT5-4.3.2-4] 20.4 #56
async fn c056_qos_one_is_acknowledged(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    for id in [1u16, 2, 255, 256, 65_535] {
        client
            .send_raw(&wire::publish(v, 0x32, "nobody", Some(id), b"m"))
            .await;
        let mut expected = hex("40 02");
        expected.extend(id.to_be_bytes());
        client.expect_raw(&expected).await;
    }
}
versions!(c056_qos_one_is_acknowledged: V3, V4, V5);

/// [MQTT-4.3.2-2] [MQTT5-4.3.2-5] 20.4 #57
async fn c057_a_qos_one_id_is_free_after_puback(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS1).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for payload in ["one", "two", "two"] {
        let packet = Publish {
            qos: QOS1,
            packet_id: Some(id(7)),
            ..publish("a", payload)
        };
        publisher.publish_packet(packet).await;
        subscriber.receive("a", payload).await;
    }
}
versions!(c057_a_qos_one_id_is_free_after_puback: V3, V4, V5);

/// [MQTT-4.3.3-2] [MQTT5-4.3.3-10] 20.4 #58
async fn c058_a_qos_two_duplicate_is_delivered_once(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS0).await;
    let builder = broker.client(v, "publisher").persistent();
    let mut publisher = builder.connect().await;
    for first_byte in [0x34, 0x3C, 0x34] {
        publisher
            .send_raw(&wire::publish(v, first_byte, "a", Some(5), b"once"))
            .await;
        publisher.expect_raw(&hex("50 02 00 05")).await;
    }
    subscriber.expect("a", "once").await;
    publisher.drop_connection();
    let mut publisher = builder.connect_present(true).await;
    publisher
        .send_raw(&wire::publish(v, 0x3C, "a", Some(5), b"once"))
        .await;
    publisher.expect_raw(&hex("50 02 00 05")).await;
    publisher.send_raw(&hex("62 02 00 05")).await;
    publisher.expect_raw(&hex("70 02 00 05")).await;
    subscriber.expect_silence().await;
}
versions!(c058_a_qos_two_duplicate_is_delivered_once: V3, V4, V5);

/// [MQTT-4.3.3-2] [MQTT5-4.3.3-10] 20.4 #58
async fn c058_a_clean_start_forgets_open_ids(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS0).await;
    let builder = broker.client(v, "publisher").persistent();
    let mut publisher = builder.connect().await;
    publisher
        .send_raw(&wire::publish(v, 0x34, "a", Some(5), b"old"))
        .await;
    publisher.expect_raw(&hex("50 02 00 05")).await;
    publisher.drop_connection();
    let mut publisher = builder.clean(true).connect_present(false).await;
    publisher
        .send_raw(&wire::publish(v, 0x34, "a", Some(5), b"new"))
        .await;
    publisher.expect_raw(&hex("50 02 00 05")).await;
    subscriber.expect("a", "old").await;
    subscriber.expect("a", "new").await;
}
versions!(c058_a_clean_start_forgets_open_ids: V3, V4, V5);

/// [MQTT-4.3.3-2] [MQTT5-4.3.3-11] 20.4 #59
async fn c059_pubrel_is_always_answered(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.send_raw(&hex("62 02 00 63")).await;
    let answer = client.recv_raw().await;
    if v == V5 {
        assert!(
            answer == hex("70 03 00 63 92") || answer == hex("70 04 00 63 92 00"),
            "{answer:02x?}"
        );
    } else {
        assert_eq!(answer, hex("70 02 00 63"));
    }
    client.send_raw(&wire::publish(v, 0x34, "a", Some(9), b"m")).await;
    client.expect_raw(&hex("50 02 00 09")).await;
    client.send_raw(&hex("62 02 00 09")).await;
    client.expect_raw(&hex("70 02 00 09")).await;
}
versions!(c059_pubrel_is_always_answered: V3, V4, V5);

/// [MQTT5-4.3.3-9] 20.4 #60
async fn c060_a_refused_qos_two_id_is_free_at_once(v: Version) {
    let broker = TestBroker::builder().acl("topic yes\n").start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("yes", QOS0).await;
    let mut client = broker.connect(v, "x").await;
    let packet = Publish {
        qos: QOS2,
        packet_id: Some(id(5)),
        ..publish("no", "m")
    };
    assert_eq!(client.publish_packet(packet).await, ReasonCode::NotAuthorized);
    let packet = Publish {
        qos: QOS2,
        packet_id: Some(id(5)),
        ..publish("yes", "m")
    };
    assert_eq!(client.publish_packet(packet).await, ReasonCode::Success);
    subscriber.expect("yes", "m").await;
}
versions!(c060_a_refused_qos_two_id_is_free_at_once: V5);

/// [MQTT-4.3.3-2] [MQTT5-4.3.3-12] 20.4 #61
async fn c061_after_pubcomp_the_id_starts_a_new_message(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    for payload in ["one", "two", "two"] {
        let packet = Publish {
            qos: QOS2,
            packet_id: Some(id(7)),
            ..publish("a", payload)
        };
        assert_eq!(publisher.publish_packet(packet).await, ReasonCode::Success);
        subscriber.receive("a", payload).await;
    }
    subscriber.expect_silence().await;
}
versions!(c061_after_pubcomp_the_id_starts_a_new_message: V3, V4, V5);

/// [MQTT-3.6.1-1] [MQTT5-3.6.1-1] 20.4 #67
async fn c067_pubrel_has_its_flags_and_no_dup(v: Version) {
    let broker = TestBroker::builder().conf("retry_interval = 1").start().await;
    let builder = broker.client(v, "subscriber").persistent();
    let mut subscriber = builder.connect().await;
    subscriber.subscribe("a", QOS2).await;
    broker.connect(v, "publisher").await.publish("a", QOS2, "m").await;
    let packet_id = subscriber.expect("a", "m").await.packet_id.unwrap();
    let mut pubrel = hex("62 02");
    pubrel.extend(packet_id.get().to_be_bytes());
    for _ in 0..2 {
        subscriber.send(&Packet::PubRec(success(packet_id))).await;
        subscriber.expect_raw(&pubrel).await;
    }
    if v != V5 {
        subscriber.expect_raw(&pubrel).await; // after the retry interval
    }
    subscriber.drop_connection();
    let mut subscriber = builder.connect_present(true).await;
    subscriber.expect_raw(&pubrel).await;
    subscriber.send(&Packet::PubComp(success(packet_id))).await;
    subscriber.expect_silence().await;
}
versions!(slow c067_pubrel_has_its_flags_and_no_dup: V3, V4, V5);

/// [MQTT-4.3.3-1] [MQTT5-4.3.3-4] 20.4 #68
async fn c068_every_pubrec_is_answered_by_pubrel(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS2).await;
    broker.connect(v, "publisher").await.publish("a", QOS2, "m").await;
    let packet_id = subscriber.expect("a", "m").await.packet_id.unwrap();
    for _ in 0..3 {
        subscriber.send(&Packet::PubRec(success(packet_id))).await;
        subscriber.expect_pubrel(packet_id).await;
    }
    subscriber.send(&Packet::PubComp(success(packet_id))).await;
    subscriber.expect_silence().await;
}
versions!(c068_every_pubrec_is_answered_by_pubrel: V3, V4, V5);

/// mqtt.md 6.4
async fn acks_of_unknown_ids_do_no_harm(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.send(&Packet::PubAck(success(id(77)))).await;
    client.expect_silence().await;
    client.send(&Packet::PubComp(success(id(77)))).await;
    client.expect_silence().await;
    client.send(&Packet::PubRec(success(id(77)))).await;
    match client.recv().await {
        Packet::PubRel(ack) => {
            let expected = if v == V5 {
                ReasonCode::PacketIdNotFound
            } else {
                ReasonCode::Success
            };
            assert_eq!((ack.packet_id, ack.reason), (id(77), expected));
        }
        other => panic!("expected PUBREL, got {other:?}"),
    }
    client.expect_silence().await;
    assert_eq!(broker.metric("mqtt_puback_invalid_error"), 1);
    assert_eq!(broker.metric("mqtt_pubcomp_invalid_error"), 1);
    assert_eq!(broker.metric("mqtt_pubrec_invalid_error"), u64::from(v != V5));
}
versions!(acks_of_unknown_ids_do_no_harm: V3, V4, V5);

/// mqtt.md 19
async fn an_unknown_reason_code_in_an_ack_is_a_protocol_error(v: Version) {
    let broker = TestBroker::start().await;
    for bytes in [
        "40 03 00 01 7F",
        "50 03 00 01 01",
        "62 03 00 01 10",
        "70 03 00 01 80",
    ] {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&hex(bytes)).await;
        match client.recv().await {
            Packet::Disconnect(packet) => {
                let allowed = [ReasonCode::ProtocolError, ReasonCode::MalformedPacket];
                assert!(allowed.contains(&packet.reason), "{packet:?}");
            }
            other => panic!("expected DISCONNECT, got {other:?}"),
        }
        client.expect_close().await;
    }
}
versions!(an_unknown_reason_code_in_an_ack_is_a_protocol_error: V5);

/// [MQTT-3.3.5-1] [MQTT5-3.8.4-8] 20.4 #74
async fn c074_delivered_qos_is_the_lower_of_both(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for granted in [QOS0, QOS1, QOS2] {
        let mut online = broker.connect(v, "online").await;
        online.subscribe("a", granted).await;
        let sleeper = broker.client(v, &format!("sleeper {granted:?}")).persistent();
        let mut offline = sleeper.connect().await;
        offline.subscribe("a", granted).await;
        offline.disconnect().await;
        for published in [QOS0, QOS1, QOS2] {
            publisher.publish("a", published, format!("{published:?}")).await;
            let message = online.receive("a", format!("{published:?}")).await;
            assert_eq!(
                message.qos,
                published.min(granted),
                "{published:?} to {granted:?}, online"
            );
        }
        let mut offline = sleeper.connect_present(true).await;
        for published in [QOS1, QOS2] {
            if granted != QOS0 {
                let message = offline.receive("a", format!("{published:?}")).await;
                assert_eq!(
                    message.qos,
                    published.min(granted),
                    "{published:?} to {granted:?}, offline"
                );
            }
        }
        offline.expect_silence().await;
        for published in [QOS0, QOS1, QOS2] {
            publisher.publish_retained("kept", published, "kept").await;
            let mut late = broker.connect(v, "late").await;
            late.subscribe("kept", granted).await;
            let message = late.receive("kept", "kept").await;
            assert_eq!(
                message.qos,
                published.min(granted),
                "{published:?} to {granted:?}, retained"
            );
        }
    }
}
versions!(c074_delivered_qos_is_the_lower_of_both: V3, V4, V5);

/// [MQTT-3.3.5-1] [MQTT5-3.8.4-8] 20.4 #75
async fn c075_upgrade_outgoing_qos_delivers_the_granted_qos(v: Version) {
    let broker = TestBroker::builder()
        .conf("upgrade_outgoing_qos = on")
        .start()
        .await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish_retained("kept", QOS0, "kept").await;
    for granted in [QOS0, QOS1, QOS2] {
        let sleeper = broker.client(v, &format!("sleeper {granted:?}")).persistent();
        let mut client = sleeper.connect().await;
        client.subscribe("a", granted).await;
        for published in [QOS0, QOS1, QOS2] {
            publisher.publish("a", published, "m").await;
            let message = client.receive("a", "m").await;
            assert_eq!(message.qos, granted, "{published:?} to {granted:?}, online");
        }
        client.subscribe("kept", granted).await;
        assert_eq!(
            client.receive("kept", "kept").await.qos,
            granted,
            "retained to {granted:?}"
        );
        client.disconnect().await;
        publisher.publish("a", QOS0, "offline").await;
        let mut client = sleeper.connect_present(true).await;
        if granted != QOS0 {
            assert_eq!(
                client.receive("a", "offline").await.qos,
                granted,
                "offline to {granted:?}"
            );
        }
        client.expect_silence().await;
    }
}
versions!(c075_upgrade_outgoing_qos_delivers_the_granted_qos: V3, V4, V5);
