//! Several clients at once, in sequences nobody would write by hand, checked against a naive model.

use harness::exchange::success;
use harness::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const FILTERS: [&str; 8] = ["a", "a/b", "a/+", "#", "+", "+/b", "a/#", "b/c/d"];
const GROUPS: [&str; 3] = ["$share/g/a/b", "$share/g/a/#", "$share/h/+/b"];
const TOPICS: [&str; 6] = ["a", "a/b", "a/c", "b/b", "b/c/d", "c"];

/// The rules of matching, as short as they can be written.
fn matches(filter: &str, topic: &str) -> bool {
    let (mut filter, mut topic) = (filter.split('/'), topic.split('/'));
    loop {
        match (filter.next(), topic.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(word), Some(level)) if word == level => {}
            _ => return false,
        }
    }
}

/// One client of the model: what it is subscribed to, and its connection, if it has one.
struct Peer {
    builder: ConnectBuilder,
    connection: Option<RawClient>,
    filters: BTreeMap<&'static str, QoS>,
    shared: BTreeSet<&'static str>,
}

impl Peer {
    /// The open connection, resumed if need be.
    async fn online(&mut self) -> &mut RawClient {
        if self.connection.is_none() {
            self.connection = Some(self.builder.connect().await);
        }
        self.connection.as_mut().unwrap()
    }

    /// Everything delivered until now, acknowledged.
    async fn drain(&mut self) -> Vec<Publish> {
        let client = self.online().await;
        let (mut got, mut quiet) = (Vec::new(), 0);
        while quiet < 2 {
            client.ping().await;
            quiet += 1;
            while let Some(message) = next_parked(client).await {
                client.acknowledge(&message).await;
                got.push(message);
                quiet = 0;
            }
        }
        got
    }
}

/// A message that came before the last PINGRESP.
async fn next_parked(client: &mut RawClient) -> Option<Publish> {
    client.has_parked().then_some(())?;
    Some(client.message().await)
}

/// hostile #12
async fn h12_random_sequences_agree_with_a_model(v: Version) {
    for seed in 1..=3 {
        let broker = TestBroker::start().await;
        let mut random = Random::new(seed);
        let mut peers: Vec<Peer> = (0..3).map(|number| peer(&broker, v, number)).collect();
        for _ in 0..150 {
            let who = random.below(peers.len());
            step(&mut peers[who], &mut random).await;
        }
        for peer in &mut peers {
            peer.drain().await;
        }
        check(&broker, v, &mut peers, seed).await;
    }
}
versions!(h12_random_sequences_agree_with_a_model: V3, V4, V5);

fn peer(broker: &TestBroker, v: Version, number: usize) -> Peer {
    let builder = broker.client(v, &format!("peer-{number}")).persistent();
    Peer {
        builder,
        connection: None,
        filters: BTreeMap::new(),
        shared: BTreeSet::new(),
    }
}

async fn step(peer: &mut Peer, random: &mut Random) {
    let qos = *random.pick(&[QOS0, QOS1, QOS2]);
    match random.below(8) {
        0 | 1 => {
            let filter = *random.pick(&FILTERS);
            peer.online().await.subscribe(filter, qos).await;
            peer.filters.insert(filter, qos);
        }
        2 => {
            let filter = *random.pick(&FILTERS);
            peer.online().await.unsubscribe(&[filter]).await;
            peer.filters.remove(filter);
        }
        3 => {
            let group = *random.pick(&GROUPS);
            if peer.shared.remove(group) {
                peer.online().await.unsubscribe(&[group]).await;
            } else {
                peer.online().await.subscribe(group, qos).await;
                peer.shared.insert(group);
            }
        }
        4 | 5 => {
            let topic = *random.pick(&TOPICS);
            peer.online().await.publish(topic, qos, "during").await;
        }
        6 => {
            if let Some(client) = peer.connection.take() {
                if random.one_in(2) {
                    client.drop_connection()
                } else {
                    client.disconnect().await
                }
            }
        }
        _ => drop(peer.drain().await),
    }
}

/// What each peer is sent now is what its subscriptions say, and each group gets one copy.
async fn check(broker: &TestBroker, v: Version, peers: &mut [Peer], seed: u64) {
    let mut publisher = broker.connect(v, "publisher").await;
    for topic in TOPICS {
        publisher.publish(topic, QOS2, "after").await;
        let mut extra = 0;
        for (number, peer) in peers.iter_mut().enumerate() {
            let mut got: Vec<QoS> = peer
                .drain()
                .await
                .into_iter()
                .map(|message| message.qos)
                .collect();
            let expected: Vec<QoS> = peer
                .filters
                .iter()
                .filter(|(filter, _)| matches(filter, topic))
                .map(|(_, qos)| *qos)
                .collect();
            for qos in expected {
                let at = got.iter().position(|other| *other == qos);
                let at = at.unwrap_or_else(|| {
                    panic!("seed {seed}: peer {number} misses a copy of {topic} ({qos:?})")
                });
                got.swap_remove(at);
            }
            extra += got.len();
        }
        let alive: BTreeSet<_> = peers.iter().flat_map(|peer| &peer.shared).collect();
        let groups = alive
            .iter()
            .filter(|group| matches(group.splitn(3, '/').nth(2).unwrap(), topic))
            .count();
        assert_eq!(extra, groups, "seed {seed}: copies for shared groups of {topic}");
    }
}

