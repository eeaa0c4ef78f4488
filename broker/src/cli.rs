//! `vernemq`: the verbs of the control command (admin.md 1). One file for each; this one has the arguments, the exit
//! codes and the way to each verb. A verb that asks something asks the running daemon through its admin socket.

mod output;
mod config_file;
mod check;
mod config;
mod ask;
mod start;
mod stop;
mod console;
mod workers;
mod attach;
mod limits;
mod process;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use config_file::ConfigFile;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitCode;

/// How a verb ended (packaging.md 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Failed,
    /// The configuration has faults: no use in starting again before somebody has mended it.
    BadConfig,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::BadConfig => 2,
        })
    }
}

/// VerneMQ, an MQTT broker.
#[derive(Debug, Parser)]
#[command(name = "vernemq", disable_version_flag = true, disable_help_subcommand = true)]
struct Arguments {
    /// Configuration file [default: /etc/vernemq/vernemq.conf]
    #[arg(short = 'c', long = "config", global = true, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the version
    #[arg(short = 'V', long)]
    version: bool,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start in the background and wait until the broker is ready
    Start,
    /// Stop gracefully and wait until the process is gone
    Stop {
        /// How long to wait
        #[arg(long, value_name = "SECONDS", default_value_t = stop::PATIENCE_SECS)]
        timeout: u64,
    },
    /// Stop, then start
    Restart,
    /// Read the configuration again and apply what may change; open log files again
    Reload,
    /// Run in the foreground
    Console(ConsoleArguments),
    /// Run in the foreground, for service managers
    Run(ConsoleArguments),
    /// Is the node alive?
    Ping,
    /// Open the terminal console on the running node
    #[command(visible_alias = "tui")]
    Attach,
    /// The same as attach
    AttachDirect {
        /// Do not ask for a ping first
        #[arg(short = 'f')]
        force: bool,
    },
    /// Check the configuration and the rule files without starting
    Chkconfig {
        /// Warnings are errors
        #[arg(long)]
        strict: bool,
    },
    /// Show settings: effective, describe VARIABLE, generate
    Config {
        /// `debug` tells more
        #[arg(short = 'l', value_name = "LEVEL")]
        level: Option<String>,
        #[arg(value_name = "COMMAND")]
        words: Vec<String>,
    },
    /// Print the version
    Version,
    /// Print the process id of the running node
    Getpid,
    /// Print this help
    Help { words: Vec<OsString> },
    #[command(hide = true)]
    Escript { words: Vec<OsString> },
    #[command(hide = true)]
    Ertspath,
}

/// What `console` and `run` take.
#[derive(Debug, Default, clap::Args)]
struct ConsoleArguments {
    /// Show the terminal console instead of the log
    #[arg(long)]
    tui: bool,
    /// Leave the session of the terminal; `start` uses it
    #[arg(long, hide = true)]
    detached: bool,
    /// Arguments of the original's run-time system are ignored
    #[arg(hide = true)]
    ignored: Vec<OsString>,
}

/// Runs the control command with its arguments, the name of the program first.
#[must_use]
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let (args, ignored) = without_erlang_arguments(args);
    let arguments = match Arguments::try_parse_from(args) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    if arguments.version {
        return version();
    }
    let file = ConfigFile::new(arguments.file);
    match arguments.verb.unwrap_or(Verb::Help { words: Vec::new() }) {
        Verb::Start => start::run(&file),
        Verb::Stop { timeout } => stop::run(&file, timeout),
        Verb::Restart => stop::restart(&file),
        Verb::Reload => ask::reload(&file),
        Verb::Console(mut given) | Verb::Run(mut given) => {
            given.ignored.extend(ignored);
            console::run(&file, &given)
        }
        Verb::Ping => ask::ping(&file),
        Verb::Getpid => ask::getpid(&file),
        Verb::Attach => attach::run(&file, false),
        Verb::AttachDirect { force } => attach::run(&file, force),
        Verb::Chkconfig { strict } => check::run(&file, strict),
        Verb::Config { level, words } => config::run(&file, &words, level.as_deref() == Some("debug")),
        Verb::Version => version(),
        Verb::Help { .. } => {
            output::print(Arguments::command().render_help());
            Exit::Done
        }
        Verb::Escript { .. } | Verb::Ertspath => {
            output::complain("not supported: this VerneMQ has no Erlang runtime");
            Exit::Failed
        }
    }
}

fn version() -> Exit {
    output::say(env!("CARGO_PKG_VERSION"));
    Exit::Done
}

/// Help is no error; a wrong word is.
fn refuse(error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output::print(error.render());
            Exit::Done
        }
        _ => {
            output::complain(error.render().to_string().trim_end());
            Exit::Failed
        }
    }
}

/// Takes `-noshell`, `-noinput`, `+K` and their like out of the arguments of `console` and `run`: the entry points of
/// containers give them, and a parser would take them for clusters of short options.
fn without_erlang_arguments(args: impl IntoIterator<Item = OsString>) -> (Vec<OsString>, Vec<OsString>) {
    let mut kept = Vec::new();
    let mut ignored = Vec::new();
    let mut is_value_next = false;
    for arg in args {
        let is_console = kept.iter().skip(1).any(|word| word == "console" || word == "run");
        if is_console && !is_value_next && is_erlang_argument(&arg) {
            ignored.push(arg);
            continue;
        }
        is_value_next = arg == "-c" || arg == "--config";
        kept.push(arg);
    }
    (kept, ignored)
}

fn is_erlang_argument(arg: &OsStr) -> bool {
    let text = arg.to_string_lossy();
    if text.starts_with('+') {
        return true;
    }
    let name = text.strip_prefix('-').unwrap_or_default();
    name.len() > 1
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphabetic() || letter == '_')
}

#[cfg(test)]
mod tests;
