//! Table: the subscriptions of one mountpoint. Filters without wildcards are found by one hash of the topic; the
//! others by a walk through the trie.

use super::fanout::Fanout;
use super::shards::{Hashed, Shards};
use super::trie::Trie;
use crate::store::QueueId;
use ahash::RandomState;
use std::sync::Arc;
use vmq_mqtt::topic;

/// The subscriptions of one mountpoint.
#[derive(Debug, Default)]
pub struct Table {
    exact: Shards<Exact>,
    wildcard: Trie,
    /// Keyed: topics are hostile.
    hasher: RandomState,
}

/// A filter without wildcards.
#[derive(Debug)]
struct Exact {
    /// The text is that of the subscriber who came first, shared with the list of its subscriptions.
    filter: Arc<str>,
    /// Where the filter begins, behind `$share/GROUP/`.
    from: u32,
    hash: u32,
    fanout: Fanout,
}

impl Hashed for Exact {
    fn hash(&self) -> u32 {
        self.hash
    }
}

impl Exact {
    fn is(&self, topic: &[u8]) -> bool {
        &self.filter.as_bytes()[self.from as usize..] == topic
    }
}

impl Table {
    /// The subscribers of a filter, which begins at `from` (behind `$share/GROUP/`); made if there are none.
    pub(super) fn fanout_mut(&mut self, filter: &Arc<str>, from: usize) -> &mut Fanout {
        let topic = &filter.as_bytes()[from..];
        if is_wildcard(topic) {
            return self.wildcard.insert(filter, from);
        }
        let hash = self.hash(topic);
        let make = || Exact {
            filter: Arc::clone(filter),
            from: u32::try_from(from).unwrap_or(0),
            hash,
            fanout: Fanout::Empty,
        };
        let exact = self.exact.find_or_insert(hash, |exact| exact.is(topic), make);
        &mut exact.fanout
    }

    /// Removes one subscriber of a filter as the client wrote it.
    pub(super) fn remove(&mut self, filter: &str, queue: QueueId) {
        let (group, inner) = match topic::split_shared(filter) {
            Some((group, inner)) => (Some(group), inner),
            None => (None, filter),
        };
        let take_out = |fanout: &mut Fanout| match group {
            Some(group) => fanout.remove_shared(group, queue),
            None => fanout.remove(queue),
        };
        if is_wildcard(inner.as_bytes()) {
            self.wildcard.update(inner, take_out);
            return;
        }
        let hash = self.hash(inner.as_bytes());
        let is_it = |exact: &Exact| exact.is(inner.as_bytes());
        if let Some(exact) = self.exact.find_mut(hash, is_it) {
            take_out(&mut exact.fanout);
            if exact.fanout.is_empty() {
                self.exact.remove(hash, is_it);
            }
        }
    }

    /// Calls `each` for every filter that matches the topic.
    pub(super) fn each_match<'a>(&'a self, topic: &[u8], each: &mut dyn FnMut(&'a Fanout)) {
        if let Some(exact) = self.exact.find(self.hash(topic), |exact| exact.is(topic)) {
            each(&exact.fanout);
        }
        self.wildcard.each_match(topic, each);
    }

    fn hash(&self, topic: &[u8]) -> u32 {
        // 32 of the 64 bits, which are all as good.
        (self.hasher.hash_one(topic) >> 32) as u32
    }

    #[cfg(test)]
    pub(super) fn subscription_count(&self) -> usize {
        let exact = self.exact.iter().map(|exact| exact.fanout.len());
        exact.sum::<usize>() + self.wildcard.subscription_count()
    }
}

fn is_wildcard(filter: &[u8]) -> bool {
    filter.iter().any(|byte| matches!(byte, b'+' | b'#'))
}
