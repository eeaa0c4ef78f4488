//! The one build tool: `cargo xtask COMMAND`. Every command is one file; this one reads the arguments.
//!
//! It depends on nothing that compiles C, so that it starts within seconds on a machine that has only Rust,
//! and can then install what the rest needs.

mod say;

mod workspace;
mod cargo;

mod setup;
mod rocksdb;

mod run;
mod test;
mod check;
mod counts;
mod env;
mod generate;
mod package;
mod lifecycle;
mod repo;

use std::process::ExitCode;

use workspace::Workspace;

const HELP: &str = "\
usage: cargo xtask COMMAND

  setup          install missing system packages and compile RocksDB once for this machine
                 (--test: also what the tests need)
  run            set up, build, start a broker on loopback with a throw-away directory
  test           set up, then run every test (arguments go to the test runner)
  check          what the pipeline runs before the tests (--only NAME[,NAME]: some of it)
  counts         instructions of the broker's small pieces under callgrind, against the limits in
                 tests/bench/counts.tsv (--write: writes them anew)
  conf           write the generated sample configuration (--check: only compare)
  man            write the generated manual pages, completions and schema (--check: only compare)
  deb            build the Debian package (--no-build, --profile NAME, --revision N, --out FOLDER)
  rpm            build the RPM package, with the same arguments
  repo           make an apt and a yum repository of them (--key NAME, --url ADDRESS, --from, --out)
  lifecycle      install, upgrade, remove and purge the packages in a root folder made for it; needs root
  env            print the variables that let plain cargo use the same RocksDB:
                 eval \"$(cargo xtask env)\"
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> anyhow::Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        say::line(HELP);
        anyhow::bail!("no command given");
    };
    let workspace = Workspace::find()?;
    match command.as_str() {
        "setup" => setup::command(&workspace, rest),
        "run" => run::command(&workspace, rest),
        "test" => test::command(&workspace, rest),
        "check" => check::command(&workspace, rest),
        "counts" => counts::command(&workspace, rest),
        "conf" | "man" => generate::command(&workspace, command, rest),
        "deb" => package::command(&workspace, package::Kind::Deb, rest),
        "rpm" => package::command(&workspace, package::Kind::Rpm, rest),
        "repo" => repo::command(&workspace, rest),
        "lifecycle" => lifecycle::command(&workspace, rest),
        "env" => env::command(&workspace),
        "help" | "--help" | "-h" => {
            say::line(HELP);
            Ok(())
        }
        other => anyhow::bail!("unknown command '{other}'; `cargo xtask help` lists them"),
    }
}
