//! The listeners of a broker: those that are open, those that could not be opened, and the files they re-read.

use super::Listener;
use parking_lot::RwLock;
use std::sync::Arc;
use tracing::{error, info};

/// All listeners.
#[derive(Default)]
pub struct Listeners {
    open: RwLock<Vec<Arc<Listener>>>,
    /// Those that did not open, as told to the operator.
    failed: RwLock<Vec<String>>,
}

impl Listeners {
    /// Adds one that accepts.
    pub fn add(&self, listener: Listener) {
        self.open.write().push(Arc::new(listener));
    }

    /// Remembers one that did not open.
    pub fn add_failed(&self, text: String) {
        self.failed.write().push(text);
    }

    /// Those that are open.
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
