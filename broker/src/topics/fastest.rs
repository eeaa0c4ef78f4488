//! The live topics that are published to most, out of all mountpoints.

use super::{Live, Seen};
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first ones, the fastest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fastest {
    pub topics: Vec<Busy>,
    /// Publishes per second to topics that there was no room to tell apart.
    pub unlisted: f64,
    /// Since when topics are counted.
    pub counted: Duration,
}

/// A topic and what is published to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Busy {
    pub mountpoint: Arc<str>,
    pub topic: Box<str>,
    /// Publishes and payload bytes per second.
    pub rate: f64,
    pub bytes: f64,
}

/// One that may be among the first: nothing of it is copied before that is sure.
struct Candidate<'a> {
    rate: f64,
    mountpoint: &'a Arc<str>,
    topic: &'a str,
    live: &'a Live,
}

impl Seen {
    pub(super) fn fastest(&self, limit: usize, now: Instant) -> Fastest {
        let scale = self.scale(now);
        let mut found: Vec<Candidate<'_>> = Vec::with_capacity(limit * 2);
        for (mountpoint, topics) in &self.by_mountpoint {
            for (topic, live) in topics {
                if found.len() >= limit * 2 {
                    keep(&mut found, limit);
                }
                found.push(Candidate {
                    rate: live.messages.now(self.began, now) * scale,
                    mountpoint,
                    topic,
                    live,
                });
            }
        }
        keep(&mut found, limit);
        let busy = |candidate: Candidate<'_>| Busy {
            mountpoint: Arc::clone(candidate.mountpoint),
            topic: candidate.topic.into(),
            rate: candidate.rate,
            bytes: candidate.live.bytes.now(self.began, now) * scale,
        };
        Fastest {
            topics: found.into_iter().map(busy).collect(),
            unlisted: self.unlisted.now(self.began, now) * scale,
            counted: now.saturating_duration_since(self.began),
        }
    }
}

fn keep(found: &mut Vec<Candidate<'_>>, limit: usize) {
    found.sort_unstable_by(order);
    found.truncate(limit);
}

/// Those that are as fast as others come in the order of their names, so that rows stay where they are.
fn order(left: &Candidate<'_>, right: &Candidate<'_>) -> Ordering {
    let by_rate = right.rate.total_cmp(&left.rate);
    by_rate.then_with(|| (left.mountpoint, left.topic).cmp(&(right.mountpoint, right.topic)))
}
