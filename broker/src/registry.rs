//! Registry: client id to queue. It decides who owns a client id (asynchronously: on a cluster the answer may come from
//! another node), gives out queue ids, brings sessions back at boot and ends those whose time is over.

pub mod deadlines;
pub mod record;

use crate::queue::{Limits, Queue};
use crate::store::QueueId;
use ahash::{AHashMap, RandomState};
pub use deadlines::Deadlines;
use parking_lot::{Mutex, RwLock};
pub use record::SessionRecord;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Mountpoint and client id: the key of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriberId {
    pub mountpoint: Arc<str>,
    pub client_id: Arc<str>,
}

impl SubscriberId {
    /// Builds a key.
    #[must_use]
    pub fn new(mountpoint: &str, client_id: &str) -> Self {
        Self {
            mountpoint: Arc::from(mountpoint),
            client_id: Arc::from(client_id),
        }
    }
}

/// Shards, so that connects on different cores seldom meet; so many that with a million sessions a part of the registry
/// stays in a processor's cache while it is looked at, and its lock is held for some microseconds.
const SHARDS: usize = 1024;

type Shard = Mutex<AHashMap<SubscriberId, Arc<Queue>>>;

/// All queues of this node.
#[derive(Debug)]
pub struct Registry {
    shards: Vec<Shard>,
    hasher: RandomState,
    /// Every mountpoint that a queue has had: few, since listeners and plugins name them and clients do not.
    mountpoints: RwLock<Vec<Arc<str>>>,
    last_id: AtomicU64,
    pub deadlines: Deadlines,
}

impl Registry {
    /// An empty registry. Queue ids continue after `last_id`.
    #[must_use]
    pub fn new(last_id: u64) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(AHashMap::new())).collect(),
            hasher: RandomState::new(),
            mountpoints: RwLock::default(),
            last_id: AtomicU64::new(last_id),
            deadlines: Deadlines::default(),
        }
    }

    /// The queue of a subscriber, made if there is none. `true` = it was made.
    pub fn get_or_create(&self, subscriber: &SubscriberId, limits: Limits) -> (Arc<Queue>, bool) {
        let mut shard = self.shard(subscriber).lock();
        if let Some(queue) = shard.get(subscriber) {
            return (Arc::clone(queue), false);
        }
        let id = QueueId(self.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        let queue = Arc::new(Queue::new(id, subscriber.clone(), limits));
        shard.insert(subscriber.clone(), Arc::clone(&queue));
        drop(shard);
        self.know_mountpoint(&subscriber.mountpoint);
        (queue, true)
    }

    /// The key of a subscriber that is restored; the mountpoint is shared with the queues that have the same.
    #[must_use]
    pub fn restored(&self, mountpoint: &str, client_id: &str) -> SubscriberId {
        let mountpoints = self.mountpoints.read();
        let known = mountpoints.iter().find(|known| &***known == mountpoint);
        SubscriberId {
            mountpoint: known.map_or_else(|| Arc::from(mountpoint), Arc::clone),
            client_id: Arc::from(client_id),
        }
    }

    /// The queues of a client id, one lookup for each mountpoint; sorted by mountpoint.
    #[must_use]
    pub fn named(&self, client_id: &str) -> Vec<Arc<Queue>> {
        let client_id: Arc<str> = Arc::from(client_id);
        let of = |mountpoint| {
            self.get(&SubscriberId {
                mountpoint,
                client_id: Arc::clone(&client_id),
            })
        };
        self.mountpoints().into_iter().filter_map(of).collect()
    }

    /// The queue of a subscriber.
    #[must_use]
    pub fn get(&self, subscriber: &SubscriberId) -> Option<Arc<Queue>> {
        self.shard(subscriber).lock().get(subscriber).cloned()
    }

    /// Adds a queue that was restored from the store.
    pub fn insert(&self, queue: Arc<Queue>) {
        self.know_mountpoint(&queue.subscriber.mountpoint);
        self.shard(&queue.subscriber)
            .lock()
            .insert(queue.subscriber.clone(), queue);
    }

    /// Removes a queue that has ended, unless another one has taken its place.
    pub fn remove(&self, queue: &Arc<Queue>) {
        let mut shard = self.shard(&queue.subscriber).lock();
        if shard
            .get(&queue.subscriber)
            .is_some_and(|present| Arc::ptr_eq(present, queue))
        {
            shard.remove(&queue.subscriber);
        }
    }

    /// Number of queues.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// Whether there is no queue.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `each` for every queue, shard by shard; no lock is held during a call.
    pub fn for_each(&self, mut each: impl FnMut(&Arc<Queue>)) {
        for shard in &self.shards {
            copy(shard).iter().for_each(&mut each);
        }
    }

    /// The queues of one part of the registry, for who walks over all of it in steps; `None` = there are no more parts.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<Vec<Arc<Queue>>> {
        self.shards.get(index).map(copy)
    }

    /// Every mountpoint that a queue has had, sorted.
    #[must_use]
    pub fn mountpoints(&self) -> Vec<Arc<str>> {
        let mut mountpoints = self.mountpoints.read().clone();
        mountpoints.sort_unstable();
        mountpoints
    }

    fn know_mountpoint(&self, mountpoint: &Arc<str>) {
        if self.mountpoints.read().contains(mountpoint) {
            return;
        }
        let mut mountpoints = self.mountpoints.write();
        if !mountpoints.contains(mountpoint) {
            mountpoints.push(Arc::clone(mountpoint));
        }
    }

    fn shard(&self, subscriber: &SubscriberId) -> &Shard {
        let hash = self.hasher.hash_one(subscriber);
        // The remainder is below SHARDS, which fits.
        &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or(0)]
    }
}

/// The queues of a shard, under its lock.
fn copy(shard: &Shard) -> Vec<Arc<Queue>> {
    let shard = shard.lock();
    // Counting up waits for memory at each queue. Loads do not wait for each other, so they go first.
    let sum = shard.values().map(Arc::strong_count).fold(0, usize::wrapping_add);
    std::hint::black_box(sum);
    shard.values().cloned().collect()
}

#[cfg(test)]
mod tests;
