//! `dnf install vernemq` from the signed repository, into a root of its own. What the package requires of a system of that
//! kind is provided by an empty package made here, since nothing is fetched.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::root::{Root, Said};
use super::{seen, table};
use crate::cargo;

/// What Enterprise Linux 9 has; the versions of symbols are those of its libraries.
const SYSTEM: &str = "\
Name: system
Version: 9
Release: 1
Summary: What the packages may count on
License: Apache-2.0
BuildArch: noarch
AutoReqProv: no
Provides: /bin/sh, shadow-utils, systemd
Provides: libc.so.6(GLIBC_2.34)(64bit), libm.so.6(GLIBC_2.29)(64bit), libgcc_s.so.1(GCC_4.2.0)(64bit)
%description
Stands in for a system.
%files
";

/// Installs, looks, removes. `place` is the repository as the root sees it.
///
/// # Errors
/// When dnf does not find, believe or install it, or anything is not as the page says.
pub(super) fn live(root: &Root, work: &Path, place: &str) -> Result<()> {
    let work = work.join("dnf");
    system(&work)?;
    let repositories = work.join("repos");
    for folder in [&repositories, &work.join("log"), &work.join("cache")] {
        fs::create_dir_all(folder)?;
    }
    // Written for machines that find it below this address; dnf runs outside of the root.
    let shipped = fs::read_to_string(root.at(&format!("{place}/vernemq.repo")))?;
    let here = root.at(place);
    fs::write(
        repositories.join("vernemq.repo"),
        shipped.replace(&format!("file:{place}"), &format!("file://{}", here.display())),
    )?;
    let packages = work.join("RPMS/noarch");
    fs::write(
        repositories.join("system.repo"),
        format!(
            "[system]\nname=System\nbaseurl=file://{}\ngpgcheck=0\n",
            packages.display()
        ),
    )?;

    dnf(root, &work, &["install", "vernemq"])?;
    table::compare(root, &table::BOTH)?;
    table::compare(root, &table::RPM)?;
    ensure!(
        root.run(&["vernemq", "chkconfig"])?.contains("config is OK"),
        "the installed configuration is not good"
    );
    dnf(root, &work, &["remove", "vernemq"])?;
    ensure!(!root.has("/usr/sbin/vernemq"), "dnf left the program");
    seen("dnf installs from the signed yum repository, resolves what the package requires, and removes it");
    Ok(())
}

/// The empty package and its list.
fn system(work: &Path) -> Result<()> {
    fs::create_dir_all(work)?;
    let spec = work.join("system.spec");
    fs::write(&spec, SYSTEM)?;
    let mut rpmbuild = Command::new("rpmbuild");
    rpmbuild
        .args([
            "-bb",
            "--quiet",
            "--define",
            &format!("_topdir {}", work.display()),
        ])
        .arg(&spec);
    cargo::run(&mut rpmbuild)?;
    cargo::run(
        Command::new("createrepo_c")
            .arg("--quiet")
            .arg(work.join("RPMS/noarch")),
    )
}

fn dnf(root: &Root, work: &Path, words: &[&str]) -> Result<()> {
    let option = |name: &str, folder: &str| format!("--setopt={name}={}", work.join(folder).display());
    let mut command = Command::new("dnf");
    command
        .arg("--assumeyes")
        .arg(format!("--installroot={}", root.path().display()))
        .args([
            "--releasever=9",
            "--setopt=install_weak_deps=False",
            "--setopt=pluginpath=/nowhere",
        ])
        .args([
            option("reposdir", "repos"),
            option("cachedir", "cache"),
            option("logdir", "log"),
        ])
        .args(words);
    let said = Said::of(&command.output()?);
    ensure!(said.is_success, "dnf {}: {}", words.join(" "), said.text);
    Ok(())
}
