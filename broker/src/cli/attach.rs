//! `vernemq attach`, `attach-direct`, `tui` and `console --tui`: the terminal console, which is a program of its own
//! (decisions.md 35).

use super::config_file::ConfigFile;
use super::{Exit, ask, output};
use std::io::{IsTerminal as _, stdin, stdout};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

const PROGRAM: &str = "vmq-console";

/// Opens the console; asks for a ping first, unless forced.
pub(super) fn run(file: &ConfigFile, force: bool) -> Exit {
    let place = file.place();
    if force {
        output::say("Forcing connection...");
    } else if ask::connect(&place)
        .and_then(|mut client| client.ping(ask::PING_PATIENCE))
        .is_err()
    {
        output::complain("Node did not respond to ping!");
        return Exit::Failed;
    }
    if !(stdin().is_terminal() && stdout().is_terminal()) {
        output::complain("this needs a terminal; in scripts use vmq-admin");
        return Exit::Failed;
    }
    open(file)
}

/// Becomes the console.
pub(super) fn open(file: &ConfigFile) -> Exit {
    let error = Command::new(program())
        .arg("--socket")
        .arg(file.place().socket)
        .exec();
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            output::complain(format_args!("{PROGRAM} is not available in this version"));
        }
        _ => output::complain(format_args!("can't start {PROGRAM} due to {error}")),
    }
    Exit::Failed
}

/// The one beside this program, or one of the search path.
fn program() -> PathBuf {
    let beside = std::env::current_exe().map(|path| path.with_file_name(PROGRAM));
    beside
        .ok()
        .filter(|path| path.exists())
        .unwrap_or_else(|| PROGRAM.into())
}
