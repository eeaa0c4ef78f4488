//! The pid file, beside the admin socket: for service managers, and for verbs when the socket does not answer.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the pid file of a socket lies.
#[must_use]
pub fn path(socket: &Path) -> PathBuf {
    socket.with_file_name("vernemq.pid")
}

/// This process's pid file; removed when dropped, unless another process has written it since.
#[derive(Debug)]
pub(super) struct PidFile(PathBuf);

impl PidFile {
    /// Writes it in one step, so that nobody reads half a number.
    pub(super) fn write(socket: &Path) -> io::Result<Self> {
        let path = path(socket);
        let draft = path.with_extension(format!("pid.{}", std::process::id()));
        fs::write(&draft, format!("{}\n", std::process::id()))?;
        fs::rename(&draft, &path).inspect_err(|_| drop(fs::remove_file(&draft)))?;
        Ok(Self(path))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        if text.trim().parse() == Ok(std::process::id()) {
            drop(fs::remove_file(&self.0));
        }
    }
}
