//! The live topics as a tree: one level of it, with everything below each part summed up.

use super::rate::Rate;
use super::{Live, Seen};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::{Duration, Instant};

/// What lies directly below a topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Level {
    /// By name.
    pub children: BTreeMap<String, Child>,
    /// Publishes per second to topics that there was no room to tell apart, of the whole node.
    pub unlisted: f64,
    /// Since when topics are counted.
    pub counted: Duration,
}

/// A part of a level, and everything below it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Child {
    /// Publishes and payload bytes per second.
    pub rate: f64,
    pub bytes: f64,
    /// Topics at and below it.
    pub topics: u64,
    /// It is one of them itself.
    pub is_topic: bool,
    /// There are others below it.
    pub below: bool,
}

impl Seen {
    pub(super) fn level(&self, mountpoint: &str, parent: Option<&str>, now: Instant) -> Level {
        let scale = self.scale(now);
        let rate = |rate: &Rate| rate.now(self.began, now) * scale;
        let mut level = Level {
            unlisted: rate(&self.unlisted),
            counted: now.saturating_duration_since(self.began),
            ..Level::default()
        };
        let prefix = parent.map_or_else(String::new, |parent| format!("{parent}/"));
        let Some(topics) = self.by_mountpoint.get(mountpoint) else {
            return level;
        };
        let from = Bound::Included(prefix.as_str());
        for (topic, live) in topics.range::<str, _>((from, Bound::Unbounded)) {
            let Some(rest) = topic.strip_prefix(&*prefix) else {
                break;
            };
            let (name, further) = match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            };
            let Live { messages, bytes } = live;
            let (messages, bytes) = (rate(messages), rate(bytes));
            let child = match level.children.get_mut(name) {
                Some(child) => child,
                None => level.children.entry(name.to_owned()).or_default(),
            };
            child.rate += messages;
            child.bytes += bytes;
            child.topics += 1;
            child.is_topic |= !further;
            child.below |= further;
        }
        level
    }
}
