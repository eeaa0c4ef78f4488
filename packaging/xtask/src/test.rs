//! `cargo xtask test`: set up, build the programs, run every test of the workspace, then live through the packages.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::cargo::{self, cargo};
use crate::lifecycle;
use crate::say;
use crate::setup;
use crate::workspace::Workspace;

/// Stops a test that hangs, and says which one.
const NEXTEST_SETTINGS: &str = "packaging/xtask/nextest.toml";

/// Runs the tests. Arguments go to the runner: a part of a test's name, for example.
///
/// # Errors
/// When the set-up or the build fails, or any test does.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let started = Instant::now();
    let clients = setup::test(workspace)?;
    // Tests of signals and exit codes start the real programs.
    cargo::run(cargo(workspace)?.args(["build", "--workspace", "--bins"]))?;
    let broker = workspace.target().join("debug/vernemq");

    let with_nextest = cargo::has(workspace, "nextest");
    let mut tests = runner(workspace, with_nextest)?;
    tests
        .args(arguments)
        .envs(clients.iter().cloned())
        .env("VERNEMQ_BIN", &broker);
    cargo::run(&mut tests)?;
    if with_nextest && arguments.is_empty() {
        // That runner leaves out the examples in the documentation.
        cargo::run(cargo(workspace)?.args(["test", "--workspace", "--doc", "--quiet"]))?;
    }
    if arguments.is_empty() {
        lifecycle::in_suite(workspace)?;
    }
    say::step(format_args!(
        "all tests passed, {} s with set-up and build",
        started.elapsed().as_secs()
    ));
    Ok(())
}

fn runner(workspace: &Workspace, with_nextest: bool) -> Result<Command> {
    let mut command = cargo(workspace)?;
    if with_nextest {
        command.args(["nextest", "run", "--config-file", NEXTEST_SETTINGS]);
    } else {
        command.arg("test");
    }
    command.args(["--workspace", "--no-fail-fast"]);
    Ok(command)
}
