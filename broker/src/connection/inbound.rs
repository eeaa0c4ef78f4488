//! Bytes to packets to effects: every complete packet of a read is decoded, given to the session, authorised and put
//! into the batch; the batch is routed and stored as a whole, and its answers leave together.

use super::{Connection, Transport};
use crate::events::{CloseReason, Decider, Happening};
use crate::hooks::chain::Pending;
use crate::hooks::{self, DecidedBy};
use crate::router::Publisher;
use crate::session::{Effects, PublishRequest, Step};
use crate::trace::session::Call;
use std::time::Instant;
use vmq_mqtt::{Auth, Packet, PacketType, ReasonCode, Subscribe, Version, decode, next_ack, next_frame};

/// A packet that cannot be finished without waiting.
enum Waiting {
    Publish(PublishRequest, Pending<DecidedBy>),
    Subscribe(Subscribe),
    Authenticate(Auth),
}

/// A read whose packets are not all handled, since one of them has to wait.
struct Unfinished {
    waiting: Waiting,
    /// Of the packets before it.
    effects: Effects,
}

impl<T: Transport> Connection<T> {
    /// Handles every complete packet in the read buffer.
    pub(super) async fn packets(&mut self, now: Instant) -> Result<(), CloseReason> {
        match self.packets_now(now, Effects::default())? {
            None => Ok(()),
            // In a box, since most connections never wait and all of them would keep the room for it.
            Some(unfinished) => Box::pin(self.packets_later(now, unfinished)).await,
        }
    }

    /// Handles packets, behind those that have led to `effects`, until none is left or one has to wait.
    fn packets_now(
        &mut self,
        now: Instant,
        mut effects: Effects,
    ) -> Result<Option<Box<Unfinished>>, CloseReason> {
        let waiting = self.each_packet(now, &mut effects);
        if let Ok(Some(waiting)) = waiting {
            return Ok(Some(Box::new(Unfinished { waiting, effects })));
        }
        self.packets_done(effects);
        waiting.map(|_| None)
    }

    /// Waits for a packet and handles the others behind it, as often as it takes.
    async fn packets_later(&mut self, now: Instant, unfinished: Box<Unfinished>) -> Result<(), CloseReason> {
        let mut next = Some(unfinished);
        while let Some(unfinished) = next {
            let Unfinished { waiting, mut effects } = *unfinished;
            let finished = self.finish(waiting, &mut effects).await;
            if finished.is_err() || self.has_to_pause(now) {
                self.packets_done(effects);
                return finished;
            }
            next = self.packets_now(now, effects)?;
        }
        Ok(())
    }

    fn packets_done(&mut self, effects: Effects) {
        self.settle(effects);
        self.io.release_read();
        self.count_bytes_in();
    }

    /// Handles packets until one has to wait for somebody.
    fn each_packet(&mut self, now: Instant, effects: &mut Effects) -> Result<Option<Waiting>, CloseReason> {
        self.buffered = false;
        while let Some(packet) = self.next_packet()? {
            self.timers.last_packet = now;
            self.count_received(&packet);
            self.tracing.received(&packet, Some(&self.session));
            // Acknowledgements free the window, PINGREQ and others do no harm.
            self.more = true;
            match self.session.receive(packet, now, effects)? {
                Step::Done => {}
                Step::Publish(request) => {
                    if let Some(waiting) = self.publish(request, effects)? {
                        return Ok(Some(waiting));
                    }
                }
                Step::Reserved(request) => self.tell(
                    Happening::PublishRefused {
                        topic: &request.topic,
                        refusal: None,
                    },
                    Decider::Protocol,
                ),
                Step::Subscribe(subscribe) => return Ok(Some(Waiting::Subscribe(subscribe))),
                Step::Unsubscribe(unsubscribe) => {
                    self.settle(std::mem::take(effects));
                    self.unsubscribe(unsubscribe, effects)?;
                }
                Step::Authenticate(auth) => return Ok(Some(Waiting::Authenticate(auth))),
            }
            if self.has_to_pause(now) {
                break;
            }
        }
        Ok(None)
    }

