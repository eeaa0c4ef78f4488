//! `cargo xtask counts`: what small pieces of the broker cost in instructions, under callgrind, against limits kept in a file.
//!
//! Instructions do not depend on what else the machine does, so that a regression of a few per cent is seen anywhere. They depend
//! on the compiler: whoever raises a limit says why, and a new compiler writes the file anew (`--write`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::cargo::{self, cargo};
use crate::say;
use crate::setup;
use crate::workspace::Workspace;

/// The limits, from the checkout's root.
const LIMITS: &str = "tests/bench/counts.tsv";

/// Calls that are counted; the preparation is counted apart and taken off.
const TIMES: u64 = 2000;

/// What `--write` allows above what it counts: hashes are keyed by chance, and the steps in a table differ by up to 4 % with
/// them.
const ROOM_PERCENT: u64 = 8;

const HEAD: &str = "\
# Instructions for one call of each kernel (tests/bench/micro/kernels.rs): as counted, and the most that is allowed.
# `cargo xtask counts` compares, `cargo xtask counts --write` writes this file anew.
";

/// Counted and allowed.
type Limits = BTreeMap<String, (u64, u64)>;

/// Counts every kernel, and compares or (`--write`) writes the limits.
///
/// # Errors
/// When valgrind is missing, the build fails, or a kernel needs more instructions than its limit.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let write = match arguments {
        [] => false,
        [flag] if flag == "--write" => true,
        _ => bail!("usage: cargo xtask counts [--write]"),
    };
    setup::build(workspace)?;
    let program = build(workspace)?;
    let counted = count_all(&program)?;
    if write {
        std::fs::write(workspace.root().join(LIMITS), shown(&counted))?;
        say::step(format_args!("wrote {LIMITS}"));
        return Ok(());
    }
    compare(&counted, &parse(&workspace.read(Path::new(LIMITS))?)?)
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = cargo(workspace)?;
    command.args([
        "build",
        "--profile",
        "fast",
        "-p",
        "vmq-tests",
        "--features",
        "micro",
        "--bin",
        "vmq-micro",
    ]);
    cargo::run(&mut command)?;
    Ok(workspace.target().join("fast/vmq-micro"))
}

fn count_all(program: &Path) -> Result<BTreeMap<String, u64>> {
    let list = Command::new(program)
        .arg("list")
        .output()
        .context("starting vmq-micro")?;
    let list = String::from_utf8(list.stdout)?;
    let mut counted = BTreeMap::new();
    for kernel in list.lines() {
        let (none, all) = (
            instructions(program, kernel, 0)?,
            instructions(program, kernel, TIMES)?,
        );
        counted.insert(kernel.to_owned(), all.saturating_sub(none).div_ceil(TIMES));
    }
    ensure!(!counted.is_empty(), "vmq-micro has no kernels");
    Ok(counted)
}

/// Of a whole process that calls a kernel so often.
fn instructions(program: &Path, kernel: &str, times: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["count", kernel, &times.to_string()])
        .output()
        .context("starting valgrind; `cargo xtask setup --test` installs it")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{kernel} under valgrind: {}\n{told}",
        output.status
    );
    collected(&told).with_context(|| format!("valgrind counted nothing:\n{told}"))
}

/// The line `==PID== Collected : NUMBER`.
fn collected(told: &str) -> Option<u64> {
    let line = told.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

fn shown(counted: &BTreeMap<String, u64>) -> String {
    let mut text = HEAD.to_owned();
    for (kernel, count) in counted {
        let limit = count + (count * ROOM_PERCENT).div_ceil(100);
        text.push_str(&format!("{kernel}\t{count}\t{limit}\n"));
    }
    text
}

fn parse(text: &str) -> Result<Limits> {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let fields: Vec<_> = line.split('\t').collect();
            let [kernel, count, limit] = fields.as_slice() else {
                bail!("{LIMITS}: {line:?} is not KERNEL, COUNT, LIMIT");
            };
            Ok(((*kernel).to_owned(), (count.parse()?, limit.parse()?)))
        })
        .collect()
}

fn compare(counted: &BTreeMap<String, u64>, limits: &Limits) -> Result<()> {
    let mut above = 0;
    for (kernel, count) in counted {
        let Some((before, limit)) = limits.get(kernel) else {
            say::fault(format_args!(
                "{kernel}: {count} instructions, and no limit in {LIMITS}"
            ));
            above += 1;
            continue;
        };
        let change = 100.0 * (*count as f64 / (*before).max(1) as f64 - 1.0);
        say::line(format_args!(
            "{kernel:<20} {count:>8} instructions ({change:+.1} %), at most {limit}"
        ));
        if count > limit {
            say::fault(format_args!(
                "{kernel} needs {count} instructions, at most {limit} are allowed"
            ));
            above += 1;
        }
    }
    ensure!(above == 0, "{above} kernels above their limits in {LIMITS}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_compared() {
        let counted = BTreeMap::from([("decode".to_owned(), 1000), ("route".to_owned(), 33)]);
        let limits = parse(&shown(&counted)).unwrap();
        assert_eq!(limits["decode"], (1000, 1080));
        assert_eq!(limits["route"], (33, 36));
        assert!(compare(&counted, &limits).is_ok());
        let slower = BTreeMap::from([("decode".to_owned(), 1081), ("route".to_owned(), 33)]);
        assert!(compare(&slower, &limits).is_err());
        let unknown = BTreeMap::from([("new".to_owned(), 1)]);
        assert!(compare(&unknown, &limits).is_err());
        assert!(parse("decode 5\n").is_err());
    }

    #[test]
    fn the_count_of_valgrind_is_found() {
        let told = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(collected(told), Some(123_456));
        assert_eq!(collected("valgrind: no\n"), None);
    }
}
