//! Peer: who is at the other end of a connection, as far as the transport knows.

use std::net::SocketAddr;
use std::sync::Arc;

/// The other end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// `1.2.3.4:5678`, `[::1]:5678` or `local`; behind a proxy that tells it, the client's own.
    pub address: Arc<str>,
    /// The username that the transport vouches for: the common name of a verified client certificate. It replaces the
    /// one of CONNECT.
    pub username: Option<Arc<str>>,
    /// The common name of a verified client certificate, whether or not it is the username.
    pub tls_cn: Option<Arc<str>>,
    /// Protocol of the transport, such as `TLSv1.3`; `None` = it is in the clear.
    pub tls: Option<&'static str>,
}

impl Peer {
    /// A client at an address.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address: Arc::from(address.to_string()),
            username: None,
            tls_cn: None,
            tls: None,
        }
    }

    /// A client on a Unix socket.
    #[must_use]
    pub fn local() -> Self {
        Self {
            address: Arc::from("local"),
            username: None,
            tls_cn: None,
            tls: None,
        }
    }
}
