//! Busiest: the topics that are published to most. They are counted for as long as somebody looks (`topics`), and in the
//! same way as for the tree of topics.

use super::super::topics::{COUNTED_SECS_MAX, tenths};
use super::Identified;
use crate::core::Core;
use crate::topics::{Busy, Watching};
use vmq_admin::Row;

/// The list.
pub(super) struct Busiest {
    limit: usize,
    watching: Watching,
}

impl Busiest {
    pub(super) fn new(core: &Core, limit: usize) -> Self {
        Self {
            limit,
            watching: core.topics.watch(),
        }
    }

    /// The rows, and what is said about all of them.
    pub(super) fn look(&self, core: &Core) -> (Vec<Identified>, Row) {
        let fastest = self.watching.fastest(self.limit);
        let facts = Row::default()
            .with("counted_secs", fastest.counted.as_secs().min(COUNTED_SECS_MAX))
            .with("unlisted", tenths(fastest.unlisted));
        let rows = fastest.topics.iter().map(|busy| row(core, busy)).collect();
        (rows, facts)
    }
}

fn row(core: &Core, busy: &Busy) -> Identified {
    let subscribers = core.router.count_matching(&busy.mountpoint, &busy.topic);
    let row = Row::default()
        .with("topic", &*busy.topic)
        .with("mountpoint", &*busy.mountpoint)
        .with("rate", tenths(busy.rate))
        .with("bytes", tenths(busy.bytes))
        .with("subscribers", subscribers as u64);
    (format!("{}\0{}", busy.mountpoint, busy.topic), row)
}
