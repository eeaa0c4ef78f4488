//! `vernemq stop` and `restart`: ask the daemon to leave, and return only when its process is gone.

use super::config_file::{ConfigFile, Place};
use super::process::Process;
use super::{Exit, ask, output, start};
use crate::admin::pid_file;
use rustix::process::{Pid, Signal, kill_process};
use std::thread;
use std::time::{Duration, Instant};
use vmq_admin::Command;
use vmq_admin::client::ClientError;
use vmq_admin::command::daemon::Daemon;

/// How long `stop` waits unless told otherwise; as long as the service manager does.
pub(super) const PATIENCE_SECS: u64 = 300;

/// How long the daemon may take to say that it has understood.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// How often the process is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Stops the daemon.
pub(super) fn run(file: &ConfigFile, timeout_secs: u64) -> Exit {
    let place = file.place();
    let process = match ask_to_stop(&place) {
        Ok(process) => process,
        Err(error) => match signal_to_stop(&place) {
            Some(process) => process,
            None => return ask::is_not_running(&place, &error),
        },
    };
    let timeout = Duration::from_secs(timeout_secs);
    if !is_gone_within(process, timeout) {
        output::complain(format_args!(
            "vernemq (pid {}) did not stop within {timeout_secs} seconds, wait longer with --timeout",
            process.pid
        ));
        return Exit::Failed;
    }
    output::say("ok");
    Exit::Done
}

/// Stops it and starts it again. A daemon that does not run is not started, and one that could not start again is not
/// stopped: a typing error must not end a broker that runs.
pub(super) fn restart(file: &ConfigFile) -> Exit {
    if !file.is_good() {
        return Exit::Failed;
    }
    match run(file, PATIENCE_SECS) {
        Exit::Done => start::run(file),
        failed => failed,
    }
}

fn ask_to_stop(place: &Place) -> Result<Process, ClientError> {
    let mut client = ask::connect(place)?;
    let process = Process::find(client.hello().pid).ok_or(ClientError::Closed)?;
    match client.exec(Command::Daemon(Daemon::Stop), Some(ANSWER_PATIENCE)) {
        Ok(outcome) if outcome.exit == 0 => Ok(process),
        Ok(outcome) => {
            let texts: Vec<&str> = ask::texts(&outcome.elements).collect();
            Err(ClientError::Refused(texts.join("\n")))
        }
        // It was about to go already.
        Err(ClientError::Closed | ClientError::Io(_)) => Ok(process),
        Err(error) => Err(error),
    }
}

/// A daemon that does not answer may still listen to signals.
fn signal_to_stop(place: &Place) -> Option<Process> {
    let process = Process::of_pid_file(&pid_file::path(&place.socket))?;
    let pid = Pid::from_raw(i32::try_from(process.pid).ok()?)?;
    kill_process(pid, Signal::TERM).ok()?;
    Some(process)
}

fn is_gone_within(process: Process, timeout: Duration) -> bool {
    let end = Instant::now() + timeout;
    while process.is_alive() {
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(LOOK_AGAIN);
    }
    true
}
