//! Certificates as files, which is how programs want them.

use harness::Identity;
use std::fs;
use std::path::{Path, PathBuf};

/// A certificate with the intermediates above it, and its key.
#[derive(Clone, Debug)]
pub(crate) struct IdentityFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl IdentityFiles {
    /// `NAME.pem` and `NAME.key` in a folder.
    pub(crate) fn write(folder: &Path, name: &str, identity: &Identity) -> Self {
        let files = Self {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        };
        fs::write(&files.certificate, identity.pem()).unwrap();
        fs::write(&files.key, identity.key_pem()).unwrap();
        files
    }
}
