//! Clients: the histories of all clients, in shards by client id, so that connections on different cores seldom meet.

use super::shard::{Bounds, Shard};
use super::{Entry, Sighting};
use crate::events::happening::Kind;
use crate::mailbox::{Facts, Mailbox};
use crate::registry::SubscriberId;
use ahash::RandomState;
use parking_lot::Mutex;
use vmq_config::HistoryConfig;

/// Most shards.
const SHARDS_MAX: usize = 16;

/// Fewer clients than this in a shard are not worth one: small bounds are kept exactly, by one shard.
const SHARD_CLIENTS_MIN: usize = 1024;

/// Longest client id that is kept: a longer one was refused, unless `max_client_id_size` allows it.
pub(super) const CLIENT_ID_BYTES_MAX: usize = 1024;

/// The histories.
#[derive(Debug)]
pub struct Clients {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    bounds: Bounds,
}

/// What is known of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its entries, oldest first; `forgotten` older ones went because of `history.events_per_client`.
    Entries { entries: Vec<Entry>, forgotten: u64 },
    /// Nothing. `evicted` clients went because of `history.max_clients` or `history.max_memory`, this one perhaps.
    Nothing { evicted: u64 },
}

impl Clients {
    pub(super) fn new(config: &HistoryConfig) -> Self {
        let shards = (config.clients_max / SHARD_CLIENTS_MIN).clamp(1, SHARDS_MAX);
        Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            bounds: Bounds {
                clients: config.clients_max / shards,
                entries: config.events_per_client,
                bytes: usize::try_from(config.memory_bytes).unwrap_or(usize::MAX) / shards,
            },
        }
    }

    /// Nothing is kept.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.bounds.clients == 0 || self.bounds.entries == 0
    }

    /// Keeps an entry; `mailbox` = the connect of the client has not been kept yet.
    pub(crate) fn keep(&self, subscriber: &SubscriberId, mailbox: Option<&Mailbox>, entry: Entry) {
        // A CONNECT that was refused may have had none, or one of the greatest length.
        let length = subscriber.client_id.len();
        if self.is_off() || length == 0 || length > CLIENT_ID_BYTES_MAX {
            return;
        }
        let connect = mailbox.and_then(connected);
        let entries = connect.into_iter().chain([entry]);
        self.shard(subscriber)
            .lock()
            .keep(subscriber, entries, self.bounds);
    }

    /// What is known of a client.
    #[must_use]
    pub fn of(&self, subscriber: &SubscriberId) -> Known {
        let known = self.shard(subscriber).lock().of(subscriber);
        match known {
            Some((entries, forgotten)) => Known::Entries { entries, forgotten },
            None => Known::Nothing {
                evicted: self.shards.iter().map(|shard| shard.lock().evicted).sum(),
            },
        }
    }

    /// How many clients have a history, and about how many bytes all of it takes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let sizes = self.shards.iter().map(|shard| shard.lock().size());
        sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1))
    }

    fn shard(&self, subscriber: &SubscriberId) -> &Mutex<Shard> {
        let hash = self.hasher.hash_one(subscriber);
        let shards = self.shards.len() as u64;
        // The remainder is below the number of shards, which fits.
        &self.shards[usize::try_from(hash % shards).unwrap_or(0)]
    }
}

