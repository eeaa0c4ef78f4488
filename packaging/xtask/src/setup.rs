//! `cargo xtask setup`: what the system must have before a build, installed only where it is missing.
//!
//! With everything in place it starts a handful of programs and touches no network.

mod needs;
mod packages;
mod clients;

use anyhow::{Result, bail};

use crate::rocksdb;
use crate::say;
use crate::workspace::Workspace;

pub(crate) use clients::Client;
pub(crate) use needs::has_program;
use needs::{Need, Purpose};

/// Sets up for a build, or with `--test` for the tests too.
///
/// # Errors
/// When an argument is unknown, or something stays missing.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    match arguments {
        [] => build(workspace)?,
        [flag] if flag == "--test" => {
            test(workspace)?;
        }
        _ => bail!("setup takes nothing but --test"),
    }
    say::step("everything needed is installed");
    Ok(())
}

/// What building needs: system packages and RocksDB.
///
/// # Errors
/// When a package cannot be installed or RocksDB cannot be compiled.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    system(&[Purpose::Build])?;
    rocksdb::ensure(workspace)?;
    Ok(())
}

/// What the tests need on top. Answers the variables by which they find the foreign clients.
///
/// The checkers and the small Debian of the packages are wanted too, but the tests run without them.
///
/// # Errors
/// As [`build`], or when a client cannot be fetched.
pub(crate) fn test(workspace: &Workspace) -> Result<Vec<Client>> {
    system(&[Purpose::Build, Purpose::Test])?;
    if has_program("apt-get")
        && let Err(reason) = packaging()
    {
        say::step(format_args!(
            "notice: the packages will be looked at less: {reason:#}"
        ));
    }
    rocksdb::ensure(workspace)?;
    clients::ensure(workspace)
}

/// What the life of the packages is watched with.
///
/// # Errors
/// As [`build`].
pub(crate) fn packaging() -> Result<()> {
    system(&[Purpose::Packaging, Purpose::Repository])
}

/// What repositories are made with.
///
/// # Errors
/// As [`build`].
pub(crate) fn repository() -> Result<()> {
    system(&[Purpose::Repository])
}

fn system(purposes: &[Purpose]) -> Result<()> {
    let missing = needs::missing(purposes);
    if missing.is_empty() {
        return Ok(());
    }
    say::step(format_args!("missing on this machine: {}", names(&missing)));
    packages::install(&missing)?;
    let still = needs::missing(purposes);
    if !still.is_empty() {
        bail!(
            "still missing after the installation: {}; install them by hand",
            names(&still)
        );
    }
    Ok(())
}

fn names(needs: &[&Need]) -> String {
    needs.iter().map(|need| need.name).collect::<Vec<_>>().join(", ")
}
