//! Queue to packets: takes what the window and the write buffer have room for, and encodes it. Decides nothing.

use super::io::WRITE_HIGH;
use super::{Connection, Transport};
use crate::events::{Decider, DropReason, Happening};
use crate::logging::render::Subscriber;
use crate::message::UnixMillis;
use crate::metrics::durations::Tally;
use crate::metrics::{Counter, Reasoned};
use crate::publish::forget_retained;
use crate::queue::Taken;
use crate::session::alias::TopicForm;
use crate::session::deliver::{Outgoing, SendEffects, Sendable};
use crate::store::unix_millis;
use bytes::BytesMut;
use std::time::Instant;
use tracing::warn;
use vmq_mqtt::encode::{PublishParts, encode_publish};
use vmq_mqtt::{Ack, Packet, ReasonCode, Version};

/// Messages taken from the queue in one step.
const TAKE_MAX: usize = 100;

/// Whether there is more to send.
enum Refill {
    Got,
    /// Perhaps: the search goes on in the next round.
    Later,
    Nothing,
}

/// What one round of deliveries has produced.
#[derive(Default)]
struct Round {
    effects: SendEffects,
    encoded: BytesMut,
    /// Bytes of `encoded` that were there before this round and wait for nothing.
    already: usize,
    publishes: u64,
    pubrels: u64,
    /// How long the messages were on their way.
    latency: Tally,
}

impl<T: Transport> Connection<T> {
    /// Sends what can be sent now.
    pub(super) fn deliver(&mut self, now: Instant) {
        let wall = unix_millis();
        let mut round = Round::default();
        // Straight into the write buffer unless something must wait for the store first.
        if self.outbox.is_empty() {
            round.encoded = std::mem::take(self.io.out());
        }
        let direct = self.outbox.is_empty();
        round.already = round.encoded.len();
        self.more = true;
        while round.encoded.len() + self.outbox.bytes() < WRITE_HIGH {
            if let Some(next) = self.session.next_send(now, wall, &mut round.effects) {
                round.encode(&next, self.session.version(), now);
                continue;
            }
            // Something waits for the window: an acknowledgement will bring us back.
            if self.session.has_parked() {
                self.more = false;
                break;
            }
            match self.refill(wall, &mut round) {
                Refill::Got => {}
                Refill::Later => break,
                Refill::Nothing => {
                    self.more = false;
                    break;
                }
            }
        }
        round.latency.end(now);
        self.send(round, direct);
        self.report_dropped();
    }

    /// Gets more to send, from a retained replay or the queue.
    fn refill(&mut self, wall: UnixMillis, round: &mut Round) -> Refill {
        if let Some(replay) = self.session.replay() {
            let step = self.core.retained.step(&mut replay.cursor, TAKE_MAX, wall);
            let mountpoint = self.session.identity.subscriber.mountpoint.clone();
            for expired in step.expired {
                round.effects.expired += 1;
                forget_retained(&self.core, &mountpoint, &expired);
            }
            // A long stretch of topics that do not match must not keep the thread from others.
            let later = step.messages.is_empty() && !step.finished;
            self.session.park_retained(step.messages, step.finished);
            return if later { Refill::Later } else { Refill::Got };
        }
        let taken = self
            .queue
            .take(self.mailbox.connection, TAKE_MAX, self.session.parked());
        match taken {
            Taken::OnDisk(read) => self.read_backlog(read),
            Taken::Empty | Taken::More | Taken::Soon => {}
        }
        if self.session.has_parked() {
            Refill::Got
        } else {
            Refill::Nothing
        }
    }

