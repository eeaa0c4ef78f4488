//! CONNECT and CONNACK: versions, syntax, client ids, refusals, Session Present, take-over.

use crate::auth::HENRY;
use harness::exchange::disconnect;
use harness::wire::{self, string};
use harness::*;
use std::collections::HashSet;

/// [MQTT-3.1.0-1] [MQTT5-3.1.0-1] 20.2 #13
async fn c013_the_first_packet_must_be_connect(v: Version) {
    let broker = TestBroker::start().await;
    let packets = [
        wire::publish(v, 0x30, "a", None, b"m"),
        wire::subscribe(v, 0x82, 1, &[(b"a", 0)]),
        hex("C0 00"),
        hex("E0 00"),
        hex("F0 00"),
        hex("00 00"),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
    ];
    for bytes in packets {
        let mut client = broker.raw(v).await;
        client.send_raw(&bytes).await;
        client.expect_close().await;
    }
}
versions!(c013_the_first_packet_must_be_connect: V3, V4, V5);

/// [MQTT-3.1.0-2] [MQTT5-3.1.0-2] 20.2 #14
async fn c014_a_second_connect_ends_the_connection_and_sends_the_will(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will", QOS0).await;
    let builder = broker.client(v, "twice").will("will", "gone");
    let mut client = builder.connect().await;
    client.send(&builder.packet()).await;
    client.expect_end(ReasonCode::ProtocolError).await;
    observer.expect("will", "gone").await;
}
versions!(c014_a_second_connect_ends_the_connection_and_sends_the_will: V3, V4, V5);

/// [MQTT-3.1.2-1] [MQTT5-3.1.2-1] 20.2 #15
async fn c015_an_unknown_protocol_name_is_closed_silently(v: Version) {
    let broker = TestBroker::start().await;
    let (_, level) = wire::protocol(v);
    for name in ["", "MQTX", "mqtt", "MQIsdpp", "MQTTT", "HTTP"] {
        let mut client = broker.raw(v).await;
        client.send_raw(&wire::connect_level(name, level)).await;
        client.expect_close().await;
    }
}
versions!(c015_an_unknown_protocol_name_is_closed_silently: V3, V4, V5);

/// [MQTT-3.1.2-2] [MQTT5-3.1.2-2] 20.2 #16
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c016_an_unknown_level_is_answered_in_its_format() {
    let broker = TestBroker::start().await;
    let (three, five) = ("20 02 00 01", "20 03 00 84 00");
    let refused = [
        ("MQTT", 0, three),
        ("MQTT", 1, three),
        ("MQTT", 2, three),
        ("MQTT", 3, three),
        ("MQTT", 6, five),
        ("MQTT", 7, five),
        ("MQTT", 127, five),
        ("MQIsdp", 2, three),
        ("MQIsdp", 4, three),
        ("MQIsdp", 5, three),
        ("MQIsdp", 132, three),
    ];
    for (name, level, answer) in refused {
        let mut client = broker.raw(V4).await;
        client.send_raw(&wire::connect_level(name, level)).await;
        let got = client.read_to_end().await;
        assert_eq!(got, hex(answer), "answer to {name} {level}");
    }
    for (name, level) in [
        ("MQIsdp", 3),
        ("MQIsdp", 131),
        ("MQTT", 4),
        ("MQTT", 131),
        ("MQTT", 132),
    ] {
        let mut client = broker.raw(V4).await;
        client.send_raw(&wire::connect_level(name, level)).await;
        client.expect_raw(&hex("20 02 00 00")).await;
    }
}

/// [MQTT-3.1.2-2] [MQTT5-3.1.2-2] 20.2 #16
async fn c016_a_level_the_listener_does_not_allow_is_refused(v: Version) {
    let (_, level) = wire::protocol(v);
    let allowed: Vec<String> = [3, 4, 5]
        .iter()
        .filter(|l| **l != level)
        .map(ToString::to_string)
        .collect();
    let line = format!(
        "listener.tcp.default.allowed_protocol_versions = {}",
        allowed.join(",")
    );
    let broker = TestBroker::builder().conf(&line).start().await;
    let mut client = broker.raw(v).await;
    client.send_raw(&wire::connect(v, 2, &[&string("x")])).await;
    client
        .expect_raw(&hex(if v == V5 { "20 03 00 84 00" } else { "20 02 00 01" }))
        .await;
    client.expect_close().await;
    let other = if v == V4 { V5 } else { V4 };
    broker.connect(other, "y").await;
}
versions!(c016_a_level_the_listener_does_not_allow_is_refused: V3, V4, V5);