/// hostile #23 #26
async fn h26_take_overs_publishes_and_subscriptions_at_once(v: Version) {
    let broker = Arc::new(TestBroker::start().await);
    let stop = Arc::new(AtomicBool::new(false));
    let end = Instant::now() + Duration::from_millis(1500);
    let mut tasks = Vec::new();
    for number in 0..2 {
        let (broker, stop) = (broker.clone(), stop.clone());
        tasks.push(tokio::spawn(async move {
            let mut publisher = broker.connect(v, &format!("publisher-{number}")).await;
            while !stop.load(Ordering::Relaxed) {
                publisher
                    .publish("a/b", *[QOS0, QOS1, QOS2].get(number).unwrap(), "m")
                    .await;
                publisher.publish_retained("a/c", QOS1, "m").await;
            }
        }));
    }
    for number in 0..3u64 {
        let broker = broker.clone();
        tasks.push(tokio::spawn(async move {
            let mut random = Random::new(number + 1);
            while Instant::now() < end {
                let builder = broker.client(v, "victim");
                let builder = if random.one_in(3) {
                    builder
                } else {
                    builder.persistent()
                };
                let mut client = builder.send().await;
                for filter in ["a/b", "a/+", "$share/g/a/b", "#"] {
                    let packet = client.subscribe_packet(&[(filter, options(QOS2))]);
                    client.send(&Packet::Subscribe(packet)).await;
                }
                // Taken over at any point of this by the two others.
                for _ in 0..random.below(30) {
                    match client.next().await {
                        Ok(Packet::Publish(message)) if random.one_in(2) => {
                            if let Some(packet_id) = message.packet_id {
                                let rec = message.qos == QOS2;
                                let ack = success(packet_id);
                                client
                                    .send(&if rec {
                                        Packet::PubRec(ack)
                                    } else {
                                        Packet::PubAck(ack)
                                    })
                                    .await;
                            }
                        }
                        Ok(_) => {}
                        Err(_) => break,
                    }
                }
            }
        }));
    }
    for task in tasks.split_off(2) {
        task.await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    let mut client = broker.client(v, "victim").clean(true).connect().await;
    client.expect_silence().await;
    client.subscribe("a/b", QOS1).await;
    broker
        .connect(v, "after")
        .await
        .publish("a/b", QOS1, "after")
        .await;
    client.receive("a/b", "after").await;
    client.expect_silence().await;
}
versions!(slow h26_take_overs_publishes_and_subscriptions_at_once: V3, V4, V5);

/// hostile #35 #36
async fn h35_qos_two_is_exactly_once_through_take_overs(v: Version) {
    for seed in 1..=2 {
        exactly_once(v, seed, 200).await;
    }
}
versions!(h35_qos_two_is_exactly_once_through_take_overs: V3, V4, V5);

/// A receiver with the state that the protocol asks of it: ids between PUBREC and PUBCOMP.
#[derive(Default)]
struct Receiver {
    open: HashMap<PacketId, bytes::Bytes>,
    delivered: Vec<bytes::Bytes>,
}

impl Receiver {
    /// The answer to a packet, if it has one.
    fn take(&mut self, packet: &Packet) -> Option<Packet> {
        match packet {
            Packet::Publish(message) => {
                let packet_id = message.packet_id.expect("QoS 2 has an id");
                if let Some(open) = self.open.get(&packet_id) {
                    assert!(message.dup, "an id in use was sent without DUP: {message:?}");
                    assert_eq!(
                        *open, message.payload,
                        "an id in use was given to another message"
                    );
                } else {
                    self.open.insert(packet_id, message.payload.clone());
                    self.delivered.push(message.payload.clone());
                }
                Some(Packet::PubRec(success(packet_id)))
            }
            Packet::PubRel(ack) => {
                self.open.remove(&ack.packet_id);
                Some(Packet::PubComp(success(ack.packet_id)))
            }
            _ => None,
        }
    }
}

async fn exactly_once(v: Version, seed: u64, count: usize) {
    let broker = Arc::new(TestBroker::start().await);
    let builder = broker.client(v, "receiver").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS2).await;
    let publishing = tokio::spawn({
        let broker = broker.clone();
        async move {
            let mut publisher = broker.connect(v, "publisher").await;
            for number in 0..count {
                publisher.publish("a", QOS2, format!("{number}")).await;
            }
        }
    });
    let mut random = Random::new(seed);
    let mut receiver = Receiver::default();
    while receiver.delivered.len() < count || !receiver.open.is_empty() {
        let Ok(packet) = client.next().await else {
            panic!("seed {seed}: the connection ended")
        };
        // Leave before the packet is seen, after it is seen, or after it is answered.
        if random.one_in(12) {
            client = builder.connect_present(true).await;
            continue;
        }
        let answer = receiver.take(&packet);
        if random.one_in(12) {
            client = builder.connect_present(true).await;
            continue;
        }
        if let Some(answer) = answer {
            client.send(&answer).await;
        }
        if random.one_in(12) {
            client = builder.connect_present(true).await;
        }
    }
    publishing.await.unwrap();
    // A PUBCOMP that was lost with its connection is asked for again.
    while let Some(packet) = client.next_soon().await {
        assert!(matches!(packet, Packet::PubRel(_)), "seed {seed}: {packet:?}");
        if let Some(answer) = receiver.take(&packet) {
            client.send(&answer).await;
        }
    }
    let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    let delivered: Vec<_> = receiver
        .delivered
        .iter()
        .map(|payload| String::from_utf8_lossy(payload))
        .collect();
    assert_eq!(delivered, expected, "seed {seed}");
}
