//! Wills: when they are sent, when not, and what they carry.

use harness::exchange::disconnect;
use harness::*;
use std::time::{Duration, Instant};

/// An observer of `will/#`.
async fn observer(broker: &TestBroker, v: Version) -> RawClient {
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will/#", QOS2).await;
    observer
}

/// [MQTT-3.1.2-8] [MQTT5-3.1.2-8] 20.8 #127
async fn c127_a_lost_client_sends_its_will(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    for qos in [QOS0, QOS1, QOS2] {
        let client = broker
            .client(v, "x")
            .will("will/x", "lost")
            .will_qos(qos)
            .connect()
            .await;
        client.drop_connection();
        let message = observer.receive("will/x", "lost").await;
        assert!(message.qos == qos && !message.retain, "{message:?}");
    }
    // An orderly end of the TCP connection without a DISCONNECT is a loss as well.
    let mut client = broker.client(v, "x").will("will/x", "shut down").connect().await;
    client.shut_down().await;
    observer.receive("will/x", "shut down").await;
}
versions!(c127_a_lost_client_sends_its_will: V3, V4, V5);

/// [MQTT-3.1.2-8] [MQTT5-3.1.2-8] 20.8 #127
async fn c127_protocol_errors_send_the_will(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    for fault in [
        "00 00",
        "36 04 00 01 61 6D",
        "82 02 00 00",
        "D0 00",
        "30 03 00 01 23",
        "30 80 80 80 80 01",
    ] {
        let mut client = broker.client(v, "x").will("will/x", fault).connect().await;
        client.send_raw(&hex(fault)).await;
        observer.receive("will/x", fault).await;
        while client.next().await.is_ok() {}
    }
}
versions!(c127_protocol_errors_send_the_will: V3, V4, V5);

/// [MQTT-3.1.2-8] [MQTT5-3.1.2-8] 20.8 #127
async fn c127_a_take_over_sends_the_will(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    for persistent in [false, true] {
        let builder = broker.client(v, "x");
        let builder = if persistent { builder.persistent() } else { builder };
        let mut old = builder.clone().will("will/x", "taken over").connect().await;
        let new = builder.connect().await;
        old.expect_end(ReasonCode::SessionTakenOver).await;
        observer.receive("will/x", "taken over").await;
        new.disconnect().await;
    }
    observer.expect_silence().await;
}
versions!(c127_a_take_over_sends_the_will: V3, V4, V5);

/// [MQTT-3.1.2-8] [MQTT5-3.1.2-8] 20.8 #127
async fn c127_a_stopping_broker_sends_wills(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "collector").persistent();
    let mut collector = builder.connect().await;
    collector.subscribe("will/#", QOS1).await;
    collector.disconnect().await;
    let _client = broker
        .client(v, "x")
        .will("will/x", "stopped")
        .will_qos(QOS1)
        .connect()
        .await;
    let broker = broker.restart().await;
    let mut collector = broker
        .client(v, "collector")
        .persistent()
        .connect_present(true)
        .await;
    collector.receive("will/x", "stopped").await;
    collector.expect_silence().await;
}
versions!(c127_a_stopping_broker_sends_wills: V3, V4, V5);

/// [MQTT-3.1.2-10] [MQTT5-3.1.2-10] 20.8 #128
async fn c128_a_will_is_sent_once(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    let builder = broker.client(v, "x").persistent();
    builder
        .clone()
        .will("will/x", "once")
        .connect()
        .await
        .drop_connection();
    observer.receive("will/x", "once").await;
    builder.connect_present(true).await.drop_connection();
    builder.connect_present(true).await.disconnect().await;
    observer.expect_silence().await;
    // A fault after the DISCONNECT does not bring it back.
    let mut client = builder.will("will/x", "no").connect().await;
    client.send(&disconnect(ReasonCode::Success)).await;
    client.send_raw(&hex("00 00")).await;
    client.expect_close().await;
    observer.expect_silence().await;
}
versions!(c128_a_will_is_sent_once: V3, V4, V5);

/// [MQTT-3.1.2-17] [MQTT5-3.1.2-15] 20.8 #129
async fn c129_a_retained_will_is_stored(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    broker
        .client(v, "x")
        .will("will/x", "kept")
        .will_retain()
        .connect()
        .await
        .drop_connection();
    assert!(!observer.receive("will/x", "kept").await.retain);
    let mut late = broker.connect(v, "late").await;
    late.subscribe("will/x", QOS1).await;
    assert!(late.receive("will/x", "kept").await.retain);
    broker
        .client(v, "x")
        .will("will/x", "")
        .will_retain()
        .connect()
        .await
        .drop_connection();
    observer.receive("will/x", "").await;
    let mut later = broker.connect(v, "later").await;
    later.subscribe("will/x", QOS1).await;
    later.expect_silence().await;
}
versions!(c129_a_retained_will_is_stored: V3, V4, V5);

/// [MQTT5-3.1.3-9] 20.8 #130
async fn c130_coming_back_in_time_cancels_a_delayed_will(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    let builder = broker.client(v, "x").persistent();
    let willed = builder.clone().will("will/x", "no").will_delay(1);
    willed.connect().await.drop_connection();
    let client = builder.connect_present(true).await;
    observer.quiet_for(Duration::from_millis(2200)).await;
    client.drop_connection();
    observer.quiet_for(Duration::from_millis(2200)).await;
}
versions!(slow c130_coming_back_in_time_cancels_a_delayed_will: V5);

