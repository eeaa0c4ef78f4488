//! The checks that other programs do: rustfmt, clippy, cargo-deny.

use anyhow::{Context as _, Result};

use crate::cargo::{self, bare, cargo};
use crate::say;
use crate::workspace::Workspace;

/// Names the files; `cargo fmt` mends them.
pub(crate) fn fmt(workspace: &Workspace) -> Result<()> {
    cargo::run(bare(workspace).args(["fmt", "--all", "--", "--check", "-l"])).context("run `cargo fmt --all`")
}

/// Locked, so that a dependency nobody wrote into `Cargo.lock` fails here.
pub(crate) fn clippy(workspace: &Workspace) -> Result<()> {
    let what = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet"];
    cargo::run(cargo(workspace)?.args(what).args(["--", "-D", "warnings"]))
}

/// Licences, bans and sources. Only where the tool is installed: it is large, and the answer rarely changes.
pub(crate) fn deny(workspace: &Workspace) -> Result<()> {
    if !cargo::has(workspace, "deny") {
        say::step("notice: cargo-deny is not installed, licences and bans were not looked at");
        return Ok(());
    }
    cargo::run(bare(workspace).args([
        "deny",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}
