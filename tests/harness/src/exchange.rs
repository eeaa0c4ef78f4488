//! Whole exchanges of a `RawClient`: each sends, and waits for the answer the protocol promises.

use crate::client::RawClient;
use crate::packets::{id, options, publish};
use vmq_mqtt::{
    Ack, Disconnect, Packet, PacketId, Publish, QoS, ReasonCode, SubAck, Subscribe, SubscribeFilter,
    SubscribeOptions, Unsubscribe, Version,
};

impl RawClient {
    /// A packet id that this client has not used lately.
    pub fn next_id(&mut self) -> PacketId {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        id(self.last_id)
    }

    /// The first packet that `wanted` accepts; others are parked for `recv`.
    pub async fn wait_for<T>(&mut self, what: &str, mut wanted: impl FnMut(&Packet) -> Option<T>) -> T {
        loop {
            match self.next_unparked().await {
                Ok(packet) => match wanted(&packet) {
                    Some(value) => return value,
                    None => self.parked.push_back(packet),
                },
                Err(end) => panic!(
                    "{:?}: {end:?} while waiting for {what}; before: {:?}",
                    self.version, self.parked
                ),
            }
        }
    }

    /// PINGREQ and its answer: the broker has seen everything sent before.
    pub async fn ping(&mut self) {
        self.send(&Packet::PingReq).await;
        self.wait_for("PINGRESP", |packet| (*packet == Packet::PingResp).then_some(()))
            .await;
    }

    /// DISCONNECT, and the broker closes.
    pub async fn disconnect(mut self) {
        self.send(&disconnect(ReasonCode::Success)).await;
        while self.next().await.is_ok() {}
    }

    /// DISCONNECT with a reason (version 5), and the broker closes.
    pub async fn disconnect_with(mut self, packet: Disconnect) {
        self.send(&Packet::Disconnect(packet)).await;
        while self.next().await.is_ok() {}
    }

    // === subscriptions ===

    /// Subscribes; the broker must grant this QoS.
    pub async fn subscribe(&mut self, filter: &str, qos: QoS) {
        self.subscribe_with(filter, options(qos)).await;
    }

    /// Subscribes with options; the broker must grant the QoS.
    pub async fn subscribe_with(&mut self, filter: &str, options: SubscribeOptions) {
        let reasons = self.subscribe_all(&[(filter, options)]).await;
        let granted = [
            ReasonCode::Success,
            ReasonCode::GrantedQoS1,
            ReasonCode::GrantedQoS2,
        ];
        let expected = granted[usize::from(options.qos.as_u8())];
        assert_eq!(reasons, [expected], "{:?}: SUBACK for {filter}", self.version);
    }

    /// Subscribes to several filters in one packet; the codes of the SUBACK.
    pub async fn subscribe_all(&mut self, filters: &[(&str, SubscribeOptions)]) -> Vec<ReasonCode> {
        let packet = self.subscribe_packet(filters);
        self.subscribe_exchange(packet).await
    }

    /// The SUBSCRIBE that `subscribe_all` sends.
    pub fn subscribe_packet(&mut self, filters: &[(&str, SubscribeOptions)]) -> Subscribe {
        let filters = filters.iter().map(|(filter, options)| SubscribeFilter {
            filter: (*filter).into(),
            options: *options,
        });
        Subscribe {
            packet_id: self.next_id(),
            properties: None,
            filters: filters.collect(),
        }
    }

    /// SUBSCRIBE and its SUBACK.
    pub async fn subscribe_exchange(&mut self, packet: Subscribe) -> Vec<ReasonCode> {
        let packet_id = packet.packet_id;
        self.send(&Packet::Subscribe(packet)).await;
        self.wait_for("SUBACK", |packet| match packet {
            Packet::SubAck(SubAck {
                packet_id: acked,
                reasons,
                ..
            }) => {
                assert_eq!(*acked, packet_id, "packet id of the SUBACK");
                Some(reasons.clone())
            }
            _ => None,
        })
        .await
    }

