//! Commands that stream, in a shell: what ends them. ^C and a closed pipe are a usual end, with exit code 0; so is the
//! end of standard input where that is a pipe, after which the daemon says its last words (admin.md 2.6, monitoring.md 8.1).

use crate::client::{ClientError, Started};
use signal_hook::consts::SIGINT;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Lets ^C and the end of a piped standard input end the command.
///
/// # Errors
/// The system does not let us.
pub(super) fn until_nobody_looks(started: &Started<'_>) -> Result<(), ClientError> {
    // The process ends, and with its connection the command.
    signal_hook::flag::register_conditional_shutdown(SIGINT, 0, Arc::new(AtomicBool::new(true)))?;
    if !input_may_end() {
        return Ok(());
    }
    let canceller = started.canceller()?;
    std::thread::spawn(move || {
        let mut chunk = [0; 1024];
        while matches!(io::stdin().read(&mut chunk), Ok(length) if length > 0) {}
        // A daemon that is gone is noticed by who reads from it.
        drop(canceller.cancel());
    });
    Ok(())
}

/// Whether somebody at the other end of standard input can go away. A file or `/dev/null` says nothing of that kind, and
/// reading a terminal would stop a job in the background.
fn input_may_end() -> bool {
    let input = io::stdin().as_fd().try_clone_to_owned();
    let kind = input.and_then(|input| Ok(File::from(input).metadata()?.file_type()));
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket())
}
