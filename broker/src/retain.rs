//! Retained messages of this node, indexed by topic and streamed to a subscriber step by step, so that a wildcard over
//! a million topics neither collects them nor holds the lock.

use crate::message::{Message, UnixMillis};
use ahash::AHashMap;
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use vmq_mqtt::topic;

type ByTopic = BTreeMap<Box<[u8]>, Arc<Message>>;

/// Topics looked at in one step.
const STEP: usize = 500;

/// The retained messages, by mountpoint and topic.
#[derive(Debug, Default)]
pub struct Retained {
    by_mountpoint: RwLock<AHashMap<Arc<str>, ByTopic>>,
    memory_bytes: AtomicI64,
}

/// Where a subscriber's replay has come to.
#[derive(Debug)]
pub struct Cursor {
    mountpoint: Arc<str>,
    filter: Box<str>,
    /// Topics before the first wildcard all begin with this.
    prefix_len: usize,
    after: Option<Box<[u8]>>,
}

/// What one step of a replay found.
#[derive(Debug, Default)]
pub struct Step {
    pub messages: Vec<Arc<Message>>,
    pub expired: Vec<Arc<Message>>,
    pub finished: bool,
}

impl Cursor {
    /// A replay of everything a filter matches.
    #[must_use]
    pub fn new(mountpoint: &Arc<str>, filter: &str) -> Self {
        let wildcard = filter.find(['+', '#']).unwrap_or(filter.len());
        // `a/#` matches `a` too: the slash before the wildcard is not part of what all topics share.
        let prefix_len = if filter.as_bytes().get(wildcard) == Some(&b'#') {
            wildcard.saturating_sub(1)
        } else {
            wildcard
        };
        Self {
            mountpoint: Arc::clone(mountpoint),
            filter: filter.into(),
            prefix_len,
            after: None,
        }
    }
}

impl Cursor {
    /// Whether the replay has begun.
    #[must_use]
    pub const fn is_started(&self) -> bool {
        self.after.is_some()
    }

    /// The filter it replays.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }
}

impl Retained {
    /// Sets or replaces the entry of the message's topic. `stored` hands the change to the store; it is called under the
    /// lock, so that two publishers of one topic leave the same value in memory and on disk. Submitting never blocks.
    pub fn set<R>(&self, mountpoint: &str, message: &Arc<Message>, stored: impl FnOnce() -> R) -> R {
        let mut mountpoints = self.by_mountpoint.write();
        let by_topic = match mountpoints.get_mut(mountpoint) {
            Some(by_topic) => by_topic,
            None => mountpoints.entry(Arc::from(mountpoint)).or_default(),
        };
        let old = by_topic.insert(message.topic_bytes().into(), Arc::clone(message));
        self.count_memory(old.as_deref(), Some(message));
        stored()
    }

    /// Deletes the entry of a topic, and with `stored` from disk; `None` = there was none.
    pub fn delete<R>(&self, mountpoint: &str, topic: &[u8], stored: impl FnOnce() -> R) -> Option<R> {
        let mut mountpoints = self.by_mountpoint.write();
        let old = mountpoints
            .get_mut(mountpoint)
            .and_then(|by_topic| by_topic.remove(topic))?;
        self.count_memory(Some(&old), None);
        Some(stored())
    }

    /// Deletes exactly this entry; `false` = it has been replaced or deleted meanwhile.
    pub fn delete_same(&self, mountpoint: &str, message: &Arc<Message>, stored: impl FnOnce()) -> bool {
        let mut mountpoints = self.by_mountpoint.write();
        let Some(by_topic) = mountpoints.get_mut(mountpoint) else {
            return false;
        };
        let same = by_topic
            .get(message.topic_bytes())
            .is_some_and(|present| Arc::ptr_eq(present, message));
        if same {
            by_topic.remove(message.topic_bytes());
            self.count_memory(Some(message), None);
            stored();
        }
        same
    }

