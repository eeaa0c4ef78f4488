//! What a machine must have for the programs to start: libraries and their versions, read from the programs.
//!
//! The floor is Enterprise Linux 9 (glibc 2.34), which Ubuntu 22.04 and Debian 12 are above. The C++ library lies in the
//! programs (`rocksdb/link`), so that its version on the machine does not matter.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::say;

/// The same number stands in `depends` of `broker/Cargo.toml`.
const GLIBC_FLOOR: Version = Version(2, 34);

/// All that a program may be linked to dynamically.
const LIBRARIES: [&str; 5] = [
    "ld-linux",
    "libc.so.6",
    "libgcc_s.so.1",
    "libm.so.6",
    "linux-vdso",
];

/// Major and minor; the patch level of `GLIBC_2.2.5` never decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

/// Checks every program and says what they need.
///
/// # Errors
/// When one needs another library, or a newer one.
pub(super) fn check(programs: &[PathBuf]) -> Result<()> {
    let mut highest = Version(0, 0);
    for program in programs {
        let text = objdump(program)?;
        let needs = read(&text);
        if let Some(library) = needs.libraries.iter().find(|library| !is_allowed(library)) {
            bail!(
                "{} is linked to {library}, which packages do not promise",
                program.display()
            );
        }
        if let Some((version, symbol)) = &needs.glibc
            && *version > GLIBC_FLOOR
        {
            bail!(
                "{} needs glibc {}.{} for {symbol}",
                program.display(),
                version.0,
                version.1
            );
        }
        highest = highest.max(needs.glibc.map_or(Version(0, 0), |(version, _)| version));
    }
    let Version(major, minor) = highest;
    say::step(format_args!(
        "the programs need glibc {major}.{minor} and libgcc, nothing else"
    ));
    Ok(())
}

fn objdump(program: &Path) -> Result<String> {
    let output = Command::new("objdump")
        .args(["-p", "-T"])
        .arg(program)
        .output()
        .context("starting objdump")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Needs {
    libraries: Vec<String>,
    /// The highest version of glibc, and a symbol that asks for it.
    glibc: Option<(Version, String)>,
}

fn read(objdump: &str) -> Needs {
    let mut needs = Needs::default();
    for line in objdump.lines() {
        let mut words = line.split_whitespace();
        if let (Some("NEEDED"), Some(library)) = (words.next(), words.next()) {
            needs.libraries.push(library.to_owned());
            continue;
        }
        let Some((_, rest)) = line.split_once("GLIBC_") else {
            continue;
        };
        // Lines of symbols only: `... *UND* 0000000000000000 (GLIBC_2.34) dlsym`.
        let Some(symbol) = rest.split_whitespace().nth(1).filter(|_| line.contains("*UND*")) else {
            continue;
        };
        let Some(version) = version(rest) else { continue };
        if needs.glibc.as_ref().is_none_or(|(highest, _)| version > *highest) {
            needs.glibc = Some((version, symbol.to_owned()));
        }
    }
    needs
}

fn version(text: &str) -> Option<Version> {
    let end = text
        .find(|c: char| c != '.' && !c.is_ascii_digit())
        .unwrap_or(text.len());
    let mut numbers = text[..end].split('.').map(str::parse);
    Some(Version(numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn is_allowed(library: &str) -> bool {
    LIBRARIES.iter().any(|allowed| library.starts_with(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "Dynamic Section:\n  NEEDED               libc.so.6\n  NEEDED               libstdc++.so.6\n\
        DYNAMIC SYMBOL TABLE:\n0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.2.5) write\n\
        0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.36) arc4random\n\
        0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.4)  memcpy\n";

    #[test]
    fn the_highest_version_is_found_with_its_symbol() {
        let needs = read(DUMP);
        assert_eq!(needs.glibc, Some((Version(2, 36), "arc4random".to_owned())));
        assert_eq!(needs.libraries, ["libc.so.6", "libstdc++.so.6"]);
        assert!(Version(2, 4) < Version(2, 34), "numbers, not text");
    }

    #[test]
    fn the_cxx_library_of_the_machine_is_not_asked_for() {
        assert!(is_allowed("ld-linux-x86-64.so.2") && is_allowed("libc.so.6"));
        assert!(!is_allowed("libstdc++.so.6") && !is_allowed("libssl.so.3"));
    }

    #[test]
    fn the_packages_ask_for_the_floor() {
        let manifest = include_str!("../../../../broker/Cargo.toml");
        let Version(major, minor) = GLIBC_FLOOR;
        assert!(manifest.contains(&format!("libc6 (>= {major}.{minor})")));
    }
}
