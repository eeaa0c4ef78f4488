//! Slab: where the nodes lie, in pieces of one size. It grows by a piece, so that nobody who subscribes waits until a
//! large one was copied, and gives a piece back when its last node has gone.

use super::node::{NONE, Node, NodeIndex};

/// Nodes of a piece.
const PIECE: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Slab {
    pieces: Vec<Piece>,
    /// Pieces with room.
    open: Vec<u32>,
}

#[derive(Debug)]
struct Piece {
    nodes: Vec<Node>,
    /// Nodes in use.
    used: usize,
    /// Index in the slab of the node to be used next; the parent of a node that is free is the one after it.
    free: NodeIndex,
}

impl Slab {
    pub(super) fn get(&self, at: NodeIndex) -> &Node {
        &self.pieces[at as usize / PIECE].nodes[at as usize % PIECE]
    }

    pub(super) fn get_mut(&mut self, at: NodeIndex) -> &mut Node {
        &mut self.pieces[at as usize / PIECE].nodes[at as usize % PIECE]
    }

    pub(super) fn insert(&mut self, node: Node) -> NodeIndex {
        let number = match self.open.last() {
            Some(number) => *number as usize,
            None => self.add_piece(),
        };
        let piece = &mut self.pieces[number];
        piece.used += 1;
        if piece.used == PIECE {
            self.open.pop();
        }
        if piece.free != NONE {
            let at = piece.free;
            let place = &mut piece.nodes[at as usize % PIECE];
            piece.free = place.parent;
            *place = node;
            return at;
        }
        if piece.nodes.is_empty() {
            piece.nodes.reserve_exact(PIECE);
        }
        piece.nodes.push(node);
        index(number * PIECE + piece.nodes.len() - 1)
    }

    /// Takes a node out.
    pub(super) fn remove(&mut self, at: NodeIndex) -> Node {
        let number = at as usize / PIECE;
        let piece = &mut self.pieces[number];
        if piece.used == PIECE {
            self.open.push(index(number));
        }
        let free = Node::new(piece.free);
        let node = std::mem::replace(&mut piece.nodes[at as usize % PIECE], free);
        piece.free = at;
        piece.used -= 1;
        if piece.used == 0 {
            piece.nodes = Vec::new();
            piece.free = NONE;
        }
        node
    }

    fn add_piece(&mut self) -> usize {
        let number = self.pieces.len();
        self.pieces.push(Piece {
            nodes: Vec::new(),
            used: 0,
            free: NONE,
        });
        self.open.push(index(number));
        number
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.pieces.iter().map(|piece| piece.used).sum()
    }

    /// Nodes there is memory for.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.pieces.iter().map(|piece| piece.nodes.capacity()).sum()
    }

    #[cfg(test)]
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.pieces.iter().flat_map(|piece| &piece.nodes)
    }
}

/// More than 4 billion nodes do not fit into memory.
fn index(at: usize) -> NodeIndex {
    NodeIndex::try_from(at).unwrap_or(NONE)
}
