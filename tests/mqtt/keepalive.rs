//! Keep-alive and DISCONNECT.

use harness::wire;
use harness::*;
use std::time::{Duration, Instant};

/// What a busy machine may add to a time that is measured.
const SLACK: Duration = Duration::from_millis(700);

/// [MQTT-3.1.2-24] [MQTT5-3.1.2-22] 20.3 #41
async fn c041_silent_client_is_closed_at_one_and_a_half_keepalive(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will", QOS0).await;
    let mut client = broker
        .client(v, "silent")
        .keepalive(1)
        .will("will", "timeout")
        .connect()
        .await;
    let start = Instant::now();
    client.expect_end(ReasonCode::KeepAliveTimeout).await;
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(1450), "closed after {waited:?}");
    assert!(
        waited <= Duration::from_millis(2500) + SLACK,
        "closed after {waited:?}"
    );
    observer.expect("will", "timeout").await;
    assert_eq!(broker.metric("client_keepalive_expired"), 1);
}
versions!(slow c041_silent_client_is_closed_at_one_and_a_half_keepalive: V3, V4, V5);

/// [MQTT-3.1.2-24] [MQTT5-3.1.2-22] 20.3 #41
async fn c041_part_of_a_packet_does_not_count(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.client(v, "slow").keepalive(1).connect().await;
    let start = Instant::now();
    for byte in wire::publish(v, 0x30, "a", None, b"mmmmmmmm") {
        if client.try_send_raw(&[byte]).await.is_err() || start.elapsed() > Duration::from_secs(4) {
            break;
        }
        let quiet = tokio::time::timeout(Duration::from_millis(300), client.next()).await;
        if let Ok(end) = quiet {
            let timed_out =
                matches!(&end, Ok(Packet::Disconnect(p)) if p.reason == ReasonCode::KeepAliveTimeout);
            assert!(end.is_err() || timed_out, "{end:?}");
            break;
        }
    }
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_millis(1200) && waited <= Duration::from_millis(2500) + SLACK,
        "{waited:?}"
    );
}
versions!(slow c041_part_of_a_packet_does_not_count: V3, V4, V5);

/// [MQTT-3.1.2.10] [MQTT5-3.1.2.10] 20.3 #42
async fn c042_keepalive_zero_is_never_closed_for_silence(v: Version) {
    let broker = TestBroker::start().await;
    let mut endless = broker.client(v, "endless").keepalive(0).connect().await;
    endless.quiet_for(Duration::from_secs(3)).await;
    endless.expect_silence().await;
}
versions!(slow c042_keepalive_zero_is_never_closed_for_silence: V3, V4, V5);

/// [MQTT-3.12.4-1] [MQTT5-3.12.4-1] 20.3 #43
async fn c043_pingreq_is_answered_and_resets_the_timer(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.client(v, "x").keepalive(1).connect().await;
    for _ in 0..4 {
        client.quiet_for(Duration::from_millis(800)).await;
        client.send_raw(&hex("C0 00")).await;
        client.expect_raw(&hex("D0 00")).await;
    }
    client.expect_end(ReasonCode::KeepAliveTimeout).await;
}
versions!(slow c043_pingreq_is_answered_and_resets_the_timer: V3, V4, V5);

/// [MQTT-3.14.4-3] [MQTT5-3.14.4-3] 20.3 #44
async fn c044_disconnect_discards_the_will(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will", QOS0).await;
    let forms: &[&str] = if v == V5 {
        &["E0 00", "E0 01 00", "E0 02 00 00"]
    } else {
        &["E0 00"]
    };
    for form in forms {
        let mut client = broker.client(v, "x").will("will", "no").connect().await;
        client.send_raw(&hex(form)).await;
        client.expect_close().await;
    }
    observer.expect_silence().await;
}
versions!(c044_disconnect_discards_the_will: V3, V4, V5);

/// [MQTT5-3.14.4-3] 20.3 #45
async fn c045_disconnect_with_will_sends_it(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will", QOS0).await;
    for reason in [
        ReasonCode::DisconnectWithWill,
        ReasonCode::UnspecifiedError,
        ReasonCode::AdministrativeAction,
    ] {
        let client = broker.client(v, "x").will("will", reason.name()).connect().await;
        client
            .disconnect_with(Disconnect {
                reason,
                properties: None,
            })
            .await;
        observer.expect("will", reason.name()).await;
    }
}
versions!(c045_disconnect_with_will_sends_it: V5);

