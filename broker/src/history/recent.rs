//! Recent: the last events of the whole broker that are worth telling (console.md 4.1). Equal ones are one, whichever client
//! they happened to, with the count, the last time and how many clients they were: a thousand devices that are refused for
//! one reason are one incident, and push no other out. One that comes again after a long time is a new one, so that a
//! count is about one incident.

use super::Entry;
use super::clients::CLIENT_ID_BYTES_MAX;
use crate::registry::SubscriberId;
use ahash::RandomState;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// What is quiet for longer has ended: ten minutes, as long as the history of metrics.
const QUIET_MILLIS: u64 = 600_000;

/// Different clients of an event that are told apart; beyond that they are many.
const CLIENTS_MAX: usize = 100;

/// An event, with the client it happened to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub entry: Entry,
    /// `None` = it was no client's, or nobody had said its name.
    pub subscriber: Option<SubscriberId>,
    /// How many different clients it happened to; 100 = so many or more. Those whose name is not known do not count.
    pub clients: usize,
}

/// An event, and who it happened to.
#[derive(Debug)]
struct Kept {
    entry: Entry,
    subscriber: Option<SubscriberId>,
    /// Hashes of the clients, in order.
    clients: Vec<u64>,
}

/// The events, those that happened last at the end.
#[derive(Debug)]
pub struct Recent {
    events: Mutex<VecDeque<Kept>>,
    events_max: usize,
    hasher: RandomState,
}

impl Recent {
    pub(super) fn new(events_max: usize) -> Self {
        Self {
            events: Mutex::default(),
            events_max,
            hasher: RandomState::new(),
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
        let client = subscriber.as_ref().map(|known| self.hasher.hash_one(known));
        let entry = entry.clone();
        let mut events = self.events.lock();
        let known = events.iter().rposition(|known| {
            let old = &known.entry;
            old.kind == entry.kind
                && old.reason == entry.reason
                && entry.first.saturating_sub(old.last) < QUIET_MILLIS
        });
        let mut event = match known.and_then(|known| events.remove(known)) {
            Some(mut event) => {
                event.entry.again(entry);
                Kept { subscriber, ..event }
            }
            None => Kept {
                entry,
                subscriber,
                clients: Vec::new(),
            },
        };
        if let Some(client) = client {
            event.met(client);
        }
        if events.len() >= self.events_max {
            events.pop_front();
        }
        events.push_back(event);
    }

    /// The last events, the newest last.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Event> {
        let told = |kept: &Kept| Event {
            entry: kept.entry.clone(),
            subscriber: kept.subscriber.clone(),
            clients: kept.clients.len(),
        };
        self.events.lock().iter().map(told).collect()
    }
}

impl Kept {
    fn met(&mut self, client: u64) {
        if let Err(place) = self.clients.binary_search(&client)
            && self.clients.len() < CLIENTS_MAX
        {
            self.clients.insert(place, client);
        }
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
        assert_eq!((events[0].clients, events[1].clients), (1, 2));
    }

    /// console.md 4.1: one client that is refused seventeen times is another thing than seventeen clients.
    #[test]
    fn clients_are_counted_once_each_up_to_a_bound() {
        let recent = Recent::new(10);
        for at in 0..17 {
            note(&recent, at, "a", if at % 2 == 0 { "x" } else { "y" });
        }
        let entry = Entry::new(Sighting { at: 17, count: 1 }, Kind::Disconnected, "a");
        recent.note(None, &entry);
        let event = recent.snapshot().remove(0);
        assert_eq!(
            (event.entry.count, event.clients, event.subscriber),
            (18, 2, None)
        );
        for client in 0..2 * CLIENTS_MAX {
            note(&recent, 20, "a", &client.to_string());
        }
        assert_eq!(recent.snapshot()[0].clients, CLIENTS_MAX);
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
