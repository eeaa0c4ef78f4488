//! The directory of one broker of a test; used by `broker`.

use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long removing is tried: a store that is still being closed makes new files for a moment.
const PATIENCE: Duration = Duration::from_millis(500);

/// A fresh directory that goes with its last user.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::Builder::new().prefix("vmq").tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let end = Instant::now() + PATIENCE;
        let is_filled_again = || {
            let removed = std::fs::remove_dir_all(self.path());
            removed.is_err_and(|error| error.kind() == ErrorKind::DirectoryNotEmpty)
        };
        while is_filled_again() && Instant::now() < end {
            std::thread::yield_now();
        }
    }
}
