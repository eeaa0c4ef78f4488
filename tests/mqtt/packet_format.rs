//! Strings, header flags, packet ids, lengths and types: what holds for every packet.

use harness::wire::{self, frame, string};
use harness::*;

const ILL_FORMED: [&[u8]; 6] = [
    b"\xED\xA0\x80",     // surrogate D800
    b"\xED\xBF\xBF",     // surrogate DFFF
    b"a\xFF",            // never in UTF-8
    b"\xC0\xAF",         // overlong
    b"\xF4\x90\x80\x80", // above 10FFFF
    b"a\xE2\x82",        // cut short
];

/// [MQTT-1.5.3-1] [MQTT5-1.5.4-1] 20.1 #1
async fn c001_ill_formed_utf8_is_refused_everywhere(v: Version) {
    let broker = TestBroker::start().await;
    for bad in ILL_FORMED {
        refuse_in_every_string(&broker, v, bad).await;
    }
}
versions!(c001_ill_formed_utf8_is_refused_everywhere: V3, V4, V5);

/// [MQTT-1.5.3-2] [MQTT5-1.5.4-2] 20.1 #2
async fn c002_nul_is_refused_everywhere(v: Version) {
    let broker = TestBroker::start().await;
    for bad in [b"\0".as_slice(), b"a\0b"] {
        refuse_in_every_string(&broker, v, bad).await;
    }
}
versions!(c002_nul_is_refused_everywhere: V3, V4, V5);

async fn refuse_in_every_string(broker: &TestBroker, v: Version, bad: &[u8]) {
    let connects = [
        ("client id", wire::connect(v, 0x02, &[&string(bad)])),
        ("user name", wire::connect(v, 0x82, &[&string("x"), &string(bad)])),
        ("will topic", will_connect(v, bad)),
    ];
    for (_what, bytes) in connects {
        let mut client = broker.raw(v).await;
        client.send_raw(&bytes).await;
        client.expect_connect_refused().await;
    }
    let packets = [
        ("topic", wire::publish(v, 0x30, bad, None, b"m")),
        ("filter", wire::subscribe(v, 0x82, 1, &[(bad, 0)])),
        (
            "second filter",
            wire::subscribe(v, 0x82, 1, &[(b"ok", 0), (bad, 0)]),
        ),
        ("unsubscribe filter", wire::unsubscribe(v, 0xA2, 1, &[bad])),
    ];
    for (_what, bytes) in packets {
        let mut client = broker.connect(v, "strings").await;
        client.send_raw(&bytes).await;
        client.expect_end(ReasonCode::MalformedPacket).await;
    }
}

fn will_connect(v: Version, topic: &[u8]) -> Vec<u8> {
    let properties = wire::property_field(v, &[]);
    wire::connect(
        v,
        0x06,
        &[&string("x"), &properties, &string(topic), &string("payload")],
    )
}

/// [MQTT-1.5.3-3] [MQTT5-1.5.4-3] 20.1 #3
async fn c003_a_byte_order_mark_is_kept_and_significant(v: Version) {
    let broker = TestBroker::start().await;
    let mut with = broker.connect(v, "with").await;
    let mut without = broker.connect(v, "without").await;
    with.subscribe("\u{FEFF}a", QOS0).await;
    without.subscribe("a", QOS0).await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("\u{FEFF}a", QOS0, "marked").await;
    publisher.publish("a", QOS0, "plain").await;
    with.expect("\u{FEFF}a", "marked").await;
    with.expect_silence().await;
    without.expect("a", "plain").await;
    without.expect_silence().await;
}
versions!(c003_a_byte_order_mark_is_kept_and_significant: V3, V4, V5);

/// [MQTT5-1.5.5-1] 20.1 #4
async fn c004_a_property_length_must_be_minimal(v: Version) {
    let broker = TestBroker::start().await;
    let long_zero = [0x80, 0x00];
    let packets = [
        frame(0x30, &[&string("a"), &long_zero, b"m"]),
        frame(0x82, &[&[0, 1], &long_zero, &string("a"), &[0]]),
        frame(0xA2, &[&[0, 1], &long_zero, &string("a")]),
        frame(0x30, &[&string("a"), &[0x80, 0x80, 0x80, 0x00], b"m"]),
    ];
    for bytes in packets {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&bytes).await;
        client.expect_end(ReasonCode::MalformedPacket).await;
    }
    let mut client = broker.raw(v).await;
    client
        .send_raw(&frame(
            0x10,
            &[&string("MQTT"), &[5, 2, 0, 60], &long_zero, &string("x")],
        ))
        .await;
    client.expect_connect_refused().await;
}
versions!(c004_a_property_length_must_be_minimal: V5);

