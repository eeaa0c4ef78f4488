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

/// All subscribers of one filter. Most filters have one, which takes no more room here than itself.
#[derive(Debug, Default)]
pub enum Fanout {
    #[default]
    Empty,
    One(Subscriber),
    Many(Box<Crowd>),
}

/// More than one ordinary subscriber, or groups that share.
#[derive(Debug, Default)]
pub struct Crowd {
    plain: IndexMap<QueueId, Subscriber, RandomState>,
    /// By group name; few, so a list.
    shared: Vec<SharedGroup>,
}

impl Fanout {
    pub(super) fn add(&mut self, subscriber: Subscriber) {
        *self = match std::mem::take(self) {
            Self::Empty => Self::One(subscriber),
            Self::One(one) if one.queue.id == subscriber.queue.id => Self::One(subscriber),
            more => {
                let mut crowd = more.into_crowd();
                crowd.plain.insert(subscriber.queue.id, subscriber);
                Self::Many(crowd)
            }
        };
    }

    pub(super) fn add_shared(&mut self, group: &str, subscriber: Subscriber) {
        let mut crowd = std::mem::take(self).into_crowd();
        match crowd.shared.iter_mut().find(|shared| &*shared.name == group) {
            Some(shared) => shared.add(subscriber),
            None => crowd.shared.push(SharedGroup::new(group, subscriber)),
        }
        *self = Self::Many(crowd);
    }

    pub(super) fn remove(&mut self, queue: QueueId) {
        match self {
            Self::One(one) if one.queue.id == queue => *self = Self::Empty,
            Self::Empty | Self::One(_) => {}
            Self::Many(crowd) => {
                crowd.plain.swap_remove(&queue);
                self.forget_empty_crowd();
            }
        }
    }

    pub(super) fn remove_shared(&mut self, group: &str, queue: QueueId) {
        let Self::Many(crowd) = self else { return };
        for shared in &mut crowd.shared {
            if &*shared.name == group {
                shared.remove(queue);
            }
        }
        crowd.shared.retain(|shared| !shared.is_empty());
        self.forget_empty_crowd();
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Many(crowd) => crowd.plain.len() + crowd.shared.iter().map(SharedGroup::len).sum::<usize>(),
        }
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
        let mut deliver = |subscriber: &Subscriber| {
            matched += 1;
            out.push(
                &subscriber.queue,
                message_index,
                subscriber.delivery(message, publisher),
            );
        };
        match self {
            Self::Empty => {}
            Self::One(one) if one.is_deaf_to(publisher) => {}
            Self::One(one) => deliver(one),
            Self::Many(crowd) => {
                let plain = crowd.plain.values().filter(|one| !one.is_deaf_to(publisher));
                let shared = crowd
                    .shared
                    .iter()
                    .filter_map(|group| group.choose(message, publisher));
                plain.chain(shared).for_each(deliver);
            }
        }
        matched
    }

    fn into_crowd(self) -> Box<Crowd> {
        match self {
            Self::Empty => Box::default(),
            Self::One(one) => Box::new(Crowd {
                plain: std::iter::once((one.queue.id, one)).collect(),
                shared: Vec::new(),
            }),
            Self::Many(crowd) => crowd,
        }
    }

    fn forget_empty_crowd(&mut self) {
        if let Self::Many(crowd) = self
            && crowd.plain.is_empty()
            && crowd.shared.is_empty()
        {
            *self = Self::Empty;
        }
    }
}

impl Subscriber {
    /// Whether it does not want what this publisher says (No Local) [MQTT-3.8.3-3].
    fn is_deaf_to(&self, publisher: Publisher) -> bool {
        self.subscription.no_local && publisher.queue == Some(self.queue.id)
    }

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
