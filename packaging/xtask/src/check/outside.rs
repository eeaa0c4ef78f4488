//! The checks that other programs do: rustfmt, clippy, cargo-deny, man, shellcheck.

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
    let is_page = |file: &Path| file.starts_with("man") || is_page_beside(file);
    for file in workspace.files()?.iter().filter(|file| is_page(file)) {
        let formatted = format_page(&workspace.root().join(file))?;
        faults.extend(
            formatted
                .lines()
                .map(|line| format!("{}: {line}", file.display())),
        );
    }
    verdict(&faults)
}

/// A page that nothing generates.
fn is_page_beside(file: &Path) -> bool {
    let section = file.extension().unwrap_or_default();
    file.starts_with("packaging/doc") && ["1", "5", "7", "8"].iter().any(|one| section == *one)
}

/// Reads the scripts of the packages and of the pipeline with shellcheck; a hint is a fault. Only where it is installed.
pub(crate) fn scripts(workspace: &Workspace) -> Result<()> {
    if !setup::has_program("shellcheck") {
        say::step("notice: shellcheck is not installed, the scripts were not looked at");
        return Ok(());
    }
    let mut found = Vec::new();
    for file in workspace.files()? {
        let is_ours = ["packaging/deb", "packaging/lib", "packaging/rpm", ".ci"]
            .iter()
            .any(|folder| file.starts_with(folder));
        let is_bare = file.extension().is_none();
        if is_ours
            && (file.extension().is_some_and(|end| end == "sh") || is_bare && has_shebang(workspace, &file))
        {
            found.push(file);
        }
    }
    anyhow::ensure!(!found.is_empty(), "there are no scripts of packages");
    // Those of the RPM package have no first line that says what they are.
    let (without, with): (Vec<_>, Vec<_>) = found.into_iter().partition(|file| file.extension().is_some());
    for (arguments, files) in [(&[][..], with), (&["--shell", "sh"], without)] {
        let mut shellcheck = Command::new("shellcheck");
        shellcheck
            .args(arguments)
            .args(files)
            .current_dir(workspace.root());
        cargo::run(&mut shellcheck)?;
    }
    Ok(())
}

fn has_shebang(workspace: &Workspace, file: &Path) -> bool {
    workspace.read(file).is_ok_and(|text| text.starts_with("#!/"))
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