/// [MQTT-2.2.2-2] [MQTT5-2.1.3-1] 20.1 #5
async fn c005_wrong_reserved_header_flags_are_refused(v: Version) {
    let broker = TestBroker::start().await;
    let packets = [
        wire::subscribe(v, 0x80, 1, &[(b"a", 0)]),
        wire::subscribe(v, 0x83, 1, &[(b"a", 0)]),
        wire::unsubscribe(v, 0xA0, 1, &[b"a"]),
        hex("60 02 00 01"),
        hex("41 02 00 01"),
        hex("52 02 00 01"),
        hex("71 02 00 01"),
        hex("C1 00"),
        hex("E1 00"),
    ];
    for bytes in packets {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&bytes).await;
        client.expect_end(ReasonCode::MalformedPacket).await;
    }
}
versions!(c005_wrong_reserved_header_flags_are_refused: V3, V4, V5);

/// [MQTT-2.3.1-1] [MQTT5-2.2.1-3] 20.1 #6
async fn c006_packet_id_zero_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    let packets = [
        wire::subscribe(v, 0x82, 0, &[(b"a", 0)]),
        wire::unsubscribe(v, 0xA2, 0, &[b"a"]),
        wire::publish(v, 0x32, "a", Some(0), b"m"),
        wire::publish(v, 0x34, "a", Some(0), b"m"),
    ];
    for bytes in packets {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&bytes).await;
        client.expect_end(ReasonCode::ProtocolError).await;
    }
}
versions!(c006_packet_id_zero_is_refused: V3, V4, V5);

/// [MQTT-2.3.1-6] [MQTT-2.3.1-7] [MQTT5-2.2.1-5] [MQTT5-2.2.1-6] 20.1 #7
async fn c007_acks_carry_the_id_of_the_packet_they_acknowledge(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    let v5 = v == V5;
    client
        .send_raw(&wire::publish(v, 0x32, "a", Some(0x1234), b"m"))
        .await;
    client.expect_raw(&hex("40 02 12 34")).await;
    client
        .send_raw(&wire::publish(v, 0x34, "a", Some(0xFFFF), b"m"))
        .await;
    client.expect_raw(&hex("50 02 FF FF")).await;
    client.send_raw(&hex("62 02 FF FF")).await;
    client.expect_raw(&hex("70 02 FF FF")).await;
    client
        .send_raw(&wire::subscribe(v, 0x82, 0x8001, &[(b"b", 1)]))
        .await;
    client
        .expect_raw(&hex(if v5 { "90 04 80 01 00 01" } else { "90 03 80 01 01" }))
        .await;
    client
        .send_raw(&wire::unsubscribe(v, 0xA2, 0x00FF, &[b"b"]))
        .await;
    client
        .expect_raw(&hex(if v5 { "B0 04 00 FF 00 00" } else { "B0 02 00 FF" }))
        .await;
}
versions!(c007_acks_carry_the_id_of_the_packet_they_acknowledge: V3, V4, V5);

/// [MQTT-2.2.3] [MQTT5-1.5.5] 20.1 #9
async fn c009_a_remaining_length_of_five_bytes_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    for bytes in ["30 80 80 80 80 01", "30 FF FF FF FF 7F", "82 FF FF FF FF FF"] {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&hex(bytes)).await;
        client.expect_end(ReasonCode::MalformedPacket).await;
    }
    let mut client = broker.raw(v).await;
    client.send_raw(&hex("10 80 80 80 80 01")).await;
    client.expect_close().await;
}
versions!(c009_a_remaining_length_of_five_bytes_is_refused: V3, V4, V5);

