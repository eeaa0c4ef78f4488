//! Shards: a hash table in pieces. Each grows and shrinks by itself, so that nobody who subscribes, and no publisher
//! behind him, waits until a million entries have moved.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Pieces; the first bits of a hash say which.
const SHARD_BITS: u32 = 6;

/// An entry that knows its hash, so that it moves without a look at its key, which lies elsewhere.
pub(super) trait Hashed {
    fn hash(&self) -> u32;
}

/// Entries by hash. Two may have the same: who asks says which he means.
#[derive(Debug)]
pub(super) struct Shards<T>(Box<[HashTable<T>; 1 << SHARD_BITS]>);

impl<T> Default for Shards<T> {
    fn default() -> Self {
        Self(Box::new(std::array::from_fn(|_| HashTable::new())))
    }
}

impl<T: Hashed> Shards<T> {
    pub(super) fn find(&self, hash: u32, mut is_it: impl FnMut(&T) -> bool) -> Option<&T> {
        self.0[shard(hash)].find(spread(hash), |entry| entry.hash() == hash && is_it(entry))
    }

    /// Calls `each` for all entries with a hash.
    pub(super) fn each(&self, hash: u32, mut each: impl FnMut(&T)) {
        // The search goes on until the last of them.
        let none = self.find(hash, |entry| {
            each(entry);
            false
        });
        debug_assert!(none.is_none());
    }

    pub(super) fn find_mut(&mut self, hash: u32, mut is_it: impl FnMut(&T) -> bool) -> Option<&mut T> {
        self.0[shard(hash)].find_mut(spread(hash), |entry| entry.hash() == hash && is_it(entry))
    }

    pub(super) fn find_or_insert(
        &mut self,
        hash: u32,
        is_it: impl Fn(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> &mut T {
        let is_it = |entry: &T| entry.hash() == hash && is_it(entry);
        let entry = self.0[shard(hash)].entry(spread(hash), is_it, |entry| spread(entry.hash()));
        match entry {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(make()).into_mut(),
        }
    }

    /// Adds an entry that is not there.
    pub(super) fn insert(&mut self, entry: T) {
        let hash = entry.hash();
        self.0[shard(hash)].insert_unique(spread(hash), entry, |entry| spread(entry.hash()));
    }

    pub(super) fn remove(&mut self, hash: u32, mut is_it: impl FnMut(&T) -> bool) {
        let shard = &mut self.0[shard(hash)];
        let found = shard.find_entry(spread(hash), |entry| entry.hash() == hash && is_it(entry));
        if let Ok(entry) = found {
            entry.remove();
        }
        // Far from full, and far from growing again when it has shrunk.
        if shard.len() < shard.capacity() / 8 {
            shard.shrink_to(shard.len() * 2, |entry| spread(entry.hash()));
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.0.iter().map(HashTable::capacity).sum()
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}

fn shard(hash: u32) -> usize {
    (hash >> (u32::BITS - SHARD_BITS)) as usize
}

/// The table wants 64 bits, and looks at the first and the last ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Entry(u32, u32);

    impl Hashed for Entry {
        fn hash(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn entries_of_one_hash_are_told_apart() {
        let mut shards = Shards::default();
        // Among them some that differ in the first bits or the last ones only.
        let hashes = [0, 1, 7, 1 << 26, 63 << 26, u32::MAX];
        for (hash, key) in hashes.iter().flat_map(|hash| (0..100).map(|key| (*hash, key))) {
            shards.insert(Entry(hash, key));
            assert_eq!(
                shards.find_or_insert(hash, |it| it.1 == key, || Entry(0, 0)).1,
                key
            );
        }
        for hash in hashes {
            let mut keys = Vec::new();
            shards.each(hash, |entry| keys.push(entry.1));
            keys.sort_unstable();
            assert!(keys.into_iter().eq(0..100));
            assert!(shards.find(hash, |entry| entry.1 == 100).is_none());
            assert!(shards.find_mut(hash, |entry| entry.1 == 99).is_some());
            shards.remove(hash, |entry| entry.1 == 7);
            shards.remove(hash, |entry| entry.1 == 100);
            assert!(shards.find(hash, |entry| entry.1 == 7).is_none());
        }
        assert_eq!(shards.iter().count(), hashes.len() * 99);
        let new = shards.find_or_insert(7, |entry| entry.1 == 7, || Entry(7, 7));
        assert_eq!((new.0, new.1), (7, 7));
    }

    #[test]
    fn a_table_that_has_emptied_is_small_again() {
        let mut shards = Shards::default();
        let hash = |number: u32| number.wrapping_mul(0x9E37_79B9);
        for number in 0..50_000 {
            shards.insert(Entry(hash(number), number));
        }
        assert!(shards.capacity() >= 50_000);
        for number in 100..50_000 {
            shards.remove(hash(number), |entry| entry.1 == number);
        }
        assert!(shards.capacity() < 2000, "{}", shards.capacity());
        assert!((0..100).all(|number| shards.find(hash(number), |entry| entry.1 == number).is_some()));
    }
}