    /// UNSUBSCRIBE and the codes of its UNSUBACK (none in 3.x).
    pub async fn unsubscribe(&mut self, filters: &[&str]) -> Vec<ReasonCode> {
        let packet_id = self.next_id();
        let filters = filters.iter().map(|filter| (*filter).into()).collect();
        self.send(&Packet::Unsubscribe(Unsubscribe {
            packet_id,
            properties: None,
            filters,
        }))
        .await;
        self.wait_for("UNSUBACK", |packet| match packet {
            Packet::UnsubAck(SubAck {
                packet_id: acked,
                reasons,
                ..
            }) => {
                assert_eq!(*acked, packet_id, "packet id of the UNSUBACK");
                Some(reasons.clone())
            }
            _ => None,
        })
        .await
    }

    // === publishing ===

    /// Publishes; the broker must accept. When this returns, the message is with every matching session.
    pub async fn publish(&mut self, topic: &str, qos: QoS, payload: impl AsRef<[u8]>) {
        let reason = self
            .publish_packet(Publish {
                qos,
                ..publish(topic, payload)
            })
            .await;
        assert_eq!(
            reason,
            ReasonCode::Success,
            "{:?}: ack of a publish to {topic}",
            self.version
        );
    }

    /// The same with RETAIN.
    pub async fn publish_retained(&mut self, topic: &str, qos: QoS, payload: impl AsRef<[u8]>) {
        let reason = self
            .publish_packet(Publish {
                qos,
                retain: true,
                ..publish(topic, payload)
            })
            .await;
        assert_eq!(
            reason,
            ReasonCode::Success,
            "{:?}: ack of a publish to {topic}",
            self.version
        );
    }

    /// Publishes and completes the exchange (QoS 0: a ping); the reason of PUBACK or PUBREC. A missing packet id is
    /// filled in.
    pub async fn publish_packet(&mut self, mut packet: Publish) -> ReasonCode {
        let qos = packet.qos;
        if qos == QoS::AtMostOnce {
            self.send(&Packet::Publish(packet)).await;
            self.ping().await;
            return ReasonCode::Success;
        }
        let packet_id = *packet.packet_id.get_or_insert_with(|| self.next_id());
        self.send(&Packet::Publish(packet)).await;
        if qos == QoS::AtLeastOnce {
            return self.wait_ack("PUBACK", packet_id, ack_of_puback).await;
        }
        let reason = self.wait_ack("PUBREC", packet_id, ack_of_pubrec).await;
        if !reason.is_error() {
            self.release(packet_id).await;
        }
        reason
    }

    /// PUBREL and its PUBCOMP.
    pub async fn release(&mut self, packet_id: PacketId) -> ReasonCode {
        self.send(&Packet::PubRel(success(packet_id))).await;
        self.wait_ack("PUBCOMP", packet_id, ack_of_pubcomp).await
    }

    async fn wait_ack(
        &mut self,
        what: &str,
        packet_id: PacketId,
        get: fn(&Packet) -> Option<&Ack>,
    ) -> ReasonCode {
        self.wait_for(what, |packet| {
            let ack = get(packet).filter(|ack| ack.packet_id == packet_id)?;
            Some(ack.reason)
        })
        .await
    }

    // === deliveries ===

    /// The next packet, which must be a PUBLISH. It is not acknowledged.
    pub async fn message(&mut self) -> Publish {
        match self.recv().await {
            Packet::Publish(message) => message,
            other => panic!("{:?}: expected a PUBLISH, got {other:?}", self.version),
        }
    }

