//! Properties, topic aliases and enhanced authentication of version 5.

use harness::wire::{self, frame, string, user_property};
use harness::*;
use vmq_mqtt::packet::Props;

/// The properties that travel from publisher to subscriber unchanged.
pub(crate) fn forwarded_properties() -> Props {
    properties(|p| {
        p.payload_format_indicator = Some(1);
        p.content_type = Some("text/plain".into());
        p.response_topic = Some("answer/here".into());
        p.correlation_data = Some(bytes::Bytes::from_static(&[0, 255, 7]));
        for (key, value) in [("b", "2"), ("a", "1"), ("b", "2"), ("", ""), ("a", "3")] {
            p.user_properties.push(key, value);
        }
    })
}

/// [MQTT5-3.3.2-4] [MQTT5-3.3.2-15] [MQTT5-3.3.2-16] [MQTT5-3.3.2-17] [MQTT5-3.3.2-18] [MQTT5-3.3.2-20] 20.9 #137
async fn c137_properties_are_forwarded_unchanged(v: Version) {
    let broker = TestBroker::start().await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS2).await;
    let mut old = broker.connect(V4, "old").await;
    old.subscribe("a", QOS2).await;
    let builder = broker.client(v, "sleeper").persistent();
    let mut sleeper = builder.connect().await;
    sleeper.subscribe("a", QOS2).await;
    sleeper.disconnect().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for qos in [QOS0, QOS1, QOS2] {
        publisher
            .publish_packet(Publish {
                qos,
                properties: forwarded_properties(),
                ..publish("a", "m")
            })
            .await;
        assert_eq!(
            subscriber.receive("a", "m").await.properties,
            forwarded_properties()
        );
        old.receive("a", "m").await;
    }
    let mut sleeper = builder.connect_present(true).await;
    for _ in [QOS1, QOS2] {
        assert_eq!(sleeper.receive("a", "m").await.properties, forwarded_properties());
    }
}
versions!(c137_properties_are_forwarded_unchanged: V5);

/// [MQTT5-3.3.2-7] 20.9 #139
async fn c139_aliases_do_not_survive_the_connection(v: Version) {
    let broker = TestBroker::builder()
        .conf("topic_alias_max_client = 5")
        .start()
        .await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("#", QOS1).await;
    let builder = broker.client(v, "publisher").persistent();
    let (mut publisher, ack) = builder.ack().await;
    assert_eq!(ack.properties.and_then(|p| p.topic_alias_maximum), Some(5));
    for (topic, delivered, payload) in [
        ("a", "a", "set"),
        ("", "a", "used"),
        ("b", "b", "replaced"),
        ("", "b", "used again"),
    ] {
        publisher.publish_packet(aliased(topic, 5, payload)).await;
        let message = subscriber.receive(delivered, payload).await;
        assert_eq!(message.properties, None);
    }
    publisher.drop_connection();
    let mut publisher = builder.connect_present(true).await;
    publisher
        .send(&Packet::Publish(Publish {
            packet_id: Some(id(1)),
            ..aliased("", 5, "m")
        }))
        .await;
    publisher.expect_end(ReasonCode::TopicAliasInvalid).await;
    subscriber.expect_silence().await;
}
versions!(c139_aliases_do_not_survive_the_connection: V5);

fn aliased(topic: &str, alias: u16, payload: &str) -> Publish {
    let properties = properties(|p| p.topic_alias = Some(alias));
    Publish {
        qos: QOS1,
        properties,
        ..publish(topic, payload)
    }
}

/// [MQTT5-3.3.2-8] [MQTT5-3.3.2-9] 20.9 #140
async fn c140_aliases_out_of_bounds_are_refused(v: Version) {
    for (maximum, topic, alias) in [
        (5, "a", 0),
        (5, "a", 6),
        (5, "", 1),
        (5, "", 0),
        (0, "a", 1),
        (5, "", 65_535),
    ] {
        let conf = format!("topic_alias_max_client = {maximum}");
        let broker = TestBroker::builder().conf(&conf).start().await;
        let mut client = broker.connect(v, "x").await;
        let alias_property = [&[0x23], u16::to_be_bytes(alias).as_slice()].concat();
        client
            .send_raw(&wire::publish_with(v, 0x30, topic, None, &alias_property, b"m"))
            .await;
        client.expect_end(ReasonCode::TopicAliasInvalid).await;
    }
}
versions!(c140_aliases_out_of_bounds_are_refused: V5);