    /// The next messages of a replay, in topic order: at most `max`, after at most `STEP` topics.
    pub fn step(&self, cursor: &mut Cursor, max: usize, now: UnixMillis) -> Step {
        let mut step = Step::default();
        let mountpoints = self.by_mountpoint.read();
        let Some(by_topic) = mountpoints.get(&cursor.mountpoint) else {
            step.finished = true;
            return step;
        };
        if cursor.prefix_len == cursor.filter.len() {
            // No wildcard: there is one topic to look at.
            step.finished = true;
            match by_topic.get(cursor.filter.as_bytes()) {
                Some(message) if message.is_expired(now) => step.expired.push(Arc::clone(message)),
                Some(message) => step.messages.push(Arc::clone(message)),
                None => {}
            }
            return step;
        }
        let prefix = &cursor.filter.as_bytes()[..cursor.prefix_len];
        let from = match &cursor.after {
            Some(last) => Bound::Excluded(&**last),
            None => Bound::Included(prefix),
        };
        let mut last = None;
        let mut seen = 0;
        for (name, message) in by_topic.range::<[u8], _>((from, Bound::Unbounded)) {
            if !name.starts_with(prefix) {
                step.finished = true;
                break;
            }
            if seen == STEP || step.messages.len() == max {
                break;
            }
            seen += 1;
            last = Some(name);
            if !topic::matches(&cursor.filter, message.topic()) {
                continue;
            }
            if message.is_expired(now) {
                step.expired.push(Arc::clone(message));
            } else {
                step.messages.push(Arc::clone(message));
            }
        }
        step.finished |= seen < STEP && step.messages.len() < max;
        if let Some(last) = last {
            cursor.after = Some(last.clone());
        }
        step
    }

    /// The entry of a topic.
    #[must_use]
    pub fn get(&self, mountpoint: &str, topic: &[u8]) -> Option<Arc<Message>> {
        self.by_mountpoint.read().get(mountpoint)?.get(topic).cloned()
    }

    /// At most `max` entries whose topics begin with `prefix`, in the order of topics, from behind `after` on.
    #[must_use]
    pub fn page(
        &self,
        mountpoint: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        max: usize,
    ) -> Vec<Arc<Message>> {
        let mountpoints = self.by_mountpoint.read();
        let Some(by_topic) = mountpoints.get(mountpoint) else {
            return Vec::new();
        };
        let from = after.map_or(Bound::Included(prefix), Bound::Excluded);
        let of_prefix = by_topic
            .range::<[u8], _>((from, Bound::Unbounded))
            .take_while(|(topic, _)| topic.starts_with(prefix));
        of_prefix
            .take(max)
            .map(|(_, message)| Arc::clone(message))
            .collect()
    }

    /// The mountpoints that have had entries.
    #[must_use]
    pub fn mountpoints(&self) -> Vec<Arc<str>> {
        self.by_mountpoint.read().keys().map(Arc::clone).collect()
    }

    /// Every entry whose deadline has passed.
    #[must_use]
    pub fn expired(&self, now: UnixMillis) -> Vec<(Arc<str>, Arc<Message>)> {
        self.list(|message| message.is_expired(now))
    }

    /// Every entry that `wanted` says yes to.
    pub fn list(&self, wanted: impl Fn(&Message) -> bool) -> Vec<(Arc<str>, Arc<Message>)> {
        let mountpoints = self.by_mountpoint.read();
        let all = mountpoints.iter().flat_map(|(mountpoint, by_topic)| {
            by_topic
                .values()
                .map(move |message| (Arc::clone(mountpoint), Arc::clone(message)))
        });
        all.filter(|(_, message)| wanted(message)).collect()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_mountpoint.read().values().map(BTreeMap::len).sum()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes used for retained messages.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        u64::try_from(self.memory_bytes.load(Ordering::Relaxed)).unwrap_or(0)
    }

    fn count_memory(&self, old: Option<&Message>, new: Option<&Arc<Message>>) {
        let size = |message: &Message| i64::try_from(message.memory_bytes()).unwrap_or(0);
        let change = new.map_or(0, |message| size(message)) - old.map_or(0, size);
        self.memory_bytes.fetch_add(change, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
