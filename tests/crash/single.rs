//! The crash tests that mqtt.md 14.2 lists, one promise each.

use harness::exchange::success;
use harness::wire;
use harness::*;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

async fn daemon() -> Daemon {
    Daemon::start(TestBroker::builder()).await
}

/// A persistent client, offline, with one subscription.
async fn sleeper(daemon: &Daemon, v: Version, filter: &str, qos: QoS) -> ConnectBuilder {
    let builder = daemon.client(v, "sleeper").persistent();
    let mut client = builder.connect().await;
    client.subscribe(filter, qos).await;
    client.disconnect().await;
    builder
}

/// mqtt.md 14.2
async fn acknowledged_messages_of_an_offline_client_survive(v: Version) {
    let mut daemon = daemon().await;
    let builder = sleeper(&daemon, v, "a", QOS2).await;
    let mut publisher = daemon.client(v, "publisher").connect().await;
    for number in 0..200 {
        publisher
            .publish(
                "a",
                if number % 3 == 0 { QOS2 } else { QOS1 },
                format!("{number}"),
            )
            .await;
    }
    daemon.kill();
    daemon.start_again().await;
    let mut client = builder.connect_present(true).await;
    for number in 0..200 {
        assert!(!client.receive("a", format!("{number}")).await.dup);
    }
    client.expect_silence().await;
}
versions!(slow acknowledged_messages_of_an_offline_client_survive: V3, V4, V5);

/// mqtt.md 14.2
async fn open_deliveries_are_sent_again(v: Version) {
    let mut daemon = daemon().await;
    let builder = daemon.client(v, "receiver").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS2).await;
    let mut publisher = daemon.client(v, "publisher").connect().await;
    let mut ids = Vec::new();
    for number in 0..10 {
        let qos = if number % 2 == 0 { QOS1 } else { QOS2 };
        publisher.publish("a", qos, format!("{number}")).await;
        ids.push(client.expect("a", format!("{number}")).await.packet_id);
    }
    daemon.kill();
    daemon.start_again().await;
    let mut client = builder.connect_present(true).await;
    for (number, packet_id) in ids.into_iter().enumerate() {
        let message = client.expect("a", format!("{number}")).await;
        assert!(message.dup && message.packet_id == packet_id, "{message:?}");
    }
    client.expect_silence().await;
}
versions!(slow open_deliveries_are_sent_again: V3, V4, V5);

/// mqtt.md 14.2
async fn after_pubrec_only_pubrel_is_sent_again(v: Version) {
    let mut daemon = daemon().await;
    let builder = daemon.client(v, "receiver").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS2).await;
    let mut publisher = daemon.client(v, "publisher").connect().await;
    let mut ids = Vec::new();
    for number in 0..10 {
        publisher.publish("a", QOS2, format!("{number}")).await;
        let packet_id = client.expect("a", format!("{number}")).await.packet_id.unwrap();
        client.send(&Packet::PubRec(success(packet_id))).await;
        client.expect_pubrel(packet_id).await;
        ids.push(packet_id);
    }
    daemon.kill();
    daemon.start_again().await;
    let mut client = builder.connect_present(true).await;
    for packet_id in &ids {
        client.expect_pubrel(*packet_id).await;
        client.send(&Packet::PubComp(success(*packet_id))).await;
    }
    client.expect_silence().await;
}
versions!(slow after_pubrec_only_pubrel_is_sent_again: V3, V4, V5);

/// [MQTT-4.3.3-2] [MQTT5-4.3.3-10] 20.4 #58
async fn c058_ids_of_open_inbound_exchanges_survive(v: Version) {
    let mut daemon = daemon().await;
    let receiver = sleeper(&daemon, v, "a", QOS2).await;
    let builder = daemon.client(v, "publisher").persistent();
    let mut publisher = builder.connect().await;
    for id in 1..=20u16 {
        publisher
            .send_raw(&wire::publish(v, 0x34, "a", Some(id), id.to_string().as_bytes()))
            .await;
        assert_eq!(publisher.recv_raw().await[0], 0x50);
    }
    daemon.kill();
    daemon.start_again().await;
    let mut publisher = builder.connect_present(true).await;
    for number in 1..=20u16 {
        publisher
            .send_raw(&wire::publish(
                v,
                0x3C,
                "a",
                Some(number),
                number.to_string().as_bytes(),
            ))
            .await;
        assert_eq!(publisher.recv_raw().await[0], 0x50);
        assert_eq!(publisher.release(id(number)).await, ReasonCode::Success);
    }
    let mut client = receiver.connect_present(true).await;
    for number in 1..=20 {
        client.receive("a", format!("{number}")).await;
    }
    client.expect_silence().await;
}
versions!(slow c058_ids_of_open_inbound_exchanges_survive: V3, V4, V5);

/// [-] 20.7 #126
async fn c126_acknowledged_retained_messages_survive(v: Version) {
    let mut daemon = daemon().await;
    let mut publisher = daemon.client(v, "publisher").connect().await;
    for number in 0..20 {
        publisher
            .publish_retained(&format!("a/{number}"), QOS1, "old")
            .await;
        publisher
            .publish_retained(&format!("a/{number}"), QOS2, "kept")
            .await;
    }
    publisher.publish_retained("a/7", QOS1, "").await;
    daemon.kill();
    daemon.start_again().await;
    let mut client = daemon.client(v, "x").connect().await;
    for number in (0..20).filter(|number| *number != 7) {
        client.subscribe(&format!("a/{number}"), QOS2).await;
        let message = client.receive(&format!("a/{number}"), "kept").await;
        assert!(message.retain && message.qos == QOS2, "{message:?}");
    }
    client.subscribe("a/7", QOS2).await;
    client.expect_silence().await;
}
versions!(slow c126_acknowledged_retained_messages_survive: V4, V5);

