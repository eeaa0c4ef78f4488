//! Arguments of every command that measures a broker that is there: what it shows meanwhile, and where the result goes.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// The default shows nothing and writes nothing.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WatchArgs {
    /// Process id of the broker, to measure its processor time and memory.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
    /// Write the result to this file.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// Seconds between two lines of progress on standard error; 0 for none.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) every: f64,
    /// Serve what is counted and timed to Prometheus while it runs, at http://ADDRESS/metrics. Port 0: any, told on standard error.
    /// Of several processes each has its own, from this port on.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) prometheus: Option<SocketAddr>,
    /// Processes of the generator: `play` gives each its share of every pool, in `run` each does all of it on topics of its own.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(crate) processes: u16,
    /// Led by another process, which reads standard output.
    #[arg(long, hide = true)]
    pub(crate) led: bool,
}
