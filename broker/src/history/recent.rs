//! Recent: the last events of the whole broker that are worth telling (console.md 4.1). Equal ones are one, with the count
//! and the last time; one that comes again after a long time is a new one, so that a count is about one incident.

use super::Entry;
use super::clients::CLIENT_ID_BYTES_MAX;
use crate::registry::SubscriberId;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// What is quiet for longer has ended: ten minutes, as long as the history of metrics.
const QUIET_MILLIS: u64 = 600_000;

/// An event, with the client it happened to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub entry: Entry,
    /// `None` = it was no client's, or nobody had said its name.
    pub subscriber: Option<SubscriberId>,
}

/// The events, those that happened last at the end.
#[derive(Debug)]
pub struct Recent {
    events: Mutex<VecDeque<Event>>,
    events_max: usize,
}

impl Recent {
    pub(super) fn new(events_max: usize) -> Self {
        Self {
            events: Mutex::default(),
            events_max,
        }
    }

    /// Nothing is kept.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.events_max == 0
    }

    /// Notes an event.
    pub(crate) fn note(&self, subscriber: Option<&SubscriberId>, entry: &Entry) {
        if self.is_off() {
            return;
        }
        let subscriber = subscriber
            .filter(|known| known.client_id.len() <= CLIENT_ID_BYTES_MAX)
            .cloned();
        let entry = entry.clone();
        let mut events = self.events.lock();
        let known = events.iter().rposition(|known| {
            let old = &known.entry;
            old.kind == entry.kind
                && old.reason == entry.reason
                && entry.first.saturating_sub(old.last) < QUIET_MILLIS
        });
        let event = match known.and_then(|known| events.remove(known)) {
            Some(mut event) => {
                event.entry.again(entry);
                Event { subscriber, ..event }
            }
            None => Event { entry, subscriber },
        };
        if events.len() >= self.events_max {
            events.pop_front();
        }
        events.push_back(event);
    }

    /// The last events, the newest last.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Event> {
        self.events.lock().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sighting;
    use super::*;
    use crate::events::happening::Kind;

    fn note(recent: &Recent, at: u64, reason: &'static str, client: &str) {
        let entry = Entry::new(Sighting { at, count: 1 }, Kind::Disconnected, reason);
        recent.note(Some(&SubscriberId::new("", client)), &entry);
    }

    #[test]
    fn equal_ones_are_one_and_the_last_is_last() {
        let recent = Recent::new(10);
        for (at, reason, client) in [(1, "a", "x"), (2, "b", "y"), (3, "a", "z")] {
            note(&recent, at, reason, client);
        }
        let events = recent.snapshot();
        let shown: Vec<_> = events
            .iter()
            .map(|event| {
                (
                    event.entry.reason,
                    event.entry.count,
                    event.entry.first,
                    event.entry.last,
                )
            })
            .collect();
        assert_eq!(shown, [("b", 1, 2, 2), ("a", 2, 1, 3)]);
        assert_eq!(&*events[1].subscriber.as_ref().unwrap().client_id, "z");
    }

    #[test]
    fn what_comes_again_after_long_is_new_and_the_oldest_goes() {
        let recent = Recent::new(2);
        note(&recent, 0, "a", "x");
        note(&recent, QUIET_MILLIS, "a", "x");
        note(&recent, QUIET_MILLIS + 1, "b", "x");
        let shown: Vec<_> = recent
            .snapshot()
            .iter()
            .map(|event| (event.entry.first, event.entry.count))
            .collect();
        assert_eq!(shown, [(QUIET_MILLIS, 1), (QUIET_MILLIS + 1, 1)]);
        let off = Recent::new(0);
        note(&off, 1, "a", "x");
        assert!(off.is_off() && off.snapshot().is_empty());
    }
}
