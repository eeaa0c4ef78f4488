//! Tops: who is refused or taken over most often, by address, by user name and by client (console.md 4.5). `events` writes it,
//! where something has gone wrong anyway; the console reads it. Bounded: who was not seen for long makes room first, then
//! who was seen least, so that those who come again and again stay whatever others do.

use super::Entry;
use crate::registry::SubscriberId;
use ahash::AHashMap;
use parking_lot::Mutex;
use std::net::SocketAddr;

/// Names that a list tells apart.
const NAMES_MAX: usize = 200;

/// Longest name that is kept, in bytes.
const NAME_BYTES_MAX: usize = 1024;

/// What is quiet for longer has ended: a count is about one incident, as in `recent`.
const QUIET_MILLIS: u64 = 600_000;

/// The lists.
#[derive(Debug)]
pub struct Tops {
    /// Addresses of refused connections and logins, without their port.
    pub addresses: Top,
    /// User names of refused logins.
    pub users: Top,
    /// Clients whose connections took over from each other.
    pub taken_over: Top,
}

/// A list.
#[derive(Debug)]
pub struct Top {
    names: Mutex<AHashMap<Box<str>, Blamed>>,
    is_off: bool,
}

/// What is known of a name. Peer, decider and detail of the entry are those of the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed {
    pub entry: Entry,
    pub subscriber: Option<SubscriberId>,
    pub user: Option<Box<str>>,
}

impl Tops {
    pub(super) fn new(is_off: bool) -> Self {
        let top = || Top {
            names: Mutex::default(),
            is_off,
        };
        Self {
            addresses: top(),
            users: top(),
            taken_over: top(),
        }
    }
}

impl Top {
    /// Notes that it happened to a name.
    pub(crate) fn note(&self, name: &str, blamed: Blamed) {
        if self.is_off || name.is_empty() || name.len() > NAME_BYTES_MAX {
            return;
        }
        let now = blamed.entry.last;
        let mut names = self.names.lock();
        match names.get_mut(name) {
            Some(known) if !is_quiet(known, now) => {
                known.entry.reason = blamed.entry.reason;
                known.entry.again(blamed.entry);
                known.subscriber = blamed.subscriber;
                known.user = blamed.user;
            }
            Some(known) => *known = blamed,
            None => {
                if names.len() >= NAMES_MAX {
                    let least = names
                        .iter()
                        .min_by_key(|(_, known)| (!is_quiet(known, now), known.entry.count, known.entry.last))
                        .map(|(name, _)| name.clone());
                    least.and_then(|least| names.remove(&least));
                }
                names.insert(name.into(), blamed);
            }
        }
    }

    /// Those of the last ten minutes, the most frequent ones first.
    #[must_use]
    pub fn first(&self, limit: usize, now: u64) -> Vec<(Box<str>, Blamed)> {
        let names = self.names.lock();
        let mut all: Vec<_> = names
            .iter()
            .filter(|(_, known)| !is_quiet(known, now))
            .map(|(name, known)| (name.clone(), known.clone()))
            .collect();
        drop(names);
        all.sort_by(|left, right| {
            let key = |of: &(Box<str>, Blamed)| (of.1.entry.count, of.1.entry.last);
            key(right).cmp(&key(left))
        });
        all.truncate(limit);
        all
    }
}

fn is_quiet(known: &Blamed, now: u64) -> bool {
    now.saturating_sub(known.entry.last) >= QUIET_MILLIS
}

/// The address of a peer without its port.
#[must_use]
pub fn address_of(peer: &str) -> String {
    let address = peer.parse::<SocketAddr>();
    address.map_or_else(
        |_| peer.to_owned(),
        |address| address.ip().to_canonical().to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Sighting;
    use super::*;
    use crate::events::happening::Kind;

    fn note(top: &Top, at: u64, name: &str) {
        let entry = Entry::new(Sighting { at, count: 1 }, Kind::ConnectRefused, "banned");
        let blamed = Blamed {
            entry,
            subscriber: None,
            user: None,
        };
        top.note(name, blamed);
    }

    fn names(top: &Top, now: u64) -> Vec<(String, u64)> {
        let first = top.first(3, now).into_iter();
        first
            .map(|(name, blamed)| (name.to_string(), blamed.entry.count))
            .collect()
    }

    #[test]
    fn the_most_frequent_ones_are_first_and_stay() {
        let top = Tops::new(false).users;
        for at in 0..10 {
            note(&top, at, "root");
        }
        note(&top, 11, "joe");
        note(&top, 12, "joe");
        for nth in 0..10 * NAMES_MAX {
            note(&top, 20, &format!("guess-{nth}"));
        }
        assert_eq!(
            names(&top, 30)[..2],
            [("root".to_owned(), 10), ("joe".to_owned(), 2)]
        );
        assert_eq!(top.names.lock().len(), NAMES_MAX);
    }

    #[test]
    fn what_is_quiet_has_ended() {
        let top = Tops::new(false).users;
        note(&top, 0, "a");
        note(&top, 1, "a");
        assert_eq!(names(&top, 5), [("a".to_owned(), 2)]);
        assert!(names(&top, QUIET_MILLIS + 1).is_empty());
        note(&top, QUIET_MILLIS + 1, "a");
        assert_eq!(names(&top, QUIET_MILLIS + 2), [("a".to_owned(), 1)]);
        let off = Tops::new(true).users;
        note(&off, 1, "a");
        assert!(names(&off, 1).is_empty());
    }

    #[test]
    fn ports_tell_nothing() {
        assert_eq!(address_of("10.0.0.1:4711"), "10.0.0.1");
        assert_eq!(address_of("[::ffff:10.0.0.1]:4711"), "10.0.0.1");
        assert_eq!(address_of("[::1]:1"), "::1");
        assert_eq!(address_of("local"), "local");
    }
}