/// [MQTT-3.1.2-3] [MQTT5-3.1.2-3] 20.2 #17
async fn c017_the_reserved_connect_flag_is_refused(v: Version) {
    refuse(
        v,
        &[
            wire::connect(v, 0x03, &[&string("x")]),
            wire::connect(v, 0x01, &[&string("x")]),
        ],
    )
    .await;
}
versions!(c017_the_reserved_connect_flag_is_refused: V3, V4, V5);

/// [MQTT-3.1.2-13] [MQTT-3.1.2-15] [MQTT5-3.1.2-11] [MQTT5-3.1.2-13] 20.2 #18
async fn c018_will_qos_or_retain_without_a_will_is_refused(v: Version) {
    let connects = [0x0A, 0x12, 0x1A, 0x22, 0x2A].map(|flags| wire::connect(v, flags, &[&string("x")]));
    refuse(v, &connects).await;
}
versions!(c018_will_qos_or_retain_without_a_will_is_refused: V3, V4, V5);

/// [MQTT-3.1.2-14] [MQTT5-3.1.2-12] 20.2 #19
async fn c019_will_qos_three_is_refused(v: Version) {
    let properties = wire::property_field(v, &[]);
    refuse(
        v,
        &[wire::connect(
            v,
            0x1E,
            &[&string("x"), &properties, &string("w"), &string("m")],
        )],
    )
    .await;
}
versions!(c019_will_qos_three_is_refused: V3, V4, V5);

/// [MQTT-3.1.2-22] 20.2 #20
async fn c020_a_password_without_a_user_name(v: Version) {
    let bytes = wire::connect(v, 0x42, &[&string("x"), &string("secret")]);
    if v != V5 {
        return refuse(v, &[bytes]).await;
    }
    let broker = TestBroker::start().await;
    let mut client = broker.raw(v).await;
    client.send_raw(&bytes).await;
    client.expect_raw(&hex("20 03 00 00 00")).await;
}
versions!(c020_a_password_without_a_user_name: V3, V4, V5);

/// [MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.2-20] [MQTT-3.1.2-21] [MQTT5-3.1.2-16] [MQTT5-3.1.2-19] 20.2 #21
async fn c021_payload_and_flags_must_agree(v: Version) {
    let x = string("x");
    refuse(
        v,
        &[
            wire::connect(v, 0x82, &[&x]),                  // user name missing
            wire::connect(v, 0xC2, &[&x, &string("user")]), // password missing
            wire::connect(v, 0xC2, &[&x]),                  // both missing
            wire::connect(v, 0x02, &[&x, &string("user")]), // user name left over
            wire::connect(v, 0x82, &[&x, &string("user"), &string("secret")]), // password left over
            wire::connect(v, 0xC2, &[&x, &string("u"), &string("p"), b"\0"]), // a byte left over
            wire::connect(v, 0x02, &[]),                    // client id missing
            wire::connect(v, 0x06, &[&x, &wire::property_field(v, &[])]), // will missing
            wire::connect(v, 0x06, &[&x, &wire::property_field(v, &[]), &string("w")]), // will payload missing
            wire::connect(
                v,
                0x06,
                &[&x, &wire::property_field(v, &[]), &string(""), &string("m")],
            ),
            wire::connect(
                v,
                0x06,
                &[&x, &wire::property_field(v, &[]), &string("w/+"), &string("m")],
            ),
            wire::connect(
                v,
                0x06,
                &[&x, &wire::property_field(v, &[]), &string("w/#"), &string("m")],
            ),
            wire::connect(
                v,
                0x06,
                &[
                    &x,
                    &wire::property_field(v, &[]),
                    &string("1/2/3/4/5/6/7/8/9/10/11"),
                    &string("m"),
                ],
            ),
        ],
    )
    .await;
}
versions!(c021_payload_and_flags_must_agree: V3, V4, V5);

async fn refuse(v: Version, connects: &[Vec<u8>]) {
    let broker = TestBroker::start().await;
    for bytes in connects {
        let mut client = broker.raw(v).await;
        client.send_raw(bytes).await;
        client.expect_connect_refused().await;
    }
    broker.connect(v, "x").await;
}

/// [MQTT-3.1.3-8] 20.2 #22
async fn c022_an_empty_id_with_a_kept_session_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.client(v, "").clean(false).send().await;
    client.expect_raw(&hex("20 02 00 02")).await;
    client.expect_close().await;
}
versions!(c022_an_empty_id_with_a_kept_session_is_refused: V3, V4);

