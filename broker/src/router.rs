//! Router: message to deliveries. It owns the subscriptions of this node; its lock never leaves the module.
//!
//! A batch of messages is matched under one read lock and comes out grouped by destination queue (decisions 22), so
//! that each queue is locked once for the whole batch.

pub mod batch;
pub mod fanout;
pub mod shared;
pub mod subscription;
pub mod table;
pub mod trie;

use crate::message::Message;
use crate::queue::Queue;
use crate::store::QueueId;
use ahash::AHashMap;
pub use batch::{Deliveries, Group};
use fanout::Subscriber;
use parking_lot::RwLock;
use shared::Policy;
use std::sync::Arc;
pub use subscription::{OwnSubscriptions, Subscription};
use table::Table;
use vmq_mqtt::topic;

/// The subscriptions of this node, by mountpoint.
#[derive(Debug, Default)]
pub struct Router {
    tables: RwLock<AHashMap<Arc<str>, Table>>,
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
        let replaced = queue.subscriptions.insert(filter, subscription);
        let subscriber = Subscriber {
            queue: Arc::clone(queue),
            subscription,
        };
        let mut tables = self.tables.write();
        let table = tables.entry(Arc::clone(mountpoint)).or_default();
        match topic::split_shared(filter) {
            Some((group, inner)) => table.fanout_mut(inner).add_shared(group, subscriber),
            None => table.fanout_mut(filter).add(subscriber),
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
        for (index, message) in messages.iter().enumerate() {
            // The index fits: a batch is bounded by the size of one socket read.
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            table.each_match(message.topic_bytes(), &mut |fanout| {
                matched += fanout.deliver(index, message, publisher, out);
            });
        }
        matched
    }

    /// Number of subscriptions on this node.
    #[must_use]
    pub fn subscription_count(&self) -> usize {
        self.tables.read().values().map(Table::subscription_count).sum()
    }
}

#[cfg(test)]
mod tests;
