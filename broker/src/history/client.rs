//! Client: the entries of one client, oldest first. Equal ones in a row are one; when there are too many the oldest goes.

use super::Entry;
use std::collections::VecDeque;

/// What happened to one client.
#[derive(Debug, Default)]
pub(super) struct Client {
    entries: VecDeque<Entry>,
    /// The place in the order of those that nothing has happened to for long.
    pub(super) touched: u64,
    /// Entries that went because of the bound.
    forgotten: u64,
}

impl Client {
    /// Adds an entry, the newest unless its time says otherwise.
    pub(super) fn add(&mut self, entry: Entry, entries_max: usize) {
        // A connect is told with the first thing that happens after it; what was before it stays before it.
        let before = self.entries.iter().rposition(|known| known.last <= entry.first);
        let place = before.map_or(0, |before| before + 1);
        let is_newest = place == self.entries.len();
        match self.entries.back_mut() {
            Some(last) if is_newest && last.is_same(&entry) => last.again(entry),
            _ => self.entries.insert(place, entry),
        }
        while self.entries.len() > entries_max {
            self.entries.pop_front();
            self.forgotten += 1;
        }
    }

    /// The entries, and how many went before them.
    pub(super) fn entries(&self) -> (Vec<Entry>, u64) {
        (self.entries.iter().cloned().collect(), self.forgotten)
    }

    /// Bytes on the heap, roughly.
    pub(super) fn heap_bytes(&self) -> usize {
        let texts: usize = self.entries.iter().map(Entry::heap_bytes).sum();
        self.entries.capacity() * size_of::<Entry>() + texts
    }
}
