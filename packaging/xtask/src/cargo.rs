//! Running cargo: always in the checkout, always with the RocksDB of this machine.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::rocksdb;
use crate::say;
use crate::workspace::Workspace;

/// A cargo command with the variables every build of ours needs.
///
/// # Errors
/// When RocksDB must be compiled first and cannot be.
pub(crate) fn cargo(workspace: &Workspace) -> Result<Command> {
    let mut command = bare(workspace);
    command.envs(rocksdb::ensure(workspace)?);
    Ok(command)
}

/// A cargo command that does not care about RocksDB.
pub(crate) fn bare(workspace: &Workspace) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace.root());
    command
}

/// Whether `cargo NAME` is installed.
pub(crate) fn has(workspace: &Workspace, name: &str) -> bool {
    let output = bare(workspace).args([name, "--version"]).output();
    output.is_ok_and(|output| output.status.success())
}

/// Runs a command with its output on the terminal.
///
/// # Errors
/// When it cannot be started or ends with another code than 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    say::step(format_args!("{shown}"));
    let status = command.status().with_context(|| format!("starting {shown}"))?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// The command as one would type it, without its variables.
pub(crate) fn show(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let mut shown = program.rsplit('/').next().unwrap_or(&program).to_owned();
    for argument in command.get_args() {
        write!(shown, " {}", argument.to_string_lossy()).expect("a string takes every write");
    }
    shown
}
