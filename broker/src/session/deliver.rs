//! Outgoing messages, in the receiver's task: packet id, in-flight window, expiry, size, alias (mqtt.md 6). What is to
//! be sent comes from three places, in this order: unfinished exchanges of a resumed session, retained replays, the
//! queue.

use super::alias::TopicForm;
use super::{Replay, Session};
use crate::message::{Message, UnixMillis};
use crate::queue::Delivery;
use crate::store::{FlightState, Op};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;
use vmq_mqtt::encode::{PublishParts, publish_size};
use vmq_mqtt::{PacketId, QoS, Version};

/// Something to encode for the client.
#[derive(Debug)]
pub enum Sendable {
    Publish(Outgoing),
    PubRel(PacketId),
}

/// A PUBLISH to encode.
#[derive(Debug)]
pub struct Outgoing {
    pub delivery: Delivery,
    pub packet_id: Option<PacketId>,
    pub dup: bool,
    pub topic: TopicForm,
    /// Remaining seconds of the Message Expiry Interval.
    pub expiry_secs: Option<u32>,
}

/// What sending leads to.
#[derive(Debug, Default)]
pub struct SendEffects {
    pub ops: Vec<Op>,
    /// The packets may leave only when `ops` are durable: after a crash they are sent again with the same id and DUP, and
    /// an exchange of QoS 2 that was forgotten would be a duplicate (mqtt.md 14.2 point 4).
    pub hold: bool,
    pub expired: u64,
    pub too_large: u64,
    /// The subscription they came by was revoked.
    pub revoked: u64,
}

impl Session {
    /// The next packet for the client, if the window allows one.
    pub fn next_send(
        &mut self,
        now: Instant,
        wall: UnixMillis,
        effects: &mut SendEffects,
    ) -> Option<Sendable> {
        if let Some(again) = self.next_resend(now, wall, effects) {
            return Some(again);
        }
        loop {
            let next = self.parked.front()?;
            if next.qos != QoS::AtMostOnce && self.window.room() == 0 {
                return None;
            }
            let delivery = self.parked.pop_front()?;
            if delivery.message.is_expired(wall) {
                effects.expired += 1;
                self.forget(&delivery, effects);
                continue;
            }
            if !self.is_permitted(&delivery.message) {
                effects.revoked += 1;
                self.forget(&delivery, effects);
                continue;
            }
            if let Some(outgoing) = self.send(delivery, now, wall, effects) {
                return Some(Sendable::Publish(outgoing));
            }
        }
    }

    fn next_resend(&mut self, now: Instant, wall: UnixMillis, effects: &mut SendEffects) -> Option<Sendable> {
        loop {
            let flight = self.window.next_unsent(now)?;
            let (packet_id, dup, order) = (flight.packet_id, flight.dup, flight.order);
            let (Some(delivery), FlightState::Published) = (&flight.delivery, flight.state) else {
                return Some(Sendable::PubRel(packet_id));
            };
            let mut delivery = delivery.clone();
            let expiry_secs = remaining_secs(&delivery.message, wall);
            if !self.fits(&mut delivery, expiry_secs) {
                // The client came back with a smaller Maximum Packet Size.
                effects.too_large += 1;
                self.window.finish(packet_id);
                if self.is_persistent() {
                    let seq = (delivery.seq != 0).then_some(delivery.seq);
                    effects.ops.push(Op::DeleteFlight {
                        queue: self.queue_id,
                        order,
                        seq,
                    });
                }
                continue;
            }
            let topic = self.outbound_aliases.form(delivery.message.topic_bytes());
            return Some(Sendable::Publish(Outgoing {
                delivery,
                packet_id: Some(packet_id),
                dup,
                topic,
                expiry_secs,
            }));
        }
    }

    /// Opens the exchange for a delivery. `None` = it does not fit the client's Maximum Packet Size and is dropped.
    fn send(
        &mut self,
        mut delivery: Delivery,
        now: Instant,
        wall: UnixMillis,
        effects: &mut SendEffects,
    ) -> Option<Outgoing> {
        let expiry_secs = remaining_secs(&delivery.message, wall);
        if !self.fits(&mut delivery, expiry_secs) {
            effects.too_large += 1;
            self.forget(&delivery, effects);
            return None;
        }
        let packet_id = if delivery.qos == QoS::AtMostOnce {
            None
        } else {
            let (packet_id, order) = self.window.open(&delivery, now)?;
            self.store_flight(&delivery, packet_id, order, effects);
            Some(packet_id)
        };
        let topic = self.outbound_aliases.form(delivery.message.topic_bytes());
        Some(Outgoing {
            delivery,
            packet_id,
            dup: false,
            topic,
            expiry_secs,
        })
    }

