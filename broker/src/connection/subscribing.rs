//! SUBSCRIBE and UNSUBSCRIBE: authorise, change the routing table, store, answer (mqtt.md 7).

use super::{Connection, Transport};
use crate::events::{CloseReason, Decider, Happening};
use crate::hooks;
use crate::session::Effects;
use crate::session::subscribe::granted;
use crate::store::Op;
use crate::trace::session::Call;
use bytestring::ByteString;
use std::sync::Arc;
use vmq_mqtt::{Packet, ReasonCode, SubAck, Subscribe, SubscribeFilter, SubscribeOptions, Unsubscribe};

impl<T: Transport> Connection<T> {
    pub(super) async fn subscribe(
        &mut self,
        subscribe: Subscribe,
        effects: &mut Effects,
    ) -> Result<(), CloseReason> {
        self.session.check_subscribe(&subscribe)?;
        let request = hooks::Subscribe {
            identity: self.session.identity.clone(),
            topics: subscribe
                .filters
                .iter()
                .map(|f| (f.filter.clone(), f.options.qos))
                .collect(),
        };
        let call = Call::Subscribe(&request.identity, &subscribe.filters);
        self.tracing.calling(call, subscribe.properties.as_deref());
        let decision = self.listener.authz.auth_on_subscribe(&request).await;
        self.tracing.returned(&decision);
        let refused = match decision {
            Ok(_) => None,
            Err(refusal) => Some(self.subscribe_refused(&named(&subscribe.filters), &refusal)),
        };
        let ids = subscribe
            .properties
            .as_ref()
            .map(|properties| properties.subscription_ids.as_slice());
        let id = ids.and_then(<[u32]>::first).copied().unwrap_or(0);
        let reasons = match refused {
            Some(reason) => vec![self.session.refused_filter(reason); subscribe.filters.len()],
            None => subscribe
                .filters
                .iter()
                .map(|filter| self.add_filter(filter, id, effects))
                .collect(),
        };
        let ack = SubAck {
            packet_id: subscribe.packet_id,
            properties: None,
            reasons,
        };
        effects.replies.push(Packet::SubAck(ack));
        Ok(())
    }

    /// Adds one granted filter, unless the client has too many.
    fn add_filter(&mut self, filter: &SubscribeFilter, id: u32, effects: &mut Effects) -> ReasonCode {
        let max = self.session.config.max_subscriptions_per_client;
        let own = &self.queue.subscriptions;
        if max > 0 && own.len() >= max && !own.contains(&filter.filter) {
            self.tell(
                Happening::SubscribeRefused {
                    filters: &filter.filter,
                    refusal: None,
                },
                Decider::limit("max_subscriptions_per_client", max as u64),
            );
            return self.session.refused_filter(ReasonCode::QuotaExceeded);
        }
        let subscription = self.session.subscription(filter, id);
        let replaced = self
            .core
            .router
            .subscribe(&self.queue, &filter.filter, subscription);
        if self.session.is_persistent() {
            effects.ops.push(Op::PutSubscription {
                queue: self.queue.id,
                filter: filter.filter.to_string(),
                options: subscription.encode(),
            });
        }
        self.session.permit(&filter.filter);
        self.session
            .start_replay(filter, subscription, replaced.is_some());
        granted(subscription.qos)
    }

    /// Authorises the subscriptions the client has once more; those that are refused now are removed, and what waits
    /// for them is not delivered.
    pub(super) async fn recheck_subscriptions(&mut self) {
        let own = self.queue.subscriptions.list();
        let (mut kept, mut ops) = (Vec::new(), Vec::new());
        for (filter, subscription) in &own {
            let topic = ByteString::from(&**filter);
            let request = hooks::Subscribe {
                identity: self.session.identity.clone(),
                topics: vec![(topic.clone(), subscription.qos)],
            };
            let asked = [SubscribeFilter {
                filter: topic,
                options: SubscribeOptions {
                    qos: subscription.qos,
                    ..SubscribeOptions::default()
                },
            }];
            self.tracing
                .calling(Call::Subscribe(&request.identity, &asked), None);
            let decision = self.listener.authz.auth_on_subscribe(&request).await;
            self.tracing.returned(&decision);
            match decision {
                Ok(_) => kept.push(Arc::clone(filter)),
                Err(refusal) => {
                    self.subscribe_refused(filter, &refusal);
                    self.core.router.unsubscribe(&self.queue, filter);
                    ops.push(Op::DeleteSubscription {
                        queue: self.queue.id,
                        filter: filter.to_string(),
                    });
                }
            }
        }
        if ops.is_empty() {
            return;
        }
        self.session.restrict(kept);
        if self.session.is_persistent() {
            drop(self.core.store.submit(ops));
        }
    }

    /// Some subscriptions were removed from outside: what waits for them is not delivered.
    pub(super) fn follow_subscriptions(&mut self) {
        let own = self.queue.subscriptions.list();
        self.session
            .restrict(own.into_iter().map(|(filter, _)| filter).collect());
    }

    fn subscribe_refused(&self, filters: &str, refusal: &hooks::Refusal) -> ReasonCode {
        self.tell(
            Happening::SubscribeRefused {
                filters,
                refusal: Some(refusal),
            },
            Decider::of_hook(&self.core, "auth_on_subscribe", refusal.by),
        );
        refusal.reason.unwrap_or(ReasonCode::NotAuthorized)
    }

    pub(super) fn unsubscribe(
        &mut self,
        unsubscribe: Unsubscribe,
        effects: &mut Effects,
    ) -> Result<(), CloseReason> {
        self.session.check_unsubscribe(&unsubscribe.filters)?;
        let mut reasons = Vec::with_capacity(unsubscribe.filters.len());
        for filter in &unsubscribe.filters {
            let existed = self.core.router.unsubscribe(&self.queue, filter);
            if existed && self.session.is_persistent() {
                effects.ops.push(Op::DeleteSubscription {
                    queue: self.queue.id,
                    filter: filter.to_string(),
                });
            }
            reasons.push(if existed {
                ReasonCode::Success
            } else {
                ReasonCode::NoSubscriptionExisted
            });
        }
        let ack = SubAck {
            packet_id: unsubscribe.packet_id,
            properties: None,
            reasons,
        };
        effects.replies.push(Packet::UnsubAck(ack));
        Ok(())
    }
}

/// The filters of a SUBSCRIBE that is refused as a whole.
fn named(filters: &[SubscribeFilter]) -> String {
    const SHOWN: usize = 4;
    let first: Vec<&str> = filters.iter().take(SHOWN).map(|filter| &*filter.filter).collect();
    let more = filters.len() - first.len();
    let more = (more > 0).then(|| format!(" and {more} more"));
    first.join(" ") + &more.unwrap_or_default()
}
