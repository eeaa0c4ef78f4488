//! Packet ids of received QoS 2 publishes that await their PUBREL. At most 65535 by nature, and at most Receive Maximum
//! in version 5.

use ahash::AHashSet;
use vmq_mqtt::PacketId;

/// The open inbound QoS 2 exchanges.
#[derive(Debug, Default)]
pub struct Received {
    ids: AHashSet<PacketId>,
}

impl Received {
    /// The exchanges read back for a resumed session.
    #[must_use]
    pub fn resume(ids: Vec<PacketId>) -> Self {
        Self {
            ids: ids.into_iter().collect(),
        }
    }

    pub(super) fn contains(&self, id: PacketId) -> bool {
        self.ids.contains(&id)
    }

    pub(super) fn open(&mut self, id: PacketId) {
        self.ids.insert(id);
    }

    /// `false` = the id was not open.
    pub(super) fn close(&mut self, id: PacketId) -> bool {
        self.ids.remove(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}
