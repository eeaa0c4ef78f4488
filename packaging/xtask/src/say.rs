//! All that the build tool prints. Steps and faults go to standard error; what was asked for goes to standard
//! output, so that `eval "$(cargo xtask env)"` reads nothing else.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the one place of this tool that prints"
)]

use std::fmt::Display;

/// A line of what the user asked for.
pub(crate) fn line(text: impl Display) {
    println!("{text}");
}

/// What the tool is doing now.
pub(crate) fn step(text: impl Display) {
    eprintln!("xtask: {text}");
}

/// A fault in a check, or a detail under one.
pub(crate) fn fault(text: impl Display) {
    eprintln!("  {text}");
}

/// The last line of a failed run, with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("xtask: error: {error:#}");
}
