//! `cargo xtask check`: everything the pipeline wants to know before it runs the tests.
//!
//! Every check runs, whatever the ones before it said; the last line counts the failures.

mod mask;
mod source;
mod numbers;
mod style;
mod words;
mod map;
mod outside;

use anyhow::{Result, bail};

use crate::generate;
use crate::say;
use crate::setup;
use crate::workspace::Workspace;

/// A named check. A failure has printed its details; the error is one line.
struct Check {
    name: &'static str,
    needs_build: bool,
    run: fn(&Workspace) -> Result<()>,
}

const CHECKS: [Check; 9] = [
    Check {
        name: "fmt",
        needs_build: false,
        run: outside::fmt,
    },
    Check {
        name: "map",
        needs_build: false,
        run: map::check,
    },
    Check {
        name: "words",
        needs_build: false,
        run: words::check,
    },
    Check {
        name: "style",
        needs_build: false,
        run: style::check,
    },
    Check {
        name: "deny",
        needs_build: false,
        run: outside::deny,
    },
    Check {
        name: "generated",
        needs_build: true,
        run: generate::check_all,
    },
    Check {
        name: "man",
        needs_build: false,
        run: outside::man,
    },
    Check {
        name: "scripts",
        needs_build: false,
        run: outside::scripts,
    },
    Check {
        name: "clippy",
        needs_build: true,
        run: outside::clippy,
    },
];

/// Runs all checks, or those named after `--only`.
///
/// # Errors
/// When a name is unknown or any check fails.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let chosen = chosen(arguments)?;
    if chosen.iter().any(|check| check.needs_build) {
        setup::build(workspace)?;
    }
    let mut failed = Vec::new();
    for check in &chosen {
        say::step(format_args!("check {}", check.name));
        if let Err(error) = (check.run)(workspace) {
            say::fault(format_args!("{} failed: {error:#}", check.name));
            failed.push(check.name);
        }
    }
    if !failed.is_empty() {
        bail!(
            "{} of {} checks failed: {}",
            failed.len(),
            chosen.len(),
            failed.join(", ")
        );
    }
    say::step(format_args!("all {} checks passed", chosen.len()));
    Ok(())
}

fn chosen(arguments: &[String]) -> Result<Vec<&'static Check>> {
    let names: Vec<&str> = match arguments {
        [] => return Ok(CHECKS.iter().collect()),
        [flag, names] if flag == "--only" => names.split(',').collect(),
        _ => bail!("check takes nothing but --only NAME[,NAME]"),
    };
    let known = || {
        CHECKS
            .iter()
            .map(|check| check.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let find = |name: &str| CHECKS.iter().find(|check| check.name == name);
    names
        .into_iter()
        .map(|name| find(name).ok_or_else(|| anyhow::anyhow!("no check '{name}'; there are {}", known())))
        .collect()
}

/// Prints the faults of a check and turns their number into its result.
fn verdict(faults: &[String]) -> Result<()> {
    for fault in faults {
        say::fault(fault);
    }
    match faults.len() {
        0 => Ok(()),
        1 => bail!("1 fault"),
        more => bail!("{more} faults"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Result<Vec<&'static str>> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        Ok(chosen(&arguments)?.into_iter().map(|check| check.name).collect())
    }

    #[test]
    fn some_checks_can_be_chosen() {
        assert_eq!(names(&[]).unwrap().len(), CHECKS.len());
        assert_eq!(names(&["--only", "style,fmt"]).unwrap(), ["style", "fmt"]);
        assert!(
            names(&["--only", "taste"])
                .unwrap_err()
                .to_string()
                .contains("there are fmt")
        );
        assert!(names(&["style"]).is_err());
    }
}
