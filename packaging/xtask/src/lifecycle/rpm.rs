//! The RPM package, with the `rpm` of this machine in a root of its own. Its programs run there too, but nobody resolves what it
//! requires: that root is a Debian.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::player::Service;
use super::root::{Root, Said};
use super::{clients, seen, table};

const CONF: &str = "/etc/vernemq/vernemq.conf";

/// All of it, with the packages of three revisions.
///
/// # Errors
/// The first thing that is not as the page says.
pub(super) fn live(root: &Root, packages: &[PathBuf; 3]) -> Result<()> {
    let [first, _, third] = packages;
    rpm(root, &["--install", "--nodeps"], Some(first))?;
    table::compare(root, &table::BOTH)?;
    table::compare(root, &table::RPM)?;
    let listed = rpm(root, &["--query", "--all"], None)?;
    ensure!(
        listed.lines().filter(|line| line.starts_with("vernemq-")).count() == 1,
        "rpm -qa: {listed}"
    );
    seen("the RPM package installs: paths, modes and owners");

    let verified = rpm(root, &["--verify", "--nodeps", "vernemq"], None)?;
    ensure!(verified.trim().is_empty(), "rpm -V: {verified}");
    let service = Service::start(root)?;
    root.run(&[
        "sh",
        "-c",
        &format!(
            "printf 'x\\nx\\n' | vmq-passwd /etc/vernemq/vmq.passwd {}",
            "other"
        ),
    ])?;
    ensure!(
        !clients::publish("there", &["no".to_owned()], None)?,
        "an anonymous client was let in"
    );
    service.stop()?;
    seen("rpm -V has nothing to say, and the broker runs as its user");

    let conf = root.at(CONF);
    let edited = fs::read_to_string(&conf)? + "\n## Ours.\n";
    fs::write(&conf, &edited)?;
    rpm(root, &["--upgrade", "--nodeps"], Some(third))?;
    ensure!(
        fs::read_to_string(&conf)? == edited,
        "the upgrade changed an edited vernemq.conf"
    );
    ensure!(
        root.has("/etc/vernemq/vernemq.conf.rpmnew"),
        "the new default is nowhere"
    );
    table::compare(root, &table::BOTH)?;
    seen("an upgrade keeps an edited vernemq.conf and puts the new default beside it");

    let said = rpm(root, &["--erase", "vernemq"], None)?;
    ensure!(
        said.contains("/var/lib/vernemq was kept"),
        "the data that stays is not named: {said}"
    );
    for path in [
        "/usr/sbin/vernemq",
        "/usr/lib64/vernemq",
        "/usr/share/vernemq",
        "/usr/share/doc/vernemq",
    ] {
        ensure!(!root.has(path), "the removal left {path}");
    }
    for path in [
        "/etc/vernemq/vernemq.conf.rpmsave",
        "/etc/vernemq/vmq.passwd",
        "/var/lib/vernemq",
    ] {
        ensure!(root.has(path), "the removal took {path}");
    }
    seen("a removal keeps the edited configuration, users and data");
    Ok(())
}

/// With a database in the root, and without the plugins of this machine.
fn rpm(root: &Root, words: &[&str], package: Option<&Path>) -> Result<String> {
    let mut command = Command::new("rpm");
    command
        .arg("--root")
        .arg(root.path())
        .args(["--dbpath", "/var/lib/rpm", "--noplugins"])
        .args(words)
        .args(package);
    let said = Said::of(&command.output().context("starting rpm")?);
    ensure!(
        said.is_success,
        "rpm {}: failed and said:\n{}",
        words.join(" "),
        said.text
    );
    Ok(said.text)
}
