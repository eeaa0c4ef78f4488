//! The command line of `vmq-console` (console.md 2).

use crate::app::View;
use crate::settings;
use clap::Parser;
use std::path::PathBuf;

/// The broker, living, on a terminal.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "vmq-console",
    version,
    after_help = "Exit codes: 0 left, 1 failed, 2 wrong arguments, 6 no broker answers."
)]
pub struct Arguments {
    /// The admin socket, else that of VMQ_ADMIN_SOCKET, else /run/vernemq/admin.sock
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub socket: Option<PathBuf>,
    /// A broker by its name in the settings file
    #[arg(long, value_name = "NAME", conflicts_with = "socket")]
    pub node: Option<String>,
    /// The view at the start: overview, sessions, topics, traces, hot, listeners, cluster, plugins, logs
    #[arg(long, value_name = "NAME", value_parser = view)]
    pub view: Option<View>,
    /// The filter of that view
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Time between two pictures, 0.5s to 60s
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub interval: Option<u32>,
    /// Look, and change nothing
    #[arg(long)]
    pub read_only: bool,
    /// Draw with ASCII alone
    #[arg(long)]
    pub ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long)]
    pub no_mouse: bool,
    /// Print the view once as plain text; the default when standard output is no terminal
    #[arg(long)]
    pub once: bool,
    /// Without a terminal: print it so many times, one interval apart
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,
}

fn view(name: &str) -> Result<View, String> {
    View::parse(name).ok_or_else(|| "there is no such view".to_owned())
}

fn interval(text: &str) -> Result<u32, String> {
    settings::interval(text).ok_or_else(|| "it must be from 0.5s to 60s".to_owned())
}
