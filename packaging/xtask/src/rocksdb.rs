//! RocksDB, compiled once per machine: not once per profile, and not once per clean checkout.
//!
//! The cache holds `rocksdb-VERSION-TARGET-COMPILER/` with the archive and a one-line linker script beside it.
//! The library's build script is pointed there (`ROCKSDB_LIB_DIR`) and then asks for `-lrocksdb`. The linker
//! finds the script before the archive; the script (`link`) names the archive and the C++ library that the archive
//! needs and that the build script asks for only when it compiles. The result is the same static link in every
//! profile, and no crate of ours has to know.
//!
//! A folder of the cache is complete or absent: it is filled under another name, then renamed. A lock keeps two
//! runs from compiling at once.

mod link;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;
use crate::say;
use crate::workspace::Workspace;

const PACKAGE: &str = "librocksdb-sys";
const ARCHIVE: &str = "librocksdb.a";

/// Name and value of an environment variable.
pub(crate) type Variable = (&'static str, OsString);

/// Makes sure that RocksDB is compiled, and answers the variables a cargo command needs to link it.
///
/// # Errors
/// When it has to be compiled and cannot be, or the cache folder cannot be written.
pub(crate) fn ensure(workspace: &Workspace) -> Result<Vec<Variable>> {
    if std::env::var_os("ROCKSDB_LIB_DIR").is_some() {
        return Ok(Vec::new()); // the caller brings its own
    }
    let folder = workspace.cache().join(folder_name(workspace)?);
    if !is_complete(&folder) {
        let _lock = lock(workspace.cache())?;
        if !is_complete(&folder) {
            finish(workspace, &folder)?;
        }
    }
    Ok(vec![("ROCKSDB_LIB_DIR", folder.into_os_string())])
}

fn is_complete(folder: &Path) -> bool {
    folder.join(ARCHIVE).is_file() && link::is_complete(folder)
}

/// An archive that is there, from an earlier version of this tool, is kept.
fn finish(workspace: &Workspace, folder: &Path) -> Result<()> {
    if folder.join(ARCHIVE).is_file() {
        link::complete(folder)
    } else {
        compile(workspace, folder)
    }
}

fn lock(cache: &Path) -> Result<File> {
    fs::create_dir_all(cache).with_context(|| format!("creating {}", cache.display()))?;
    let path = cache.join("rocksdb.lock");
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    if file.try_lock().is_err() {
        say::step("waiting for another run that compiles RocksDB");
        file.lock()
            .with_context(|| format!("locking {}", path.display()))?;
    }
    Ok(file)
}

/// Compiles in a private target folder, so that nothing else of the workspace is built or disturbed.
fn compile(workspace: &Workspace, folder: &Path) -> Result<()> {
    say::step("compiling RocksDB, once for this machine: about ten minutes on two cores");
    let scratch = workspace.cache().join("rocksdb-build");
    remove(&scratch)?;
    let mut build = cargo::bare(workspace);
    build
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            PACKAGE,
            "--target-dir",
        ])
        .arg(&scratch);
    // Debug information of the C++ side would make the archive ten times as large.
    build.env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    cargo::run(&mut build).context("compiling RocksDB")?;
    install(&find_archive(&scratch)?, folder)?;
    remove(&scratch)
}

fn find_archive(scratch: &Path) -> Result<PathBuf> {
    let builds = scratch.join("release/build");
    for entry in fs::read_dir(&builds).with_context(|| format!("reading {}", builds.display()))? {
        let archive = entry?.path().join("out").join(ARCHIVE);
        if archive.is_file() {
            return Ok(archive);
        }
    }
    bail!(
        "{PACKAGE} was built, but no {ARCHIVE} lies under {}",
        builds.display()
    )
}

fn install(archive: &Path, folder: &Path) -> Result<()> {
    let filling = part(folder);
    remove(&filling)?;
    remove(folder)?; // incomplete, or we would not be here
    fs::create_dir_all(&filling)?;
    fs::copy(archive, filling.join(ARCHIVE)).with_context(|| format!("copying {}", archive.display()))?;
    link::complete(&filling)?;
    fs::rename(&filling, folder).with_context(|| format!("creating {}", folder.display()))
}

/// The name of a folder that is being filled.
fn part(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// The name carries all that decides what the archive contains.
fn folder_name(workspace: &Workspace) -> Result<String> {
    let version = locked_version(&workspace.read(Path::new("Cargo.lock"))?, PACKAGE)
        .with_context(|| format!("Cargo.lock does not name {PACKAGE}"))?;
    let features = feature_line(&workspace.read(Path::new("Cargo.toml"))?);
    let flags = std::env::var("CXXFLAGS").unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    (compiler_version(), features, flags).hash(&mut hasher);
    let compiler = hasher.finish() & 0xffff_ffff;
    Ok(format!("rocksdb-{version}-{}-{compiler:08x}", target()))
}

fn target() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

fn compiler_version() -> String {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| OsStr::new("c++").into());
    let output = Command::new(compiler).arg("--version").output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

/// The version of a package as the lock file pins it.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

fn feature_line(manifest: &str) -> String {
    manifest
        .lines()
        .find(|line| line.starts_with("rocksdb = "))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_the_version() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"b\"\nversion = \"0.2.0+3\"\n";
        assert_eq!(locked_version(lock, "b").as_deref(), Some("0.2.0+3"));
        assert_eq!(locked_version(lock, "c"), None);
    }

    #[test]
    fn a_folder_is_filled_before_it_has_its_name() {
        let cache = tempfile::tempdir().unwrap();
        let archive = cache.path().join("built.a");
        fs::write(&archive, "objects").unwrap();
        let folder = cache.path().join("rocksdb-1-here-0");
        fs::create_dir_all(&folder).unwrap();
        assert!(!is_complete(&folder));
        install(&archive, &folder).unwrap();
        assert!(is_complete(&folder));
        assert!(!part(&folder).exists());
    }

    #[test]
    fn this_checkout_pins_rocksdb() {
        let name = folder_name(&Workspace::find().unwrap()).unwrap();
        assert!(name.starts_with("rocksdb-") && name.len() > "rocksdb---".len());
    }
}
