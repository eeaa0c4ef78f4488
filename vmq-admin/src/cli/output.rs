//! `--output`: what a command says goes into a file that was not there before and that nobody else can read: there may be
//! payloads in it, or a configuration.

use super::{escape, print_bytes};
use crate::wire::Stream;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Where lines go.
pub(super) enum Sink {
    Standard,
    File(File),
}

/// Creates the file.
///
/// # Errors
/// The text for the operator: it is there already, or cannot be.
pub(super) fn create(path: &Path) -> Result<File, String> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| format!("can't write {} due to {error}", path.display()))
}

impl Sink {
    /// A line of a command, written as it comes. Without anybody who reads there is no sense in going on.
    pub(super) fn line(&mut self, stream: Stream, text: &str) -> ControlFlow<()> {
        let line = || format!("{}\n", escape(text));
        let written = match (stream, self) {
            (Stream::Err, _) => io::stderr().write_all(line().as_bytes()),
            (Stream::Out, Self::Standard) => io::stdout().write_all(line().as_bytes()),
            (Stream::Out, Self::File(file)) => file.write_all(line().as_bytes()),
            (Stream::Bytes, Self::Standard) => print_bytes(text),
            (Stream::Bytes, Self::File(file)) => BASE64_STANDARD
                .decode(text)
                .map_err(io::Error::other)
                .and_then(|bytes| file.write_all(&bytes)),
        };
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}
