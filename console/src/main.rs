//! `vmq-console`: arguments and exit code; the rest is the library.

use clap::Parser as _;
use std::process::ExitCode;
use vmq_console::args::Arguments;
use vmq_console::run::run;

fn main() -> ExitCode {
    ExitCode::from(run(&Arguments::parse()) as u8)
}
