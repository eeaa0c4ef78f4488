//! The apt side: a pool, one suite, one component; lists by apt-ftparchive, signed inside and beside.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Order, gpg, packages, sign, succeed};
use crate::package::Clock;

const SUITE: &str = "stable";
const COMPONENT: &str = "main";
const POOL: &str = "pool/main/v/vernemq";

/// Fills `OUT/apt` and writes `OUT/vernemq.sources`.
///
/// # Errors
/// When there are no packages or a tool fails.
pub(super) fn make(order: &Order, clock: Clock) -> Result<()> {
    let root = order.out.join("apt");
    let pool = root.join(POOL);
    fs::create_dir_all(&pool)?;
    let mut architectures = Vec::new();
    for package in packages(order, "deb")? {
        let name = package.file_name().context("a package has a name")?;
        fs::copy(&package, pool.join(name)).with_context(|| format!("copying {}", package.display()))?;
        let stem = package
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        architectures.extend(stem.rsplit('_').next().map(str::to_owned));
    }
    architectures.sort();
    architectures.dedup();
    let suite = root.join("dists").join(SUITE);
    for architecture in &architectures {
        let folder = suite.join(COMPONENT).join(format!("binary-{architecture}"));
        fs::create_dir_all(&folder)?;
        let mut list = ftparchive(&root, &["--arch", architecture]);
        list.args(["packages", POOL]);
        fs::write(folder.join("Packages"), succeed(list)?)?;
        let mut gzip = Command::new("gzip");
        gzip.args(["-9nk", "Packages"]).current_dir(&folder);
        succeed(gzip)?;
    }
    release(order, &root, &suite, &architectures.join(" "), clock)?;
    let sources = format!(
        "Types: deb\nURIs: {}/apt\nSuites: {SUITE}\nComponents: {COMPONENT}\nSigned-By: /etc/apt/keyrings/vernemq.asc\n",
        order.url.trim_end_matches('/'),
    );
    Ok(fs::write(order.out.join("vernemq.sources"), sources)?)
}

fn ftparchive(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("apt-ftparchive");
    command.args(words).current_dir(root);
    command
}

/// Names all lists with their sums; the signature is over it.
fn release(order: &Order, root: &Path, suite: &Path, architectures: &str, clock: Clock) -> Result<()> {
    let mut command = ftparchive(root, &[]);
    for (field, value) in [
        ("Origin", "VerneMQ"),
        ("Label", "VerneMQ"),
        ("Suite", SUITE),
        ("Codename", SUITE),
        ("Components", COMPONENT),
        ("Architectures", architectures),
        ("Date", &clock.debian()?.replace("+0000", "UTC")),
    ] {
        command.args(["-o", &format!("APT::FTPArchive::Release::{field}={value}")]);
    }
    command.arg("release").arg(suite);
    let text = succeed(command)?;
    let file = suite.join("Release");
    fs::write(&file, text)?;
    sign(order, &file, &suite.join("Release.gpg"))?;
    let mut inside = gpg(&["--local-user", &order.key, "--clearsign", "--output"]);
    inside.arg(suite.join("InRelease")).arg(&file);
    succeed(inside).map(drop)
}
