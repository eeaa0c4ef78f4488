//! Where reading a queue may begin. Messages and exchanges live briefly, and until RocksDB compacts, reading wades
//! through what marks them as deleted: a busy queue leaves hundreds of thousands of marks before its first live
//! record. The writer counts deletions, looks for the first live record every so often, and readers start there.
//!
//! Floors are hints in memory, for busy queues only. They hold because positions ascend; a record put below a floor
//! lowers it before it is written.

use super::database::Tables;
use crate::store::{QueueId, keys};
use ahash::AHashMap;
use parking_lot::Mutex;
use rocksdb::ColumnFamily;

/// Deletions in a queue after which its first live record is looked for.
const DELETIONS: u32 = 1024;
/// Queues remembered; when there are more, all are forgotten.
const QUEUES_MAX: usize = 32 * 1024;

/// The column families whose keys are positions in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Family {
    Entries,
    Flights,
}

/// First live positions, at least.
#[derive(Default)]
pub(super) struct Floors {
    known: Mutex<AHashMap<(Family, QueueId), u64>>,
}

impl Floors {
    /// No record of the queue lies below this position.
    pub(super) fn of(&self, family: Family, queue: QueueId) -> u64 {
        self.known.lock().get(&(family, queue)).copied().unwrap_or(0)
    }

    /// Forgets everything (the database may have gone back in time).
    pub(super) fn clear(&self) {
        self.known.lock().clear();
    }

    /// To be called before a batch is written.
    pub(super) fn lower(&self, traffic: &Traffic) {
        let mut known = self.known.lock();
        if known.is_empty() {
            return;
        }
        for (key, queue) in &traffic.queues {
            if let Some(floor) = known.get_mut(key) {
                *floor = (*floor).min(queue.lowest_put);
            }
        }
    }

    fn raise(&self, family: Family, queue: QueueId, floor: u64) {
        let mut known = self.known.lock();
        if known.len() >= QUEUES_MAX {
            known.clear();
        }
        known.insert((family, queue), floor);
    }
}

/// What a batch does to the positions of its queues.
#[derive(Default)]
pub(super) struct Traffic {
    queues: AHashMap<(Family, QueueId), QueueTraffic>,
}

#[derive(Clone, Copy)]
struct QueueTraffic {
    deletions: u32,
    highest_deleted: u64,
    lowest_put: u64,
}

impl Traffic {
    pub(super) fn put(&mut self, family: Family, queue: QueueId, position: u64) {
        let traffic = self.queue(family, queue);
        traffic.lowest_put = traffic.lowest_put.min(position);
    }

    pub(super) fn deleted(&mut self, family: Family, queue: QueueId, position: u64) {
        let traffic = self.queue(family, queue);
        traffic.deletions += 1;
        traffic.highest_deleted = traffic.highest_deleted.max(position);
    }

    fn queue(&mut self, family: Family, queue: QueueId) -> &mut QueueTraffic {
        let none = QueueTraffic {
            deletions: 0,
            highest_deleted: 0,
            lowest_put: u64::MAX,
        };
        self.queues.entry((family, queue)).or_insert(none)
    }
}

/// Deletions since the first live record of a queue was looked for; the writer's.
#[derive(Default)]
pub(super) struct Deletions {
    counted: AHashMap<(Family, QueueId), (u32, u64)>,
}

impl Deletions {
    /// To be called after a batch was written.
    pub(super) fn count(&mut self, tables: &Tables<'_>, floors: &Floors, traffic: &Traffic) {
        if self.counted.len() >= QUEUES_MAX {
            self.counted.clear();
        }
        for (&(family, queue), traffic) in traffic.queues.iter().filter(|(_, queue)| queue.deletions > 0) {
            let (deletions, highest) = self.counted.entry((family, queue)).or_default();
            *deletions = deletions.saturating_add(traffic.deletions);
            *highest = (*highest).max(traffic.highest_deleted);
            if *deletions >= DELETIONS {
                let highest = *highest;
                self.counted.remove(&(family, queue));
                if let Some(floor) = first_live(tables, family, queue, floors.of(family, queue), highest) {
                    floors.raise(family, queue, floor);
                }
            }
        }
    }
}

/// First live position from `floor` on; just above the highest deleted one if there is none.
fn first_live(
    tables: &Tables<'_>,
    family: Family,
    queue: QueueId,
    floor: u64,
    highest_deleted: u64,
) -> Option<u64> {
    let upper = keys::after_queue(queue);
    let upper = upper.as_ref().map(<[u8; 8]>::as_slice);
    let mut found = tables.iterate(family.of(tables), &keys::position(queue, floor), upper, None);
    found.seek_to_first();
    let first = found.key().and_then(keys::read_position);
    found.status().ok()?;
    Some(first.unwrap_or_else(|| highest_deleted.saturating_add(1).max(floor)))
}

impl Family {
    pub(super) fn of<'a>(self, tables: &Tables<'a>) -> &'a ColumnFamily {
        match self {
            Self::Entries => tables.entries,
            Self::Flights => tables.flights,
        }
    }
}
