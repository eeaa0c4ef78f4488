//! `kill -9` at random moments under load, against a model of what was acknowledged.

use crate::publisher::Publisher;
use crate::subscriber::{Habit, Subscriber};
use harness::*;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// No documented limit may drop a message here.
const NO_LIMITS: &str = "max_offline_messages = -1\nmax_online_messages = -1\noverride_max_online_messages = on\nmax_inflight_messages = 50";

/// mqtt.md 14.2
async fn nothing_acknowledged_is_lost(v: Version) {
    let rounds = env::var("VERNEMQ_CRASH_ROUNDS").map_or(5, |text| text.parse().unwrap());
    let mut daemon = Daemon::start(TestBroker::builder().conf(NO_LIMITS)).await;
    let mut random = Random::new(u64::from(std::process::id()));
    let mut publishers = Vec::new();
    for (name, qos) in [("one", QOS1), ("two", QOS2), ("both", QOS1)] {
        let builder = daemon.client(v, &format!("publisher-{name}")).persistent();
        publishers.push(Publisher::new(builder, &format!("load/{name}"), qos));
    }
    let mut subscribers = Vec::new();
    for habit in [Habit::Offline, Habit::Acknowledging, Habit::Mute] {
        subscribers.push(Subscriber::new(daemon.client(v, &format!("{habit:?}")).persistent(), habit).await);
    }
    let mut retained = Retained::new(&daemon, v);
    let mut changes = Changes::new(&daemon, v);
    for round in 0..rounds {
        let acked = Arc::new(AtomicUsize::new(0));
        let moment = 150 + random.below(600);
        let killer = async {
            eventually("the load", async || acked.load(Ordering::Relaxed) >= moment).await;
            daemon.kill();
        };
        let [one, two, both] = publishers.get_disjoint_mut([0, 1, 2]).unwrap();
        let [offline, online, mute] = subscribers.get_disjoint_mut([0, 1, 2]).unwrap();
        tokio::join!(
            killer,
            one.run(&acked),
            two.run(&acked),
            both.run(&acked),
            offline.run(),
            online.run(),
            mute.run(),
            retained.run(),
            changes.run(round),
        );
        daemon.start_again().await;
        for publisher in &mut publishers {
            publisher.finish().await;
        }
        for subscriber in &mut subscribers {
            subscriber.drain().await;
            for publisher in &publishers {
                subscriber.check(&publisher.topic, publisher.qos, publisher.sent);
            }
        }
        retained.check().await;
        changes.check(round).await;
    }
}
versions!(slow nothing_acknowledged_is_lost: V4, V5);

/// One retained message after the other, on a few topics.
struct Retained {
    builder: ConnectBuilder,
    observer: ConnectBuilder,
    /// For each topic: the last number that was acknowledged, and the last that was sent.
    topics: Vec<(Option<u32>, Option<u32>)>,
    next: u32,
}

impl Retained {
    fn new(daemon: &Daemon, v: Version) -> Self {
        let builder = daemon.client(v, "retainer");
        Self {
            builder,
            observer: daemon.client(v, "observer"),
            topics: vec![(None, None); 5],
            next: 0,
        }
    }

    async fn run(&mut self) {
        let mut client = self.builder.connect().await.may_be_cut();
        for index in (0..self.topics.len()).cycle() {
            let number = self.next;
            self.next += 1;
            self.topics[index].1 = Some(number);
            let message = publish(&format!("kept/{index}"), number.to_string());
            client
                .send(&Packet::Publish(Publish {
                    qos: QOS1,
                    retain: true,
                    packet_id: Some(id(1)),
                    ..message
                }))
                .await;
            match client.next().await {
                Ok(Packet::PubAck(_)) => self.topics[index].0 = Some(number),
                Ok(other) => panic!("unexpected {other:?}"),
                Err(_) => return,
            }
        }
    }

    async fn check(&self) {
        let mut client = self.observer.connect().await;
        for (index, (acked, sent)) in self.topics.iter().enumerate() {
            client.subscribe(&format!("kept/{index}"), QOS0).await;
            if acked.is_none() {
                continue;
            }
            let message = client.message().await;
            let number = std::str::from_utf8(&message.payload).unwrap().parse().ok();
            assert!(
                number == *acked || number == *sent,
                "kept/{index}: {number:?}, acked {acked:?}, sent {sent:?}"
            );
        }
        client.disconnect().await;
    }
}

/// Sessions and subscriptions that are made while the broker is under load.
struct Changes {
    address: std::net::SocketAddr,
    version: Version,
    /// Filters with an acknowledged subscription, and those with an acknowledged removal.
    subscribed: Vec<String>,
    removed: Vec<String>,
    /// Sessions with an acknowledged CONNECT.
    sessions: Vec<String>,
}

impl Changes {
    fn new(daemon: &Daemon, version: Version) -> Self {
        let (subscribed, removed, sessions) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            address: daemon.addr(),
            version,
            subscribed,
            removed,
            sessions,
        }
    }

    fn client(&self, name: &str) -> ConnectBuilder {
        ConnectBuilder::new(self.address, self.version, name).persistent()
    }

    async fn run(&mut self, round: usize) {
        let mut client = self
            .client(&format!("changes-{round}"))
            .connect()
            .await
            .may_be_cut();
        for number in 0.. {
            let filter = format!("change/{round}/{number}");
            let packet = client.subscribe_packet(&[(&filter, options(QOS1))]);
            client.send(&Packet::Subscribe(packet)).await;
            if client.next().await.is_err() {
                return;
            }
            if number % 3 == 0 {
                let packet = Unsubscribe {
                    packet_id: id(1),
                    properties: None,
                    filters: vec![filter.as_str().into()],
                };
                client.send(&Packet::Unsubscribe(packet)).await;
                if client.next().await.is_err() {
                    return;
                }
                self.removed.push(filter);
            } else {
                self.subscribed.push(filter);
            }
            if number % 10 == 0 {
                let name = format!("session-{round}-{number}");
                if !self.open_session(&name).await {
                    return;
                }
                self.sessions.push(name);
            }
        }
    }

    /// False when the broker is gone.
    async fn open_session(&self, name: &str) -> bool {
        match self.client(name).try_send().await {
            Ok(client) => client.may_be_cut().next().await.is_ok(),
            Err(_) => false,
        }
    }

    async fn check(&mut self, round: usize) {
        let mut client = self
            .client(&format!("changes-{round}"))
            .connect_present(true)
            .await;
        let mut publisher = self.client("checker").connect().await;
        for filter in self.subscribed.drain(..) {
            publisher.publish(&filter, QOS1, "m").await;
            client.receive(&filter, "m").await;
        }
        for filter in self.removed.drain(..) {
            publisher.publish(&filter, QOS1, "m").await;
        }
        client.expect_silence().await;
        client.disconnect().await;
        publisher.disconnect().await;
        for name in self.sessions.split_off(0) {
            self.client(&name).connect_present(true).await.disconnect().await;
        }
    }
}
