//! A Debian 12 in a folder: fetched once, unpacked for every part of the run, entered with chroot.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail};

use super::mirror;
use crate::cargo;
use crate::workspace::Workspace;

const RELEASE: &str = "bookworm";
/// Beside the smallest set: what the package depends on, and what its files are for.
const INCLUDED: &str = "adduser,init-system-helpers,bash-completion,logrotate";
/// Counts what is included, so that an older archive is not taken for this one.
const ROOT_VERSION: u32 = 2;
/// What package managers write for themselves, and caches.
const NOT_COMPARED: [&str; 6] = [
    "proc",
    "var/lib/dpkg",
    "var/lib/apt",
    "var/cache",
    "var/log/apt",
    "var/lib/systemd",
];

/// An unpacked one. Its mounts end with the namespace; the folder is removed with the next run.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
}

/// What a command said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) is_success: bool,
}

impl Root {
    /// Makes the archive in the cache, if it is not there.
    ///
    /// # Errors
    /// When debootstrap or tar fail.
    pub(super) fn fetch(workspace: &Workspace) -> Result<()> {
        let archive = archive(workspace);
        if archive.is_file() {
            return Ok(());
        }
        let folder = workspace.cache().join("debootstrap");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let mut bootstrap = Command::new("debootstrap");
        bootstrap
            .args(["--variant=minbase", &format!("--include={INCLUDED}"), RELEASE])
            .arg(&folder)
            .args(mirror::of_apt(RELEASE))
            .envs(mirror::proxy());
        cargo::run(&mut bootstrap)?;
        let filling = archive.with_extension("part");
        let mut tar = Command::new("tar");
        tar.args(["--create", "--numeric-owner", "--file"])
            .arg(&filling)
            .arg("--directory")
            .arg(&folder)
            .arg(".");
        cargo::run(&mut tar)?;
        fs::remove_dir_all(&folder)?;
        fs::rename(&filling, &archive).with_context(|| format!("creating {}", archive.display()))
    }

    /// A fresh one.
    ///
    /// # Errors
    /// When it cannot be unpacked or mounted.
    pub(super) fn unpack(workspace: &Workspace, path: &Path) -> Result<Self> {
        fs::create_dir_all(path)?;
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--numeric-owner", "--file"])
            .arg(archive(workspace))
            .arg("--directory")
            .arg(path);
        cargo::run(&mut tar)?;
        let root = Self {
            path: path.to_path_buf(),
        };
        cargo::run(
            Command::new("mount")
                .args(["-t", "proc", "proc"])
                .arg(path.join("proc")),
        )?;
        cargo::run(
            Command::new("mount")
                .args(["-t", "devpts", "devpts"])
                .arg(path.join("dev/pts")),
        )?;
        Ok(root)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The same path, seen from outside.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.path.join(path.trim_start_matches('/'))
    }

    pub(super) fn has(&self, path: &str) -> bool {
        fs::symlink_metadata(self.at(path)).is_ok()
    }

    /// A command in it, with an environment of its own.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.path).args(words).env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", "/");
        command
    }

    /// Runs it; answers both outputs.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn ask(&self, words: &[&str]) -> Result<Said> {
        let output = self
            .command(words)
            .output()
            .with_context(|| format!("starting {words:?}"))?;
        Ok(Said::of(&output))
    }

    /// Runs it; it must succeed.
    ///
    /// # Errors
    /// When it does not; with all that it said.
    pub(super) fn run(&self, words: &[&str]) -> Result<String> {
        let said = self.ask(words)?;
        if !said.is_success {
            bail!("{}: failed and said:\n{}", words.join(" "), said.text);
        }
        Ok(said.text)
    }

    /// A package by its path there; nothing is fetched, nothing is asked, an edited configuration stays.
    ///
    /// # Errors
    /// When apt-get fails; with all that it said.
    pub(super) fn install(&self, package: &str) -> Result<String> {
        let confold = ["-o", "Dpkg::Options::=--force-confold"];
        let options = ["install", "-y", "--no-install-recommends", "--allow-downgrades"];
        self.run(&[&["apt-get"], &options[..], &confold, &[package]].concat())
    }

    /// All paths in it, apart from what package managers keep for themselves.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(super) fn paths(&self) -> Result<BTreeSet<PathBuf>> {
        let mut found = BTreeSet::new();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let path = entry.path().strip_prefix(&self.path)?.to_path_buf();
                if NOT_COMPARED.iter().any(|other| path.starts_with(other)) {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                }
                found.insert(path);
            }
        }
        Ok(found)
    }
}

impl Said {
    pub(super) fn of(output: &Output) -> Self {
        let text = [&output.stdout, &output.stderr]
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .concat();
        Self {
            text,
            is_success: output.status.success(),
        }
    }
}

fn archive(workspace: &Workspace) -> PathBuf {
    workspace.cache().join(format!(
        "debian-{RELEASE}-{}-{ROOT_VERSION}.tar",
        std::env::consts::ARCH
    ))
}

/// An empty file of the run.
///
/// # Errors
/// When it cannot be created.
pub(super) fn touch(path: &Path) -> Result<()> {
    File::create(path).with_context(|| format!("creating {}", path.display()))?;
    Ok(())
}