    /// Hands a round over: to the write buffer, or behind what is held.
    fn send(&mut self, round: Round, direct: bool) {
        let Round {
            effects,
            encoded,
            already,
            publishes,
            pubrels,
            latency,
        } = round;
        let metrics = &self.core.metrics;
        let version = self.session.version();
        metrics.add(
            Counter::for_version(version, Counter::PublishSent4, Counter::PublishSent5),
            publishes,
        );
        match version {
            Version::V5 => metrics.add_coded(Reasoned::PubrelSent, ReasonCode::Success, pubrels),
            _ => metrics.add(Counter::PubrelSent4, pubrels),
        }
        metrics.delivered(&latency);
        metrics.add(Counter::QueueMessageOut, publishes);
        self.mailbox.add_messages_out(publishes);
        self.tell_dropped(&effects);
        let commit = self.core.submit(effects.ops);
        if !direct {
            self.outbox
                .hold_encoded(if effects.hold { commit } else { None }, encoded);
        } else if effects.hold {
            // What was in the buffer before may be the rest of a packet that is half written: it stays where it is.
            let mut before = encoded;
            let held = before.split_off(already);
            *self.io.out() = before;
            self.outbox.hold_encoded(commit, held);
        } else {
            self.tracing.sent(&encoded[already..], Some(&self.session));
            *self.io.out() = encoded;
        }
        self.release_outbox();
    }

    /// What was taken from the queue and not sent.
    fn tell_dropped(&self, effects: &SendEffects) {
        let dropped = [
            (DropReason::Expired, effects.expired),
            (DropReason::TooLarge, effects.too_large),
            (DropReason::Revoked, effects.revoked),
        ];
        for (reason, count) in dropped.into_iter().filter(|(_, count)| *count > 0) {
            let what = Happening::MessagesDropped {
                reason,
                count,
                topic: None,
            };
            let by = match reason {
                DropReason::TooLarge => self.packet_limit(),
                DropReason::Revoked => Decider::setting("vmq_acl.revoke_on_reload", "on"),
                DropReason::Expired | DropReason::QueueFull => Decider::MessageExpiry,
            };
            self.tell(what, by);
        }
    }

    /// Maximum Packet Size, of the client or lowered here.
    fn packet_limit(&self) -> Decider {
        let (limit, cap) = (
            self.session.packet_size_max(),
            self.session.config.m5_max_packet_size,
        );
        if cap > 0 && limit == cap {
            return Decider::limit("m5_max_packet_size", cap);
        }
        Decider::Asked {
            what: "maximum_packet_size",
            value: limit.into(),
        }
    }

    fn report_dropped(&self) {
        let dropped = self.queue.take_dropped();
        if dropped > 0 {
            let subscriber = &self.session.identity.subscriber;
            warn!(
                pid = self.mailbox.connection,
                client_id = &*subscriber.client_id,
                "subscriber {} dropped {dropped} messages",
                Subscriber {
                    mountpoint: &subscriber.mountpoint,
                    client_id: &subscriber.client_id
                },
            );
        }
    }
}

impl Round {
    fn encode(&mut self, next: &Sendable, version: Version, now: Instant) {
        match next {
            Sendable::Publish(outgoing) => {
                self.publishes += 1;
                // Neither what is sent again nor what was retained tells how fast the broker is.
                if let Some(since) = outgoing.delivery.message.received_at
                    && !outgoing.dup
                    && !outgoing.delivery.retain
                {
                    self.latency.count(since, now);
                }
                encode_outgoing(outgoing, version, &mut self.encoded);
            }
            Sendable::PubRel(packet_id) => {
                self.pubrels += 1;
                let ack = Ack {
                    packet_id: *packet_id,
                    reason: ReasonCode::Success,
                    properties: None,
                };
                vmq_mqtt::encode(&Packet::PubRel(ack), version, &mut self.encoded);
            }
        }
    }
}

fn encode_outgoing(outgoing: &Outgoing, version: Version, out: &mut BytesMut) {
    let Outgoing {
        delivery,
        packet_id,
        dup,
        topic,
        expiry_secs,
    } = outgoing;
    let message = &delivery.message;
    let (topic, topic_alias) = match topic {
        TopicForm::Full => (message.topic_bytes(), None),
        TopicForm::Introduce(alias) => (message.topic_bytes(), Some(*alias)),
        TopicForm::Alias(alias) => (&[][..], Some(*alias)),
    };
    let parts = PublishParts {
        dup: *dup,
        qos: delivery.qos,
        retain: delivery.retain,
        topic,
        packet_id: *packet_id,
        properties: &message.properties,
        message_expiry_secs: *expiry_secs,
        topic_alias,
        subscription_id: delivery.subscription_id,
        payload: message.payload(),
    };
    encode_publish(&parts, version, out);
}
