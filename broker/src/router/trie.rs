//! Trie of filters with wildcards. The words between two wildcards are one step, however many levels they are, and so
//! most filters are one node. Steps that begin with words are in one table, by node and words; a node knows how many words
//! those have that leave it, so that a topic is looked up once for each length, and nothing recurses on its depth.

mod node;
mod slab;
mod steps;
mod words;

use super::fanout::Fanout;
use super::shards::{Hashed, Shards};
use ahash::RandomState;
use node::{NONE, Next, Node, NodeIndex};
use slab::Slab;
use smallvec::{SmallVec, smallvec};
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use steps::{Step, Then};
use words::Words;

/// The first node of a slab.
const ROOT: NodeIndex = 0;

/// Bits of a first word's hash that say whether a filter may begin with it.
const BEGINNING_BITS: u32 = 8;

/// A step, found by the hash of its node and its words.
#[derive(Debug)]
struct Edge {
    hash: u32,
    child: NodeIndex,
}

impl Hashed for Edge {
    fn hash(&self) -> u32 {
        self.hash
    }
}

/// Filters that contain `+` or `#`.
#[derive(Debug)]
pub struct Trie {
    nodes: Slab,
    edges: Shards<Edge>,
    /// How many steps from the root begin with a word of such a hash, by its first bits. Most topics that only exact
    /// filters match begin with a word that none of these begins with, and go no further.
    beginnings: Box<[u32; 1 << BEGINNING_BITS]>,
    /// Keyed: words are hostile.
    hasher: RandomState,
}

/// Nodes that the beginning of a topic has led to, each with the number of levels that took.
type Reached = SmallVec<[(NodeIndex, usize); 8]>;

impl Default for Trie {
    fn default() -> Self {
        let mut nodes = Slab::default();
        nodes.insert(Node::new(NONE));
        Self {
            nodes,
            edges: Shards::default(),
            beginnings: Box::new([0; 1 << BEGINNING_BITS]),
            hasher: RandomState::new(),
        }
    }
}

impl Trie {
    /// The subscribers of a valid filter, which begins at `from`; made if there are none.
    pub(super) fn insert(&mut self, filter: &Arc<str>, from: usize) -> &mut Fanout {
        let mut at = ROOT;
        for step in steps::of(filter, from) {
            at = self
                .child(at, &step)
                .unwrap_or_else(|| self.add_child(at, &step, filter));
        }
        &mut self.nodes.get_mut(at).fanout
    }

    /// Lets `change` take subscribers of a filter out, and removes the nodes that nobody needs any more.
    pub(super) fn update(&mut self, filter: &str, change: impl FnOnce(&mut Fanout)) {
        let mut at = ROOT;
        for step in steps::of(filter, 0) {
            match self.child(at, &step) {
                Some(child) => at = child,
                None => return,
            }
        }
        change(&mut self.nodes.get_mut(at).fanout);
        self.prune(at);
    }

    /// Calls `each` for every filter that matches. Filters that begin with a wildcard never match a topic that begins
    /// with `$` [MQTT-4.7.2-1].
    pub(super) fn each_match<'a>(&'a self, topic: &[u8], each: &mut dyn FnMut(&'a Fanout)) {
        if self.nodes.get(ROOT).next.is_none() {
            return;
        }
        let hidden = topic.first() == Some(&b'$');
        let mut words = Words::new(topic, &self.hasher);
        let mut reached: Reached = smallvec![(ROOT, 0)];
        while let Some((at, level)) = reached.pop() {
            let node = self.nodes.get(at);
            // Behind the root there was a `+`, and nobody has looked at its word yet.
            words.first(level);
            let ends = words.end_with(level);
            if ends {
                each(&node.fanout);
            }
            let Some(next) = &node.next else { continue };
            if level > 0 || !hidden {
                // `a/#` matches `a` as well [MQTT-4.7.1-2].
                if next.hash != NONE {
                    each(&self.nodes.get(next.hash).fanout);
                }
                if next.plus != NONE && !ends {
                    reached.push((next.plus, level + 1));
                }
            }
            if !ends && (level > 0 || self.may_begin(&mut words)) {
                self.follow(next, (at, level), &mut words, &mut reached, each);
            }
        }
    }