/// [MQTT5-3.14.2.2.2] 20.3 #46
async fn c046_a_session_that_ends_with_the_connection_cannot_be_prolonged(v: Version) {
    let broker = TestBroker::start().await;
    for asked in [None, Some(0)] {
        let builder = broker
            .client(v, "x")
            .clean(false)
            .props(|p| p.session_expiry_secs = asked);
        let mut client = builder.connect_present(false).await;
        client.send(&disconnect_expiry(100)).await;
        client.expect_end(ReasonCode::ProtocolError).await;
        builder.connect_present(false).await.disconnect().await;
    }
}
versions!(c046_a_session_that_ends_with_the_connection_cannot_be_prolonged: V5);

/// [MQTT5-3.14.2.2.2] 20.3 #47
async fn c047_disconnect_with_expiry_zero_ends_the_session(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect_present(false).await;
    client.send(&disconnect_expiry(0)).await;
    client.expect_close().await;
    let mut client = builder.connect_present(false).await;
    client.send(&disconnect_expiry(50)).await;
    client.expect_close().await;
    builder.connect_present(true).await;
}
versions!(c047_disconnect_with_expiry_zero_ends_the_session: V5);

fn disconnect_expiry(seconds: u32) -> Packet {
    let properties = properties(|p| p.session_expiry_secs = Some(seconds));
    Packet::Disconnect(Disconnect {
        reason: ReasonCode::Success,
        properties,
    })
}

/// [MQTT5-3.14.4-1] [MQTT5-3.14.4-2] 20.3 #48
async fn c048_nothing_follows_a_disconnect(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("#", QOS1).await;
    let mut bytes = hex("00 00");
    bytes.extend(hex("C0 00"));
    bytes.extend(wire::publish(v, 0x32, "a", Some(1), b"m"));
    bytes.extend(wire::subscribe(v, 0x82, 2, &[(b"b", 0)]));
    client.send_raw(&bytes).await;
    client.expect_end(ReasonCode::MalformedPacket).await;
}
versions!(c048_nothing_follows_a_disconnect: V5);

/// [MQTT5-3.14.2-2] 20.3 #49
async fn c049_the_servers_disconnect_has_no_session_expiry(v: Version) {
    let broker = TestBroker::start().await;
    // `expect_end` asserts the absence for every DISCONNECT of the suite.
    let builder = broker.client(v, "x").persistent();
    let mut old = builder.connect().await;
    let mut new = builder.connect().await;
    old.expect_end(ReasonCode::SessionTakenOver).await;
    new.send_raw(&hex("00 00")).await;
    new.expect_end(ReasonCode::MalformedPacket).await;
}
versions!(c049_the_servers_disconnect_has_no_session_expiry: V5);

/// [MQTT5-4.13.1-1] 20.3 #50
async fn c050_faults_are_told_before_the_close(v: Version) {
    let broker = TestBroker::start().await;
    let faults = [
        ("malformed", hex("82 02 00 01"), ReasonCode::MalformedPacket),
        ("no filter", hex("82 03 00 01 00"), ReasonCode::ProtocolError),
        (
            "property not allowed",
            wire::publish_with(v, 0x30, "a", None, &hex("11 00 00 00 01"), b""),
            ReasonCode::MalformedPacket,
        ),
        ("PINGRESP", hex("D0 00"), ReasonCode::ProtocolError),
        ("cut topic", hex("30 03 00 05 61"), ReasonCode::MalformedPacket),
        (
            "PINGREQ with a body",
            hex("C0 01 00"),
            ReasonCode::MalformedPacket,
        ),
    ];
    for (_what, bytes, reason) in faults {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&bytes).await;
        let raw = client.recv_raw().await;
        assert_eq!(
            (raw[0], raw[2]),
            (0xE0, reason.as_u8()),
            "answer to {bytes:02x?}: {raw:02x?}"
        );
        client.expect_close().await;
    }
}
versions!(c050_faults_are_told_before_the_close: V5);

/// mqtt.md 13.5
async fn data_after_disconnect_is_ignored(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("#", QOS0).await;
    let mut client = broker.client(v, "x").will("will", "no").connect().await;
    let mut bytes = hex("E0 00");
    bytes.extend(wire::publish(v, 0x30, "a", None, b"late"));
    client.send_raw(&bytes).await;
    client.expect_close().await;
    observer.expect_silence().await;
}
versions!(data_after_disconnect_is_ignored: V3, V4, V5);

/// mqtt.md 2.7
async fn a_connection_ends_with_its_lifetime(v: Version) {
    let broker = TestBroker::builder()
        .listener("short")
        .conf("listener.tcp.short.max_connection_lifetime = 1")
        .start()
        .await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will", QOS0).await;
    let mut client = broker
        .client_on("short", v, "x")
        .will("will", "lifetime")
        .connect()
        .await;
    client.quiet_for(Duration::from_millis(800)).await;
    client.expect_end(ReasonCode::AdministrativeAction).await;
    observer.expect("will", "lifetime").await;
    observer.expect_silence().await;
}
versions!(slow a_connection_ends_with_its_lifetime: V3, V4, V5);
