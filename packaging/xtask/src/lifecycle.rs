//! `cargo xtask lifecycle`: what an administrator does with the packages, from installation to purge, in a Debian root that
//! is made for it; the RPM package with `rpm --root` in another one (packaging.md 5, 11, 21).
//!
//! It needs root, and namespaces of its own for network, mounts and processes: the broker takes its usual port there, and
//! nothing of the machine is touched. The first run fetches Debian with debootstrap; the cache folder keeps it. systemd is
//! played: its notification socket, its environment, its user. What only a running systemd could show is not shown here.

mod lint;
mod root;
mod table;
mod player;
mod clients;
mod deb;
mod rpm;
mod services;
mod signed;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::cargo;
use crate::package::{self, Kind, Options};
use crate::say;
use crate::setup;
use crate::workspace::Workspace;
use root::Root;

/// Said to the second half, which runs in its own namespaces.
const INSIDE: &str = "--inside";

/// The packages of one run: the same build three times. Only the third has another shipped configuration.
#[derive(Debug)]
struct Packages {
    folder: PathBuf,
    first: Options,
    second: Options,
    third: Options,
}

impl Packages {
    fn of(workspace: &Workspace, arguments: &[String]) -> Result<Self> {
        let folder = workspace.target().join("lifecycle");
        let with = |revision: &str| {
            let mut options = Options::read(workspace, arguments)?;
            revision.clone_into(&mut options.revision);
            options.out = folder.join(format!("packages-{revision}"));
            options.quick = revision != "1";
            anyhow::Ok(options)
        };
        Ok(Self {
            first: with("1")?,
            second: with("2")?,
            third: with("3")?,
            folder: folder.clone(),
        })
    }
}

/// Packs, checks, and lives through it.
///
/// # Errors
/// When an argument is unknown, when not run as root, and when anything is not as the page says.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    if let Some((first, rest)) = arguments.split_first()
        && first == INSIDE
    {
        return inside(workspace, rest);
    }
    let started = Instant::now();
    ensure!(
        fs::metadata("/proc/self")?.uid() == 0,
        "installs packages in a root folder: run it as root"
    );
    let packages = Packages::of(workspace, arguments)?;
    setup::packaging()?;
    pack(workspace, &packages)?;
    lint::check(workspace, &packages.first)?;
    Root::fetch(workspace)?;
    let mut again = Command::new("unshare");
    again.args([
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--",
    ]);
    again
        .arg(std::env::current_exe()?)
        .args(["lifecycle", INSIDE])
        .args(arguments);
    // Keys of this run stay in this run.
    again.env("GNUPGHOME", packages.folder.join("keys"));
    cargo::run(&mut again)?;
    say::step(format_args!(
        "the packages live and die as they should, {} s in all",
        started.elapsed().as_secs()
    ));
    Ok(())
}

/// All packages, the first twice: the same bytes must come out.
fn pack(workspace: &Workspace, packages: &Packages) -> Result<()> {
    if packages.folder.exists() {
        fs::remove_dir_all(&packages.folder)?;
    }
    let pack = |options: &Options| {
        let stage = package::prepare(workspace, options)?;
        let read = |kind| anyhow::Ok(fs::read(package::make(workspace, kind, options, &stage)?)?);
        anyhow::Ok((read(Kind::Deb)?, read(Kind::Rpm)?))
    };
    let once = pack(&packages.first)?;
    let twice = pack(&packages.first.without_build())?;
    ensure!(
        once == twice,
        "packing one build twice gave two different packages"
    );
    seen("packing one build twice gives the same bytes");
    for options in [&packages.second, &packages.third] {
        let stage = package::prepare(workspace, &options.without_build())?;
        if options.revision == packages.third.revision {
            let conf = stage.folder("etc/vernemq.conf");
            let text = fs::read_to_string(&conf)?;
            fs::write(&conf, format!("{text}\n## Another default of a later version.\n"))?;
        }
        for kind in [Kind::Deb, Kind::Rpm] {
            package::make(workspace, kind, options, &stage)?;
        }
    }
    Ok(())
}

/// In the namespaces: both kinds, each in a fresh root.
fn inside(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    cargo::run(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    let packages = Packages::of(workspace, arguments)?;
    let file = |options: &Options, kind| options.out.join(options.file_name(kind));
    let all = |kind| [&packages.first, &packages.second, &packages.third].map(|options| file(options, kind));

    let root = Root::unpack(workspace, &packages.folder.join("deb"))?;
    deb::live(&root, &all(Kind::Deb))?;
    drop(root);
    let root = Root::unpack(workspace, &packages.folder.join("services"))?;
    services::live(&root, &all(Kind::Deb))?;
    drop(root);
    let root = Root::unpack(workspace, &packages.folder.join("rpm"))?;
    rpm::live(&root, &all(Kind::Rpm))?;
    drop(root);
    let root = Root::unpack(workspace, &packages.folder.join("signed"))?;
    signed::live(workspace, &root, &packages)
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
