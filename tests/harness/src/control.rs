//! `Node`: a directory with a configuration, and the verbs of `vernemq` on it, run as an operator runs them. For tests
//! whose subject is the control command and the admin socket.

use crate::broker::TestBroker;
use crate::process::program;
use crate::wait::DEADLINE;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;
use vmq_admin::Client;

/// The log goes to a file of the node, so that tests can read what an operator would.
const LOG_LINES: &str = "\
log.console = file
log.console.level = debug
";

/// A node that may run or not. What still runs when it is dropped is stopped.
pub struct Node {
    builder: crate::BrokerBuilder,
}

/// What a verb printed, and its exit code.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Node {
    /// A node with the defaults of `TestBroker` and further lines of configuration. It does not run yet.
    #[must_use]
    pub fn new(lines: &str) -> Self {
        let builder = TestBroker::builder();
        let log = builder.home().join("console.log");
        let builder = builder
            .conf(LOG_LINES)
            .conf(&format!("log.console.file = {}", log.display()))
            .conf(lines);
        let node = Self { builder };
        node.write_conf(&node.builder.text());
        node
    }

    /// As `new`, started in the background.
    #[must_use]
    pub fn started(lines: &str) -> Self {
        let node = Self::new(lines);
        let said = node.verb(&["start"]);
        assert_eq!(said.code, 0, "{said:?}\n{}", node.log());
        node
    }

    /// The configuration file.
    #[must_use]
    pub fn conf(&self) -> PathBuf {
        self.home().join("vernemq.conf")
    }

    /// The directory of everything.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.builder.home()
    }

    /// The admin socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.home().join("admin.sock")
    }

    /// The pid file.
    #[must_use]
    pub fn pid_file(&self) -> PathBuf {
        self.home().join("vernemq.pid")
    }

    /// What is in the log, as of now. A running daemon writes its log a little after it answers: what must be in it
    /// is waited for, with [`Node::wait_for_log`].
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.home().join("console.log")).unwrap_or_default()
    }

    /// Replaces the configuration file.
    pub fn write_conf(&self, text: &str) {
        fs::write(self.conf(), text).unwrap();
    }

    /// Adds lines to the configuration file; a later line for the same key wins.
    pub fn add_conf(&self, lines: &str) {
        let text = fs::read_to_string(self.conf()).unwrap();
        self.write_conf(&format!("{text}{lines}\n"));
    }

    /// `vernemq VERB... -c FILE`, not started yet.
    #[must_use]
    pub fn command(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(verb)
            .arg("-c")
            .arg(self.conf())
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null());
        command
    }

    /// Runs a verb to its end.
    #[must_use]
    pub fn verb(&self, verb: &[&str]) -> Said {
        self.command(verb).output().unwrap().into()
    }

    /// Runs the daemon in the foreground until it is ready.
    #[must_use]
    pub fn foreground(&self, command: &mut Command) -> Foreground {
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut running = Foreground(child);
        eventually_blocking("the daemon to run", || {
            assert_eq!(running.0.try_wait().unwrap(), None, "{}", self.log());
            Client::connect(&self.socket())
                .is_ok_and(|client| client.hello().state == vmq_admin::State::Running)
        });
        running
    }

    /// Waits until the log has a text.
    pub fn wait_for_log(&self, text: &str) {
        eventually_blocking(text, || self.log().contains(text));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if !self.pid_file().exists() {
            return;
        }
        let pid = fs::read_to_string(self.pid_file()).unwrap_or_default();
        if self.verb(&["stop", "--timeout=20"]).code != 0 && !pid.trim().is_empty() {
            Command::new("kill").args(["-9", pid.trim()]).status().ok();
        }
    }
}

/// A daemon that is a child of the test; killed when dropped.
pub struct Foreground(Child);

impl Foreground {
    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.0.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// The exit code, once it has ended by itself.
    #[must_use]
    pub fn code(mut self) -> i32 {
        let mut code = None;
        eventually_blocking("the daemon to end", || {
            code = self.0.try_wait().unwrap().map(|status| status.code());
            code.is_some()
        });
        code.flatten().expect("it ended by itself")
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            out: without_limit_warning(&text(output.stdout)),
            err: text(output.stderr),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

/// The machine of the tests may have a low limit of open files; the three lines about it are none of theirs.
fn without_limit_warning(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with("!!!!"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// `eventually` for tests that wait for processes, not for tasks.
///
/// # Panics
/// When it is still not so after `DEADLINE`.
pub fn eventually_blocking(what: &str, mut fact: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !fact() {
        assert!(Instant::now() < end, "waited {DEADLINE:?} for {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
