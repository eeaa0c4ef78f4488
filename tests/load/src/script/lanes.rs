//! Sequence checks of one client: what it has of each stream that comes to it. A stream is what one publish step of one client
//! sends to one topic.

use std::collections::HashMap;

/// Numbers before the newest that are told apart: an older one that comes counts as a duplicate.
const WINDOW: u64 = 64;

/// What a message was in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The next one, behind a gap of so many.
    Next {
        missing: u64,
    },
    /// One of a gap, after others: no longer missing.
    Late,
    Duplicate,
}

#[derive(Debug)]
struct Lane {
    next: u64,
    /// Bit n: number `next - 1 - n` has come.
    came: u64,
}

#[derive(Debug, Default)]
pub(super) struct Lanes(HashMap<u32, Lane>);

impl Lanes {
    /// A message has come. The first of a stream begins it: who subscribes late has missed nothing.
    pub(super) fn arrive(&mut self, stream: u32, sequence: u64) -> Arrival {
        let lane = self.0.entry(stream).or_insert(Lane {
            next: sequence,
            came: u64::MAX,
        });
        if sequence >= lane.next {
            let missing = sequence - lane.next;
            let shift = missing + 1;
            lane.came = if shift >= WINDOW {
                1
            } else {
                lane.came << shift | 1
            };
            lane.next = sequence + 1;
            return Arrival::Next { missing };
        }
        let back = lane.next - 1 - sequence;
        if back >= WINDOW || lane.came >> back & 1 == 1 {
            return Arrival::Duplicate;
        }
        lane.came |= 1 << back;
        Arrival::Late
    }

    /// How many of what was sent have not come behind the last that has. `sent_of` knows streams of this process only.
    pub(super) fn missing_at_end(&self, sent_of: impl Fn(u32) -> Option<u64>) -> u64 {
        self.0
            .iter()
            .filter_map(|(stream, lane)| Some(sent_of(*stream)?.saturating_sub(lane.next)))
            .sum()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_disorder_and_duplicates_are_told_apart() {
        let mut lanes = Lanes::default();
        let next = |missing| Arrival::Next { missing };
        for (sequence, arrival) in [
            (100, next(0)),
            (101, next(0)),
            (101, Arrival::Duplicate),
            (104, next(2)),
            (102, Arrival::Late),
            (102, Arrival::Duplicate),
            (104, Arrival::Duplicate),
            (99, Arrival::Duplicate),
            (500, next(395)),
            (499, Arrival::Late),
            (103, Arrival::Duplicate),
        ] {
            assert_eq!(lanes.arrive(1, sequence), arrival, "{sequence}");
        }
        assert_eq!(lanes.arrive(2, 0), next(0));
        assert_eq!(lanes.missing_at_end(|stream| (stream == 1).then_some(503)), 2);
    }
}
