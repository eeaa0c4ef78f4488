//! Transports: which ones there are, which one a test runs over, and which one an address speaks.
//!
//! A test body is written once, for TCP. Run inside `over`, the brokers it builds open their listeners with another
//! transport; every broker tells here what its addresses speak, so that a client needs the address and nothing else.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use vmq_config::ListenerKind;

/// What carries MQTT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tcp,
    Ssl,
    Ws,
    Wss,
}

tokio::task_local! {
    static UNDER_TEST: Transport;
}

static ADDRESSES: Mutex<BTreeMap<SocketAddr, Transport>> = Mutex::new(BTreeMap::new());

impl Transport {
    /// The word in the keys of its listeners.
    #[must_use]
    pub fn key_word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Ssl => "ssl",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// Whether certificates are needed.
    #[must_use]
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::Wss)
    }

    /// Whether packets travel in WebSocket frames.
    #[must_use]
    pub fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// The transport of a listener; `None` = it does not speak MQTT.
    #[must_use]
    pub fn of(kind: ListenerKind) -> Option<Self> {
        match kind {
            ListenerKind::Tcp => Some(Self::Tcp),
            ListenerKind::Ssl => Some(Self::Ssl),
            ListenerKind::Ws => Some(Self::Ws),
            ListenerKind::Wss => Some(Self::Wss),
            _ => None,
        }
    }
}

/// Runs a test body over a transport. Tasks that the body spawns do not inherit it: brokers are built in the body.
pub async fn over(transport: Transport, body: impl Future<Output = ()>) {
    UNDER_TEST.scope(transport, Box::pin(body)).await;
}

/// The transport that the running test body is about; TCP outside of `over`.
#[must_use]
pub fn under_test() -> Transport {
    UNDER_TEST
        .try_with(|transport| *transport)
        .unwrap_or(Transport::Tcp)
}

/// What an address speaks from now on; the system gives a port of a broker that has gone to another one.
pub fn announce(address: SocketAddr, transport: Transport) {
    let mut addresses = ADDRESSES.lock().unwrap_or_else(PoisonError::into_inner);
    addresses.insert(address, transport);
}

/// What an address speaks; TCP if nobody has told.
pub(crate) fn spoken_at(address: SocketAddr) -> Transport {
    let addresses = ADDRESSES.lock().unwrap_or_else(PoisonError::into_inner);
    addresses.get(&address).copied().unwrap_or(Transport::Tcp)
}
