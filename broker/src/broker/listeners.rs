//! Listeners come and go while the broker runs, at an operator's word.

use super::Broker;
use crate::listener::bind::{Bound, address_text};
use crate::listener::life::LifeFault;
use crate::listener::{Listener, ListenerFault};
use std::sync::Arc;
use tracing::info;
use vmq_config::ListenerConfig;

impl Broker {
    /// Opens another listener, until the next start.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn start_listener(&self, config: ListenerConfig) -> Result<(), ListenerFault> {
        let fault = |why: String| ListenerFault {
            kind: config.kind.type_name(),
            address: address_text(&config.address),
            word: why.clone(),
            why,
        };
        let (core, wanted) = (Arc::clone(&self.core), config.clone());
        // Keys and certificates are read.
        let bound = tokio::task::spawn_blocking(move || Listener::bind(&wanted, &core)).await;
        let (listener, bound) = bound.map_err(|error| fault(error.to_string()))??;
        self.open(listener, bound);
        Ok(())
    }

    /// Closes a listener for good, and its connections with it, in the name of an operator.
    ///
    /// # Errors
    /// Somebody else is about to change it.
    pub async fn delete_listener(&self, listener: &Arc<Listener>, uid: Option<u32>) -> Result<(), LifeFault> {
        listener.retire().await?;
        self.core.listeners.remove(listener);
        listener.evict(&self.core, uid).await;
        Ok(())
    }

    /// Lets clients in.
    pub(super) fn open(&self, listener: Listener, bound: Bound) {
        listener.accept(bound, &self.core);
        if let Some(address) = listener.address {
            let kind = listener.config.kind.type_name();
            info!("{kind} listener {} on {address}", listener.config.name);
        }
        self.core.listeners.add(listener);
    }
}
