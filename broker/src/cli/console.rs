//! `vernemq console` and `run`: the daemon itself. Everything that must happen before there are threads and sockets
//! happens here, in order; then `shutdown::Daemon` has the floor.

use super::config_file::ConfigFile;
use super::workers::Workers;
use super::{ConsoleArguments, Exit, ask, attach, limits, output};
use crate::admin::account;
use crate::logging::Logging;
use crate::shutdown::{self, Ended};
use rustix::process::geteuid;
use std::env;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use vmq_config::Loaded;

/// Who root becomes with the configuration of the package.
const USER: &str = "vernemq";

/// Settings of the original's run-time system.
const IGNORED_VARIABLES: [&str; 3] = ["VERNEMQ_ERL_CONFIG", "VERNEMQ_ERL_CONFIG_OVR", "NO_EPMD"];

/// How long tasks that block may hold up the end of the process.
const LAST_TASKS: Duration = Duration::from_secs(5);

/// Runs the daemon until it is told to stop.
pub(super) fn run(file: &ConfigFile, given: &ConsoleArguments) -> Exit {
    if given.tui {
        return attach::open(file);
    }
    if given.detached {
        // Fails only for a process that leads its session already.
        rustix::process::setsid().ok();
    }
    let Some(loaded) = file.load_or_complain() else {
        return Exit::BadConfig;
    };
    if file.is_default()
        && geteuid().is_root()
        && let Err(error) = become_service_user(&loaded)
    {
        output::complain(format_args!("can't become user {USER} due to {error}"));
        return Exit::Failed;
    }
    if ask::connect(&file.place()).is_ok() {
        output::say("Node is already running - use 'vernemq attach' instead");
        return Exit::Failed;
    }
    limits::raise_open_files(loaded.config.open_files_max);
    let low_limit = limits::low_open_files();
    if let Some(limit) = low_limit {
        limits::warn(limit);
    }
    let logging = match start_logging(&loaded) {
        Ok(logging) => logging,
        Err(error) => {
            output::complain(error);
            return Exit::Failed;
        }
    };
    if let Some(limit) = low_limit {
        tracing::warn!("{}", limits::warning(limit));
    }
    if let Some(shortage) = limits::shortage(&loaded.config.listeners) {
        tracing::warn!("{shortage}");
    }
    tell_what_is_ignored(&loaded, given);
    let exit = serve(file, loaded, &logging, given.detached);
    logging.shutdown();
    exit
}

/// Root becomes the service user by running this program again in its place: `exec` with a user id is the only way to
/// change it without `unsafe`, it keeps the process id that a service manager watches, and it drops root's groups.
fn become_service_user(loaded: &Loaded) -> io::Result<()> {
    let Some(user) = account::user(USER) else {
        return Ok(());
    };
    if let Some(folder) = loaded.config.admin.socket_path.parent() {
        make_run_folder(folder, &user)?;
    }
    let mut command = Command::new(env::current_exe()?);
    command.args(env::args_os().skip(1)).uid(user.uid).gid(user.gid);
    if env::var_os("HOME").is_none_or(|home| home.is_empty()) {
        command.env("HOME", &user.home);
    }
    Err(command.exec())
}

fn make_run_folder(folder: &Path, user: &account::User) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    DirBuilder::new().mode(0o755).create(folder)?;
    chown(folder, Some(user.uid), Some(user.gid))
}

fn start_logging(loaded: &Loaded) -> Result<Arc<Logging>, crate::logging::LoggingError> {
    let logging = Logging::start(&loaded.config.log)?;
    logging.install()?;
    Ok(Arc::new(logging))
}

/// Standard error has the warnings already; the log keeps them.
fn tell_what_is_ignored(loaded: &Loaded, given: &ConsoleArguments) {
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    for name in IGNORED_VARIABLES {
        if env::var_os(name).is_some() {
            tracing::warn!("environment variable {name} is ignored");
        }
    }
    if !given.ignored.is_empty() {
        tracing::debug!("ignored arguments: {:?}", given.ignored);
    }
}

fn serve(file: &ConfigFile, loaded: Loaded, logging: &Arc<Logging>, is_detached: bool) -> Exit {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().thread_name("vernemq-worker");
    if loaded.config.worker_threads > 0 {
        builder.worker_threads(loaded.config.worker_threads);
    }
    let runtime = match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(format_args!("can't start the runtime due to {error}"));
            return Exit::Failed;
        }
    };
    let workers = match Workers::watch(runtime.handle()) {
        Ok(workers) => workers,
        Err(error) => {
            output::complain(format_args!("can't start a thread due to {error}"));
            return Exit::Failed;
        }
    };
    let when_ready = move || {
        if is_detached {
            let_go_of_terminal();
        }
    };
    let ended = runtime.block_on(shutdown::run(
        file.path(),
        loaded,
        Arc::clone(logging),
        when_ready,
    ));
    drop(workers);
    runtime.shutdown_timeout(LAST_TASKS);
    match ended {
        Ended::Stopped => Exit::Done,
        Ended::Failed(text) => {
            tracing::error!("{text}");
            output::complain(text);
            Exit::Failed
        }
    }
}

/// `start` waits for the end of our standard error; nobody reads it after that.
fn let_go_of_terminal() {
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null");
    if let Err(error) = null.and_then(|null| Ok(rustix::stdio::dup2_stderr(&null)?)) {
        tracing::warn!("can't close standard error due to {error}");
    }
}
