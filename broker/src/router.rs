//! Router: message to deliveries. It owns the subscriptions of this node; its lock never leaves the module.
//!
//! A batch of messages is matched under one read lock and comes out grouped by destination queue (decisions 22), so
//! that each queue is locked once for the whole batch.

pub mod batch;
pub mod fanout;
pub mod shared;
mod shards;
pub mod subscription;
pub mod table;
mod lookup;
pub mod trie;

use crate::message::Message;
use crate::queue::Queue;
use crate::store::QueueId;
use ahash::AHashMap;
pub use batch::{Deliveries, Group};
use fanout::{Fanout, Subscriber};
use parking_lot::RwLock;
use shared::Policy;
use smallvec::SmallVec;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
pub use subscription::{OwnSubscriptions, Subscription};
use table::Table;
use vmq_mqtt::topic;

/// Estimate for what a subscription takes beside its filter and its subscriber: a node of the trie and a place in its
/// table, or a larger place in the table of exact filters; an entry in the client's own list. Measured by `vmq-micro trie`.
const SUBSCRIPTION_BYTES: usize = 116;

/// The subscriptions of this node, by mountpoint.
#[derive(Debug, Default)]
pub struct Router {
    tables: RwLock<AHashMap<Arc<str>, Table>>,
    /// Kept up to date, since a walk through a large table would hold up who subscribes.
    subscriptions: AtomicI64,
    memory_bytes: AtomicI64,
}

/// Who publishes, as far as routing cares.
#[derive(Clone, Copy, Debug)]
pub struct Publisher {
    /// For No Local; `None` = the broker itself.
    pub queue: Option<QueueId>,
    /// `upgrade_outgoing_qos` of the node.
    pub upgrade_qos: bool,
    pub shared_policy: Policy,
}

impl Router {
    /// Adds or replaces a subscription, atomically for routing. Returns the one it replaced. The filter must be valid.
    pub fn subscribe(
        &self,
        queue: &Arc<Queue>,
        filter: &str,
        subscription: Subscription,
    ) -> Option<Subscription> {
        let mountpoint = &queue.subscriber.mountpoint;
        let (filter, replaced) = queue.subscriptions.insert(filter, subscription);
        let subscriber = Subscriber {
            queue: Arc::clone(queue),
            subscription,
        };
        let mut tables = self.tables.write();
        let table = tables.entry(Arc::clone(mountpoint)).or_default();
        match topic::split_shared(&filter) {
            Some((group, inner)) => {
                let from = filter.len() - inner.len();
                table.fanout_mut(&filter, from).add_shared(group, subscriber);
            }
            None => table.fanout_mut(&filter, 0).add(subscriber),
        }
        drop(tables);
        if replaced.is_none() {
            self.count(&filter, 1);
        }
        replaced
    }

    /// Removes a subscription; `false` = there was none.
    pub fn unsubscribe(&self, queue: &Arc<Queue>, filter: &str) -> bool {
        if !queue.subscriptions.remove(filter) {
            return false;
        }
        if let Some(table) = self.tables.write().get_mut(&queue.subscriber.mountpoint) {
            table.remove(filter, queue.id);
        }
        self.count(filter, -1);
        true
    }

    /// Removes every subscription of a queue and returns their filters.
    pub fn unsubscribe_all(&self, queue: &Arc<Queue>) -> Vec<Arc<str>> {
        let filters = queue.subscriptions.clear();
        if filters.is_empty() {
            return filters;
        }
        if let Some(table) = self.tables.write().get_mut(&queue.subscriber.mountpoint) {
            for filter in &filters {
                table.remove(filter, queue.id);
            }
        }
        filters.iter().for_each(|filter| self.count(filter, -1));
        filters
    }

    /// Matches a batch of messages of one mountpoint and adds their deliveries to `out`, in order. Returns the number
    /// of matched subscriptions.
    pub fn route(
        &self,
        mountpoint: &str,
        messages: &[Arc<Message>],
        publisher: Publisher,
        out: &mut Deliveries,
    ) -> u64 {
        let tables = self.tables.read();
        let Some(table) = tables.get(mountpoint) else {
            return 0;
        };
        let mut matched = 0;
        // Who sends several messages in one read mostly means one topic.
        let mut fanouts = SmallVec::<[&Fanout; 4]>::new();
        let mut topic_before = None;
        for (index, message) in messages.iter().enumerate() {
            // The index fits: a batch is bounded by the size of one socket read.
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let topic = message.topic_bytes();
            if topic_before != Some(topic) {
                fanouts.clear();
                table.each_match(topic, &mut |fanout| fanouts.push(fanout));
                topic_before = Some(topic);
            }
            for fanout in &fanouts {
                matched += fanout.deliver(index, message, publisher, out);
            }
        }
        matched
    }

    /// Number of subscriptions on this node.
    #[must_use]
    pub fn subscription_count(&self) -> usize {
        usize::try_from(self.subscriptions.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Bytes of memory the subscriptions take, as an estimate: what two clients share of a filter counts for each of them.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        u64::try_from(self.memory_bytes.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Counts `change` subscriptions of a filter.
    fn count(&self, filter: &str, change: i64) {
        // The client's own list and the table share the text of the filter.
        let bytes = filter.len() + size_of::<Subscriber>() + SUBSCRIPTION_BYTES;
        self.subscriptions.fetch_add(change, Ordering::Relaxed);
        self.memory_bytes
            .fetch_add(change * i64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
