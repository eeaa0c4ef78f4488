//! History: what happened to clients, kept beyond their connections, the last events of the whole broker, and to whom
//! they happen most often. `events`
//! writes it, the admin surface and the console read it.
//!
//! What holds: a client to whom nothing happened but its connect has no entry here (its mailbox has the facts), so that
//! idle clients cost nothing; everything is bounded, in entries of a client, in clients and in bytes over all; those that
//! nothing has happened to for the longest go first. It is in memory only: a restart begins a new one.

mod entry;
mod client;
mod shard;
mod clients;
mod recent;
pub mod tops;

pub use clients::{Clients, Known, connected};
pub use entry::{Entry, Sighting};
pub use recent::{Event, Recent};
pub use tops::Tops;

use crate::message::UnixMillis;
use crate::store::unix_millis;
use vmq_config::HistoryConfig;

/// Both memories.
#[derive(Debug)]
pub struct Histories {
    pub clients: Clients,
    pub recent: Recent,
    /// Off together with `recent`.
    pub tops: Tops,
    /// When they began.
    pub since: UnixMillis,
}

impl Histories {
    /// Empty ones with the bounds of the configuration.
    #[must_use]
    pub fn new(config: &HistoryConfig) -> Self {
        Self {
            clients: Clients::new(config),
            recent: Recent::new(config.events),
            tops: Tops::new(config.events == 0),
            since: unix_millis(),
        }
    }

    /// Nothing is kept at all.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.clients.is_off() && self.recent.is_off()
    }
}
