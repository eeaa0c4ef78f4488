//! PUBLISH and PUBREL from the client: alias, quota, QoS bookkeeping (mqtt.md 5).

use super::{Effects, Session, Step};
use crate::events::CloseReason;
use crate::message::{Author, Message};
use crate::store::{Op, unix_millis};
use bytes::Bytes;
use bytestring::ByteString;
use std::sync::Arc;
use std::time::Instant;
use vmq_mqtt::topic::{self, TopicFault};
use vmq_mqtt::{Ack, Packet, PacketId, Properties, Props, Publish, QoS, ReasonCode, Version};

/// A publish that is correct and waits for its authorisation.
#[derive(Clone, Debug)]
pub struct PublishRequest {
    /// With a topic alias resolved.
    pub topic: ByteString,
    pub payload: Bytes,
    pub qos: QoS,
    pub retain: bool,
    pub packet_id: Option<PacketId>,
    pub properties: Props,
    pub received_at: Instant,
}

impl Session {
    pub(super) fn publish(
        &mut self,
        publish: Publish,
        now: Instant,
        effects: &mut Effects,
    ) -> Result<Step, CloseReason> {
        self.rate.count(now);
        let Publish {
            qos,
            retain,
            topic,
            packet_id,
            mut properties,
            payload,
            ..
        } = publish;
        if properties
            .as_ref()
            .is_some_and(|properties| !properties.subscription_ids.is_empty())
        {
            return Err(CloseReason::violation(
                ReasonCode::ProtocolError,
                "subscription_id_from_client",
            ));
        }
        let alias = properties
            .as_mut()
            .and_then(|properties| properties.topic_alias.take());
        let topic = self.inbound_aliases.resolve(topic, alias)?;
        topic::check_name(&topic, self.config.topic_max_depth).map_err(topic_violation)?;
        if let Some(response) = properties
            .as_ref()
            .and_then(|properties| properties.response_topic.as_ref())
        {
            topic::check_name(response, usize::MAX).map_err(|_| topic_violation(TopicFault::Nul))?;
        }
        if qos == QoS::ExactlyOnce
            && let Some(id) = packet_id
        {
            if self.received.contains(id) {
                // A retransmission: acknowledged again, never routed again [MQTT-4.3.3-10].
                effects
                    .replies
                    .push(Packet::PubRec(Self::ack(id, ReasonCode::Success)));
                return Ok(Step::Done);
            }
            if self.version() == Version::V5
                && self.received.len() >= usize::from(self.config.receive_max_broker)
            {
                return Err(CloseReason::violation(
                    ReasonCode::ReceiveMaximumExceeded,
                    "receive_max_exceeded",
                ));
            }
        }
        let request = PublishRequest {
            topic,
            payload,
            qos,
            retain,
            packet_id,
            properties,
            received_at: now,
        };
        if request.topic.starts_with('$') {
            // Clients do not publish there (mqtt.md 5.1): 3.x gets its acknowledgement, version 5 the reason.
            self.publish_refused(&request, ReasonCode::TopicNameInvalid, effects);
            return Ok(Step::Reserved(request));
        }
        Ok(Step::Publish(request))
    }

    /// The publish is authorised: acknowledges it (once durable) and opens the QoS 2 exchange. Returns the message.
    pub fn publish_accepted(&mut self, request: PublishRequest, effects: &mut Effects) -> Arc<Message> {
        match (request.qos, request.packet_id) {
            (QoS::AtLeastOnce, Some(id)) => {
                effects
                    .replies
                    .push(Packet::PubAck(Self::ack(id, ReasonCode::Success)));
            }
            (QoS::ExactlyOnce, Some(id)) => {
                self.received.insert(id);
                if self.is_persistent() {
                    effects.ops.push(Op::PutReceived {
                        queue: self.queue_id,
                        packet_id: id,
                    });
                }
                effects
                    .replies
                    .push(Packet::PubRec(Self::ack(id, ReasonCode::Success)));
            }
            _ => {}
        }
        let retained = request.retain;
        let mut message = request.into_message();
        if retained {
            message.author = Some(self.author());
        }
        Arc::new(message)
    }

