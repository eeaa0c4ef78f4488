//! Growth: what the counters of sessions grow by. Sessions keep no rates; whoever looks at all of them again and again
//! compares each counter with the look before. That costs some bytes for each session, given back when nobody looks.

use crate::mailbox::Mailbox;
use crate::queue::Queue;
use ahash::AHashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A counter of a session or of its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::admin) enum Counter {
    MessagesIn,
    MessagesOut,
    BytesIn,
    BytesOut,
    /// Of the queue: it is there while nobody is connected.
    Drops,
}

/// What has been counted, and by whom.
pub(in crate::admin) struct Counted {
    /// The number of the connection or queue.
    pub number: u64,
    pub total: u64,
    pub session: Option<Arc<Mailbox>>,
}

/// What was seen of each part of the registry.
#[derive(Default)]
pub(in crate::admin) struct Growth(Vec<Part>);

/// What was seen of one.
pub(in crate::admin) struct Part {
    at: Instant,
    /// By the number of a connection or queue.
    totals: AHashMap<u64, u64>,
}

/// A part that is looked at again.
pub(in crate::admin) struct Look {
    before: Option<Part>,
    now: Part,
}

impl Counter {
    /// How it stands; `None` = there is no such counter now.
    pub(in crate::admin) fn of(self, queue: &Queue) -> Option<Counted> {
        let session = queue.owners().first().cloned();
        let (number, total) = match (self, &session) {
            (Self::Drops, _) => (queue.id.0, queue.dropped_messages()),
            (_, None) => return None,
            (Self::MessagesIn, Some(session)) => (session.connection, session.messages().0),
            (Self::MessagesOut, Some(session)) => (session.connection, session.messages().1),
            (Self::BytesIn, Some(session)) => (session.connection, session.bytes().0),
            (Self::BytesOut, Some(session)) => (session.connection, session.bytes().1),
        };
        Some(Counted {
            number,
            total,
            session,
        })
    }
}

impl Growth {
    /// How long ago a part was looked at.
    pub(in crate::admin) fn age(&self, part: usize, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.0.get(part)?.at))
    }

    /// A part is looked at now; to be put back with `keep`.
    pub(in crate::admin) fn begin(&mut self, part: usize, now: Instant) -> Look {
        let fresh = || Part {
            at: now,
            totals: AHashMap::new(),
        };
        let before = self
            .0
            .get_mut(part)
            .map(|known| std::mem::replace(known, fresh()));
        Look { before, now: fresh() }
    }

    /// What was seen of it is what the next look is compared with.
    pub(in crate::admin) fn keep(&mut self, part: usize, look: Look) {
        match self.0.get_mut(part) {
            Some(known) => *known = look.now,
            None => self.0.push(look.now),
        }
    }
}

impl Look {
    /// What a counter has grown by since the look before, in thousandths per second; `None` = it was not seen then.
    pub(in crate::admin) fn rate(&mut self, counted: &Counted) -> Option<u64> {
        self.now.totals.insert(counted.number, counted.total);
        let before = self.before.as_ref()?;
        let grown = counted.total.saturating_sub(*before.totals.get(&counted.number)?);
        Some(per_second(
            grown,
            self.now.at.saturating_duration_since(before.at),
        ))
    }
}

fn per_second(grown: u64, time: Duration) -> u64 {
    u64::try_from(u128::from(grown) * 1_000_000 / time.as_millis().max(1)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Part by part, each compared with its own look before; a counter that begins again has not grown.
    #[test]
    fn a_rate_is_what_a_counter_grew_by() {
        let began = Instant::now();
        let mut growth = Growth::default();
        let mut rates = |part, secs, totals: &[(u64, u64)]| -> Vec<Option<u64>> {
            let mut look = growth.begin(part, began + Duration::from_secs(secs));
            let counted = totals.iter().map(|(number, total)| Counted {
                number: *number,
                total: *total,
                session: None,
            });
            let rates = counted.map(|counted| look.rate(&counted)).collect();
            growth.keep(part, look);
            rates
        };
        assert_eq!(rates(0, 0, &[(1, 100), (2, 7)]), [None, None]);
        assert_eq!(rates(1, 1, &[(3, 5)]), [None]);
        assert_eq!(rates(0, 2, &[(1, 125), (4, 9)]), [Some(12_500), None]);
        assert_eq!(rates(1, 2, &[(3, 5)]), [Some(0)]);
        // Who was gone once is new; and numbers are never given twice, but totals could be anything.
        assert_eq!(rates(0, 3, &[(2, 8), (1, 0)]), [None, Some(0)]);
        assert_eq!(
            growth.age(0, began + Duration::from_secs(5)),
            Some(Duration::from_secs(2))
        );
        assert_eq!(growth.age(2, began), None);
    }
}
