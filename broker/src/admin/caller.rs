//! Who asks for a command, as the audit log tells it (admin.md 18.2).

use super::peer::Peer;
use std::fmt;

/// A process of this machine, or somebody with an API key.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Socket(Peer),
    Http {
        /// The beginning of the key; `None` = none is wanted here.
        key: Option<String>,
        /// The address, without the port.
        peer: String,
    },
}

impl Caller {
    /// The user of this machine; root for who has a key to everything.
    pub(super) const fn uid(&self) -> u32 {
        match self {
            Self::Socket(peer) => peer.uid,
            Self::Http { .. } => 0,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(peer) => {
                write!(f, "uid={} pid={} via=socket", peer.uid, peer.pid.unwrap_or(0))
            }
            Self::Http { key, peer } => {
                write!(f, "key={} peer={peer} via=http", key.as_deref().unwrap_or("none"))
            }
        }
    }
}