    /// Takes the steps from a node that begin with the next words of the topic.
    fn follow<'a>(
        &'a self,
        next: &Next,
        (at, level): (NodeIndex, usize),
        words: &mut Words<'_>,
        reached: &mut Reached,
        each: &mut dyn FnMut(&'a Fanout),
    ) {
        let topic = words.topic;
        let known = words.first(level + next.longest());
        let mut hasher = self.step_hasher(at);
        let mut hashed = level;
        for length in next.lengths() {
            let behind = level + length;
            let Some(run) = known.get(hashed..behind) else {
                return;
            };
            run.iter().for_each(|word| hasher.write_u64(word.hash));
            hashed = behind;
            let end = known[behind - 1].end;
            let (text, ends) = (&topic[known[level].start..end], end == topic.len());
            self.edges.each(step_hash(&hasher), |edge| {
                let child = self.nodes.get(edge.child);
                match child.then(at, text) {
                    Some(Then::Hash) => each(&child.fanout),
                    Some(Then::End) if ends => each(&child.fanout),
                    Some(Then::Plus) if !ends => reached.push((edge.child, behind + 1)),
                    _ => {}
                }
            });
        }
    }

    /// Whether there may be a filter that begins with the first word.
    fn may_begin(&self, words: &mut Words<'_>) -> bool {
        let first = words.first(1).first();
        first.is_some_and(|first| self.beginnings[beginning(first.hash)] > 0)
    }

    #[cfg(test)]
    pub(super) fn subscription_count(&self) -> usize {
        self.nodes.nodes().map(|node| node.fanout.len()).sum()
    }

    fn step_hasher(&self, at: NodeIndex) -> impl Hasher + use<> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u32(at);
        hasher
    }

    /// As `follow` makes it.
    fn hash(&self, at: NodeIndex, step: &Step<'_>) -> u32 {
        let mut hasher = self.step_hasher(at);
        for word in step.each_word() {
            hasher.write_u64(words::hash(&self.hasher, word));
        }
        step_hash(&hasher)
    }

    fn child(&self, at: NodeIndex, step: &Step<'_>) -> Option<NodeIndex> {
        let next = self.nodes.get(at).next.as_ref()?;
        let Some(words) = step.words else {
            let child = match step.then {
                Then::Plus => next.plus,
                _ => next.hash,
            };
            return (child != NONE).then_some(child);
        };
        let leads = |edge: &Edge| self.nodes.get(edge.child).then(at, words) == Some(step.then);
        let edge = self.edges.find(self.hash(at, step), leads)?;
        Some(edge.child)
    }

    fn add_child(&mut self, at: NodeIndex, step: &Step<'_>, filter: &Arc<str>) -> NodeIndex {
        let child = self.nodes.insert(Node::child(at, step, filter));
        self.nodes.get_mut(at).add(step, child);
        if step.words.is_some() {
            let hash = self.hash(at, step);
            self.edges.insert(Edge { hash, child });
        }
        if let Some(count) = self.beginning_mut(at, step) {
            *count += 1;
        }
        child
    }

    fn prune(&mut self, mut at: NodeIndex) {
        while at != ROOT && self.nodes.get(at).is_unused() {
            let node = self.nodes.remove(at);
            if let Some(step) = node.step() {
                self.forget_child(node.parent, &step, at);
            }
            at = node.parent;
        }
    }

    fn forget_child(&mut self, at: NodeIndex, step: &Step<'_>, child: NodeIndex) {
        self.nodes.get_mut(at).remove(step);
        if step.words.is_some() {
            let hash = self.hash(at, step);
            self.edges.remove(hash, |edge| edge.child == child);
        }
        if let Some(count) = self.beginning_mut(at, step) {
            *count -= 1;
        }
    }

    /// Where a step from the root is counted, if it begins with a word.
    fn beginning_mut(&mut self, at: NodeIndex, step: &Step<'_>) -> Option<&mut u32> {
        let first = step.each_word().next().filter(|_| at == ROOT)?;
        let hash = words::hash(&self.hasher, first);
        Some(&mut self.beginnings[beginning(hash)])
    }
}

/// Where a first word is counted.
fn beginning(hash: u64) -> usize {
    (hash >> (u64::BITS - BEGINNING_BITS)) as usize
}

/// What the table of steps is asked for: 32 of 64 bits, which are all as good.
fn step_hash(hasher: &impl Hasher) -> u32 {
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests;
