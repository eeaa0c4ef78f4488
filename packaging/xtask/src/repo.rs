//! `cargo xtask repo`: an apt and a yum repository of the packages that were built, signed with a key of the caller, ready to be
//! put on any web server.
//!
//! ```text
//! OUT/vernemq.asc       the public key
//! OUT/vernemq.sources   for /etc/apt/sources.list.d
//! OUT/vernemq.repo      for /etc/yum.repos.d
//! OUT/apt/ OUT/yum/     the repositories
//! ```

mod apt;
mod yum;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::package::Clock;
use crate::say;
use crate::setup;
use crate::workspace::Workspace;

/// What the caller wants.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Holds packages of both kinds.
    pub(crate) from: PathBuf,
    pub(crate) out: PathBuf,
    /// As gpg knows it: fingerprint or address. The secret part must be in its key ring.
    pub(crate) key: String,
    /// Where OUT will be found.
    pub(crate) url: String,
}

/// Reads the order and fills it.
///
/// # Errors
/// When an argument is missing, there are no packages, or a tool fails.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let order = order(workspace, arguments)?;
    setup::repository()?;
    make(workspace, &order)?;
    say::line(order.out.display());
    Ok(())
}

/// Makes both repositories anew.
///
/// # Errors
/// As [`command`].
pub(crate) fn make(workspace: &Workspace, order: &Order) -> Result<()> {
    let clock = Clock::of(workspace)?;
    if order.out.exists() {
        let is_ours = order.out.join("vernemq.asc").is_file() || fs::read_dir(&order.out)?.next().is_none();
        ensure!(
            is_ours,
            "{} holds something else; name an empty folder",
            order.out.display()
        );
        fs::remove_dir_all(&order.out)?;
    }
    fs::create_dir_all(&order.out).with_context(|| format!("creating {}", order.out.display()))?;
    let key = succeed(gpg(&["--armor", "--export", &order.key]))?;
    ensure!(!key.is_empty(), "gpg knows no key '{}'", order.key);
    fs::write(order.out.join("vernemq.asc"), key)?;
    apt::make(order, clock)?;
    yum::make(order, clock)
}

fn order(workspace: &Workspace, arguments: &[String]) -> Result<Order> {
    let (mut from, mut out) = (
        workspace.target().join("packages"),
        workspace.target().join("repository"),
    );
    let (mut key, mut url) = (None, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let value = words
            .next()
            .cloned()
            .with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--key" => key = Some(value),
            "--url" => url = Some(value),
            "--from" => from = std::path::absolute(value)?,
            "--out" => out = std::path::absolute(value)?,
            other => bail!("unknown argument '{other}'; there are --key, --url, --from, --out"),
        }
    }
    Ok(Order {
        from,
        out,
        key: key.context("--key NAME is missing: packages are signed with your key")?,
        url: url.context("--url ADDRESS is missing: where the folder will be found")?,
    })
}

/// Packages whose names end so, sorted.
fn packages(order: &Order, end: &str) -> Result<Vec<PathBuf>> {
    let folder = fs::read_dir(&order.from).with_context(|| format!("reading {}", order.from.display()))?;
    let mut found: Vec<_> = folder
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|own| own == end))
        .collect();
    found.sort();
    ensure!(
        !found.is_empty(),
        "no .{end} in {}: `cargo xtask {end}` makes one",
        order.from.display()
    );
    Ok(found)
}

fn gpg(words: &[&str]) -> Command {
    let mut command = Command::new("gpg");
    command.args(["--batch", "--yes", "--quiet"]).args(words);
    command
}

/// A signature of the file beside it, in a form a text file can have.
fn sign(order: &Order, file: &Path, signature: &Path) -> Result<()> {
    let mut command = gpg(&["--local-user", &order.key, "--armor", "--detach-sign", "--output"]);
    command.arg(signature).arg(file);
    succeed(command).map(drop)
}

/// Runs it; answers its output.
fn succeed(mut command: Command) -> Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("starting {program}"))?;
    if !output.status.success() {
        bail!(
            "{program}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_an_address_must_be_given() {
        let workspace = Workspace::find().unwrap();
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(order(&workspace, &words("--key k --url https://example.org")).is_ok());
        assert!(
            order(&workspace, &words("--key k"))
                .unwrap_err()
                .to_string()
                .contains("--url")
        );
        assert!(
            order(&workspace, &words("--url u"))
                .unwrap_err()
                .to_string()
                .contains("--key")
        );
        assert!(order(&workspace, &words("--key")).is_err());
    }

    #[test]
    fn a_folder_of_others_is_not_emptied() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("letters"), "dear").unwrap();
        let order = Order {
            from: folder.path().to_path_buf(),
            out: folder.path().to_path_buf(),
            key: "k".to_owned(),
            url: "u".to_owned(),
        };
        assert!(make(&Workspace::find().unwrap(), &order).is_err());
        assert!(folder.path().join("letters").exists());
    }
}