    /// The next packet of the read buffer, if it is complete.
    fn next_packet(&mut self) -> Result<Option<Packet>, CloseReason> {
        if let Some(ack) = next_ack(&mut self.io.read) {
            return Ok(Some(ack));
        }
        let size_max = self.session.config.max_message_size;
        let Some(frame) = next_frame(&mut self.io.read, size_max).map_err(CloseReason::Malformed)? else {
            return Ok(None);
        };
        // A hook may have kept us for long: a newer connection must not wait for the rest of the read. What ends an
        // exchange, or the session, costs nothing and still counts.
        if let Some(reason) = self
            .mailbox
            .kicked()
            .filter(|_| !ends_something(frame.first_byte))
        {
            return Err(reason);
        }
        decode(frame, Some(self.session.version()))
            .map(Some)
            .map_err(CloseReason::Malformed)
    }

    /// `max_message_rate` is used up: the rest of the buffer waits until the window ends.
    fn has_to_pause(&mut self, now: Instant) -> bool {
        let pauses = self.session.paused_until(now).is_some();
        self.buffered |= pauses;
        pauses
    }

    /// Finishes a packet that has to wait.
    async fn finish(&mut self, waiting: Waiting, effects: &mut Effects) -> Result<(), CloseReason> {
        match waiting {
            Waiting::Publish(request, pending) => {
                let asked = asked(&self.session.identity, &request);
                let decision = self.listener.authz.auth_on_publish_later(&asked, pending).await;
                self.publish_decided(request, decision, effects)
            }
            Waiting::Subscribe(subscribe) => {
                self.settle(std::mem::take(effects));
                self.subscribe(subscribe, effects).await
            }
            Waiting::Authenticate(auth) => self.reauthenticate(auth, effects).await,
        }
    }

    /// Authorises a publish and puts its message into the batch.
    fn publish(
        &mut self,
        request: PublishRequest,
        effects: &mut Effects,
    ) -> Result<Option<Waiting>, CloseReason> {
        let asked = asked(&self.session.identity, &request);
        self.tracing
            .calling(Call::Publish(&asked), request.properties.as_deref());
        match self.listener.authz.auth_on_publish_now(&asked) {
            Ok(decision) => self.publish_decided(request, decision, effects).map(|()| None),
            Err(pending) => Ok(Some(Waiting::Publish(request, pending))),
        }
    }

    fn publish_decided(
        &mut self,
        request: PublishRequest,
        decision: Result<DecidedBy, hooks::Refusal>,
        effects: &mut Effects,
    ) -> Result<(), CloseReason> {
        self.tracing.returned(&decision);
        match decision {
            Ok(_) => {
                let message = self.session.publish_accepted(request, effects);
                self.batch.get_or_insert_default().add(message);
                Ok(())
            }
            Err(refusal) => self.publish_refused(&request, &refusal, effects),
        }
    }

    fn publish_refused(
        &mut self,
        request: &PublishRequest,
        refusal: &hooks::Refusal,
        effects: &mut Effects,
    ) -> Result<(), CloseReason> {
        let version = self.session.version();
        self.tell(
            Happening::PublishRefused {
                topic: &request.topic,
                refusal: Some(refusal),
            },
            Decider::of_hook(&self.core, "auth_on_publish", refusal.by),
        );
        let closes = match version {
            Version::V3 => self.session.config.disconnect_on_unauthorized_publish_v3,
            Version::V4 => true,
            Version::V5 => false,
        };
        if closes {
            return Err(CloseReason::PublishNotAuthorized);
        }
        self.session.publish_refused(
            request,
            refusal.reason.unwrap_or(ReasonCode::NotAuthorized),
            effects,
        );
        Ok(())
    }

