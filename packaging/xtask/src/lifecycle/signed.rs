//! The repositories of `cargo xtask repo`, with a key that lives as long as the run: apt installs from one of them, rpm knows the
//! signature of the other.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::dnf;
use super::packages::Packages;
use super::root::{Root, Said};
use super::seen;
use crate::cargo;
use crate::repo::{self, Order};
use crate::workspace::Workspace;

const KEY: &str = "a key for one run <nobody@vernemq.invalid>";
/// Seen from the root.
const PLACE: &str = "/opt/repository";

/// Makes both, in the root.
///
/// # Errors
/// When one cannot be made, or is not believed.
pub(super) fn live(workspace: &Workspace, root: &Root, packages: &Packages) -> Result<()> {
    let ring = packages.folder.join("keys");
    make_key(&ring)?;
    let order = Order {
        from: packages.first.out.clone(),
        out: root.at(PLACE),
        key: KEY.to_owned(),
        url: format!("file:{PLACE}"),
    };
    repo::make(workspace, &order)?;
    apt(root)?;
    yum(root, &order.out)?;
    root.run(&["apt-get", "purge", "-y", "vernemq"])?;
    dnf::live(root, &packages.folder, PLACE)
}

/// gpg and rpmsign of this process find the ring by the environment of their caller, which is this run in its namespaces.
fn make_key(ring: &PathBuf) -> Result<()> {
    if ring.exists() {
        fs::remove_dir_all(ring)?;
    }
    fs::create_dir_all(ring)?;
    fs::set_permissions(ring, fs::Permissions::from_mode(0o700))?;
    let mut gpg = Command::new("gpg");
    gpg.args([
        "--batch",
        "--quiet",
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        "",
    ]);
    cargo::run(gpg.args(["--quick-generate-key", KEY, "rsa3072", "sign", "never"]))
}

fn apt(root: &Root) -> Result<()> {
    for folder in ["/etc/apt/keyrings", "/etc/apt/sources.list.d"] {
        fs::create_dir_all(root.at(folder))?;
    }
    fs::write(root.at("/etc/apt/sources.list"), "")?;
    fs::copy(
        root.at(&format!("{PLACE}/vernemq.sources")),
        root.at("/etc/apt/sources.list.d/vernemq.sources"),
    )?;
    fs::copy(
        root.at(&format!("{PLACE}/vernemq.asc")),
        root.at("/etc/apt/keyrings/vernemq.asc"),
    )?;
    root.run(&["apt-get", "update", "--error-on=any"])?;
    root.install("vernemq")?;
    root.run(&["vernemq", "chkconfig"])?;
    let release = root.at(&format!("{PLACE}/apt/dists/stable/InRelease"));
    let text = fs::read_to_string(&release)?;
    fs::write(&release, text.replace("Label: VerneMQ", "Label: Other"))?;
    let forged = root.ask(&["apt-get", "update", "--error-on=any"])?;
    ensure!(
        !forged.is_success,
        "apt believes a list that was changed after it was signed"
    );
    seen("apt installs from the signed repository, and does not believe a changed one");
    Ok(())
}

fn yum(root: &Root, repository: &Path) -> Result<()> {
    let rpm = |words: &[&str], last: &Path| {
        let mut command = Command::new("rpm");
        command
            .arg("--root")
            .arg(root.path())
            .args(["--dbpath", "/var/lib/rpm"])
            .args(words)
            .arg(last);
        anyhow::Ok(Said::of(&command.output()?))
    };
    let key = rpm(&["--import"], Path::new(&repository.join("vernemq.asc")))?;
    ensure!(key.is_success, "rpm --import: {}", key.text);
    let folder = repository.join("yum").join(std::env::consts::ARCH);
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rpm") {
            let said = rpm(&["--checksig", "--verbose"], &path)?;
            let is_signed = said
                .text
                .lines()
                .any(|line| line.contains("Signature") && line.ends_with("OK"));
            ensure!(said.is_success && is_signed, "rpm -K: {}", said.text);
        }
    }
    for file in ["repodata/repomd.xml", "repodata/repomd.xml.asc"] {
        ensure!(folder.join(file).is_file(), "{file} is missing");
    }
    seen("rpm believes the signature of the package in the yum repository");
    Ok(())
}
