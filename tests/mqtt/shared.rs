//! Shared subscriptions.

use harness::exchange::success;
use harness::wire;
use harness::*;

/// [MQTT5-4.8.2-1] [MQTT5-4.8.2-2] 20.9 #147
async fn c147_bad_share_names_are_refused(v: Version) {
    let broker = TestBroker::start().await;
    for filter in [
        "$share//x",
        "$share/g",
        "$share/g/",
        "$share/g+/x",
        "$share/#/x",
        "$share/+/x",
        "$share/",
    ] {
        let mut client = broker.connect(v, "x").await;
        client
            .send_raw(&wire::subscribe(v, 0x82, 1, &[(filter.as_bytes(), 0)]))
            .await;
        client.expect_end(ReasonCode::TopicFilterInvalid).await;
    }
}
versions!(c147_bad_share_names_are_refused: V3, V4, V5);

/// [MQTT5-4.8.2-3] 20.9 #148
async fn c148_a_member_gets_its_granted_qos(v: Version) {
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for granted in [QOS0, QOS1, QOS2] {
        let mut member = broker.connect(v, "member").await;
        member.subscribe("$share/g/a", granted).await;
        for published in [QOS0, QOS1, QOS2] {
            publisher.publish("a", published, "m").await;
            assert_eq!(member.receive("a", "m").await.qos, published.min(granted));
        }
    }
}
versions!(c148_a_member_gets_its_granted_qos: V3, V4, V5);

/// [MQTT5-4.8.2-4] [MQTT5-4.8.2-5] 20.9 #149
async fn c149_an_open_message_stays_with_its_member(v: Version) {
    let broker = TestBroker::start().await;
    let builder = broker.client(v, "lost").persistent();
    let mut lost = builder.connect().await;
    lost.subscribe("$share/g/a", QOS2).await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("a", QOS1, "one").await;
    publisher.publish("a", QOS2, "two").await;
    lost.expect("a", "one").await;
    lost.expect("a", "two").await;
    let mut other = broker.connect(v, "other").await;
    other.subscribe("$share/g/a", QOS2).await;
    lost.drop_connection();
    eventually("the member to be offline", async || {
        broker.open_connections() == 2
    })
    .await;
    other.expect_silence().await;
    let mut lost = builder.connect_present(true).await;
    assert!(lost.receive("a", "one").await.dup);
    assert!(lost.receive("a", "two").await.dup);
    other.expect_silence().await;
}
versions!(c149_an_open_message_stays_with_its_member: V3, V4, V5);

/// [MQTT5-4.8.2-6] 20.9 #150
async fn c150_a_refused_message_goes_to_nobody_else(v: Version) {
    let broker = TestBroker::start().await;
    let mut members = Vec::new();
    for name in ["one", "two"] {
        let mut member = broker.connect(v, name).await;
        member.subscribe("$share/g/a", QOS2).await;
        members.push(member);
    }
    let mut publisher = broker.connect(v, "publisher").await;
    for round in 0..20 {
        let qos = if round % 2 == 0 { QOS1 } else { QOS2 };
        publisher.publish("a", qos, format!("{round}")).await;
    }
    let mut seen = 0;
    for member in &mut members {
        for message in member.arrived().await {
            seen += 1;
            let mut ack = success(message.packet_id.unwrap());
            ack.reason = ReasonCode::UnspecifiedError;
            let qos_one = message.qos == QOS1;
            member
                .send(&if qos_one {
                    Packet::PubAck(ack)
                } else {
                    Packet::PubRec(ack)
                })
                .await;
        }
    }
    assert_eq!(seen, 20);
    for member in &mut members {
        member.expect_silence().await;
    }
}
versions!(c150_a_refused_message_goes_to_nobody_else: V5);

/// [MQTT5-4.8] 20.9 #151
async fn c151_each_message_goes_to_exactly_one_member(v: Version) {
    let broker = TestBroker::start().await;
    let mut members = Vec::new();
    for name in ["one", "two"] {
        let mut member = broker.connect(v, name).await;
        member.subscribe("$share/g/a/+", QOS0).await;
        members.push(member);
    }
    let mut normal = broker.connect(v, "normal").await;
    normal.subscribe("a/#", QOS0).await;
    let mut publisher = broker.connect(v, "publisher").await;
    let mut counts = [0; 2];
    let mut seen = std::collections::HashSet::new();
    for batch in 0..10 {
        for number in 0..100 {
            let payload = format!("{}", batch * 100 + number);
            publisher.send(&Packet::Publish(publish("a/b", payload))).await;
        }
        publisher.ping().await;
        for (count, member) in counts.iter_mut().zip(&mut members) {
            for message in member.arrived().await {
                *count += 1;
                assert!(
                    seen.insert(message.payload.clone()),
                    "{message:?} was delivered twice"
                );
            }
        }
        assert_eq!(normal.arrived().await.len(), 100);
    }
    assert_eq!(seen.len(), 1000);
    assert!(counts.iter().all(|count| *count >= 100), "uneven: {counts:?}");
}
versions!(c151_each_message_goes_to_exactly_one_member: V3, V4, V5);

