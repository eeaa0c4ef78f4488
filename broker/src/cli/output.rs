//! Where the verbs print. Standard output is data that scripts read, standard error is talk; a reader that has gone
//! away (`vernemq version | true`) is no failure.

use std::fmt::Display;
use std::io::{self, Write};

/// A line on standard output.
pub(super) fn say(text: impl Display) {
    drop(writeln!(io::stdout(), "{text}"));
}

/// Text on standard output that brings its own line ends.
pub(super) fn print(text: impl Display) {
    drop(write!(io::stdout(), "{text}"));
}

/// A line on standard error.
pub(super) fn complain(text: impl Display) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// `[error] <line>` on standard error for every line of a text.
pub(super) fn errors(text: impl Display) {
    tagged("error", text);
}

/// `[warning] <line>` on standard error for every line of a text.
pub(super) fn warnings(text: impl Display) {
    tagged("warning", text);
}

fn tagged(tag: &str, text: impl Display) {
    for line in text.to_string().lines() {
        complain(format_args!("[{tag}] {line}"));
    }
}