    async fn reauthenticate(&mut self, auth: Auth, effects: &mut Effects) -> Result<(), CloseReason> {
        let Some(method) = self.session.auth_method.as_deref().cloned() else {
            return Ok(());
        };
        let properties = auth.properties;
        let data = properties
            .as_ref()
            .and_then(|properties| properties.authentication_data.clone());
        let request = hooks::Authenticate {
            identity: self.session.identity.clone(),
            method,
            data,
        };
        self.tracing.calling(Call::Auth(&request), properties.as_deref());
        let answer = self.listener.auth.on_auth(&request).await;
        self.tracing.returned(&answer);
        let (reason, data) = match answer {
            Some(Ok(hooks::AuthStep::Success(data))) => (ReasonCode::Success, data),
            Some(Ok(hooks::AuthStep::Continue(data))) => (ReasonCode::ContinueAuthentication, data),
            Some(Err(refusal)) => {
                let code = refusal.reason.unwrap_or(ReasonCode::NotAuthorized);
                return Err(CloseReason::violation(code, refusal.word));
            }
            None => {
                return Err(CloseReason::violation(
                    ReasonCode::BadAuthenticationMethod,
                    "no_matching_hook_found",
                ));
            }
        };
        let properties = Some(Box::new(hooks::auth_properties(&request.method, data)));
        effects.replies.push(Packet::Auth(Auth { reason, properties }));
        Ok(())
    }

    /// Routes and stores what the packets so far have led to, and lets their answers leave: at once if nothing has to be
    /// durable first, else when it is.
    pub(super) fn settle(&mut self, effects: Effects) {
        let Effects {
            replies,
            ops,
            counted,
            publishes,
        } = effects;
        self.mailbox.add_messages_in(publishes);
        counted
            .into_iter()
            .for_each(|counter| self.core.metrics.bump(counter));
        let publisher = Publisher {
            queue: Some(self.queue.id),
            upgrade_qos: self.session.config.upgrade_outgoing_qos,
            shared_policy: self.session.config.shared_subscription_policy,
        };
        let mountpoint = &self.session.identity.subscriber.mountpoint;
        let commit = match &mut self.batch {
            Some(batch) => {
                batch.routing = self.tracing.routing();
                let commit = batch.flush(&self.core, mountpoint, publisher, ops);
                if let Some(routing) = batch.routing.take() {
                    self.tracing.routed(&routing);
                }
                commit
            }
            None => self.core.submit(ops),
        };
        if replies.is_empty() {
            return;
        }
        if commit.is_some() || !self.outbox.is_empty() {
            self.outbox.hold_replies(commit, replies);
            self.release_outbox();
            return;
        }
        let version = self.session.version();
        let before = self.io.out().len();
        for reply in &replies {
            vmq_mqtt::encode(reply, version, self.io.out());
            count_sent(&self.core.metrics, reply, version);
        }
        self.tracing.sent(&self.io.write[before..], Some(&self.session));
    }

    /// Moves what may leave to the write buffer.
    pub(super) fn release_outbox(&mut self) {
        let version = self.session.version();
        let metrics = &self.core.metrics;
        let before = self.io.write.len();
        let not_received = self.outbox.release(version, self.io.out(), |reply| {
            count_sent(metrics, reply, version)
        });
        self.tracing.sent(&self.io.write[before..], Some(&self.session));
        for packet_id in not_received {
            self.session.forget_received(packet_id);
        }
    }

    fn count_received(&self, packet: &Packet) {
        self.core.metrics.received(packet, self.session.version());
    }
}

/// The question to the authorisation chain.
fn asked<'a>(identity: &'a hooks::Identity, request: &'a PublishRequest) -> hooks::Publish<'a> {
    hooks::Publish {
        identity,
        topic: &request.topic,
        payload: &request.payload,
        qos: request.qos,
        retain: request.retain,
    }
}

/// Whether a packet is an acknowledgement or DISCONNECT.
fn ends_something(first_byte: u8) -> bool {
    matches!(
        PacketType::from_first_byte(first_byte),
        Some(
            PacketType::PubAck
                | PacketType::PubRec
                | PacketType::PubRel
                | PacketType::PubComp
                | PacketType::Disconnect
        )
    )
}

/// Counts a packet that leaves.
pub(super) fn count_sent(metrics: &crate::metrics::Metrics, packet: &Packet, version: Version) {
    metrics.sent(packet, version);
}
