//! The listeners of a broker: those that were opened, those that could not be, and the files they re-read.

use super::Listener;
use parking_lot::RwLock;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tracing::{error, info};
use vmq_config::{ListenerAddress, ListenerConfig, ListenerKind};

/// All listeners.
#[derive(Default)]
pub struct Listeners {
    open: RwLock<Vec<Arc<Listener>>>,
    /// Those that did not open, as told to the operator.
    failed: RwLock<Vec<String>>,
    /// Those that an operator has deleted: nobody misses them.
    deleted: RwLock<HashSet<(ListenerKind, String)>>,
    last_id: AtomicU32,
}

impl Listeners {
    /// Adds one that accepts.
    pub fn add(&self, listener: Listener) {
        self.open.write().push(Arc::new(listener));
    }

    /// A number for the next one.
    pub(super) fn next_id(&self) -> u32 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The one at an address, by its real port.
    #[must_use]
    pub fn at(&self, place: &ListenerAddress) -> Option<Arc<Listener>> {
        let is_there = |listener: &&Arc<Listener>| match (place, &listener.config.address) {
            (ListenerAddress::Ip(place), ListenerAddress::Ip(_)) => listener.address == Some(*place),
            (place, address) => place == address,
        };
        self.open.read().iter().find(is_there).cloned()
    }

    /// Forgets one that an operator has deleted.
    pub fn remove(&self, listener: &Arc<Listener>) {
        self.open.write().retain(|known| !Arc::ptr_eq(known, listener));
        let config = &listener.config;
        self.deleted.write().insert((config.kind, config.name.clone()));
    }

    /// Whether an operator has deleted the one of this name.
    #[must_use]
    pub fn was_deleted(&self, config: &ListenerConfig) -> bool {
        self.deleted.read().contains(&(config.kind, config.name.clone()))
    }

    /// Remembers one that did not open.
    pub fn add_failed(&self, text: String) {
        self.failed.write().push(text);
    }

    /// Those that were opened and not deleted.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Listener>> {
        self.open.read().clone()
    }

    /// Those that did not open, one text each.
    #[must_use]
    pub fn failed(&self) -> Vec<String> {
        self.failed.read().clone()
    }

    /// Reads keys and certificates again where they have changed, or all of them. New handshakes use them; sessions that
    /// run are not touched. What cannot be used is logged and told, and the old stays in force. Blocks on the disk.
    #[must_use]
    pub fn refresh_certificates(&self, all: bool) -> Vec<String> {
        self.refresh("certificates", |listener| {
            listener.tls.as_ref().map(|tls| tls.refresh(all))
        })
    }

    /// The same for revocation lists.
    #[must_use]
    pub fn refresh_revocations(&self, all: bool) -> Vec<String> {
        self.refresh("revocation list", |listener| {
            listener.tls.as_ref().map(|tls| tls.refresh_revocations(all))
        })
    }

    fn refresh<E: std::fmt::Display>(
        &self,
        what: &str,
        read: impl Fn(&Listener) -> Option<Result<bool, E>>,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for listener in self.all() {
            let (kind, name) = (listener.config.kind.type_name(), &listener.config.name);
            match read(&listener) {
                Some(Ok(true)) => info!("{what} of {kind} listener {name} read again"),
                Some(Err(fault)) => {
                    let text = format!("{what} of {kind} listener {name} not changed: {fault}");
                    error!("{text}");
                    faults.push(text);
                }
                Some(Ok(false)) | None => {}
            }
        }
        faults
    }
}
