//! The yum side, for dnf too: signed packages, one folder for each machine, lists by `createrepo_c`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Order, packages, sign, succeed};
use crate::package::Clock;

/// Fills `OUT/yum` and writes `OUT/vernemq.repo`.
///
/// # Errors
/// When there are no packages or a tool fails.
pub(super) fn make(order: &Order, clock: Clock) -> Result<()> {
    let root = order.out.join("yum");
    let mut folders = BTreeSet::new();
    for package in packages(order, "rpm")? {
        let name = package.file_name().context("a package has a name")?;
        let stem = package
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let folder = root.join(stem.rsplit('.').next().unwrap_or("noarch"));
        fs::create_dir_all(&folder)?;
        let copy = folder.join(name);
        fs::copy(&package, &copy).with_context(|| format!("copying {}", package.display()))?;
        let mut signer = Command::new("rpmsign");
        signer.args(["--define", &format!("_gpg_name {}", order.key)]);
        // Distributions disagree on where rpm looks for it.
        signer.args(["--define", &format!("__gpg {}", gpg_path()?.display())]);
        signer.arg("--addsign").arg(&copy);
        succeed(signer)?;
        folders.insert(folder);
    }
    for folder in &folders {
        let mut lists = Command::new("createrepo_c");
        lists
            .args([
                "--quiet",
                "--revision",
                &clock.seconds().to_string(),
                "--set-timestamp-to-revision",
            ])
            .arg(folder);
        succeed(lists)?;
        let list = folder.join("repodata/repomd.xml");
        sign(order, &list, &folder.join("repodata/repomd.xml.asc"))?;
    }
    let url = order.url.trim_end_matches('/');
    let repo = format!(
        "[vernemq]\nname=VerneMQ\nbaseurl={url}/yum/$basearch\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey={url}/vernemq.asc\n"
    );
    Ok(fs::write(order.out.join("vernemq.repo"), repo)?)
}

fn gpg_path() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join("gpg"))
        .find(|program| program.is_file());
    found.context("no gpg in the path")
}
