//! Topics: which topics are alive and how fast, for as long as somebody looks at them (console.md 4.3). Nothing is noted
//! otherwise: a batch of publishes reads one flag.
//!
//! What holds: nobody who publishes waits for who looks, or for another publisher: what finds the table taken is only
//! counted, and the rates are scaled by it. Of a large batch some messages stand for all of it. Topics, and the bytes
//! of their names, are bounded; one that was silent for a minute makes room. The table is put away by whoever publishes
//! next after the last watcher has been gone for a moment, so that going from one level to the next keeps it.

mod fastest;
mod rate;
mod tree;

use crate::message::Message;
use crate::router::shared::random_below;
pub use fastest::{Busy, Fastest};
use parking_lot::Mutex;
use rate::Rate;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
pub use tree::{Child, Level};

/// Topics that are told apart.
pub const TOPICS_MAX: usize = 20_000;

/// Bytes of their names.
const NAME_BYTES_MAX: usize = 4 << 20;

/// Messages of one batch that are looked at.
const SAMPLE: usize = 16;

/// Silence after which a topic is no longer alive.
const ALIVE: Duration = Duration::from_secs(60);

/// How long the table is kept for the next watcher.
const LINGER: Duration = Duration::from_secs(5);

/// The live topics. On cache lines of its own: every batch reads the flag.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct LiveTopics {
    is_watched: AtomicBool,
    /// Messages that found the table taken.
    missed: AtomicU64,
    seen: Mutex<Option<Seen>>,
}

/// What was published since somebody looks.
#[derive(Debug)]
struct Seen {
    watchers: usize,
    /// When the last watcher went.
    left_at: Option<Instant>,
    began: Instant,
    by_mountpoint: BTreeMap<Arc<str>, BTreeMap<Box<str>, Live>>,
    topics: usize,
    name_bytes: usize,
    swept_at: Instant,
    /// All messages, those that were noted, and those of topics there was no room for.
    all: Rate,
    noted: Rate,
    unlisted: Rate,
}

/// A topic that is alive.
#[derive(Clone, Copy, Debug)]
struct Live {
    messages: Rate,
    bytes: Rate,
}

/// Somebody who looks. Dropping it ends that.
pub struct Watching(Arc<LiveTopics>);

impl LiveTopics {
    /// Notes what was published, if somebody looks. One relaxed load for a batch, if nobody does.
    #[inline]
    pub fn saw(&self, mountpoint: &Arc<str>, messages: &[Arc<Message>]) {
        if self.is_watched.load(Ordering::Relaxed) {
            self.note(mountpoint, messages, Instant::now());
        }
    }

    #[cold]
    fn note(&self, mountpoint: &Arc<str>, messages: &[Arc<Message>], now: Instant) {
        let Some(mut taken) = self.seen.try_lock() else {
            self.missed.fetch_add(messages.len() as u64, Ordering::Relaxed);
            return;
        };
        let Some(seen) = &mut *taken else { return };
        if seen.is_over(now) {
            *taken = None;
            self.is_watched.store(false, Ordering::Relaxed);
            return;
        }
        seen.missed(self.missed.swap(0, Ordering::Relaxed), now);
        let count = messages.len().min(SAMPLE);
        let weight = weight(messages.len(), count);
        // One of each part of the batch, so that none of its messages is preferred.
        for part in 0..count {
            let (from, to) = (part * messages.len() / count, (part + 1) * messages.len() / count);
            if let Some(message) = messages.get(from + random_below(to - from)) {
                seen.note(mountpoint, message, weight, now);
            }
        }
    }

    /// Somebody looks from now on.
    #[must_use]
    pub fn watch(self: &Arc<Self>) -> Watching {
        let now = Instant::now();
        let mut taken = self.seen.lock();
        let seen = match &mut *taken {
            Some(seen) if !seen.is_over(now) => seen,
            other => other.insert(Seen::new(now)),
        };
        seen.watchers += 1;
        seen.left_at = None;
        self.is_watched.store(true, Ordering::Relaxed);
        drop(taken);
        Watching(Arc::clone(self))
    }
}