    fn store_flight(&self, delivery: &Delivery, packet_id: PacketId, order: u64, effects: &mut SendEffects) {
        if !self.is_persistent() {
            return;
        }
        // A retained replay was never queued: its message is stored with the exchange.
        let (seq, message) = if delivery.seq == 0 {
            (None, Some(delivery.to_entry()))
        } else {
            (Some(delivery.seq), None)
        };
        effects.hold = true;
        effects.ops.push(Op::PutFlight {
            queue: self.queue_id,
            order,
            packet_id,
            seq,
            message,
        });
    }

    fn forget(&self, delivery: &Delivery, effects: &mut SendEffects) {
        if delivery.seq != 0 {
            effects.ops.push(Op::DeleteEntry {
                queue: self.queue_id,
                seq: delivery.seq,
            });
        }
    }

    /// Whether the packet fits; user properties are given up first (mqtt.md 6.6).
    fn fits(&self, delivery: &mut Delivery, expiry_secs: Option<u32>) -> bool {
        if self.packet_size_max == u32::MAX || self.version() != Version::V5 {
            return true;
        }
        let size_max = usize::try_from(self.packet_size_max).unwrap_or(usize::MAX);
        if self.size_of(delivery, expiry_secs) <= size_max {
            return true;
        }
        let has_user_properties = delivery
            .message
            .properties
            .as_ref()
            .is_some_and(|properties| !properties.user_properties.is_empty());
        if has_user_properties {
            let mut message = Message::clone(&delivery.message);
            if let Some(properties) = &mut message.properties {
                properties.user_properties.clear();
            }
            delivery.message = Arc::new(message);
        }
        has_user_properties && self.size_of(delivery, expiry_secs) <= size_max
    }

    fn size_of(&self, delivery: &Delivery, expiry_secs: Option<u32>) -> usize {
        let message = &delivery.message;
        let (topic, topic_alias) = match self.outbound_aliases.form_of(message.topic_bytes()) {
            TopicForm::Full => (message.topic_bytes(), None),
            TopicForm::Introduce(alias) => (message.topic_bytes(), Some(alias)),
            TopicForm::Alias(alias) => (&[][..], Some(alias)),
        };
        let parts = PublishParts {
            dup: false,
            qos: delivery.qos,
            retain: delivery.retain,
            topic,
            packet_id: if delivery.qos == QoS::AtMostOnce {
                None
            } else {
                Some(PacketId::MIN)
            },
            properties: &message.properties,
            message_expiry_secs: expiry_secs,
            topic_alias,
            subscription_id: delivery.subscription_id,
            payload: message.payload(),
        };
        publish_size(&parts, self.version())
    }

    /// Where the connection puts what it took from the queue; only while it is empty.
    pub const fn parked(&mut self) -> &mut VecDeque<Delivery> {
        &mut self.parked
    }

    /// Whether messages wait here that the window does not let through yet, or that were not looked at.
    #[must_use]
    pub fn has_parked(&self) -> bool {
        !self.parked.is_empty()
    }

    /// The retained replay that is under way.
    pub fn replay(&mut self) -> Option<&mut Replay> {
        self.replays.front_mut()
    }

    /// Adds messages that a step of the replay has found; `finished` ends the replay.
    pub fn park_retained(&mut self, messages: Vec<Arc<Message>>, finished: bool) {
        let Some(replay) = self.replays.front() else {
            return;
        };
        let subscription = replay.subscription;
        let upgrade = self.config.upgrade_outgoing_qos;
        self.parked.extend(messages.into_iter().map(|message| Delivery {
            qos: if upgrade {
                subscription.qos
            } else {
                message.qos.min(subscription.qos)
            },
            message,
            seq: 0,
            subscription_id: subscription.id,
            retain: true,
        }));
        if finished {
            self.replays.pop_front();
            if self.replays.is_empty() {
                // Most clients subscribe once; the room would stay for as long as they do.
                self.replays = VecDeque::new();
            }
        }
    }

    /// What the session leaves to its queue: positions in flight, and what it took but did not send.
    pub fn leave(&mut self) -> (Vec<u64>, Vec<Delivery>, u16) {
        let untaken = std::mem::take(&mut self.parked).into();
        (
            self.window.stored_positions(),
            untaken,
            self.window.last_packet_id(),
        )
    }
}

/// Remaining seconds until a message expires, at least 1 (mqtt.md 6.7).
fn remaining_secs(message: &Message, wall: UnixMillis) -> Option<u32> {
    let deadline = message.expires_at?;
    let secs = deadline.saturating_sub(wall).div_ceil(1000).max(1);
    Some(u32::try_from(secs).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
