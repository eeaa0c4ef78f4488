//! Trie of filters with wildcards. A node is a level. Nodes live in one slab, so that nothing recurses on the depth of a
//! topic; `+` is a child of its own, and the children by word of all nodes are in one table, so that a node is small and
//! a topic's word is hashed once for all nodes of its level.

use super::fanout::Fanout;
use ahash::RandomState;
use hashbrown::HashTable;
use smallvec::SmallVec;

type NodeIndex = u32;

const ROOT: NodeIndex = 0;
const NONE: NodeIndex = NodeIndex::MAX;

/// Longer words are kept outside of their node.
const WORD_BYTES: usize = 16;

#[derive(Debug)]
struct Node {
    parent: NodeIndex,
    plus: NodeIndex,
    /// Children by word.
    children: u32,
    /// The word that leads here from the parent; `+` for the child of that name.
    word: SmallVec<[u8; WORD_BYTES]>,
    /// Subscribers of the filter that ends here.
    here: Fanout,
    /// Subscribers of the filter that goes on with `#` here.
    hash: Fanout,
}

/// Filters that contain `+` or `#`.
#[derive(Debug)]
pub struct Trie {
    nodes: Vec<Node>,
    free: Vec<NodeIndex>,
    /// The children by word of all nodes, found by `edge`.
    words: HashTable<NodeIndex>,
    hasher: RandomState,
}

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![Node::new(NONE, b"")],
            free: Vec::new(),
            words: HashTable::new(),
            hasher: RandomState::new(),
        }
    }
}

impl Node {
    fn new(parent: NodeIndex, word: &[u8]) -> Self {
        Self {
            parent,
            plus: NONE,
            children: 0,
            word: SmallVec::from_slice(word),
            here: Fanout::Empty,
            hash: Fanout::Empty,
        }
    }

    fn is_unused(&self) -> bool {
        self.children == 0 && self.plus == NONE && self.here.is_empty() && self.hash.is_empty()
    }
}

/// The hash of a word below one node. Words are hashed with a key; nodes are merely told apart.
fn edge(parent: NodeIndex, word_hash: u64) -> u64 {
    word_hash ^ u64::from(parent).wrapping_mul(0x9E37_79B9_7F4A_7C15)
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
            &mut node.hash
        } else {
            &mut node.here
        }
    }

    /// Lets `change` take subscribers of a filter out, and removes the nodes that nobody needs any more.
    pub(super) fn update(&mut self, filter: &str, change: impl FnOnce(&mut Fanout)) {
        let mut at = ROOT;
        let mut ends_with_hash = false;
        for word in filter.as_bytes().split(|byte| *byte == b'/') {
            match word {
                b"#" => ends_with_hash = true,
                b"+" => at = self.nodes[at as usize].plus,
                word => at = self.find(at, word, self.hasher.hash_one(word)).unwrap_or(NONE),
            }
            if at == NONE {
                return;
            }
        }
        let node = &mut self.nodes[at as usize];
        change(if ends_with_hash {
            &mut node.hash
        } else {
            &mut node.here
        });
        self.prune(at);
    }

    /// Calls `each` for every filter that matches. Filters that begin with a wildcard never match a topic that begins
    /// with `$` [MQTT-4.7.2-1].
    pub(super) fn each_match<'a>(&'a self, topic: &[u8], each: &mut dyn FnMut(&'a Fanout)) {
        if self.nodes.len() == 1 && self.nodes[0].hash.is_empty() {
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
            let word_hash = self.hasher.hash_one(word);
            for &at in &level {
                let node = &self.nodes[at as usize];
                if wildcards {
                    each(&node.hash);
                    if node.plus != NONE {
                        next.push(node.plus);
                    }
                }
                if node.children > 0 {
                    next.extend(self.find(at, word, word_hash));
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
            each(&node.here);
            each(&node.hash);
        }
    }

    #[cfg(test)]
    pub(super) fn subscription_count(&self) -> usize {
        self.nodes
            .iter()
            .map(|node| node.here.len() + node.hash.len())
            .sum()
    }

    fn find(&self, parent: NodeIndex, word: &[u8], word_hash: u64) -> Option<NodeIndex> {
        let is_it = |at: &NodeIndex| {
            let node = &self.nodes[*at as usize];
            node.parent == parent && *node.word == *word
        };
        self.words.find(edge(parent, word_hash), is_it).copied()
    }

    fn plus_child(&mut self, at: NodeIndex) -> NodeIndex {
        if self.nodes[at as usize].plus == NONE {
            let child = self.add_node(at, b"+");
            self.nodes[at as usize].plus = child;
        }
        self.nodes[at as usize].plus
    }

    fn word_child(&mut self, at: NodeIndex, word: &[u8]) -> NodeIndex {
        let word_hash = self.hasher.hash_one(word);
        if let Some(child) = self.find(at, word, word_hash) {
            return child;
        }
        let child = self.add_node(at, word);
        self.nodes[at as usize].children += 1;
        let (nodes, hasher) = (&self.nodes, &self.hasher);
        let rehash = |at: &NodeIndex| {
            let node = &nodes[*at as usize];
            edge(node.parent, hasher.hash_one(&*node.word))
        };
        self.words.insert_unique(edge(at, word_hash), child, rehash);
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
            let node = &mut self.nodes[at as usize];
            let parent = node.parent;
            let word = std::mem::take(&mut node.word);
            if *word == *b"+" {
                self.nodes[parent as usize].plus = NONE;
            } else {
                self.nodes[parent as usize].children -= 1;
                let hash = edge(parent, self.hasher.hash_one(&*word));
                if let Ok(entry) = self.words.find_entry(hash, |child| *child == at) {
                    entry.remove();
                }
            }
            self.free.push(at);
            at = parent;
        }
    }
}

#[cfg(test)]
mod tests;
