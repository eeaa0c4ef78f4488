//! How the archive is linked: with the C++ library inside, so that a program of ours needs nothing of the machine but glibc
//! (packaging.md 10), and with one function that a new C++ library would otherwise take from a new glibc.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

pub(super) const SCRIPT: &str = "librocksdb.so";
const SCRIPT_TEXT: &str = "/* Links the archive beside this file. */\nINPUT(-l:librocksdb.a -l:libstdc++.a -l:libvernemq-compat.a)\n";
const COMPAT: &str = "libvernemq-compat.a";
const COMPAT_SOURCE: &str = include_str!("arc4random.c");

/// Whether the folder has both.
pub(super) fn is_complete(folder: &Path) -> bool {
    let script = fs::read_to_string(folder.join(SCRIPT)).unwrap_or_default();
    script == SCRIPT_TEXT && folder.join(COMPAT).is_file()
}

/// Writes both, the script last: a folder of an earlier version of this tool may be in use.
///
/// # Errors
/// When the C compiler fails or the folder cannot be written.
pub(super) fn complete(folder: &Path) -> Result<()> {
    let source = folder.join("arc4random.c");
    let object = folder.join("arc4random.o");
    fs::write(&source, COMPAT_SOURCE)?;
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    run(Command::new(compiler)
        .args(["-O2", "-fPIC", "-c"])
        .arg(&source)
        .arg("-o")
        .arg(&object))?;
    run(Command::new("ar")
        .arg("rcsD")
        .arg(folder.join(COMPAT))
        .arg(&object))?;
    fs::remove_file(&source)?;
    fs::remove_file(&object)?;
    let new = folder.join("librocksdb.so.new");
    fs::write(&new, SCRIPT_TEXT)?;
    fs::rename(&new, folder.join(SCRIPT))
        .with_context(|| format!("writing {}", folder.join(SCRIPT).display()))
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("starting {program}"))?;
    if !status.success() {
        bail!("{program}: {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_script_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(SCRIPT), "INPUT(-l:librocksdb.a -lstdc++)\n").unwrap();
        assert!(!is_complete(folder.path()));
        complete(folder.path()).unwrap();
        assert!(is_complete(folder.path()));
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            2,
            "nothing else stays"
        );
    }
}
