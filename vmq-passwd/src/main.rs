//! `vmq-passwd`: edits and asks a password file. The broker need not run and is not told; it reads the file again by
//! itself. Exit code 0 for done, 1 for everything else; standard output is prompts and data, standard error is talk.

mod args;
mod prompt;
mod run;

use std::io::Write;
use std::process::ExitCode;

use args::{Request, Wrong};

fn main() -> ExitCode {
    match args::parse(std::env::args_os().skip(1).collect()) {
        Ok(Request::Help) => {
            say(args::HELP);
            ExitCode::SUCCESS
        }
        Ok(Request::Version) => {
            say(concat!("vmq-passwd ", env!("CARGO_PKG_VERSION"), "\n"));
            ExitCode::SUCCESS
        }
        Ok(Request::Run(job)) => match run::run(job) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => fail(&failure.to_string()),
        },
        Err(Wrong::Usage) => {
            say(args::HELP);
            ExitCode::FAILURE
        }
        Err(Wrong::Value(why)) => fail(&format!("Error: {why}")),
    }
}

/// A closed standard output is the reader's choice, not a failure.
fn say(text: &str) {
    std::io::stdout().lock().write_all(text.as_bytes()).ok();
}

fn fail(text: &str) -> ExitCode {
    writeln!(std::io::stderr().lock(), "{text}").ok();
    ExitCode::FAILURE
}