    /// The next packet, which must be a PUBLISH of this topic and payload. It is not acknowledged.
    pub async fn expect(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Publish {
        let message = self.message().await;
        let payload = payload.as_ref();
        assert!(
            message.topic == topic && message.payload == payload,
            "{:?}: expected {topic} {:?}, got {message:?}",
            self.version,
            String::from_utf8_lossy(payload)
        );
        message
    }

    /// The same, acknowledged.
    pub async fn receive(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Publish {
        let message = self.expect(topic, payload).await;
        self.acknowledge(&message).await;
        message
    }

    /// Every delivery that waits for a client that keeps up, unacknowledged. Quicker than `drain`, and not for what
    /// comes from the store.
    pub async fn arrived(&mut self) -> Vec<Publish> {
        self.ping().await;
        self.ping().await;
        let arrived = self.parked.drain(..).map(|packet| match packet {
            Packet::Publish(message) => message,
            other => panic!("unexpected {other:?}"),
        });
        arrived.collect()
    }

    /// Every delivery until nothing more comes, unacknowledged.
    pub async fn drain(&mut self) -> Vec<Publish> {
        self.collect(false).await
    }

    /// Every delivery until nothing more comes, each acknowledged.
    pub async fn drain_acknowledging(&mut self) -> Vec<Publish> {
        self.collect(true).await
    }

    async fn collect(&mut self, acknowledge: bool) -> Vec<Publish> {
        let mut messages = Vec::new();
        while let Some(packet) = self.next_soon().await {
            let Packet::Publish(message) = packet else {
                panic!("{:?}: unexpected {packet:?}", self.version)
            };
            if acknowledge {
                self.acknowledge(&message).await;
            }
            messages.push(message);
        }
        messages
    }

    /// Completes the receiving side of a delivery, whatever its QoS.
    pub async fn acknowledge(&mut self, message: &Publish) {
        let Some(packet_id) = message.packet_id else {
            return;
        };
        if message.qos == QoS::AtLeastOnce {
            self.send(&Packet::PubAck(success(packet_id))).await;
            return;
        }
        self.send(&Packet::PubRec(success(packet_id))).await;
        self.complete(packet_id).await;
    }

    /// Waits for PUBREL and answers PUBCOMP.
    pub async fn complete(&mut self, packet_id: PacketId) {
        self.wait_for("PUBREL", |packet| match packet {
            Packet::PubRel(ack) if ack.packet_id == packet_id => Some(()),
            _ => None,
        })
        .await;
        self.send(&Packet::PubComp(success(packet_id))).await;
    }

    /// The next packet, which must be a PUBREL of this id. It is not answered.
    pub async fn expect_pubrel(&mut self, packet_id: PacketId) {
        match self.recv().await {
            Packet::PubRel(ack) => assert_eq!(ack.packet_id, packet_id, "packet id of the PUBREL"),
            other => panic!("{:?}: expected PUBREL {packet_id}, got {other:?}", self.version),
        }
    }
}

/// An ack with reason code success.
#[must_use]
pub fn success(packet_id: PacketId) -> Ack {
    Ack {
        packet_id,
        reason: ReasonCode::Success,
        properties: None,
    }
}

/// A DISCONNECT without properties.
#[must_use]
pub fn disconnect(reason: ReasonCode) -> Packet {
    Packet::Disconnect(Disconnect {
        reason,
        properties: None,
    })
}

/// The code that refuses a filter in a SUBACK: version 5 says why, 3.x has one code.
#[must_use]
pub fn refused(version: Version, reason: ReasonCode) -> ReasonCode {
    if version == Version::V5 {
        reason
    } else {
        ReasonCode::UnspecifiedError
    }
}

fn ack_of_puback(packet: &Packet) -> Option<&Ack> {
    if let Packet::PubAck(ack) = packet {
        Some(ack)
    } else {
        None
    }
}

fn ack_of_pubrec(packet: &Packet) -> Option<&Ack> {
    if let Packet::PubRec(ack) = packet {
        Some(ack)
    } else {
        None
    }
}

fn ack_of_pubcomp(packet: &Packet) -> Option<&Ack> {
    if let Packet::PubComp(ack) = packet {
        Some(ack)
    } else {
        None
    }
}