/// [MQTT-3.1.3-6] [MQTT-3.1.3-7] 20.2 #23
async fn c023_an_empty_id_gets_a_unique_one(v: Version) {
    let broker = TestBroker::start().await;
    if v == V3 {
        let mut client = broker.client(v, "").send().await;
        client.expect_raw(&hex("20 02 00 02")).await;
        client.expect_close().await;
        return;
    }
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(broker.connect(v, "").await);
    }
    for client in &mut clients {
        client.expect_silence().await;
    }
}
versions!(c023_an_empty_id_gets_a_unique_one: V3, V4);

/// [MQTT5-3.1.3-6] [MQTT5-3.1.3-7] [MQTT5-3.2.2-16] 20.2 #24
async fn c024_an_assigned_id_is_told_and_unique(v: Version) {
    let broker = TestBroker::start().await;
    let mut seen = HashSet::new();
    let mut clients = Vec::new();
    for round in 0..10 {
        let (client, ack) = broker.client(v, "").clean(round % 2 == 0).ack().await;
        assert_eq!(ack.reason, ReasonCode::Success);
        let given = ack
            .properties
            .and_then(|properties| properties.assigned_client_id)
            .expect("an assigned id");
        let random = given.strip_prefix("anon-").expect("ids begin with anon-");
        assert!(
            random.len() >= 20 && !given.contains(['/', '+', '#']),
            "assigned {given}"
        );
        assert!(seen.insert(given), "an id was assigned twice");
        clients.push(client);
    }
    for client in &mut clients {
        client.expect_silence().await;
    }
    let (_client, ack) = broker.client(v, "own").ack().await;
    assert_eq!(
        ack.properties
            .and_then(|properties| properties.assigned_client_id),
        None
    );
}
versions!(c024_an_assigned_id_is_told_and_unique: V5);

/// [MQTT-3.1.3-5] [MQTT5-3.1.3-5] 20.2 #25
async fn c025_ids_every_server_must_allow_are_accepted(v: Version) {
    let broker = TestBroker::start().await;
    let alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for length in 1..=23 {
        broker
            .connect(v, &alphabet[length..2 * length])
            .await
            .disconnect()
            .await;
    }
    for at in 0..alphabet.len() {
        broker.connect(v, &alphabet[at..=at]).await.disconnect().await;
    }
    for odd in ["a/b", "a+b", "#", "$x", "two words", "Füße", "\u{1F600}"] {
        broker.connect(v, odd).await.disconnect().await;
    }
}
versions!(c025_ids_every_server_must_allow_are_accepted: V3, V4, V5);

/// [MQTT-3.1.3-9] [MQTT5-3.1.3-8] 20.2 #26
async fn c026_ids_over_the_limit_are_refused(v: Version) {
    let broker = TestBroker::start().await;
    broker.connect(v, &"x".repeat(100)).await;
    broker
        .client(v, &"x".repeat(101))
        .refused(ReasonCode::ClientIdNotValid)
        .await;
    broker
        .client(v, &"ü".repeat(51))
        .refused(ReasonCode::ClientIdNotValid)
        .await;
    let broker = TestBroker::builder().conf("max_client_id_size = 5").start().await;
    broker.connect(v, "12345").await;
    broker
        .client(v, "123456")
        .refused(ReasonCode::ClientIdNotValid)
        .await;
}
versions!(c026_ids_over_the_limit_are_refused: V3, V4, V5);

/// [MQTT-3.1.4-2] [MQTT5-3.1.4-3] 20.2 #27
async fn c027_a_second_connection_takes_over(v: Version) {
    let broker = TestBroker::start().await;
    for persistent in [false, true] {
        let builder = broker.client(v, "same");
        let builder = if persistent { builder.persistent() } else { builder };
        let mut old = builder.connect().await;
        let mut new = builder.send().await;
        old.expect_end(ReasonCode::SessionTakenOver).await;
        match new.recv().await {
            Packet::ConnAck(ack) => {
                assert_eq!(ack.reason, ReasonCode::Success);
                assert_eq!(ack.session_present, persistent);
            }
            other => panic!("expected CONNACK, got {other:?}"),
        }
        new.expect_silence().await;
    }
}
versions!(c027_a_second_connection_takes_over: V3, V4, V5);