/// [MQTT5-3.1.2-8] 20.8 #130
async fn c130_a_delayed_will_comes_after_its_delay(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    let willed = broker
        .client(v, "x")
        .persistent()
        .will("will/x", "late")
        .will_delay(2);
    let start = Instant::now();
    willed.connect().await.drop_connection();
    observer.receive("will/x", "late").await;
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_millis(1000),
        "a delay of 2 s took {waited:?}"
    );
    assert!(
        waited <= Duration::from_millis(4000),
        "a delay of 2 s took {waited:?}"
    );
    willed.connect_present(true).await.disconnect().await;
    observer.quiet_for(Duration::from_millis(2500)).await;
}
versions!(slow c130_a_delayed_will_comes_after_its_delay: V5);

/// [MQTT5-3.1.2-8] 20.8 #131
async fn c131_the_end_of_the_session_sends_a_delayed_will(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    let willed = broker
        .client(v, "x")
        .clean(false)
        .expiry(1)
        .will("will/x", "expired")
        .will_delay(60);
    let start = Instant::now();
    willed.connect().await.drop_connection();
    observer.receive("will/x", "expired").await;
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_millis(500),
        "an expiry of 1 s took {waited:?}"
    );
    willed.connect_present(false).await.disconnect().await;

    let builder = broker.client(v, "y").persistent();
    builder
        .clone()
        .will("will/y", "clean start")
        .will_delay(60)
        .connect()
        .await
        .drop_connection();
    builder.clean(true).connect_present(false).await;
    observer.receive("will/y", "clean start").await;
    observer.expect_silence().await;
}
versions!(slow c131_the_end_of_the_session_sends_a_delayed_will: V5);

/// [MQTT5-3.1.2-8] 20.8 #131
async fn c131_a_clean_take_over_sends_a_delayed_will(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    let builder = broker.client(v, "x").persistent();
    let willed = builder.clone().will("will/x", "delayed").will_delay(60);
    let mut old = willed.connect().await;
    let mut new = willed.connect_present(true).await;
    old.expect_end(ReasonCode::SessionTakenOver).await;
    observer.expect_silence().await;
    builder.clean(true).connect_present(false).await;
    new.expect_end(ReasonCode::SessionTakenOver).await;
    observer.receive("will/x", "delayed").await;
    observer.expect_silence().await;
}
versions!(c131_a_clean_take_over_sends_a_delayed_will: V5);

/// [MQTT5-3.1.2-8] 20.8 #132
async fn c132_a_delay_without_expiry_is_no_delay(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    let builder = broker.client(v, "x").will("will/x", "now").will_delay(60);
    builder.connect().await.drop_connection();
    observer.receive("will/x", "now").await;
    builder.expiry(0).connect().await.drop_connection();
    observer.receive("will/x", "now").await;
}
versions!(c132_a_delay_without_expiry_is_no_delay: V5);

/// mqtt.md 12.2
async fn max_last_will_delay_caps_the_delay(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_last_will_delay = 0s")
        .start()
        .await;
    let mut observer = observer(&broker, v).await;
    broker
        .client(v, "x")
        .persistent()
        .will("will/x", "now")
        .will_delay(60)
        .connect()
        .await
        .drop_connection();
    observer.receive("will/x", "now").await;
}
versions!(max_last_will_delay_caps_the_delay: V5);

/// [MQTT5-3.1.3-10] 20.8 #133
async fn c133_will_properties_are_kept(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    let mut sent = crate::mqtt5::forwarded_properties();
    let builder = broker.client(v, "x").will("will/x", "m").will_props(|p| {
        *p = (**sent.as_ref().unwrap()).clone();
        p.message_expiry_secs = Some(500);
        p.will_delay_secs = Some(0);
    });
    builder.connect().await.drop_connection();
    let mut got = observer.receive("will/x", "m").await.properties.unwrap();
    let left = got
        .message_expiry_secs
        .take()
        .expect("the expiry starts with the publication");
    assert!((495..=500).contains(&left), "{left}");
    assert_eq!(Some(got), sent.take());
}
versions!(c133_will_properties_are_kept: V5);

/// [-] 20.8 #134
async fn c134_an_unauthorised_will_is_refused(v: Version) {
    let broker = TestBroker::builder()
        .acl("topic read #\ntopic will/yes\n")
        .start()
        .await;
    let mut observer = observer(&broker, v).await;
    broker
        .client(v, "x")
        .will("will/no", "m")
        .refused(ReasonCode::NotAuthorized)
        .await;
    observer.expect_silence().await;
    broker
        .client(v, "x")
        .will("will/yes", "m")
        .connect()
        .await
        .drop_connection();
    observer.receive("will/yes", "m").await;
}
versions!(c134_an_unauthorised_will_is_refused: V3, V4, V5);

/// [-] 20.8 #135
async fn c135_an_empty_will_is_delivered(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = observer(&broker, v).await;
    broker
        .client(v, "x")
        .will("will/x", "")
        .will_qos(QOS1)
        .connect()
        .await
        .drop_connection();
    observer.receive("will/x", "").await;
}
versions!(c135_an_empty_will_is_delivered: V3, V4, V5);

/// [-] 20.8 #136
async fn c136_a_take_over_may_be_silent(v: Version) {
    let broker = TestBroker::builder()
        .conf("suppress_lwt_on_session_takeover = on")
        .start()
        .await;
    let mut observer = observer(&broker, v).await;
    let builder = broker.client(v, "x").will("will/x", "m");
    let mut old = builder.connect().await;
    let new = builder.connect().await;
    old.expect_end(ReasonCode::SessionTakenOver).await;
    observer.expect_silence().await;
    new.drop_connection();
    observer.receive("will/x", "m").await;
    observer.expect_silence().await;
}
versions!(c136_a_take_over_may_be_silent: V3, V4, V5);
