//! What other people's checkers say about the packages (packaging.md 11). Scripts and manual pages are looked at by
//! `cargo xtask check`, the unit by `tests/ops/unit.rs`.

use std::process::Command;

use anyhow::Result;

use super::seen;
use crate::cargo;
use crate::package::{Kind, Options};
use crate::workspace::Workspace;

/// Both of them; the first that complains ends it.
///
/// # Errors
/// When one complains or is not installed.
pub(super) fn check(workspace: &Workspace, options: &Options) -> Result<()> {
    let package = |kind| options.out.join(options.file_name(kind));
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "error,warning"]);
    cargo::run(lintian.arg(package(Kind::Deb)))?;
    let mut rpmlint = Command::new("rpmlint");
    rpmlint
        .arg("--config")
        .arg(workspace.root().join("packaging/rpm/rpmlint.toml"));
    cargo::run(rpmlint.arg("--strict").arg(package(Kind::Rpm)))?;
    seen("nothing left to say: lintian, rpmlint");
    Ok(())
}
