//! Table: the subscriptions of one mountpoint. Filters without wildcards are found by one hash of the topic; the
//! others by a walk through the trie.

use super::fanout::Fanout;
use super::trie::Trie;
use crate::store::QueueId;
use ahash::AHashMap;
use vmq_mqtt::topic;

/// The subscriptions of one mountpoint.
#[derive(Debug, Default)]
pub struct Table {
    exact: AHashMap<Box<[u8]>, Fanout>,
    wildcard: Trie,
}

impl Table {
    /// The subscribers of a filter (without `$share/GROUP/`), made if there are none.
    pub(super) fn fanout_mut(&mut self, filter: &str) -> &mut Fanout {
        if is_wildcard(filter) {
            self.wildcard.insert(filter)
        } else {
            self.exact.entry(filter.as_bytes().into()).or_default()
        }
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
        if is_wildcard(inner) {
            self.wildcard.update(inner, take_out);
        } else if let Some(fanout) = self.exact.get_mut(inner.as_bytes()) {
            take_out(fanout);
            if fanout.is_empty() {
                self.exact.remove(inner.as_bytes());
            }
        }
    }

    /// Calls `each` for every filter that matches the topic.
    pub(super) fn each_match<'a>(&'a self, topic: &[u8], each: &mut dyn FnMut(&'a Fanout)) {
        if let Some(fanout) = self.exact.get(topic) {
            each(fanout);
        }
        self.wildcard.each_match(topic, each);
    }

    #[cfg(test)]
    pub(super) fn subscription_count(&self) -> usize {
        self.exact.values().map(Fanout::len).sum::<usize>() + self.wildcard.subscription_count()
    }
}

fn is_wildcard(filter: &str) -> bool {
    filter.bytes().any(|byte| byte == b'+' || byte == b'#')
}
