//! The programs of the package: building them, and parting them from their symbols.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Clock, Kind, Options, Stage};
use crate::cargo::{self, cargo};
use crate::workspace::Workspace;

/// A program and the crate that makes it.
#[derive(Clone, Copy, Debug)]
struct Product {
    name: &'static str,
    package: &'static str,
    /// Its folder in the checkout. What is not written yet is not packed.
    folder: &'static str,
}

const PRODUCTS: [Product; 5] = [
    Product {
        name: "vernemq",
        package: "vmq-broker",
        folder: "broker",
    },
    Product {
        name: "vmq-admin",
        package: "vmq-admin",
        folder: "vmq-admin",
    },
    Product {
        name: "vmq-passwd",
        package: "vmq-passwd",
        folder: "vmq-passwd",
    },
    Product {
        name: "vmq-console",
        package: "vmq-console",
        folder: "console",
    },
    Product {
        name: "vmq-loadtest",
        package: "vmq-loadtest",
        folder: "tests/load",
    },
];

fn present(workspace: &Workspace) -> impl Iterator<Item = &'static Product> {
    PRODUCTS
        .iter()
        .filter(|product| workspace.root().join(product.folder).join("Cargo.toml").is_file())
}

/// Builds them all in the profile of the package.
///
/// # Errors
/// When the compiler says no.
pub(super) fn build(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut command = cargo(workspace)?;
    command.args(["build", "--locked", "--profile", &options.profile, "--bins"]);
    for product in present(workspace) {
        command.args(["--package", product.package]);
    }
    // The allocator tells when it was compiled: the time of the package, so that another build gives the same bytes.
    command.env("SOURCE_DATE_EPOCH", Clock::of(workspace)?.seconds().to_string());
    cargo::run(&mut command)
}

/// Where the built programs lie.
///
/// # Errors
/// When one was not built.
pub(super) fn find(workspace: &Workspace, options: &Options) -> Result<Vec<PathBuf>> {
    let folder = workspace.target().join(options.profile_folder());
    let programs: Vec<_> = present(workspace)
        .map(|product| folder.join(product.name))
        .collect();
    if let Some(missing) = programs.iter().find(|program| !program.is_file()) {
        bail!("{} was not built; leave out --no-build", missing.display());
    }
    Ok(programs)
}

/// Puts a program without its symbols into a folder.
///
/// # Errors
/// When binutils fail.
pub(super) fn strip(program: &Path, stripped: &Path) -> Result<()> {
    let name = program.file_name().context("a program has a name")?;
    let mut strip = Command::new("strip");
    strip
        .args(["--strip-all", "--remove-section=.comment", "-o"])
        .arg(stripped.join(name))
        .arg(program);
    quietly(&mut strip)
}

/// Puts the symbols of a program where debuggers look for them below a folder.
///
/// # Errors
/// When binutils fail, or the linker left no build id.
pub(super) fn keep_symbols(program: &Path, symbols: &Path) -> Result<()> {
    let id = build_id(program)?;
    let (first, rest) = id.split_at(2);
    let folder = symbols.join("usr/lib/debug/.build-id").join(first);
    fs::create_dir_all(&folder)?;
    let mut keep = Command::new("objcopy");
    keep.args(["--only-keep-debug", "--compress-debug-sections"])
        .arg(program)
        .arg(folder.join(format!("{rest}.debug")));
    quietly(&mut keep)
}

/// One archive with the symbols of all programs, to be unpacked at `/` beside a core dump.
///
/// # Errors
/// When tar fails.
pub(super) fn pack_symbols(options: &Options, stage: &Stage) -> Result<()> {
    let name = format!(
        "vernemq-symbols-{}.{}.tar.gz",
        options.version(Kind::Rpm),
        std::env::consts::ARCH
    );
    let mut tar = Command::new("tar");
    tar.args([
        "--create",
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mode=u=rwX,go=rX",
    ]);
    tar.arg(format!("--mtime=@{}", stage.clock().seconds()))
        .args(["--use-compress-program", "gzip -9n"]);
    tar.arg("--file")
        .arg(options.out.join(name))
        .arg("--directory")
        .arg(stage.folder("symbols"))
        .arg("usr");
    quietly(&mut tar)
}

fn build_id(program: &Path) -> Result<String> {
    let output = Command::new("readelf")
        .arg("--notes")
        .arg(program)
        .output()
        .context("starting readelf")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let id = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Build ID: ").map(str::to_owned));
    id.filter(|id| id.len() > 2)
        .with_context(|| format!("{} has no build id", program.display()))
}

/// Runs a small tool; only a failure is worth a line.
pub(super) fn quietly(command: &mut Command) -> Result<()> {
    let shown = cargo::show(command);
    let output = command.output().with_context(|| format!("starting {shown}"))?;
    if !output.status.success() {
        bail!(
            "{shown}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(())
}