/// [MQTT-4.2.0-1] [MQTT5-4.2-1] 20.1 #10
async fn c010_segments_have_no_meaning(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("seg/#", QOS0).await;
    let sent = [
        wire::connect(v, 2, &[&string("splitter")]),
        wire::subscribe(v, 0x82, 1, &[(b"other/+", 1)]),
        wire::publish(v, 0x32, "seg/one", Some(2), b"1"),
        wire::publish(v, 0x34, "seg/two", Some(3), b"2"),
        hex("62 02 00 03"),
        hex("C0 00"),
        hex("E0 00"),
    ]
    .concat();
    let expected = exchange(&broker, v, &[&sent]).await;
    assert!(
        expected.ends_with(&hex("40 02 00 02 50 02 00 03 70 02 00 03 D0 00")),
        "{expected:02x?}"
    );
    let mut rounds = 1;
    for at in 1..sent.len() {
        let (head, tail) = sent.split_at(at);
        assert_eq!(
            exchange(&broker, v, &[head, tail]).await,
            expected,
            "split at byte {at}"
        );
        rounds += 1;
    }
    let bytes: Vec<&[u8]> = sent.chunks(1).collect();
    assert_eq!(exchange(&broker, v, &bytes).await, expected, "byte by byte");
    for _ in 0..=rounds {
        observer.expect("seg/one", "1").await;
        observer.expect("seg/two", "2").await;
    }
    observer.expect_silence().await;
}
versions!(c010_segments_have_no_meaning: V3, V4, V5);

async fn exchange(broker: &TestBroker, v: Version, segments: &[&[u8]]) -> Vec<u8> {
    let mut client = broker.raw(v).await;
    for segment in segments {
        client.send_raw(segment).await;
        tokio::task::yield_now().await;
    }
    client.read_to_end().await
}

/// [MQTT-2.2.1] [MQTT5-2.1.2] 20.1 #11
async fn c011_packet_types_a_client_may_not_send(v: Version) {
    let broker = TestBroker::start().await;
    let v5 = v == V5;
    let mut unknown = vec!["00 00", "0F 00"];
    if !v5 {
        unknown.extend(["F0 00", "F0 02 00 00"]);
    }
    for bytes in unknown {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&hex(bytes)).await;
        client.expect_end(ReasonCode::MalformedPacket).await;
    }
    let from_servers = [
        if v5 { "20 03 00 00 00" } else { "20 02 00 00" },
        if v5 { "90 04 00 01 00 00" } else { "90 03 00 01 00" },
        if v5 { "B0 04 00 01 00 00" } else { "B0 02 00 01" },
        "D0 00",
    ];
    for bytes in from_servers {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&hex(bytes)).await;
        client.expect_end(ReasonCode::ProtocolError).await;
    }
}
versions!(c011_packet_types_a_client_may_not_send: V3, V4, V5);

/// [MQTT5-2.2.2-1] 20.1 #12
async fn c012_no_properties_are_encoded_as_length_zero(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.raw(v).await;
    client.send_raw(&wire::connect(v, 2, &[&string("x")])).await;
    client.expect_raw(&hex("20 03 00 00 00")).await;
    client.send_raw(&wire::subscribe(v, 0x82, 1, &[(b"a", 2)])).await;
    client.expect_raw(&hex("90 04 00 01 00 02")).await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.send_raw(&wire::publish(v, 0x30, "a", None, b"0")).await;
    client.expect_raw(&hex("30 05 00 01 61 00 30")).await;
    publisher
        .send_raw(&wire::publish(v, 0x32, "a", Some(9), b"1"))
        .await;
    publisher.expect_raw(&hex("40 02 00 09")).await;
    client.expect_raw(&hex("32 07 00 01 61 00 01 00 31")).await;
    client.send_raw(&hex("40 02 00 01")).await;
    publisher
        .send_raw(&wire::publish(v, 0x34, "a", Some(9), b"2"))
        .await;
    publisher.expect_raw(&hex("50 02 00 09")).await;
    publisher.send_raw(&hex("62 02 00 09")).await;
    publisher.expect_raw(&hex("70 02 00 09")).await;
    client.expect_raw(&hex("34 07 00 01 61 00 02 00 32")).await;
    client.send_raw(&hex("50 02 00 02")).await;
    client.expect_raw(&hex("62 02 00 02")).await;
}
versions!(c012_no_properties_are_encoded_as_length_zero: V5);
