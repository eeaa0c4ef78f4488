//! `cargo xtask deb` and `cargo xtask rpm`: one package, from one command, without a question (packaging.md 10).
//!
//! The programs are built, their libraries checked, everything a package holds is laid out below the target folder
//! (`stage`), and cargo-deb or cargo-generate-rpm pack it by the lists in `broker/Cargo.toml`. With the same build and the
//! same SOURCE_DATE_EPOCH (by default the time of the last commit) the same bytes come out.

mod options;
mod programs;
mod floor;
mod clock;
mod dependencies;
mod licences;
mod sbom;
mod changelog;
mod documents;
mod stage;
mod tools;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo;
use crate::say;
use crate::setup;
use crate::workspace::Workspace;
pub(crate) use clock::Clock;
pub(crate) use options::Options;
use stage::Stage;
use tools::Tool;

/// The two kinds of package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Deb,
    Rpm,
}

/// Builds the programs and one kind of package.
///
/// # Errors
/// When an argument is unknown, the build fails, a program needs a newer library than promised, or something that
/// belongs into the package is missing.
pub(crate) fn command(workspace: &Workspace, kind: Kind, arguments: &[String]) -> Result<()> {
    let options = Options::read(workspace, arguments)?;
    let stage = prepare(workspace, &options)?;
    let package = make(workspace, kind, &options, &stage)?;
    programs::pack_symbols(&options, &stage)?;
    sbom::write(workspace, &options, stage.clock())?;
    sums(&options.out)?;
    let size = fs::metadata(&package)?.len();
    say::line(format_args!(
        "{} ({} KiB)",
        package.display(),
        size.div_ceil(1024)
    ));
    Ok(())
}

/// Builds, checks and lays out what both kinds hold.
///
/// # Errors
/// As [`command`].
pub(crate) fn prepare(workspace: &Workspace, options: &Options) -> Result<Stage> {
    if options.build {
        setup::build(workspace)?;
        programs::build(workspace, options)?;
    }
    let programs = programs::find(workspace, options)?;
    floor::check(&programs)?;
    let clock = Clock::of(workspace)?;
    let stage = Stage::lay_out(workspace, options, &programs, &clock)?;
    fs::create_dir_all(&options.out).with_context(|| format!("creating {}", options.out.display()))?;
    Ok(stage)
}

/// Brings the two programs that write packages, if they are not there.
///
/// # Errors
/// When one cannot be compiled, or its sources cannot be fetched.
pub(crate) fn tools(workspace: &Workspace) -> Result<()> {
    for tool in [Tool::CARGO_DEB, Tool::CARGO_GENERATE_RPM] {
        tool.ensure(workspace)?;
    }
    Ok(())
}

/// Packs what was laid out; answers where the package lies.
///
/// # Errors
/// When the tool cannot be installed or fails.
pub(crate) fn make(workspace: &Workspace, kind: Kind, options: &Options, stage: &Stage) -> Result<PathBuf> {
    let package = options.out.join(options.file_name(kind));
    let mut command = match kind {
        Kind::Deb => deb(workspace, options, &package)?,
        Kind::Rpm => rpm(workspace, options, &package)?,
    };
    command.current_dir(workspace.root());
    command.env("SOURCE_DATE_EPOCH", stage.clock().seconds().to_string());
    command.env("CARGO_TARGET_DIR", workspace.target());
    cargo::run(&mut command)?;
    Ok(package)
}

fn deb(workspace: &Workspace, options: &Options, package: &Path) -> Result<Command> {
    let mut command = Command::new(Tool::CARGO_DEB.ensure(workspace)?);
    command.args(["--package", "vmq-broker", "--no-build", "--no-strip", "--quiet"]);
    command.args(["--compress-type", if options.quick { "gz" } else { "xz" }]);
    // The compressor for gz inside cargo-deb takes minutes for a few bytes.
    if options.quick {
        command.args(["--fast", "--compress-system"]);
    }
    command.args(["--profile", &options.profile]);
    command.args(["--deb-version", &options.version(Kind::Deb)]);
    command.arg("--output").arg(package);
    Ok(command)
}

fn rpm(workspace: &Workspace, options: &Options, package: &Path) -> Result<Command> {
    let mut command = Command::new(Tool::CARGO_GENERATE_RPM.ensure(workspace)?);
    command.args(["--package", "broker", "--profile", &options.profile]);
    command.args(["--payload-compress", if options.quick { "gzip" } else { "zstd" }]);
    let version = options.upstream_version().replace('-', "~");
    command.args(["--set-metadata", &format!("version = \"{version}\"")]);
    command.args(["--set-metadata", &format!("release = \"{}\"", options.revision)]);
    command.arg("--output").arg(package);
    Ok(command)
}

/// Checksums of all that lies in the folder.
fn sums(folder: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != "SHA256SUMS" {
            names.push(entry.file_name());
        }
    }
    names.sort();
    let output = Command::new("sha256sum")
        .args(&names)
        .current_dir(folder)
        .output()
        .context("starting sha256sum")?;
    fs::write(folder.join("SHA256SUMS"), output.stdout)?;
    Ok(())
}
