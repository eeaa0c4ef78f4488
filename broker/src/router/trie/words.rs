//! Words of a topic: split and hashed when they are first asked for, and never twice, whoever asks. A topic of many
//! levels costs no more than the filters want to know of it.

use ahash::RandomState;
use smallvec::SmallVec;
use std::hash::{BuildHasher, Hasher};

/// A level of the topic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) hash: u64,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The words of one topic.
#[derive(Debug)]
pub(super) struct Words<'a> {
    pub(super) topic: &'a [u8],
    hasher: &'a RandomState,
    known: SmallVec<[Word; 8]>,
    /// Where the next word begins: past the end of the topic, if there is none.
    next: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(topic: &'a [u8], hasher: &'a RandomState) -> Self {
        Self {
            topic,
            hasher,
            known: SmallVec::new(),
            next: 0,
        }
    }

    /// The first words, so many of them or all there are.
    pub(super) fn first(&mut self, count: usize) -> &[Word] {
        while self.known.len() < count {
            let start = self.next;
            let Some(rest) = self.topic.get(start..) else {
                break;
            };
            let length = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let (hash, end) = (hash(self.hasher, &rest[..length]), start + length);
            self.known.push(Word { hash, start, end });
            self.next = end + 1;
        }
        &self.known
    }

    /// Whether the first words, so many, were asked for and are all there are.
    pub(super) fn end_with(&self, count: usize) -> bool {
        self.next > self.topic.len() && self.known.len() == count
    }
}

/// The hash of a word.
pub(super) fn hash(hasher: &RandomState, word: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(word);
    hasher.finish()
}
