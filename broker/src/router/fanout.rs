//! Fanout: who has subscribed to one filter, and what each of them gets.

use super::shared::SharedGroup;
use super::{Deliveries, Publisher, Subscription};
use crate::message::Message;
use crate::queue::{Delivery, Queue};
use crate::store::QueueId;
use ahash::RandomState;
use indexmap::IndexMap;
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;
use vmq_mqtt::QoS;

/// One subscriber of a filter.
#[derive(Clone, Debug)]
pub struct Subscriber {
    pub queue: Arc<Queue>,
    pub subscription: Subscription,
}

/// How many ordinary subscribers are a list.
const FEW: usize = 7;

/// All subscribers of one filter. Most filters have one, which takes no more room here than itself; a few lie together.
#[derive(Debug, Default)]
pub enum Fanout {
    #[default]
    Empty,
    One(Subscriber),
    Few(Box<SmallVec<[Subscriber; FEW]>>),
    Many(Box<Crowd>),
}

/// Many ordinary subscribers, or groups that share.
#[derive(Debug, Default)]
pub struct Crowd {
    plain: IndexMap<QueueId, Subscriber, RandomState>,
    /// By group name; few, so a list.
    shared: Vec<SharedGroup>,
}

impl Fanout {
    pub(super) fn add(&mut self, subscriber: Subscriber) {
        let is_known = |known: &Subscriber| known.queue.id == subscriber.queue.id;
        match self {
            Self::Empty => *self = Self::One(subscriber),
            Self::One(one) if is_known(one) => *one = subscriber,
            Self::One(one) => *self = Self::Few(Box::new(smallvec![one.clone(), subscriber])),
            Self::Few(few) => match few.iter().position(is_known) {
                Some(at) => few[at] = subscriber,
                None if few.len() < FEW => few.push(subscriber),
                None => self.crowd(|crowd| crowd.add(subscriber)),
            },
            Self::Many(crowd) => crowd.add(subscriber),
        }
    }

    pub(super) fn add_shared(&mut self, group: &str, subscriber: Subscriber) {
        self.crowd(|crowd| crowd.add_shared(group, subscriber));
    }

    pub(super) fn remove(&mut self, queue: QueueId) {
        match self {
            Self::Empty => {}
            Self::One(one) => {
                if one.queue.id == queue {
                    *self = Self::Empty;
                }
            }
            Self::Few(few) => {
                few.retain(|known| known.queue.id != queue);
                if few.is_empty() {
                    *self = Self::Empty;
                }
            }
            Self::Many(crowd) => {
                crowd.plain.swap_remove(&queue);
                self.forget_empty_crowd();
            }
        }
    }

    pub(super) fn remove_shared(&mut self, group: &str, queue: QueueId) {
        let Self::Many(crowd) = self else { return };
        crowd.remove_shared(group, queue);
        self.forget_empty_crowd();
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Few(few) => few.len(),
            Self::Many(crowd) => crowd.len(),
        }
    }

    /// Everybody, those of groups last.
    pub(super) fn subscribers(&self) -> impl Iterator<Item = &Subscriber> {
        let (few, crowd) = match self {
            Self::Empty => (&[] as &[Subscriber], None),
            Self::One(one) => (std::slice::from_ref(one), None),
            Self::Few(few) => (few.as_slice(), None),
            Self::Many(crowd) => (&[] as &[Subscriber], Some(crowd)),
        };
        let crowd = crowd.into_iter().flat_map(|crowd| {
            let shared = crowd.shared.iter().flat_map(SharedGroup::members);
            crowd.plain.values().chain(shared)
        });
        few.iter().chain(crowd)
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
            let delivery = subscriber.delivery(message, publisher);
            out.push(&subscriber.queue, message_index, delivery);
        };
        let mut plain = |subscriber: &Subscriber| {
            if !subscriber.is_deaf_to(publisher) {
                deliver(subscriber);
            }
        };
        match self {
            Self::Empty => {}
            Self::One(one) => plain(one),
            Self::Few(few) => few.iter().for_each(plain),
            Self::Many(crowd) => {
                crowd.plain.values().for_each(&mut plain);
                let chosen = crowd
                    .shared
                    .iter()
                    .filter_map(|group| group.choose(message, publisher));
                chosen.for_each(deliver);
            }
        }
        matched
    }

    /// Changes the subscribers as a crowd, whatever they were before.
    fn crowd(&mut self, change: impl FnOnce(&mut Crowd)) {
        let mut crowd = match std::mem::take(self) {
            Self::Many(crowd) => crowd,
            Self::Empty => Box::default(),
            Self::One(one) => Box::new(Crowd::of([one])),
            Self::Few(few) => Box::new(Crowd::of(*few)),
        };
        change(&mut crowd);
        *self = Self::Many(crowd);
    }

    fn forget_empty_crowd(&mut self) {
        if let Self::Many(crowd) = self
            && crowd.is_empty()
        {
            *self = Self::Empty;
        }
    }
}

impl Crowd {
    fn of(subscribers: impl IntoIterator<Item = Subscriber>) -> Self {
        let by_queue = |subscriber: Subscriber| (subscriber.queue.id, subscriber);
        Self {
            plain: subscribers.into_iter().map(by_queue).collect(),
            shared: Vec::new(),
        }
    }

    fn add(&mut self, subscriber: Subscriber) {
        self.plain.insert(subscriber.queue.id, subscriber);
    }

    fn add_shared(&mut self, group: &str, subscriber: Subscriber) {
        match self.shared.iter_mut().find(|shared| &*shared.name == group) {
            Some(shared) => shared.add(subscriber),
            None => self.shared.push(SharedGroup::new(group, subscriber)),
        }
    }

    fn remove_shared(&mut self, group: &str, queue: QueueId) {
        for shared in &mut self.shared {
            if &*shared.name == group {
                shared.remove(queue);
            }
        }
        self.shared.retain(|shared| !shared.is_empty());
    }

    fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.shared.is_empty()
    }

    fn len(&self) -> usize {
        self.plain.len() + self.shared.iter().map(SharedGroup::len).sum::<usize>()
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
