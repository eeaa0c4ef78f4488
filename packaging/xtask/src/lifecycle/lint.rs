//! What other people's checkers say about the packages and their parts (packaging.md 11).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::seen;
use crate::cargo;
use crate::package::{Kind, Options};
use crate::workspace::Workspace;

/// Every one of them; the first that complains ends it.
///
/// # Errors
/// When one complains or is not installed.
pub(super) fn check(workspace: &Workspace, options: &Options) -> Result<()> {
    let root = workspace.root();
    let package = |kind| options.out.join(options.file_name(kind));
    cargo::run(
        Command::new("lintian")
            .args(["--allow-root", "--fail-on", "error,warning"])
            .arg(package(Kind::Deb)),
    )?;
    let mut rpmlint = Command::new("rpmlint");
    cargo::run(
        rpmlint
            .arg("--config")
            .arg(root.join("packaging/rpm/rpmlint.toml"))
            .arg("--strict")
            .arg(package(Kind::Rpm)),
    )?;
    cargo::run(
        Command::new("shellcheck")
            .args(["--shell", "sh"])
            .args(scripts(root)?),
    )?;
    seen("nothing left to say: lintian, rpmlint, shellcheck");
    pages(root)
}

fn scripts(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in ["packaging/deb", "packaging/lib", "packaging/rpm"] {
        for entry in std::fs::read_dir(root.join(folder))? {
            let path = entry?.path();
            let is_script = match path.extension() {
                Some(extension) => extension == "sh",
                None => std::fs::read_to_string(&path)?.starts_with("#!/bin/sh"),
            };
            found.extend(is_script.then_some(path));
        }
    }
    found.sort();
    Ok(found)
}

fn pages(root: &Path) -> Result<()> {
    let mut pages = Vec::new();
    for folder in ["man", "packaging/doc"] {
        let found = std::fs::read_dir(root.join(folder))?.filter_map(|entry| Some(entry.ok()?.path()));
        pages.extend(found.filter(|path| path.extension().is_some_and(|section| section.len() == 1)));
    }
    pages.sort();
    for page in &pages {
        let mut man = Command::new("man");
        man.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
            .arg(page)
            .env("MANWIDTH", "80")
            .env("LC_ALL", "C.UTF-8");
        let output = man.output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(
            output.status.success() && said.trim().is_empty(),
            "{}: {said}",
            page.display()
        );
    }
    seen(&format!("{} manual pages without a warning", pages.len()));
    Ok(())
}
