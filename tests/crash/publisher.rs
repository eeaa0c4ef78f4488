//! A publisher that keeps its side of the protocol across crashes: what is not acknowledged is sent again.

use harness::exchange::success;
use harness::*;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Unacknowledged messages at a time.
const WINDOW: usize = 8;

/// Publishes 0, 1, 2, ... to its topic.
pub(crate) struct Publisher {
    pub(crate) builder: ConnectBuilder,
    pub(crate) topic: String,
    pub(crate) qos: QoS,
    /// How many numbers have been used.
    pub(crate) sent: u32,
    /// Not yet complete, in the order of sending.
    open: VecDeque<Open>,
    last_id: u16,
}

struct Open {
    packet_id: PacketId,
    number: u32,
    /// PUBREC has been seen.
    received: bool,
}

impl Publisher {
    pub(crate) fn new(builder: ConnectBuilder, topic: &str, qos: QoS) -> Self {
        Self {
            builder,
            topic: topic.to_owned(),
            qos,
            sent: 0,
            open: VecDeque::new(),
            last_id: 0,
        }
    }

    /// Publishes until the connection ends; counts acknowledgements.
    pub(crate) async fn run(&mut self, acked: &Arc<AtomicUsize>) {
        let mut client = self.resume().await;
        loop {
            let mut packets = Vec::new();
            while self.open.len() < WINDOW {
                packets.push(self.next_packet());
            }
            client.send_all(&packets).await;
            let Ok(packet) = client.next().await else { return };
            self.take(&mut client, &packet).await;
            acked.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Completes what is open, and publishes nothing new.
    pub(crate) async fn finish(&mut self) {
        let mut client = self.resume().await;
        while !self.open.is_empty() {
            let packet = client.recv().await;
            self.take(&mut client, &packet).await;
        }
        client.disconnect().await;
    }

    async fn resume(&mut self) -> RawClient {
        let mut client = self.builder.connect().await.may_be_cut();
        let packets: Vec<_> = self.open.iter().map(|open| self.again(open)).collect();
        client.send_all(&packets).await;
        client
    }

    fn again(&self, open: &Open) -> Packet {
        if open.received {
            Packet::PubRel(success(open.packet_id))
        } else {
            self.packet(open.packet_id, open.number, true)
        }
    }

    fn next_packet(&mut self) -> Packet {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if self.open.iter().all(|open| open.packet_id.get() != self.last_id) {
                break;
            }
        }
        let (packet_id, number) = (id(self.last_id), self.sent);
        self.sent += 1;
        self.open.push_back(Open {
            packet_id,
            number,
            received: false,
        });
        self.packet(packet_id, number, false)
    }

    fn packet(&self, packet_id: PacketId, number: u32, dup: bool) -> Packet {
        let message = publish(&self.topic, number.to_string());
        Packet::Publish(Publish {
            qos: self.qos,
            packet_id: Some(packet_id),
            dup,
            ..message
        })
    }

    async fn take(&mut self, client: &mut RawClient, packet: &Packet) {
        match packet {
            Packet::PubAck(ack) | Packet::PubComp(ack) => {
                assert!(
                    !ack.reason.is_error() || ack.reason == ReasonCode::PacketIdNotFound,
                    "{ack:?}"
                );
                self.open.retain(|open| open.packet_id != ack.packet_id);
            }
            Packet::PubRec(ack) => {
                assert!(!ack.reason.is_error(), "{ack:?}");
                let open = self
                    .open
                    .iter_mut()
                    .find(|open| open.packet_id == ack.packet_id)
                    .unwrap();
                open.received = true;
                client.send(&Packet::PubRel(success(ack.packet_id))).await;
            }
            other => panic!("unexpected {other:?}"),
        }
    }
}
