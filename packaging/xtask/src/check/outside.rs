//! The checks that other programs do: rustfmt, clippy, cargo-deny, man.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::verdict;
use crate::setup;

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

/// Formats every manual page; a warning is a fault. Only where man is installed.
pub(crate) fn man(workspace: &Workspace) -> Result<()> {
    if !setup::has_program("man") || !setup::has_program("groff") {
        say::step("notice: man or groff is not installed, the manual pages were not formatted");
        return Ok(());
    }
    let mut faults = Vec::new();
    for file in workspace.files()?.iter().filter(|file| file.starts_with("man")) {
        let formatted = format_page(&workspace.root().join(file))?;
        faults.extend(
            formatted
                .lines()
                .map(|line| format!("{}: {line}", file.display())),
        );
    }
    verdict(&faults)
}

/// What man has to say about a page.
fn format_page(page: &Path) -> Result<String> {
    let mut man = Command::new("man");
    man.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
        .arg(page)
        // The lines must not depend on the terminal of whoever checks.
        .env("MANWIDTH", "80")
        .env("LC_ALL", "C.UTF-8")
        .stdout(Stdio::null());
    let output = man.output().context("running man")?;
    let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        said.push_str("man failed");
    }
    Ok(said)
}
