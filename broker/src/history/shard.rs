//! Shard: a part of the clients, behind one lock. The bounds are those of the whole, divided.

use super::Entry;
use super::client::Client;
use crate::registry::SubscriberId;
use ahash::AHashMap;
use std::collections::BTreeMap;

/// Bytes of a client in the tables of a shard beside its entries, roughly: twice its key, and its places in them.
const CLIENT_BYTES: usize = 2 * size_of::<SubscriberId>() + size_of::<Client>() + 64;

/// What a shard may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub clients: usize,
    pub entries: usize,
    pub bytes: usize,
}

/// Clients, and the order in which something last happened to them.
#[derive(Debug, Default)]
pub(super) struct Shard {
    clients: AHashMap<SubscriberId, Client>,
    by_age: BTreeMap<u64, SubscriberId>,
    clock: u64,
    bytes: usize,
    /// Clients that went because of a bound.
    pub evicted: u64,
}

impl Shard {
    /// Adds entries to a client, and lets others go if that is too much.
    pub(super) fn keep(
        &mut self,
        subscriber: &SubscriberId,
        entries: impl IntoIterator<Item = Entry>,
        bounds: Bounds,
    ) {
        self.clock += 1;
        let now = self.clock;
        if !self.clients.contains_key(subscriber) {
            self.clients.insert(subscriber.clone(), Client::default());
            self.bytes += CLIENT_BYTES + subscriber.client_id.len();
        }
        let Some(client) = self.clients.get_mut(subscriber) else {
            return;
        };
        self.bytes -= client.heap_bytes();
        for entry in entries {
            client.add(entry, bounds.entries);
        }
        self.bytes += client.heap_bytes();
        let key = self.by_age.remove(&client.touched);
        client.touched = now;
        self.by_age.insert(now, key.unwrap_or_else(|| subscriber.clone()));
        while self.clients.len() > bounds.clients || self.bytes > bounds.bytes {
            if !self.evict() {
                break;
            }
        }
    }

    /// The entries of a client, oldest first, and how many went before them.
    pub(super) fn of(&self, subscriber: &SubscriberId) -> Option<(Vec<Entry>, u64)> {
        self.clients.get(subscriber).map(Client::entries)
    }

    /// Clients, and bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.clients.len(), self.bytes)
    }

    /// Lets the one go that nothing has happened to for the longest.
    fn evict(&mut self) -> bool {
        let Some((_, subscriber)) = self.by_age.pop_first() else {
            return false;
        };
        if let Some(client) = self.clients.remove(&subscriber) {
            self.bytes -= client.heap_bytes() + CLIENT_BYTES + subscriber.client_id.len();
        }
        self.evicted += 1;
        true
    }
}
