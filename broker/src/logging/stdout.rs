//! The output of the standard output sink: for containers and for systemd's journal.

use super::queue::Output;
use std::io::{self, Write};

/// Writes to the process's standard output.
pub(super) struct StdoutOutput;

impl Output for StdoutOutput {
    fn line(&mut self, line: &[u8]) {
        // A closed pipe means that nobody reads; the broker goes on.
        drop(io::stdout().write_all(line));
    }

    fn idle(&mut self) {
        drop(io::stdout().flush());
    }
}
