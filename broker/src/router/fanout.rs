//! Fanout: who has subscribed to one filter, and what each of them gets.

use super::shared::SharedGroup;
use super::{Deliveries, Publisher, Subscription};
use crate::message::Message;
use crate::queue::{Delivery, Queue};
use crate::store::QueueId;
use ahash::RandomState;
use indexmap::IndexMap;
use std::sync::Arc;
use vmq_mqtt::QoS;

/// One subscriber of a filter.
#[derive(Clone, Debug)]
pub struct Subscriber {
    pub queue: Arc<Queue>,
    pub subscription: Subscription,
}

/// All subscribers of one filter: ordinary ones, and groups that share.
#[derive(Debug, Default)]
pub struct Fanout {
    plain: IndexMap<QueueId, Subscriber, RandomState>,
    /// By group name; few, so a list.
    shared: Vec<SharedGroup>,
}

impl Fanout {
    pub(super) fn add(&mut self, subscriber: Subscriber) {
        self.plain.insert(subscriber.queue.id, subscriber);
    }

    pub(super) fn add_shared(&mut self, group: &str, subscriber: Subscriber) {
        match self.shared.iter_mut().find(|shared| &*shared.name == group) {
            Some(shared) => shared.add(subscriber),
            None => self.shared.push(SharedGroup::new(group, subscriber)),
        }
    }

    pub(super) fn remove(&mut self, queue: QueueId) {
        self.plain.swap_remove(&queue);
    }

    pub(super) fn remove_shared(&mut self, group: &str, queue: QueueId) {
        for shared in &mut self.shared {
            if &*shared.name == group {
                shared.remove(queue);
            }
        }
        self.shared.retain(|shared| !shared.is_empty());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.shared.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.plain.len() + self.shared.iter().map(SharedGroup::len).sum::<usize>()
    }

    /// Adds the deliveries of one message. Returns how many subscriptions it matched.
    pub(super) fn deliver(
        &self,
        message_index: u32,
        message: &Arc<Message>,
        publisher: Publisher,
        out: &mut Deliveries,
    ) -> u64 {
        let mut matched = 0;
        for subscriber in self.plain.values() {
            if subscriber.subscription.no_local && publisher.queue == Some(subscriber.queue.id) {
                continue;
            }
            matched += 1;
            out.push(
                &subscriber.queue,
                message_index,
                subscriber.delivery(message, publisher),
            );
        }
        for shared in &self.shared {
            if let Some(subscriber) = shared.choose(message, publisher) {
                matched += 1;
                out.push(
                    &subscriber.queue,
                    message_index,
                    subscriber.delivery(message, publisher),
                );
            }
        }
        matched
    }
}

impl Subscriber {
    /// The QoS of a delivery (mqtt.md 6.1).
    #[must_use]
    pub fn effective_qos(&self, message: &Message, publisher: Publisher) -> QoS {
        if publisher.upgrade_qos {
            self.subscription.qos
        } else {
            message.qos.min(self.subscription.qos)
        }
    }

    fn delivery(&self, message: &Arc<Message>, publisher: Publisher) -> Delivery {
        Delivery {
            message: Arc::clone(message),
            seq: 0,
            subscription_id: self.subscription.id,
            qos: self.effective_qos(message, publisher),
            retain: message.retain && self.subscription.retain_as_published,
        }
    }
}
