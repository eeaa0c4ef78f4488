//! TLS of a listener.

use std::path::PathBuf;
use std::time::Duration;

use super::Secret;

/// TLS of a listener (config.md 8). What cannot be served was refused with its line when the file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    pub certfile: PathBuf,
    pub keyfile: PathBuf,
    /// Of an encrypted key; empty = none.
    pub keypasswd: Secret,
    /// `None` = no client certificate is asked for.
    pub cafile: Option<PathBuf>,
    /// Intermediates allowed between a client's certificate and a root.
    pub depth: usize,
    /// At least one.
    pub versions: Vec<TlsVersion>,
    /// OpenSSL names of suites, in the order of preference; empty = the built-in list.
    pub ciphers: Vec<String>,
    /// Names of curves; empty = all that are served.
    pub eccs: Vec<String>,
    pub require_certificate: bool,
    /// ssl, wss: the common name of the client's certificate is the username.
    pub use_identity_as_username: bool,
    pub crlfile: Option<PathBuf>,
    /// The whole handshake; `None` = no limit.
    pub handshake_timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsVersion {
    V1_2,
    V1_3,
}