/// [MQTT5-3.1.2-26] [MQTT5-3.1.2-27] 20.9 #141
async fn c141_the_broker_uses_aliases_up_to_the_clients_maximum(v: Version) {
    let broker = TestBroker::builder()
        .conf("topic_alias_max_broker = 10")
        .start()
        .await;
    let mut two = broker
        .client(v, "two")
        .props(|p| p.topic_alias_maximum = Some(2))
        .connect()
        .await;
    let mut zero = broker
        .client(v, "zero")
        .props(|p| p.topic_alias_maximum = Some(0))
        .connect()
        .await;
    let mut none = broker.connect(v, "none").await;
    for client in [&mut two, &mut zero, &mut none] {
        client.subscribe("t/#", QOS1).await;
    }
    let mut publisher = broker.connect(v, "publisher").await;
    let expected = [
        ("t/a", "t/a", Some(1)),
        ("t/a", "", Some(1)),
        ("t/b", "t/b", Some(2)),
        ("t/c", "t/c", None),
        ("t/b", "", Some(2)),
        ("t/a", "", Some(1)),
        ("t/c", "t/c", None),
    ];
    for (topic, sent, alias) in expected {
        publisher.publish(topic, QOS1, "m").await;
        for client in [&mut zero, &mut none] {
            assert_eq!(client.receive(topic, "m").await.properties, None);
        }
        let message = two.receive(sent, "m").await;
        assert_eq!(message.properties.and_then(|p| p.topic_alias), alias, "{topic}");
    }
}
versions!(c141_the_broker_uses_aliases_up_to_the_clients_maximum: V5);

/// [MQTT5-3.1.2-27] 20.9 #141
async fn c141_without_the_setting_no_aliases_are_used(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker
        .client(v, "x")
        .props(|p| p.topic_alias_maximum = Some(10))
        .connect()
        .await;
    client.subscribe("a", QOS0).await;
    for _ in 0..2 {
        client.publish("a", QOS0, "m").await;
        assert_eq!(client.expect("a", "m").await.properties, None);
    }
}
versions!(c141_without_the_setting_no_aliases_are_used: V5);

/// [MQTT5-3.3.2-14] 20.9 #142
async fn c142_wildcards_in_a_response_topic_are_refused(v: Version) {
    let broker = TestBroker::start().await;
    for topic in ["a/+", "#"] {
        let mut client = broker.connect(v, "x").await;
        let property = [vec![0x08], string(topic)].concat();
        client
            .send_raw(&wire::publish_with(v, 0x30, "a", None, &property, b"m"))
            .await;
        match client.recv().await {
            Packet::Disconnect(packet) => {
                let allowed = [ReasonCode::MalformedPacket, ReasonCode::ProtocolError];
                assert!(allowed.contains(&packet.reason), "{packet:?}");
            }
            other => panic!("expected DISCONNECT, got {other:?}"),
        }
        client.expect_close().await;
    }
}
versions!(c142_wildcards_in_a_response_topic_are_refused: V5);

/// mqtt.md 13.1
async fn text_properties_must_be_utf8(v: Version) {
    let broker = TestBroker::start().await;
    let bad: [&[u8]; 2] = [b"\xFF", b"a\0b"];
    for text in bad {
        let fields = [
            [vec![0x03], string(text)].concat(),
            [vec![0x08], string(text)].concat(),
            [vec![0x26], string(text), string("value")].concat(),
            [vec![0x26], string("key"), string(text)].concat(),
        ];
        for property in fields {
            let mut client = broker.connect(v, "x").await;
            client
                .send_raw(&wire::publish_with(v, 0x30, "a", None, &property, b"m"))
                .await;
            client.expect_end(ReasonCode::MalformedPacket).await;
        }
    }
}
versions!(text_properties_must_be_utf8: V5);

/// [MQTT5-4.12.0-6] 20.9 #143
async fn c143_no_authentication_unasked(v: Version) {
    let broker = TestBroker::start().await;
    let (mut client, ack) = broker.client(v, "x").ack().await;
    let properties = ack.properties.unwrap_or_default();
    assert_eq!(
        (properties.authentication_method, properties.authentication_data),
        (None, None)
    );
    // AUTH without a method in CONNECT is a protocol error, whatever it says.
    client
        .send_raw(&frame(0xF0, &[&[0x19], &[6, 0x15], &string("abc")]))
        .await;
    client.expect_end(ReasonCode::ProtocolError).await;
}
versions!(c143_no_authentication_unasked: V5);

