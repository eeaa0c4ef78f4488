//! `cargo xtask lifecycle`: what an administrator does with the packages, from installation to purge, in a Debian root that
//! is made for it; the RPM package with `rpm --root` in another one (packaging.md 5, 11, 21).
//!
//! It needs root, and namespaces of its own for network, mounts and processes: the broker takes its usual port there, and
//! nothing of the machine is touched. The first run fetches Debian with debootstrap; the cache folder keeps it. systemd is
//! played: its notification socket, its environment, its user. What only a running systemd could show is not shown here.
//! `cargo xtask test` ends with it ([`in_suite`]).

mod obstacles;
mod packages;
mod listing;
mod lint;
mod mirror;
mod root;
mod table;
mod player;
mod clients;
mod operator;
mod rotation;
mod ends;
mod deb;
mod rpm;
mod services;
mod signed;
mod dnf;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::cargo;
use crate::package::{self, Kind};
use crate::say;
use crate::workspace::Workspace;
use packages::Packages;
use root::Root;

/// Said to the second half, which runs in its own namespaces.
const INSIDE: &str = "--inside";
const ONLY: &str = "--only";

/// One chapter of the story, in a fresh root.
struct Part {
    name: &'static str,
    live: fn(&Workspace, &Root, &Packages) -> Result<()>,
}

const PARTS: [Part; 4] = [
    Part {
        name: "deb",
        live: |_, root, packages| deb::live(root, &packages.files(Kind::Deb)),
    },
    Part {
        name: "services",
        live: |_, root, packages| services::live(root, &packages.files(Kind::Deb)),
    },
    Part {
        name: "rpm",
        live: |_, root, packages| rpm::live(root, &packages.files(Kind::Rpm)),
    },
    Part {
        name: "repositories",
        live: signed::live,
    },
];

/// Packs, lives through it, and lets the checkers of others read it. `--only PART` leaves out the rest; other words are
/// those of `deb` and `rpm`.
///
/// # Errors
/// When an argument is unknown, when something it needs is not there, and when anything is not as the page says.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    match arguments.split_first() {
        Some((first, rest)) if first == INSIDE => inside(workspace, rest),
        _ => {
            let packages = Packages::of(workspace, chosen(arguments)?.1)?;
            obstacles::overcome(workspace)?;
            packages.pack(workspace)?;
            live(workspace, arguments, &packages)
        }
    }
}

/// The last part of `cargo xtask test`, with the programs the tests were run with. Packing is for everybody; where the
/// rest cannot run it says so and is no failure: a developer need not be root.
///
/// # Errors
/// When anything is not as the page says.
pub(crate) fn in_suite(workspace: &Workspace) -> Result<()> {
    if let Err(reason) = package::tools(workspace) {
        say::step(format_args!("SKIPPED: nothing was packed: {reason:#}"));
        return Ok(());
    }
    let arguments = ["--profile", "dev", "--no-build"].map(str::to_owned);
    let packages = Packages::of(workspace, &arguments)?;
    packages.pack(workspace)?;
    if let Err(reason) = obstacles::overcome(workspace) {
        say::step(format_args!(
            "SKIPPED: nobody saw the packages installed, upgraded and purged: {reason:#}"
        ));
        return Ok(());
    }
    live(workspace, &arguments, &packages)
}

fn live(workspace: &Workspace, arguments: &[String], packages: &Packages) -> Result<()> {
    let started = Instant::now();
    let (only, _) = chosen(arguments)?;
    // Building the tests may have put another program into the place of the one that runs.
    let this = packages.folder.join("xtask");
    fs::copy("/proc/self/exe", &this).context("copying the running xtask")?;
    let mut again = Command::new("unshare");
    again.args(obstacles::NAMESPACES).arg("--");
    again.arg(&this).args(["lifecycle", INSIDE]).args(arguments);
    // Keys of this run stay in this run.
    again.env("GNUPGHOME", packages.folder.join("keys"));
    cargo::run(&mut again)?;
    if only.is_none() {
        lint::check(workspace, &packages.first)?;
    }
    say::step(format_args!(
        "the packages live and die as they should, {} s in all",
        started.elapsed().as_secs()
    ));
    Ok(())
}

/// The name of the one part that is wanted, and the other arguments.
fn chosen(arguments: &[String]) -> Result<(Option<&str>, &[String])> {
    let [first, rest @ ..] = arguments else {
        return Ok((None, arguments));
    };
    if first != ONLY {
        return Ok((None, arguments));
    }
    let names = || PARTS.map(|part| part.name).join(", ");
    match rest.split_first() {
        Some((name, rest)) if PARTS.iter().any(|part| part.name == name) => Ok((Some(name), rest)),
        _ => bail!("{ONLY} takes one of {}", names()),
    }
}

/// In the namespaces: every part in a fresh root.
fn inside(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    cargo::run(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    let (only, rest) = chosen(arguments)?;
    let packages = Packages::of(workspace, rest)?;
    for part in PARTS
        .iter()
        .filter(|part| only.is_none_or(|name| name == part.name))
    {
        let started = Instant::now();
        let root = Root::unpack(workspace, &packages.folder.join(part.name))?;
        (part.live)(workspace, &root, &packages).with_context(|| format!("the part '{}'", part.name))?;
        let passed = started.elapsed().as_secs();
        say::step(format_args!("part {} took {passed} s", part.name));
    }
    Ok(())
}

/// One sentence of the page, seen to hold.
fn seen(text: &str) {
    say::step(format_args!("seen: {text}"));
}

/// Puts a package where the root sees it; answers its path there.
fn bring(root: &Root, package: &Path) -> Result<String> {
    let name = package
        .file_name()
        .context("a package has a name")?
        .to_string_lossy()
        .into_owned();
    let place = format!("/opt/{name}");
    fs::copy(package, root.at(&place)).with_context(|| format!("copying {}", package.display()))?;
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_can_be_chosen() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let arguments = words("--only rpm --no-build");
        let (only, rest) = chosen(&arguments).unwrap();
        assert_eq!((only, rest.len()), (Some("rpm"), 1));
        assert_eq!(chosen(&words("--no-build")).unwrap().0, None);
        assert!(chosen(&words("--only funeral")).is_err());
        assert!(chosen(&words("--only")).is_err());
    }
}