/// mqtt.md 14.2
async fn acknowledged_subscriptions_survive(v: Version) {
    let mut daemon = daemon().await;
    let builder = daemon.client(v, "x").persistent();
    let mut client = builder.connect().await;
    client.subscribe("kept", QOS1).await;
    client.subscribe("removed", QOS1).await;
    client.unsubscribe(&["removed"]).await;
    client.subscribe("$share/g/shared", QOS1).await;
    daemon.kill();
    daemon.start_again().await;
    let mut client = builder.connect_present(true).await;
    let mut publisher = daemon.client(v, "publisher").connect().await;
    for topic in ["kept", "removed", "shared"] {
        publisher.publish(topic, QOS1, "m").await;
    }
    client.receive("kept", "m").await;
    client.receive("shared", "m").await;
    client.expect_silence().await;
}
versions!(slow acknowledged_subscriptions_survive: V3, V4, V5);

/// mqtt.md 14.2
async fn an_acknowledged_session_survives(v: Version) {
    let mut daemon = daemon().await;
    daemon.client(v, "kept").persistent().connect_present(false).await;
    daemon.client(v, "clean").connect_present(false).await;
    daemon
        .client(v, "was kept")
        .persistent()
        .connect_present(false)
        .await
        .disconnect()
        .await;
    daemon.client(v, "was kept").connect_present(false).await;
    daemon.kill();
    daemon.start_again().await;
    daemon.client(v, "kept").persistent().connect_present(true).await;
    daemon
        .client(v, "clean")
        .persistent()
        .connect_present(false)
        .await;
    daemon
        .client(v, "was kept")
        .persistent()
        .connect_present(false)
        .await;
}
versions!(slow an_acknowledged_session_survives: V3, V4, V5);

/// mqtt.md 14.2
async fn deadlines_pass_while_the_process_is_dead(v: Version) {
    let builder = TestBroker::builder().conf("systree_enabled = on\nsystree_interval = 100");
    let mut daemon = Daemon::start(builder).await;
    let short = daemon.client(v, "short").clean(false).expiry(2);
    let mut client = short.connect().await;
    client.subscribe("a", QOS1).await;
    client.disconnect().await;
    let keeper = daemon.client(v, "keeper").persistent();
    let mut client = keeper.connect().await;
    client.subscribe("#", QOS1).await;
    client.disconnect().await;
    let mut publisher = daemon.client(v, "publisher").connect().await;
    let properties = properties(|p| p.message_expiry_secs = Some(2));
    publisher
        .publish_packet(Publish {
            qos: QOS1,
            properties,
            ..publish("a", "expires")
        })
        .await;
    publisher.publish("a", QOS1, "stays").await;
    let willed = daemon
        .client(v, "willed")
        .persistent()
        .will("will", "delayed")
        .will_qos(QOS1)
        .will_delay(2);
    willed.connect().await.drop_connection();
    // The will is parked when the broker has noticed the loss.
    publisher.subscribe("$SYS/+/active/mqtt/connections", QOS0).await;
    while publisher.message().await.payload != "1" {}
    let dead = Instant::now();
    daemon.kill();
    eventually("the deadlines to pass", async || {
        dead.elapsed() > Duration::from_millis(3200)
    })
    .await;
    daemon.start_again().await;
    let mut client = keeper.connect_present(true).await;
    client.receive("a", "stays").await;
    client.receive("will", "delayed").await;
    client.expect_silence().await;
    short.connect_present(false).await.expect_silence().await;
}
versions!(slow deadlines_pass_while_the_process_is_dead: V5);

/// hostile #21
async fn h21_stored_data_is_not_for_everybody(v: Version) {
    let mut daemon = daemon().await;
    let builder = sleeper(&daemon, v, "a", QOS1).await;
    let mut publisher = daemon.client(v, "publisher").connect().await;
    publisher.publish_retained("a", QOS1, "private").await;
    daemon.kill();
    daemon.start_again().await;
    builder.connect_present(true).await.receive("a", "private").await;
    let mut files = Vec::new();
    walk(&daemon.builder().data_dir(), &mut files);
    assert!(!files.is_empty());
    for path in files {
        // The store may have replaced it since the folder was read.
        let Ok(metadata) = path.metadata() else { continue };
        let mode = metadata.permissions().mode();
        assert_eq!(mode & 0o007, 0, "{} has mode {mode:o}", path.display());
    }
}
versions!(slow h21_stored_data_is_not_for_everybody: V4);

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        }
        found.push(path);
    }
}

/// mqtt.md 14.2
async fn completed_exchanges_do_not_come_back(v: Version) {
    let mut daemon = daemon().await;
    let builder = daemon.client(v, "receiver").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS2).await;
    let mut publisher = daemon.client(v, "publisher").connect().await;
    for number in 0..300 {
        publisher
            .publish(
                "a",
                if number % 3 == 0 { QOS2 } else { QOS1 },
                format!("{number}"),
            )
            .await;
    }
    client.ping().await;
    client.forget_parked(|_| true);
    daemon.kill();
    daemon.start_again().await;
    for round in 0..3 {
        let mut client = builder.connect_present(true).await;
        if round == 0 {
            assert_eq!(client.drain_acknowledging().await.len(), 300);
        }
        client.expect_silence().await;
        client.disconnect().await;
        let mut publisher = daemon.client(v, "publisher").connect().await;
        publisher.publish_retained("durable", QOS1, "m").await;
        if round == 1 {
            daemon.kill();
            daemon.start_again().await;
        }
    }
}
versions!(slow completed_exchanges_do_not_come_back: V3, V4, V5);
