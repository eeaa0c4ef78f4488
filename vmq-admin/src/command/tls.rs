//! `vmq-admin tls`: keys and certificates of the listeners.

use super::{Access, Command, Entry};
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// New handshakes use the files as they are now (admin.md 8.6).
    ClearPemCache,
}

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["tls", "clear-pem-cache"],
    keys: &[],
    flags: &[],
    syntax: "vmq-admin tls clear-pem-cache",
    about: "Reads keys, certificates and revocation lists of the listeners again, for new handshakes.",
    example: "vmq-admin tls clear-pem-cache",
    build: |_| Ok(Command::Tls(Tls::ClearPemCache)),
}];

impl Tls {
    pub(super) const fn access(self) -> Access {
        match self {
            Self::ClearPemCache => Access::Full,
        }
    }

    pub(super) fn line(self) -> String {
        match self {
            Self::ClearPemCache => "tls clear-pem-cache".to_owned(),
        }
    }
}
