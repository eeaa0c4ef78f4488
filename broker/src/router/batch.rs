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

/// So many groups are looked through.
const FEW: usize = 4;

impl Deliveries {
    /// Adds a delivery behind those already there for its queue.
    pub fn push(&mut self, queue: &Arc<Queue>, message_index: u32, delivery: Delivery) {
        let item = StagedItem {
            message_index,
            delivery,
        };
        match self.place_of(queue.id) {
            Some(group) => group.items.push(item),
            None => self.add_group(Group {
                queue: Arc::clone(queue),
                items: vec![item],
            }),
        }
    }

    fn place_of(&mut self, queue: QueueId) -> Option<&mut Group> {
        // Most batches of a pair go to the queue that was last used.
        let position = match self.groups.last() {
            Some(last) if last.queue.id == queue => Some(self.groups.len() - 1),
            _ if self.groups.len() > FEW => self.index.get(&queue).copied(),
            _ => self.groups.iter().position(|group| group.queue.id == queue),
        };
        self.groups.get_mut(position?)
    }

    fn add_group(&mut self, group: Group) {
        let position = self.groups.len();
        // Those that were few are noted when they are no longer.
        if position == FEW {
            let groups = self.groups.iter().enumerate();
            self.index
                .extend(groups.map(|(position, group)| (group.queue.id, position)));
        }
        if position >= FEW {
            self.index.insert(group.queue.id, position);
        }
        self.groups.push(group);
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