    /// This client as the author of retained messages; made when the first is published.
    fn author(&mut self) -> Arc<Author> {
        let identity = &self.identity;
        let author = self.author.get_or_insert_with(|| {
            Arc::new(Author {
                client_id: (*identity.subscriber.client_id).into(),
                username: identity.username.as_deref().map(Into::into),
            })
        });
        Arc::clone(author)
    }

    /// The publish is refused. Version 5 is told why; 3.x gets the usual acknowledgement, and its QoS 2 exchange goes on
    /// so that the PUBREL is answered (mqtt.md 5.3).
    pub fn publish_refused(&mut self, request: &PublishRequest, reason: ReasonCode, effects: &mut Effects) {
        let Some(id) = request.packet_id else { return };
        let reason = if self.version() == Version::V5 {
            reason
        } else {
            ReasonCode::Success
        };
        let ack = Self::ack(id, reason);
        effects.replies.push(match request.qos {
            QoS::ExactlyOnce => Packet::PubRec(ack),
            _ => Packet::PubAck(ack),
        });
    }

    /// A QoS 2 publish could not be stored: its exchange is not open, the client may send it again.
    pub fn forget_received(&mut self, packet_id: PacketId) {
        self.received.remove(packet_id);
    }

    /// PUBREL: the exchange is over. The id must be forgotten on disk before the client may use it again.
    pub(super) fn pubrel(&mut self, ack: &Ack, effects: &mut Effects) {
        let known = self.received.remove(ack.packet_id);
        if known && self.is_persistent() {
            effects.ops.push(Op::DeleteReceived {
                queue: self.queue_id,
                packet_id: ack.packet_id,
            });
        }
        let unknown_v5 = !known && self.version() == Version::V5;
        let reason = if unknown_v5 {
            ReasonCode::PacketIdNotFound
        } else {
            ReasonCode::Success
        };
        effects
            .replies
            .push(Packet::PubComp(Self::ack(ack.packet_id, reason)));
    }

    /// Until when reading must pause because of `max_message_rate`.
    #[must_use]
    pub fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.rate.paused_until(self.config.max_message_rate, now)
    }
}

impl PublishRequest {
    /// The message: one allocation for topic and payload, expiry made absolute, only forwarded properties kept.
    #[must_use]
    pub fn into_message(self) -> Message {
        let mut message = Message::new(&self.topic, &self.payload, self.qos, self.retain);
        message.received_at = Some(self.received_at);
        if let Some(mut properties) = self.properties {
            message.expires_at = properties
                .message_expiry_secs
                .take()
                .map(|secs| unix_millis() + u64::from(secs) * 1000);
            if *properties != Properties::default() {
                detach_from_read_buffer(&mut properties);
                message.properties = Some(properties);
            }
        }
        message
    }
}

/// Most properties are slices of the read buffer; a message that waits must not pin it.
pub(super) fn detach_from_read_buffer(properties: &mut Properties) {
    let copy = |text: &mut ByteString| *text = ByteString::from(&**text);
    properties.content_type.iter_mut().for_each(copy);
    properties.response_topic.iter_mut().for_each(copy);
    properties.user_properties.shrink_to_fit();
    if let Some(data) = &mut properties.correlation_data {
        *data = Bytes::copy_from_slice(data);
    }
}

/// What a bad topic name means (mqtt.md 8.1).
pub(super) fn topic_violation(fault: TopicFault) -> CloseReason {
    match fault {
        TopicFault::Wildcard | TopicFault::TooDeep => {
            CloseReason::violation(ReasonCode::TopicNameInvalid, "topic_name_invalid")
        }
        TopicFault::Empty => CloseReason::violation(ReasonCode::ProtocolError, "empty_topic"),
        _ => CloseReason::violation(ReasonCode::MalformedPacket, "malformed_topic"),
    }
}

#[cfg(test)]
mod tests;
