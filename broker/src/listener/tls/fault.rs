//! Why the TLS settings or files of a listener cannot be used. Ends with the way out, for the log and for
//! `vmq-admin`.

use std::path::{Path, PathBuf};

/// Names the option, the file if there is one, what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFault {
    /// Option of the listener: `certfile`, `ciphers`, ...
    pub key: &'static str,
    pub file: Option<PathBuf>,
    pub why: String,
    pub way_out: &'static str,
}

impl TlsFault {
    pub(super) fn file(
        key: &'static str,
        file: &Path,
        why: impl Into<String>,
        way_out: &'static str,
    ) -> Self {
        Self {
            key,
            file: Some(file.to_owned()),
            why: why.into(),
            way_out,
        }
    }

    pub(super) fn setting(key: &'static str, why: impl Into<String>, way_out: &'static str) -> Self {
        Self {
            key,
            file: None,
            why: why.into(),
            way_out,
        }
    }
}

impl std::error::Error for TlsFault {}

impl std::fmt::Display for TlsFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            key,
            file,
            why,
            way_out,
        } = self;
        match file {
            Some(file) => write!(f, "{key} \"{}\": {why}; {way_out}", file.display()),
            None => write!(f, "{key}: {why}; {way_out}"),
        }
    }
}
