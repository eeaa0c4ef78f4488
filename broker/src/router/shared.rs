//! Shared subscriptions: one member of a group gets each message (mqtt.md 9). A group is (mountpoint, name, filter).

use super::Publisher;
use super::fanout::Subscriber;
use crate::message::Message;
use crate::store::QueueId;
use std::cell::Cell;
use std::sync::Arc;
pub use vmq_config::SharedPolicy as Policy;
use vmq_mqtt::QoS;

/// The members of one group on this node.
#[derive(Debug)]
pub struct SharedGroup {
    pub name: Arc<str>,
    members: Vec<Subscriber>,
}

impl SharedGroup {
    pub(super) fn new(name: &str, first: Subscriber) -> Self {
        Self {
            name: Arc::from(name),
            members: vec![first],
        }
    }

    pub(super) fn add(&mut self, subscriber: Subscriber) {
        match self
            .members
            .iter_mut()
            .find(|member| member.queue.id == subscriber.queue.id)
        {
            Some(member) => *member = subscriber,
            None => self.members.push(subscriber),
        }
    }

    pub(super) fn remove(&mut self, queue: QueueId) {
        self.members.retain(|member| member.queue.id != queue);
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn members(&self) -> &[Subscriber] {
        &self.members
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The member that gets this message: a random online one, else a random offline one that may keep it. On one node
    /// every policy has the same candidates, all members; `prefer_online_before_local` asks the same question.
    pub(super) fn choose(&self, message: &Message, publisher: Publisher) -> Option<&Subscriber> {
        let online = |member: &&Subscriber| member.queue.is_online();
        let keeps = |member: &&Subscriber| member.effective_qos(message, publisher) != QoS::AtMostOnce;
        self.random_one(online).or_else(|| self.random_one(keeps))
    }

    /// One of the members that qualify, each with the same chance.
    fn random_one(&self, qualifies: impl Fn(&&Subscriber) -> bool) -> Option<&Subscriber> {
        let count = self.members.iter().filter(&qualifies).count();
        self.members.iter().filter(&qualifies).nth(random_below(count))
    }
}

thread_local! {
    static SEED: Cell<u64> = const { Cell::new(0x9E37_79B9_7F4A_7C15) };
}

/// A cheap random number below `bound` (xorshift; fairness is wanted, not secrecy); 0 for a bound of 0.
pub(crate) fn random_below(bound: usize) -> usize {
    let mixed = SEED.with(|seed| {
        let mut x = seed.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        seed.set(x);
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    });
    usize::try_from(mixed >> 33)
        .unwrap_or(0)
        .checked_rem(bound)
        .unwrap_or(0)
}
