//! Client ids to queues.

use super::{Registry, SubscriberId};
use crate::queue::{Limits, Queue};
use crate::store::QueueId;
use std::sync::Arc;
use vmq_config::QueueKind;

const LIMITS: Limits = Limits {
    online: None,
    offline: None,
    override_online: false,
    kind: QueueKind::Fifo,
    sessions: None,
};

#[test]
fn a_client_id_has_one_queue_per_mountpoint() {
    let registry = Registry::new(0);
    let client = SubscriberId::new("", "c");
    let (queue, created) = registry.get_or_create(&client, LIMITS);
    assert!(created);
    let (again, created) = registry.get_or_create(&client, LIMITS);
    assert!(!created && Arc::ptr_eq(&queue, &again));
    let (other, created) = registry.get_or_create(&SubscriberId::new("m", "c"), LIMITS);
    assert!(created && !Arc::ptr_eq(&queue, &other));
    assert_eq!(registry.len(), 2);
}

/// admin.md 6.1: a client id is looked up in every mountpoint, never searched for.
#[test]
fn a_client_id_is_found_in_every_mountpoint() {
    let registry = Registry::new(0);
    for mountpoint in ["m", "", "z"] {
        registry.get_or_create(&SubscriberId::new(mountpoint, "other"), LIMITS);
    }
    registry.get_or_create(&SubscriberId::new("m", "c"), LIMITS);
    let restored = Queue::new(QueueId(9), SubscriberId::new("stored", "c"), LIMITS);
    registry.insert(Arc::new(restored));
    registry.get_or_create(&SubscriberId::new("", "c"), LIMITS);
    let found = registry.named("c");
    let mountpoints: Vec<&str> = found.iter().map(|queue| &*queue.subscriber.mountpoint).collect();
    assert_eq!(mountpoints, ["", "m", "stored"]);
    assert!(registry.named("d").is_empty());
}

#[test]
fn queue_ids_are_never_used_again() {
    let registry = Registry::new(41);
    let client = SubscriberId::new("", "c");
    let (first, _) = registry.get_or_create(&client, LIMITS);
    registry.remove(&first);
    let (second, _) = registry.get_or_create(&client, LIMITS);
    assert_eq!((first.id, second.id), (QueueId(42), QueueId(43)));
}

#[test]
fn removing_an_ended_queue_spares_its_successor() {
    let registry = Registry::new(0);
    let client = SubscriberId::new("", "c");
    let (old, _) = registry.get_or_create(&client, LIMITS);
    registry.remove(&old);
    assert!(registry.is_empty() && registry.get(&client).is_none());
    let (new, _) = registry.get_or_create(&client, LIMITS);
    registry.remove(&old);
    assert!(Arc::ptr_eq(&registry.get(&client).unwrap(), &new));
}

#[test]
fn every_queue_is_visited_and_may_be_removed_meanwhile() {
    let registry = Registry::new(0);
    for n in 0..500 {
        let queue = Queue::new(QueueId(n + 1), SubscriberId::new("", &n.to_string()), LIMITS);
        registry.insert(Arc::new(queue));
    }
    let mut ids = Vec::new();
    registry.for_each(|queue| {
        ids.push(queue.id.0);
        registry.remove(queue);
    });
    ids.sort_unstable();
    assert!(ids.into_iter().eq(1..=500));
    assert!(registry.is_empty());
}

#[test]
fn threads_that_ask_at_once_get_the_same_queue() {
    let registry = Registry::new(0);
    let client = SubscriberId::new("", "c");
    let queues: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| registry.get_or_create(&client, LIMITS)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(queues.iter().filter(|(_, created)| *created).count(), 1);
    assert!(queues.iter().all(|(queue, _)| Arc::ptr_eq(queue, &queues[0].0)));
}

/// A million restored sessions have one mountpoint, not one each.
#[test]
fn restored_sessions_share_their_mountpoint() {
    let registry = Registry::new(0);
    let first = registry.restored("m", "a");
    registry.insert(Arc::new(Queue::new(QueueId(1), first.clone(), LIMITS)));
    let second = registry.restored("m", "b");
    assert_eq!(second, SubscriberId::new("m", "b"));
    assert!(Arc::ptr_eq(&first.mountpoint, &second.mountpoint));
    assert_eq!(registry.restored("n", "b"), SubscriberId::new("n", "b"));
}

/// Who walks over the registry in steps sees every queue once.
#[test]
fn the_parts_are_all_of_it() {
    let registry = Registry::new(0);
    for number in 0..3000 {
        registry.get_or_create(&SubscriberId::new("", &format!("c{number}")), LIMITS);
    }
    let parts = (0..).map_while(|index| registry.part(index));
    let mut ids: Vec<u64> = parts.flatten().map(|queue| queue.id.0).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=3000).collect::<Vec<u64>>());
}