/// mqtt.md 3.2
async fn one_of_many_simultaneous_connections_wins(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "same").persistent();
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(builder.send().await);
    }
    // Which one is the newest is a matter of timing; that exactly one lives on is not.
    eventually("all but one to be closed", async || {
        let mut alive = Vec::new();
        for mut client in clients.drain(..) {
            client.send(&Packet::PingReq).await;
            if answers(&mut client).await {
                alive.push(client);
            }
        }
        assert!(!alive.is_empty(), "all were closed");
        clients = alive;
        clients.len() == 1
    })
    .await;
    clients[0].expect_silence().await;
}
versions!(one_of_many_simultaneous_connections_wins: V3, V4, V5);

/// Reads up to the PINGRESP; false when the connection ends first.
async fn answers(client: &mut RawClient) -> bool {
    loop {
        match client.next().await {
            Ok(Packet::PingResp) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// [MQTT-3.1.4-5] [MQTT5-3.1.4-5] 20.2 #28
async fn c028_nothing_after_a_refused_connect_is_processed(v: Version) {
    let broker = TestBroker::builder()
        .closed()
        .listener("open")
        .conf("listener.tcp.open.allow_anonymous_override = on")
        .start()
        .await;
    let mut observer = broker.client_on("open", v, "observer").connect().await;
    observer.subscribe("#", QOS0).await;
    let refused = if v == V5 {
        hex("20 03 00 86 00")
    } else {
        hex("20 02 00 05")
    };
    let mut client = broker.raw(v).await;
    let pipelined = [
        wire::connect(v, 2, &[&string("refused")]),
        wire::subscribe(v, 0x82, 1, &[(b"a", 0)]),
        wire::publish(v, 0x31, "a", None, b"no"),
        wire::publish(v, 0x33, "a", Some(2), b"no"),
    ];
    client.send_raw(&pipelined.concat()).await;
    assert_eq!(client.read_to_end().await, refused);
    observer.expect_silence().await;
    let mut later = broker.client_on("open", v, "later").connect().await;
    later.subscribe("#", QOS0).await;
    later.expect_silence().await;
}
versions!(c028_nothing_after_a_refused_connect_is_processed: V3, V4, V5);

/// [MQTT-3.2.0-1] [MQTT5-3.2.0-1] 20.2 #29
async fn c029_nothing_precedes_connack(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "sleeper").persistent();
    let mut sleeper = builder.connect().await;
    sleeper.subscribe("a", QOS1).await;
    sleeper.disconnect().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for round in 0..50 {
        publisher.publish("a", QOS1, format!("{round}")).await;
    }
    let mut sleeper = builder.send().await;
    let first = sleeper.recv_raw().await;
    assert_eq!(first[0], 0x20, "the first packet is {first:02x?}");
    sleeper.expect("a", "0").await;
}
versions!(c029_nothing_precedes_connack: V3, V4, V5);

/// [MQTT-3.2.2-1] [MQTT5-3.2.2-2] 20.2 #30
async fn c030_a_clean_start_has_no_session(v: Version) {
    let broker = TestBroker::start().await;
    broker
        .client(v, "x")
        .persistent()
        .connect_present(false)
        .await
        .disconnect()
        .await;
    broker
        .client(v, "x")
        .persistent()
        .clean(true)
        .connect_present(false)
        .await;
}
versions!(c030_a_clean_start_has_no_session: V3, V4, V5);

/// [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT5-3.2.2-3] 20.2 #31
async fn c031_session_present_tells_the_truth(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").persistent();
    builder.connect_present(false).await.disconnect().await;
    builder.connect_present(true).await.disconnect().await;
    broker
        .client(v, "other")
        .persistent()
        .connect_present(false)
        .await;
    broker
        .client(v, "x")
        .connect_present(false)
        .await
        .disconnect()
        .await;
    builder.connect_present(false).await;
}
versions!(c031_session_present_tells_the_truth: V3, V4, V5);

/// [MQTT-3.2.2-4] [MQTT-3.2.2-5] [MQTT5-3.2.2-6] [MQTT5-3.2.2-7] 20.2 #32 #33
async fn c032_c033_a_refusal_has_no_session_and_closes(v: Version) {
    let broker = TestBroker::builder().closed().passwd(HENRY).start().await;
    let builder = broker.client(v, "x").persistent();
    builder
        .clone()
        .user("henry", "secret")
        .connect()
        .await
        .disconnect()
        .await;
    let mut wrong = builder.clone().user("henry", "wrong").send().await;
    let code = if v == V5 { "20 03 00 86 00" } else { "20 02 00 04" };
    assert_eq!(wrong.read_to_end().await, hex(code));
    let mut unknown = builder.clone().user("nobody", "secret").send().await;
    let code = if v == V5 { "20 03 00 86 00" } else { "20 02 00 05" };
    assert_eq!(unknown.read_to_end().await, hex(code));
    builder.user("henry", "secret").connect_present(true).await;
}
versions!(c032_c033_a_refusal_has_no_session_and_closes: V3, V4, V5);

/// [MQTT5-3.2.2-1] 20.2 #34
async fn c034_connack_flags_hold_session_present_only(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").persistent();
    let (new, resumed) = if v == V5 {
        ("20 03 00 00 00", "20 03 01 00 00")
    } else {
        ("20 02 00 00", "20 02 01 00")
    };
    let mut client = builder.send().await;
    client.expect_raw(&hex(new)).await;
    client.disconnect().await;
    let mut client = builder.send().await;
    client.expect_raw(&hex(resumed)).await;
}
versions!(c034_connack_flags_hold_session_present_only: V3, V4, V5);

/// [MQTT5-3.1.2-29] 20.2 #35
async fn c035_no_problem_information_when_not_wanted(v: Version) {
    let broker = TestBroker::builder().acl("topic ok\n").start().await;
    let builder = broker
        .client(v, "x")
        .props(|p| p.request_problem_information = Some(false));
    let mut client = builder.connect().await;
    client.send_raw(&wire::publish(v, 0x32, "no", Some(1), b"")).await;
    expect_bare_ack(&client.recv_raw().await, 0x40, 0x87);
    client.send_raw(&wire::publish(v, 0x34, "no", Some(2), b"")).await;
    expect_bare_ack(&client.recv_raw().await, 0x50, 0x87);
    client.send_raw(&hex("62 02 00 07")).await;
    expect_bare_ack(&client.recv_raw().await, 0x70, 0x92);
    client.send_raw(&wire::subscribe(v, 0x82, 3, &[(b"no", 0)])).await;
    client.expect_raw(&hex("90 04 00 03 00 87")).await;
    client.send_raw(&wire::unsubscribe(v, 0xA2, 4, &[b"no"])).await;
    client.expect_raw(&hex("B0 04 00 04 00 11")).await;
}
versions!(c035_no_problem_information_when_not_wanted: V5);

/// A reason without properties may be three or four bytes long.
fn expect_bare_ack(bytes: &[u8], first_byte: u8, reason: u8) {
    assert_eq!((bytes[0], bytes[4]), (first_byte, reason), "{bytes:02x?}");
    assert!(
        bytes.len() == 5 || bytes[5..] == [0],
        "properties in {bytes:02x?}"
    );
}

/// [MQTT5-3.1.2-28] 20.2 #36
async fn c036_no_response_information_unasked(v: Version) {
    let broker = TestBroker::start().await;
    for asked in [None, Some(false)] {
        let (_client, ack) = broker
            .client(v, "x")
            .props(|p| p.request_response_information = asked)
            .ack()
            .await;
        assert_eq!(
            ack.properties
                .and_then(|properties| properties.response_information),
            None
        );
    }
}
versions!(c036_no_response_information_unasked: V5);

/// [MQTT5-3.1.2.11] 20.2 #37
async fn c037_a_doubled_session_expiry_is_refused(v: Version) {
    let expiry = hex("11 00 00 00 0A");
    refuse(v, &[wire::connect_with(v, 2, &expiry.repeat(2), &[&string("x")])]).await;
}
versions!(c037_a_doubled_session_expiry_is_refused: V5);

/// [MQTT5-3.1.2.11] 20.2 #38
async fn c038_zero_receive_maximum_or_packet_size_is_refused(v: Version) {
    let connects =
        ["21 00 00", "27 00 00 00 00"].map(|zero| wire::connect_with(v, 2, &hex(zero), &[&string("x")]));
    refuse(v, &connects).await;
}
versions!(c038_zero_receive_maximum_or_packet_size_is_refused: V5);

/// [MQTT5-3.14.0-1] 20.2 #39
async fn c039_no_disconnect_before_connack(v: Version) {
    let broker = TestBroker::builder()
        .closed()
        .conf("max_message_size = 200")
        .start()
        .await;
    let x = string("x");
    let faults = [
        wire::connect(v, 0x01, &[&x]),
        wire::connect(v, 0x02, &[&x]), // nobody authenticates it
        wire::connect(v, 0x02, &[&string("x".repeat(150))]),
        wire::connect(v, 0x02, &[&string("x".repeat(250))]), // packet too large
        wire::connect_with(v, 2, &hex("23 00 01"), &[&x]),   // Topic Alias is not for CONNECT
        wire::connect_with(v, 2, &hex("16 00 01 61"), &[&x]), // data without method
        wire::connect_level("MQTT", 6),
        hex("10 80 80 80 80 01"),
        hex("82 05 00 01 00 01 61"),
        hex("E0 00"),
        hex("F0 00"),
    ];
    for bytes in faults {
        let mut client = broker.raw(v).await;
        client.send_raw(&bytes).await;
        let got = client.read_to_end().await;
        assert!(
            got.is_empty() || got[0] == 0x20,
            "answer to {bytes:02x?}: {got:02x?}"
        );
        assert!(got.len() < 16, "more than a CONNACK: {got:02x?}");
    }
}
versions!(c039_no_disconnect_before_connack: V5);

/// [MQTT5-3.2.2-22] 20.2 #40
async fn c040_without_server_keep_alive_the_clients_value_counts(v: Version) {
    let broker = TestBroker::start().await;
    let (mut client, ack) = broker.client(v, "x").keepalive(1).ack().await;
    assert_eq!(
        ack.properties
            .and_then(|properties| properties.server_keep_alive_secs),
        None
    );
    client.expect_end(ReasonCode::KeepAliveTimeout).await;
}
versions!(slow c040_without_server_keep_alive_the_clients_value_counts: V5);

/// mqtt.md 2.9
async fn connack_tells_the_limits(v: Version) {
    let broker = TestBroker::builder()
        .conf("receive_max_broker = 7\ntopic_alias_max_client = 3\nmax_message_size = 200")
        .start()
        .await;
    let (_client, ack) = broker.client(v, "x").ack().await;
    let properties = ack.properties.expect("CONNACK properties");
    assert_eq!(properties.receive_maximum, Some(7));
    assert_eq!(properties.topic_alias_maximum, Some(3));
    // One byte of type, two of length, 200 of Remaining Length.
    assert_eq!(properties.maximum_packet_size, Some(203));
    assert_eq!(properties.session_expiry_secs, None);
}
versions!(connack_tells_the_limits: V5);

/// mqtt.md 2.1
async fn a_connection_without_connect_is_closed_in_time(v: Version) {
    let broker = TestBroker::builder()
        .conf("mqtt_connect_timeout = 300")
        .start()
        .await;
    let mut silent = broker.raw(v).await;
    let mut half = broker.raw(v).await;
    half.send_raw(&wire::connect(v, 2, &[&string("half")])[..6]).await;
    silent.expect_close().await;
    half.expect_close().await;
    eventually("both to be counted", async || {
        broker.metric("socket_close_timeout") == 2
    })
    .await;
}
versions!(a_connection_without_connect_is_closed_in_time: V3, V4, V5);

/// mqtt.md 2.9
async fn max_keepalive_is_told_to_version_5_only(v: Version) {
    let broker = TestBroker::builder().conf("max_keepalive = 100").start().await;
    for (asked, told) in [
        (0, Some(100)),
        (101, Some(100)),
        (65_535, Some(100)),
        (100, None),
        (10, None),
    ] {
        let (_client, ack) = broker.client(v, "x").keepalive(asked).ack().await;
        let expected = if v == V5 { told } else { None };
        let got = ack
            .properties
            .and_then(|properties| properties.server_keep_alive_secs);
        assert_eq!(got, expected, "asked for {asked}");
    }
}
versions!(max_keepalive_is_told_to_version_5_only: V3, V4, V5);

/// mqtt.md 2.11
async fn an_unknown_authentication_method_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker
        .client(v, "x")
        .props(|p| p.authentication_method = Some("SCRAM-SHA-1".into()));
    builder.refused(ReasonCode::BadAuthenticationMethod).await;
}
versions!(an_unknown_authentication_method_is_refused: V5);

/// mqtt.md 19
async fn a_refused_will_does_not_disturb_the_old_session(v: Version) {
    let broker = TestBroker::builder().acl("topic ok\n").start().await;
    let mut old = broker.client(v, "x").persistent().connect().await;
    broker
        .client(v, "x")
        .persistent()
        .will("no", "m")
        .refused(ReasonCode::NotAuthorized)
        .await;
    old.expect_silence().await;
    old.send(&disconnect(ReasonCode::Success)).await;
    old.expect_close().await;
}
versions!(a_refused_will_does_not_disturb_the_old_session: V3, V4, V5);
