//! Trie of filters with wildcards. A node is a level; `+` and `#` are children of their own. Nodes live in one slab, so
//! that nothing recurses on the depth of a topic.

use super::fanout::Fanout;
use ahash::AHashMap;
use smallvec::SmallVec;

type NodeIndex = u32;

const ROOT: NodeIndex = 0;
const NONE: NodeIndex = NodeIndex::MAX;

#[derive(Debug)]
struct Node {
    parent: NodeIndex,
    /// The word that leads here from the parent.
    word: Box<[u8]>,
    children: AHashMap<Box<[u8]>, NodeIndex>,
    plus: NodeIndex,
    /// Subscribers of the filter that ends here.
    here: Option<Box<Fanout>>,
    /// Subscribers of the filter that goes on with `#` here.
    hash: Option<Box<Fanout>>,
}

/// Filters that contain `+` or `#`.
#[derive(Debug)]
pub struct Trie {
    nodes: Vec<Node>,
    free: Vec<NodeIndex>,
}

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![Node::new(NONE, b"")],
            free: Vec::new(),
        }
    }
}

impl Node {
    fn new(parent: NodeIndex, word: &[u8]) -> Self {
        Self {
            parent,
            word: word.into(),
            children: AHashMap::new(),
            plus: NONE,
            here: None,
            hash: None,
        }
    }

    fn is_unused(&self) -> bool {
        self.children.is_empty() && self.plus == NONE && self.here.is_none() && self.hash.is_none()
    }
}

impl Trie {
    /// The subscribers of a valid filter, made if there are none.
    pub(super) fn insert(&mut self, filter: &str) -> &mut Fanout {
        let mut at = ROOT;
        let mut ends_with_hash = false;
        for word in filter.as_bytes().split(|byte| *byte == b'/') {
            match word {
                b"#" => ends_with_hash = true,
                b"+" => at = self.plus_child(at),
                word => at = self.word_child(at, word),
            }
        }
        let node = &mut self.nodes[at as usize];
        if ends_with_hash {
            node.hash.get_or_insert_default()
        } else {
            node.here.get_or_insert_default()
        }
    }

    /// Lets `change` alter the subscribers of a filter; if it says that they are empty now, they are removed, with the
    /// nodes nobody needs any more.
    pub(super) fn update(&mut self, filter: &str, change: impl FnOnce(&mut Fanout) -> bool) {
        let mut at = ROOT;
        let mut ends_with_hash = false;
        for word in filter.as_bytes().split(|byte| *byte == b'/') {
            let node = &self.nodes[at as usize];
            match word {
                b"#" => ends_with_hash = true,
                b"+" => at = node.plus,
                word => at = node.children.get(word).copied().unwrap_or(NONE),
            }
            if at == NONE {
                return;
            }
        }
        let node = &mut self.nodes[at as usize];
        let slot = if ends_with_hash {
            &mut node.hash
        } else {
            &mut node.here
        };
        if slot.as_deref_mut().is_some_and(change) {
            *slot = None;
            self.prune(at);
        }
    }

    /// Calls `each` for every filter that matches. Filters that begin with a wildcard never match a topic that begins
    /// with `$` [MQTT-4.7.2-1].
    pub(super) fn each_match<'a>(&'a self, topic: &[u8], each: &mut dyn FnMut(&'a Fanout)) {
        if self.nodes.len() == 1 && self.nodes[0].hash.is_none() {
            return;
        }
        let hidden = topic.first() == Some(&b'$');
        let mut level: SmallVec<[NodeIndex; 8]> = SmallVec::new();
        let mut next: SmallVec<[NodeIndex; 8]> = SmallVec::new();
        level.push(ROOT);
        let mut first = true;
        for word in topic.split(|byte| *byte == b'/') {
            let wildcards = !(first && hidden);
            first = false;
            for &at in &level {
                let node = &self.nodes[at as usize];
                if wildcards {
                    if let Some(fanout) = &node.hash {
                        each(fanout);
                    }
                    if node.plus != NONE {
                        next.push(node.plus);
                    }
                }
                if let Some(&child) = node.children.get(word) {
                    next.push(child);
                }
            }
            std::mem::swap(&mut level, &mut next);
            next.clear();
            if level.is_empty() {
                return;
            }
        }
        // `a/#` matches `a` as well [MQTT-4.7.1-2].
        for at in level {
            let node = &self.nodes[at as usize];
            node.here.iter().chain(&node.hash).for_each(|fanout| each(fanout));
        }
    }

    pub(super) fn subscription_count(&self) -> usize {
        self.nodes
            .iter()
            .flat_map(|node| node.here.iter().chain(&node.hash))
            .map(|fanout| fanout.len())
            .sum()
    }

    fn plus_child(&mut self, at: NodeIndex) -> NodeIndex {
        if self.nodes[at as usize].plus == NONE {
            let child = self.add_node(at, b"+");
            self.nodes[at as usize].plus = child;
        }
        self.nodes[at as usize].plus
    }

    fn word_child(&mut self, at: NodeIndex, word: &[u8]) -> NodeIndex {
        if let Some(&child) = self.nodes[at as usize].children.get(word) {
            return child;
        }
        let child = self.add_node(at, word);
        self.nodes[at as usize].children.insert(word.into(), child);
        child
    }

    fn add_node(&mut self, parent: NodeIndex, word: &[u8]) -> NodeIndex {
        let node = Node::new(parent, word);
        if let Some(index) = self.free.pop() {
            self.nodes[index as usize] = node;
            return index;
        }
        self.nodes.push(node);
        // More than 4 billion nodes do not fit into memory.
        NodeIndex::try_from(self.nodes.len() - 1).unwrap_or(NONE)
    }

    fn prune(&mut self, mut at: NodeIndex) {
        while at != ROOT && self.nodes[at as usize].is_unused() {
            let parent = self.nodes[at as usize].parent;
            let word = std::mem::take(&mut self.nodes[at as usize].word);
            let node = &mut self.nodes[parent as usize];
            if *word == *b"+" {
                node.plus = NONE;
            } else {
                node.children.remove(&word);
            }
            self.free.push(at);
            at = parent;
        }
    }
}

#[cfg(test)]
mod tests;
