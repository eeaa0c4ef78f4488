//! What the subscribers of one run have counted, shared by all of them, beside the meter that everybody watches.
//!
//! Counters are plain atomics that one task each writes. The meter is told of a batch, not of a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::measure::Meter;

/// What one subscriber has seen. It is the only writer.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// Messages seen for the first time and in order, or after a gap.
    pub(crate) messages: AtomicU64,
    /// Sequence numbers that were jumped over.
    pub(crate) missing: AtomicU64,
    /// Messages whose number had passed already: duplicates, or order broken.
    pub(crate) late: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct Tally {
    /// One per subscriber.
    pub(crate) received: Vec<Received>,
    pub(crate) meter: Arc<Meter>,
}

impl Tally {
    pub(crate) fn new(subscribers: usize, meter: &Arc<Meter>) -> Tally {
        Tally {
            received: (0..subscribers).map(|_| Received::default()).collect(),
            meter: Arc::clone(meter),
        }
    }

    /// Messages all subscribers have received, each counted once.
    pub(crate) fn messages(&self) -> u64 {
        self.sum(|received| &received.messages)
    }

    pub(crate) fn missing(&self) -> u64 {
        self.sum(|received| &received.missing)
    }

    pub(crate) fn late(&self) -> u64 {
        self.sum(|received| &received.late)
    }

    fn sum(&self, of: impl Fn(&Received) -> &AtomicU64) -> u64 {
        let counts = self
            .received
            .iter()
            .map(|received| of(received).load(Ordering::Relaxed));
        counts.sum()
    }
}