impl Watching {
    /// The topics of one level that are alive: what lies directly below `parent`, or at the top.
    #[must_use]
    pub fn level(&self, mountpoint: &str, parent: Option<&str>) -> Level {
        let now = Instant::now();
        match &mut *self.0.seen.lock() {
            Some(seen) => {
                seen.sweep(now);
                seen.level(mountpoint, parent, now)
            }
            None => Level::default(),
        }
    }

    /// The topics that are published to most, at most `limit` of them.
    #[must_use]
    pub fn fastest(&self, limit: usize) -> Fastest {
        let now = Instant::now();
        match &mut *self.0.seen.lock() {
            Some(seen) => {
                seen.sweep(now);
                seen.fastest(limit, now)
            }
            None => Fastest::default(),
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(seen) = &mut *self.0.seen.lock() {
            seen.watchers = seen.watchers.saturating_sub(1);
            seen.left_at = (seen.watchers == 0).then(Instant::now);
        }
    }
}

impl Seen {
    const fn new(now: Instant) -> Self {
        Self {
            watchers: 0,
            left_at: None,
            began: now,
            by_mountpoint: BTreeMap::new(),
            topics: 0,
            name_bytes: 0,
            swept_at: now,
            all: Rate::new(now),
            noted: Rate::new(now),
            unlisted: Rate::new(now),
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        self.left_at
            .is_some_and(|left| now.saturating_duration_since(left) >= LINGER)
    }

    fn missed(&mut self, messages: u64, now: Instant) {
        if messages > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a rate is no exact number")]
            self.all.add(messages as f64, now);
        }
    }

    fn note(&mut self, mountpoint: &Arc<str>, message: &Message, weight: f64, now: Instant) {
        self.all.add(weight, now);
        self.noted.add(weight, now);
        #[expect(clippy::cast_precision_loss, reason = "a payload has less than 2^53 bytes")]
        let bytes = message.payload().len() as f64 * weight;
        let topic = message.topic();
        let known = self
            .by_mountpoint
            .get_mut(mountpoint)
            .and_then(|topics| topics.get_mut(topic));
        if let Some(live) = known {
            live.messages.add(weight, now);
            live.bytes.add(bytes, now);
            return;
        }
        if self.topics >= TOPICS_MAX || self.name_bytes + topic.len() > NAME_BYTES_MAX {
            self.unlisted.add(weight, now);
            return;
        }
        let mut live = Live {
            messages: Rate::new(now),
            bytes: Rate::new(now),
        };
        live.messages.add(weight, now);
        live.bytes.add(bytes, now);
        self.topics += 1;
        self.name_bytes += topic.len();
        let topics = self.by_mountpoint.entry(Arc::clone(mountpoint)).or_default();
        topics.insert(topic.into(), live);
    }

    /// What a message that was noted stands for: what found the table taken was like the rest.
    fn scale(&self, now: Instant) -> f64 {
        match self.noted.now(self.began, now) {
            noted if noted > 0.0 => self.all.now(self.began, now) / noted,
            _ => 1.0,
        }
    }

    /// Forgets what is silent, once a second at most.
    fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept_at) < Duration::from_secs(1) {
            return;
        }
        self.swept_at = now;
        let (mut topics, mut bytes) = (0, 0);
        for of_mountpoint in self.by_mountpoint.values_mut() {
            of_mountpoint.retain(|topic, live| {
                let is_alive = now.saturating_duration_since(live.messages.last()) < ALIVE;
                topics += usize::from(is_alive);
                bytes += if is_alive { topic.len() } else { 0 };
                is_alive
            });
        }
        self.by_mountpoint.retain(|_, topics| !topics.is_empty());
        (self.topics, self.name_bytes) = (topics, bytes);
    }
}

/// What each message that is looked at stands for.
fn weight(messages: usize, looked_at: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a batch has less than 2^53 messages")]
    {
        messages as f64 / looked_at.max(1) as f64
    }
}

#[cfg(test)]
mod tests;