/// [MQTT5-4.8] 20.9 #152
async fn c152_an_offline_member_is_the_last_resort(v: Version) {
    for policy in [
        "prefer_local",
        "random",
        "local_only",
        "prefer_online_before_local",
    ] {
        let conf = format!("shared_subscription_policy = {policy}");
        let broker = TestBroker::builder().conf(&conf).start().await;
        let builder = broker.client(v, "offline").persistent();
        let mut offline = builder.connect().await;
        offline.subscribe("$share/g/a", QOS1).await;
        offline.disconnect().await;
        let mut online = broker.connect(v, "online").await;
        online.subscribe("$share/g/a", QOS1).await;
        let mut publisher = broker.connect(v, "publisher").await;
        for number in 0..20 {
            publisher.publish("a", QOS1, format!("{number}")).await;
            online.receive("a", format!("{number}")).await;
        }
        online.disconnect().await;
        publisher.publish("a", QOS0, "lost").await;
        publisher.publish("a", QOS1, "kept").await;
        let mut offline = builder.connect_present(true).await;
        offline.receive("a", "kept").await;
        offline.expect_silence().await;
    }
}
versions!(c152_an_offline_member_is_the_last_resort: V3, V4, V5);

/// [-] 20.9 #153
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c153_members_of_every_version_form_one_group() {
    let broker = TestBroker::start().await;
    let mut members = Vec::new();
    for v in [V3, V4, V5] {
        let mut member = broker.connect(v, &format!("{v:?}")).await;
        member.subscribe("$share/g/a", QOS1).await;
        members.push(member);
    }
    let mut publisher = broker.connect(V4, "publisher").await;
    for number in 0..15 {
        publisher.publish("a", QOS1, format!("{number}")).await;
    }
    let mut seen = 0;
    for member in &mut members {
        for message in member.arrived().await {
            member.acknowledge(&message).await;
            seen += 1;
        }
    }
    assert_eq!(seen, 15);
}

/// decisions 14
async fn a_group_is_a_name_and_a_filter(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    for filter in ["$share/g/a/b", "$share/g/a/+", "$share/h/a/b", "a/b"] {
        client.subscribe(filter, QOS0).await;
    }
    broker
        .connect(v, "publisher")
        .await
        .publish("a/b", QOS0, "m")
        .await;
    for _ in 0..4 {
        client.expect("a/b", "m").await;
    }
    client.expect_silence().await;
    client.unsubscribe(&["$share/g/a/b"]).await;
    broker
        .connect(v, "publisher")
        .await
        .publish("a/b", QOS0, "m")
        .await;
    for _ in 0..3 {
        client.expect("a/b", "m").await;
    }
    client.expect_silence().await;
}
versions!(a_group_is_a_name_and_a_filter: V3, V4, V5);

/// [MQTT5-4.8] 20.7 #121
async fn c121_no_retained_messages_for_shared_subscriptions(v: Version) {
    let broker = TestBroker::start().await;
    broker
        .connect(v, "publisher")
        .await
        .publish_retained("a", QOS1, "kept")
        .await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("$share/g/a", QOS1).await;
    client.expect_silence().await;
    client.subscribe("$share/g/#", QOS1).await;
    client.expect_silence().await;
}
versions!(c121_no_retained_messages_for_shared_subscriptions: V3, V4, V5);

/// mqtt.md 9
async fn retain_and_identifiers_of_shared_deliveries(v: Version) {
    let broker = TestBroker::start().await;
    let mut plain = broker.connect(v, "plain").await;
    plain.subscribe("$share/g/a", QOS0).await;
    let mut keeping = broker.connect(v, "keeping").await;
    let options = SubscribeOptions {
        retain_as_published: true,
        ..options(QOS0)
    };
    let mut packet = keeping.subscribe_packet(&[("$share/h/a", options)]);
    packet.properties = properties(|p| p.subscription_ids = vec![42]);
    keeping.subscribe_exchange(packet).await;
    broker
        .connect(v, "publisher")
        .await
        .publish_retained("a", QOS0, "m")
        .await;
    assert!(!plain.expect("a", "m").await.retain);
    let message = keeping.expect("a", "m").await;
    assert!(message.retain);
    assert_eq!(message.properties.unwrap().subscription_ids, [42]);
}
versions!(retain_and_identifiers_of_shared_deliveries: V5);