/// The entry of a connect, from what an operator may see of the client.
#[must_use]
pub fn connected(mailbox: &Mailbox) -> Option<Entry> {
    let facts: &Facts = mailbox.facts()?;
    let user = facts.username.as_deref();
    let detail = format!(
        "listener={} protocol={} user={}",
        facts.listener.name,
        facts.level.byte(),
        // At the end, since it may look like anything.
        user.unwrap_or("undefined")
    );
    let sighting = Sighting {
        at: facts.started_at,
        count: 1,
    };
    let entry = Entry::new(sighting, Kind::Connected, "");
    Some(
        entry
            .from(Some(std::sync::Arc::clone(&mailbox.peer)))
            .with(&detail),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(clients_max: usize, events_per_client: usize, memory_bytes: u64) -> Clients {
        Clients::new(&HistoryConfig {
            clients_max,
            events_per_client,
            memory_bytes,
            events: 0,
        })
    }

    fn id(name: &str) -> SubscriberId {
        SubscriberId::new("", name)
    }

    fn entry(at: u64, kind: Kind, reason: &'static str) -> Entry {
        Entry::new(Sighting { at, count: 1 }, kind, reason)
    }

    fn shown(clients: &Clients, name: &str) -> Vec<(u64, u64, u64, &'static str)> {
        match clients.of(&id(name)) {
            Known::Entries { entries, .. } => entries
                .iter()
                .map(|entry| (entry.first, entry.last, entry.count, entry.reason))
                .collect(),
            Known::Nothing { .. } => Vec::new(),
        }
    }

    #[test]
    fn equal_ones_in_a_row_are_one() {
        let clients = clients(9, 9, 1 << 20);
        for (at, reason) in [
            (1, "queue_full"),
            (2, "queue_full"),
            (5, "expired"),
            (7, "queue_full"),
        ] {
            clients.keep(&id("c"), None, entry(at, Kind::MessageDropped, reason));
        }
        let expected = [
            (1, 2, 2, "queue_full"),
            (5, 5, 1, "expired"),
            (7, 7, 1, "queue_full"),
        ];
        assert_eq!(shown(&clients, "c"), expected);
    }

    /// A connect is told with the first thing that happens after it.
    #[test]
    fn what_is_told_late_stands_where_it_happened() {
        let clients = clients(9, 9, 1 << 20);
        clients.keep(&id("c"), None, entry(1, Kind::Disconnected, "peer_closed"));
        clients.keep(&id("c"), None, entry(9, Kind::PublishRefused, "other"));
        clients.keep(&id("c"), None, entry(5, Kind::Connected, ""));
        let order: Vec<u64> = shown(&clients, "c").iter().map(|entry| entry.0).collect();
        assert_eq!(order, [1, 5, 9]);
    }

    #[test]
    fn the_oldest_entry_goes() {
        let clients = clients(9, 2, 1 << 20);
        for (at, reason) in [(1, "a"), (2, "b"), (3, "c")] {
            clients.keep(&id("c"), None, entry(at, Kind::MessageDropped, reason));
        }
        let Known::Entries { entries, forgotten } = clients.of(&id("c")) else {
            panic!("known");
        };
        assert_eq!((entries.len(), entries[0].reason, forgotten), (2, "b", 1));
    }

    #[test]
    fn the_client_that_was_not_touched_for_the_longest_goes() {
        let clients = clients(2, 9, 1 << 20);
        for name in ["a", "b", "a", "c"] {
            clients.keep(&id(name), None, entry(1, Kind::Disconnected, "peer_closed"));
        }
        assert_eq!(clients.of(&id("b")), Known::Nothing { evicted: 1 });
        assert_eq!((shown(&clients, "a").len(), shown(&clients, "c").len()), (1, 1));
    }

    #[test]
    fn bytes_are_bounded() {
        let memory = 64 * 1024;
        let clients = clients(1_000_000, 50, memory);
        for number in 0..5_000_u64 {
            let detail = "t".repeat(usize::try_from(number % 300).unwrap());
            let entry = entry(number, Kind::PublishRefused, "other").with(&detail);
            clients.keep(&id(&number.to_string()), None, entry);
            assert!(clients.size().1 <= usize::try_from(memory).unwrap());
        }
        let (left, bytes) = clients.size();
        assert!(left > 20 && bytes > 32 * 1024, "{left} {bytes}");
        let Known::Nothing { evicted } = clients.of(&id("0")) else {
            panic!("the first one went");
        };
        assert_eq!(usize::try_from(evicted).unwrap() + left, 5_000);
    }

    #[test]
    fn off_keeps_nothing() {
        let clients = clients(0, 9, 1 << 20);
        clients.keep(&id("c"), None, entry(1, Kind::Disconnected, "peer_closed"));
        assert!(clients.is_off());
        assert_eq!(clients.of(&id("c")), Known::Nothing { evicted: 0 });
    }
}
