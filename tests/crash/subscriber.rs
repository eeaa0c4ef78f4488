//! A subscriber that keeps its side of the protocol across crashes: the ids of open QoS 2 exchanges.

use harness::exchange::success;
use harness::*;
use std::collections::HashMap;

/// What a subscriber does while the broker is under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Is not connected.
    Offline,
    /// Acknowledges everything.
    Acknowledging,
    /// Acknowledges nothing.
    Mute,
}

/// A persistent client subscribed to the topics of the publishers with QoS 2.
pub(crate) struct Subscriber {
    pub(crate) builder: ConnectBuilder,
    pub(crate) habit: Habit,
    /// Deliveries in order: (topic, number). QoS 2 repetitions are already left out.
    pub(crate) delivered: Vec<(String, u32)>,
    /// QoS 2 ids between PUBLISH and PUBREL.
    open: HashMap<PacketId, bytes::Bytes>,
    /// What a mute subscriber has seen and must be sent again.
    unanswered: Vec<Publish>,
}

impl Subscriber {
    pub(crate) async fn new(builder: ConnectBuilder, habit: Habit) -> Self {
        let mut client = builder.connect().await;
        client.subscribe("load/#", QOS2).await;
        client.disconnect().await;
        Self {
            builder,
            habit,
            delivered: Vec::new(),
            open: HashMap::new(),
            unanswered: Vec::new(),
        }
    }

    /// Until the connection ends.
    pub(crate) async fn run(&mut self) {
        if self.habit == Habit::Offline {
            return;
        }
        let mut client = self.builder.connect_present(true).await.may_be_cut();
        while let Ok(packet) = client.next().await {
            if self.habit == Habit::Acknowledging {
                self.take(&mut client, &packet).await;
            } else {
                // Everything before was completed: no PUBREL is left.
                let Packet::Publish(message) = packet else {
                    panic!("{:?}: unexpected {packet:?}", self.habit)
                };
                self.unanswered.push(message);
            }
        }
    }

    /// Takes and acknowledges everything there is.
    pub(crate) async fn drain(&mut self) {
        let mut client = self.builder.connect_present(true).await;
        let mut seen = std::mem::take(&mut self.unanswered);
        while let Some(packet) = client.next_soon().await {
            if let Packet::Publish(message) = &packet
                && message.dup
            {
                self.check_repetition(message, &mut seen);
            }
            self.take(&mut client, &packet).await;
        }
        let missing = seen.first();
        assert!(
            missing.is_none(),
            "{:?}: {missing:?} was seen before the crash, and not sent again",
            self.habit
        );
        assert!(
            self.open.is_empty(),
            "{:?}: no PUBREL for {:?}",
            self.habit,
            self.open
        );
        client.disconnect().await;
    }

    /// A repetition has the id it had before, and the order is kept: nothing is sent before its exchange is durable.
    fn check_repetition(&self, message: &Publish, seen: &mut Vec<Publish>) {
        let same = |other: &Publish| other.topic == message.topic && other.payload == message.payload;
        let Some(at) = seen.iter().position(same) else {
            return;
        };
        let before: Vec<_> = seen.drain(..=at).collect();
        let skipped = before[..at].first();
        assert!(
            skipped.is_none(),
            "{:?}: {message:?} came before {skipped:?}",
            self.habit
        );
        assert_eq!(
            before[at].packet_id, message.packet_id,
            "{:?}: id of {message:?}",
            self.habit
        );
    }

    async fn take(&mut self, client: &mut RawClient, packet: &Packet) {
        match packet {
            Packet::Publish(message) => {
                let packet_id = message.packet_id.unwrap();
                if message.qos == QOS1 {
                    self.deliver(message);
                    client.send(&Packet::PubAck(success(packet_id))).await;
                    return;
                }
                match self.open.insert(packet_id, message.payload.clone()) {
                    Some(before) => {
                        assert!(message.dup && before == message.payload, "id in use: {message:?}")
                    }
                    None => self.deliver(message),
                }
                client.send(&Packet::PubRec(success(packet_id))).await;
            }
            Packet::PubRel(ack) => {
                self.open.remove(&ack.packet_id);
                client.send(&Packet::PubComp(success(ack.packet_id))).await;
            }
            other => panic!("unexpected {other:?}"),
        }
    }

    fn deliver(&mut self, message: &Publish) {
        let number = std::str::from_utf8(&message.payload).unwrap().parse().unwrap();
        self.delivered.push((message.topic.to_string(), number));
    }

    /// All of 0..count of this topic arrived, in order; with QoS 2 each exactly once.
    pub(crate) fn check(&self, topic: &str, qos: QoS, count: u32) {
        let mut next = 0;
        for (_, number) in self.delivered.iter().filter(|(other, _)| other == topic) {
            if *number == next {
                next += 1;
            } else {
                let repeated = *number < next && qos == QOS1;
                assert!(
                    repeated,
                    "{:?}, {topic}: {number} came where {next} was due",
                    self.habit
                );
            }
        }
        assert_eq!(next, count, "{:?}, {topic}: messages are missing", self.habit);
    }
}
