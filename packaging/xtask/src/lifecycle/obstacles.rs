//! What may keep the packages from being lived through: rights, tools, a Debian to install them in.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::root::Root;
use crate::setup;
use crate::workspace::Workspace;

/// Of its own: network, mounts, processes.
pub(super) const NAMESPACES: [&str; 6] = [
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
];

/// Brings what can be brought.
///
/// # Errors
/// When something is missing all the same: the reason, for people.
pub(super) fn overcome(workspace: &Workspace) -> Result<()> {
    ensure!(
        fs::metadata("/proc/self")?.uid() == 0,
        "it installs packages in a root folder, which only root may"
    );
    ensure!(
        setup::has_program("apt-get"),
        "there is no debootstrap, lintian and rpm for this system"
    );
    let mut unshare = Command::new("unshare");
    unshare
        .args(NAMESPACES)
        .args(["--", "mount", "-t", "proc", "proc", "/proc"])
        .stderr(Stdio::null());
    let status = unshare.status().context("starting unshare")?;
    ensure!(
        status.success(),
        "namespaces of its own are not allowed here (a container?)"
    );
    setup::packaging()?;
    Root::fetch(workspace).context("no Debian to install packages in")
}
