//! Files that are written by a program and committed: `cargo xtask conf` and `man`, and the check that they are
//! fresh.
//!
//! The writing needs crates of the product. It is behind the feature `generate`, in a second build of this tool,
//! so that a product that does not compile never takes the tool away.

#[cfg(feature = "generate")]
mod output;
#[cfg(feature = "generate")]
mod man;
#[cfg(feature = "generate")]
mod roff;
#[cfg(feature = "generate")]
mod shells;
#[cfg(feature = "generate")]
mod tools;
#[cfg(feature = "generate")]
mod console;

use anyhow::{Result, bail};

#[cfg(not(feature = "generate"))]
use crate::cargo::{self, cargo};
use crate::workspace::Workspace;

/// Writes one kind of file, or with `--check` compares it.
///
/// # Errors
/// When an argument is unknown, a file is stale, or the product does not compile.
pub(crate) fn command(workspace: &Workspace, kind: &str, arguments: &[String]) -> Result<()> {
    match arguments {
        [] => generate(workspace, kind, false),
        [flag] if flag == "--check" => generate(workspace, kind, true),
        _ => bail!("{kind} takes nothing but --check"),
    }
}

/// Compares every kind of file that can be generated today.
///
/// # Errors
/// When one is stale.
pub(crate) fn check_all(workspace: &Workspace) -> Result<()> {
    generate(workspace, "conf", true)?;
    generate(workspace, "man", true)
}

#[cfg(not(feature = "generate"))]
fn generate(workspace: &Workspace, kind: &str, check: bool) -> Result<()> {
    let mut again = cargo(workspace)?;
    again.args([
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        "generate",
        "--",
        kind,
    ]);
    again.args(check.then_some("--check"));
    cargo::run(&mut again)
}

#[cfg(feature = "generate")]
fn generate(workspace: &Workspace, kind: &str, check: bool) -> Result<()> {
    let files = output::files(kind)?;
    output::bring(workspace, &files, check)
}
