//! Node of the trie: a filter, or the beginning of one up to a `+`. Small, since there are as many as filters.

use super::steps::{self, Step, Then};
use crate::router::fanout::Fanout;
use smallvec::SmallVec;
use std::sync::Arc;

/// Where a node lies in the slab.
pub(super) type NodeIndex = u32;

/// No node.
pub(super) const NONE: NodeIndex = NodeIndex::MAX;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: NodeIndex,
    /// Where the step from the parent begins in the filter.
    start: u32,
    /// A filter that ends with that step, or the step alone. It is the text of the subscriber who came first and
    /// shared with the list of its subscriptions, unless that goes on: nobody shall hold what a long one has left.
    filter: Arc<str>,
    /// What filters go on with. In a box: few nodes have any.
    pub(super) next: Option<Box<Next>>,
    /// Subscribers of the filter that ends here.
    pub(super) fanout: Fanout,
}

const _: () = assert!(size_of::<Node>() == 48);

/// The steps that leave a node.
#[derive(Debug)]
pub(super) struct Next {
    /// The child that `+` leads to.
    pub(super) plus: NodeIndex,
    /// The child that `#` leads to.
    pub(super) hash: NodeIndex,
    /// Those that begin with words: how many words, the fewest first, and how many steps have so many.
    runs: SmallVec<[Run; 4]>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    words: u32,
    count: u32,
}

impl Node {
    /// A node that nothing leads to.
    pub(super) fn new(parent: NodeIndex) -> Self {
        Self {
            parent,
            start: 0,
            filter: Arc::default(),
            next: None,
            fanout: Fanout::Empty,
        }
    }

    /// A child that a step of a filter leads to. A filter has at most 65,535 bytes.
    pub(super) fn child(parent: NodeIndex, step: &Step<'_>, filter: &Arc<str>) -> Self {
        let (filter, start) = match step.is_last {
            true => (Arc::clone(filter), step.start),
            false => (Arc::from(step.text), 0),
        };
        Self {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            filter,
            ..Self::new(parent)
        }
    }

    /// Whether no filter ends here or goes on from here.
    pub(super) fn is_unused(&self) -> bool {
        self.next.is_none() && self.fanout.is_empty()
    }

    /// The step that leads here; `None` for the root.
    pub(super) fn step(&self) -> Option<Step<'_>> {
        steps::of(&self.filter, self.start as usize).next()
    }

    /// What follows these words on the way from `parent` to this node; `None` if that is not the way.
    pub(super) fn then(&self, parent: NodeIndex, words: &[u8]) -> Option<Then> {
        if self.parent != parent {
            return None;
        }
        let way = self.filter.as_bytes().get(self.start as usize..)?;
        match way.strip_prefix(words)? {
            [] => Some(Then::End),
            [b'/', b'+'] => Some(Then::Plus),
            [b'/', b'#'] => Some(Then::Hash),
            _ => None,
        }
    }

    /// Notes a step to a child.
    pub(super) fn add(&mut self, step: &Step<'_>, child: NodeIndex) {
        let next = self.next.get_or_insert_default();
        match (step.words, step.then) {
            (None, Then::Plus) => next.plus = child,
            (None, _) => next.hash = child,
            (Some(_), _) => next.add_run(step.length()),
        }
    }

    /// Forgets a step.
    pub(super) fn remove(&mut self, step: &Step<'_>) {
        let Some(next) = &mut self.next else { return };
        match (step.words, step.then) {
            (None, Then::Plus) => next.plus = NONE,
            (None, _) => next.hash = NONE,
            (Some(_), _) => next.remove_run(step.length()),
        }
        if next.plus == NONE && next.hash == NONE && next.runs.is_empty() {
            self.next = None;
        }
    }
}

impl Default for Next {
    fn default() -> Self {
        Self {
            plus: NONE,
            hash: NONE,
            runs: SmallVec::new(),
        }
    }
}

impl Next {
    /// The lengths of the steps that begin with words, ascending.
    pub(super) fn lengths(&self) -> impl Iterator<Item = usize> {
        self.runs.iter().map(|run| run.words as usize)
    }

    /// The last of them.
    pub(super) fn longest(&self) -> usize {
        self.runs.last().map_or(0, |run| run.words as usize)
    }

    fn add_run(&mut self, words: u32) {
        match self.runs.binary_search_by_key(&words, |run| run.words) {
            Ok(at) => self.runs[at].count += 1,
            Err(at) => self.runs.insert(at, Run { words, count: 1 }),
        }
    }

    fn remove_run(&mut self, words: u32) {
        if let Ok(at) = self.runs.binary_search_by_key(&words, |run| run.words) {
            self.runs[at].count -= 1;
            if self.runs[at].count == 0 {
                self.runs.remove(at);
            }
        }
    }
}
