//! A set of packet ids: those in use towards the client, and those of received QoS 2 publishes that await their PUBREL. At
//! most 65535 by nature. Every session has both sets and most are empty: an empty one has no allocation and no hash key
//! of its own (there are too few ids for collisions to hurt).

use hashbrown::HashTable;
use vmq_mqtt::PacketId;

/// Packet ids of open exchanges.
#[derive(Debug, Default)]
pub struct PacketIds(HashTable<PacketId>);

impl PacketIds {
    pub(super) fn contains(&self, id: PacketId) -> bool {
        self.0.find(hash(id), |known| *known == id).is_some()
    }

    pub(super) fn insert(&mut self, id: PacketId) {
        let entry = self.0.entry(hash(id), |known| *known == id, |known| hash(*known));
        entry.insert(id);
    }

    /// `false` = it was not there.
    pub(super) fn remove(&mut self, id: PacketId) -> bool {
        self.0
            .find_entry(hash(id), |known| *known == id)
            .map(|entry| entry.remove())
            .is_ok()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<PacketId> for PacketIds {
    fn from_iter<I: IntoIterator<Item = PacketId>>(ids: I) -> Self {
        let mut set = Self::default();
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

/// Ids that follow each other, and those that a client may choose, end up far apart.
fn hash(id: PacketId) -> u64 {
    u64::from(id.get())
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(32)
}
