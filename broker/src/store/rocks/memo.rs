//! What the writer remembers between batches: where the messages of recent entries are and how often recent messages
//! are shared, so that acknowledging a message just stored reads nothing from the database.

use super::batch::{Changes, Slot};
use super::floors::Deletions;
use crate::store::{MessageRef, QueueId, Seq};
use ahash::AHashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Records of each kind and generation; two generations are kept (some 5 MB in all).
const GENERATION: usize = 32 * 1024;

/// The writer's memory.
pub(super) struct Memo {
    slots: Recent<(QueueId, Seq), Slot>,
    counts: Recent<MessageRef, u32>,
    pub(super) deletions: Deletions,
    /// Number of this opening of the database, and of messages stored apart since.
    opening: u64,
    stored: u64,
    /// Largest queue id stored; shared with those who ask.
    last_queue: Arc<AtomicU64>,
}

impl Memo {
    pub(super) fn new(opening: u64, last_queue: Arc<AtomicU64>) -> Self {
        Self {
            slots: Recent::default(),
            counts: Recent::default(),
            deletions: Deletions::default(),
            opening,
            stored: 0,
            last_queue,
        }
    }

    pub(super) fn slot(&self, queue: QueueId, seq: Seq) -> Option<Slot> {
        self.slots.get(&(queue, seq)).copied()
    }

    pub(super) fn count(&self, reference: MessageRef) -> Option<u32> {
        self.counts.get(&reference).copied()
    }

    pub(super) fn last_queue(&self) -> u64 {
        self.last_queue.load(Ordering::Acquire)
    }

    /// A reference that was never given out, not even if the batch that uses it fails.
    pub(super) fn next_reference(&mut self) -> MessageRef {
        self.stored += 1;
        MessageRef::compose(self.opening, self.stored)
    }

    /// Takes over what a batch has written.
    pub(super) fn learn(&mut self, changed: Changes) {
        for (key, state) in changed.entries {
            match state {
                Some(slot) => self.slots.insert(key, slot),
                None => self.slots.remove(&key),
            }
        }
        for (reference, count) in changed.counts {
            match count {
                0 => self.counts.remove(&reference),
                count => self.counts.insert(reference, count),
            }
        }
        self.last_queue.fetch_max(changed.last_queue, Ordering::AcqRel);
    }

    /// Forgets what may be untrue after a failed write.
    pub(super) fn forget(&mut self) {
        self.slots = Recent::default();
        self.counts = Recent::default();
    }
}

/// A map that forgets the oldest half at once: cheaper than an order of use, and as good for keys that live briefly.
struct Recent<K, V> {
    young: AHashMap<K, V>,
    old: AHashMap<K, V>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self {
            young: AHashMap::default(),
            old: AHashMap::default(),
        }
    }
}

impl<K: Hash + Eq, V> Recent<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded_and_never_stale() {
        let mut recent = Recent::default();
        for key in 0..10 * GENERATION {
            recent.insert(key, 1);
            recent.insert(key, 2);
        }
        assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION);
        let last = 10 * GENERATION - 1;
        assert_eq!(recent.get(&last), Some(&2));
        recent.remove(&last);
        assert_eq!(recent.get(&last), None);
        assert_eq!(recent.get(&0), None);
    }
}