/// [MQTT5-2.2.2.2] 20.9 #154
async fn c154_properties_in_the_wrong_packet_or_twice(v: Version) {
    let broker = TestBroker::start().await;
    let topic = string("a");
    let expiry = hex("02 00 00 00 05");
    let session = hex("11 00 00 00 05");
    let format = hex("01 01");
    let content = [vec![0x03], string("t")].concat();
    let reason = [vec![0x1F], string("r")].concat();
    let user = user_property("k", "v");
    let twice = |property: &[u8]| property.repeat(2);
    let publish = |properties: &[u8]| wire::publish_with(v, 0x30, "a", None, properties, b"m");
    let subscribe = |properties: &[u8]| wire::subscribe_with(v, 0x82, 1, properties, &[(b"a", 0)]);
    let unsubscribe = |p: &[u8]| frame(0xA2, &[&[0, 1], &wire::property_field(v, p), &topic]);
    let puback = |p: &[u8]| frame(0x40, &[&[0, 1, 0], &wire::property_field(v, p)]);
    let disconnect = |p: &[u8]| frame(0xE0, &[&[0], &wire::property_field(v, p)]);
    let malformed = [
        publish(&session),
        publish(&reason),
        publish(&[0x7F, 0]),
        subscribe(&expiry),
        subscribe(&content),
        unsubscribe(&hex("0B 01")),
        puback(&expiry),
        disconnect(&expiry),
        disconnect(&content),
    ];
    let doubled = [
        publish(&twice(&expiry)),
        publish(&twice(&format)),
        publish(&twice(&content)),
        puback(&twice(&reason)),
        disconnect(&twice(&reason)),
    ];
    for (packets, code) in [
        (&malformed[..], ReasonCode::MalformedPacket),
        (&doubled[..], ReasonCode::ProtocolError),
    ] {
        for bytes in packets {
            let mut client = broker.client(v, "x").expiry(10).connect().await;
            client.send_raw(bytes).await;
            client.expect_end(code).await;
        }
    }
    let mut client = broker.connect(v, "x").await;
    client.send_raw(&publish(&twice(&user))).await;
    client.send_raw(&subscribe(&twice(&user))).await;
    client.expect_raw(&hex("90 04 00 01 00 00")).await;
    client.send_raw(&unsubscribe(&twice(&user))).await;
    client.expect_raw(&hex("B0 04 00 01 00 00")).await;
}
versions!(c154_properties_in_the_wrong_packet_or_twice: V5);

/// [MQTT5-2.2.2.2] 20.9 #154
async fn c154_connect_properties(v: Version) {
    let broker = TestBroker::start().await;
    let x = string("x");
    for properties in [
        "01 01",
        "02 00 00 00 05",
        "23 00 01",
        "0B 01",
        "24 01",
        "12 00 01 61",
        "7F 00",
        "17 02",
        "19 02",
    ] {
        let mut client = broker.raw(v).await;
        client
            .send_raw(&wire::connect_with(v, 2, &hex(properties), &[&x]))
            .await;
        client.expect_connect_refused().await;
    }
    for once in [
        "11 00 00 00 05",
        "21 00 05",
        "27 00 00 00 50",
        "22 00 05",
        "17 01",
        "19 01",
    ] {
        let mut client = broker.raw(v).await;
        client
            .send_raw(&wire::connect_with(v, 2, &hex(once).repeat(2), &[&x]))
            .await;
        client.expect_connect_refused().await;
        let mut client = broker.raw(v).await;
        client
            .send_raw(&wire::connect_with(v, 2, &hex(once), &[&x]))
            .await;
        client.expect_raw(&hex("20 03 00 00 00")).await;
    }
    // Will properties: delay is allowed, a topic alias is not.
    for (will, good) in [
        ("18 00 00 00 05", true),
        ("01 02", false),
        ("23 00 01", false),
        ("11 00 00 00 05", false),
    ] {
        let field = wire::property_field(v, &hex(will));
        let mut client = broker.raw(v).await;
        client
            .send_raw(&wire::connect(v, 0x06, &[&x, &field, &string("w"), &string("m")]))
            .await;
        if good {
            client.expect_raw(&hex("20 03 00 00 00")).await;
        } else {
            client.expect_connect_refused().await;
        }
    }
}
versions!(c154_connect_properties: V5);
