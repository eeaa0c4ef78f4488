//! `vernemq start`: the daemon in the background. Returns when it serves, or tells why it does not.
//!
//! The daemon is this program again, in a session of its own. Its standard error is a pipe to us: it lets go of it when
//! it is ready, and what it said before is the reason when it ends instead. So nothing is polled, and nothing is lost.

use super::config_file::ConfigFile;
use super::{Exit, ask, console, limits, output};
use std::env;
use std::io::Read as _;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;
use vmq_admin::State;

/// As in the original.
const PATIENCE_SECS: u64 = 15;

/// More is not kept of what a daemon says before it ends.
const LAST_WORDS_MAX: u64 = 64 * 1024;

/// Starts the daemon. Under a service manager it stays in the foreground.
pub(super) fn run(file: &ConfigFile) -> Exit {
    if env::var_os("NOTIFY_SOCKET").is_some() {
        return console::run(file, &super::ConsoleArguments::default());
    }
    if !file.is_good() {
        return Exit::Failed;
    }
    let place = file.place();
    if ask::connect(&place).is_ok() {
        output::complain("Node is already running!");
        return Exit::Failed;
    }
    if let Some(limit) = limits::low_open_files() {
        limits::warn(limit);
    }
    let mut child = match spawn(file) {
        Ok(child) => child,
        Err(error) => {
            output::complain(format_args!("can't start vernemq due to {error}"));
            return Exit::Failed;
        }
    };
    let seconds = patience_secs();
    let Some(last_words) = wait(&mut child, Duration::from_secs(seconds)) else {
        too_slow(seconds);
        return Exit::Failed;
    };
    let is_ready = ask::connect(&place)
        .is_ok_and(|client| client.hello().state == State::Running && client.hello().pid == child.id());
    if is_ready {
        return Exit::Done;
    }
    output::complain(last_words.trim_end());
    output::complain("vernemq did not start, see the log files or run 'vernemq console'");
    Exit::Failed
}

fn spawn(file: &ConfigFile) -> std::io::Result<Child> {
    Command::new(env::current_exe()?)
        .args(["run", "--detached", "-c"])
        .arg(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}

/// What the daemon said until it let go of its standard error; `None` = it still holds it.
fn wait(child: &mut Child, patience: Duration) -> Option<String> {
    let stderr = child.stderr.take()?;
    let (done, last_words) = sync_channel(1);
    // It ends with this process, or with the daemon's standard error.
    thread::spawn(move || done.send(read(stderr)));
    match last_words.recv_timeout(patience) {
        Ok(text) => Some(text),
        Err(RecvTimeoutError::Disconnected) => Some(String::new()),
        Err(RecvTimeoutError::Timeout) => None,
    }
}

fn read(mut stderr: ChildStderr) -> String {
    let mut text = Vec::new();
    let kept = (&mut stderr).take(LAST_WORDS_MAX).read_to_end(&mut text);
    // The rest is read as well, so that a daemon with much to say is not held up.
    let rest = std::io::copy(&mut stderr, &mut std::io::sink());
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if let Err(error) = kept.map(|_| ()).and(rest.map(|_| ())) {
        text.push_str(&format!("\n{error}"));
    }
    text
}

fn patience_secs() -> u64 {
    ["VERNEMQ_START_TIMEOUT", "WAIT_FOR_ERLANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok()?.trim().parse().ok())
        .unwrap_or(PATIENCE_SECS)
}

fn too_slow(seconds: u64) {
    output::say(format_args!("vernemq failed to start within {seconds} seconds,"));
    output::say("see the output of 'vernemq console' for more information.");
    output::say("If you want to wait longer, set the environment variable");
    output::say("WAIT_FOR_ERLANG to the number of seconds to wait.");
}
