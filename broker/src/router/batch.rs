//! Deliveries of a batch, grouped by destination queue in order of arrival.

use crate::queue::{Delivery, Queue, StagedItem};
use crate::store::QueueId;
use ahash::AHashMap;
use std::sync::Arc;

/// Everything a batch delivers to one queue.
#[derive(Debug)]
pub struct Group {
    pub queue: Arc<Queue>,
    pub items: Vec<StagedItem>,
}

/// The deliveries of a batch. Kept by the publisher's connection and used again for the next batch.
#[derive(Debug, Default)]
pub struct Deliveries {
    groups: Vec<Group>,
    /// Where the group of a queue is, once there are more than a few.
    index: AHashMap<QueueId, usize>,
}

/// Fewer groups than these are looked through.
const FEW: usize = 4;

impl Deliveries {
    /// Adds a delivery behind those already there for its queue.
    pub fn push(&mut self, queue: &Arc<Queue>, message_index: u32, delivery: Delivery) {
        let item = StagedItem {
            message_index,
            delivery,
        };
        // Most batches of a pair go to the queue that was last used.
        if let Some(last) = self.groups.last_mut()
            && last.queue.id == queue.id
        {
            last.items.push(item);
            return;
        }
        let position = self.place_of(queue.id);
        match self.groups.get_mut(position) {
            Some(group) => group.items.push(item),
            None => self.groups.push(Group {
                queue: Arc::clone(queue),
                items: vec![item],
            }),
        }
    }

    /// Where the group of a queue is, or will be: behind all others.
    fn place_of(&mut self, queue: QueueId) -> usize {
        let count = self.groups.len();
        if count < FEW {
            let known = self.groups.iter().position(|group| group.queue.id == queue);
            return known.unwrap_or(count);
        }
        if self.index.is_empty() {
            let groups = self.groups.iter().enumerate();
            self.index
                .extend(groups.map(|(position, group)| (group.queue.id, position)));
        }
        *self.index.entry(queue).or_insert(count)
    }

    /// For each message of the batch the number of its deliveries.
    pub fn counts(&self, messages: usize) -> Vec<u64> {
        let mut counts = vec![0; messages];
        for item in self.groups.iter().flat_map(|group| &group.items) {
            if let Some(count) = counts.get_mut(item.message_index as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// Takes the groups; the index is kept allocated for the next batch.
    pub fn take(&mut self) -> Vec<Group> {
        self.index.clear();
        std::mem::take(&mut self.groups)
    }

    /// Whether nothing is to be delivered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}
