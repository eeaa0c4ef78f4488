//! Plays systemd for the broker: its user, its environment, its notification socket, as the unit says (packaging.md 4).

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::root::Root;

const SOCKET: &str = "/run/notify";
const PATIENCE: Duration = Duration::from_secs(60);
/// An hour of heartbeats.
const MESSAGES_MAX: usize = 8192;
/// A heartbeat every half of it.
const WATCHDOG: &str = "1000000";

/// A running broker.
#[derive(Debug)]
pub(super) struct Service {
    child: Child,
    news: Receiver<String>,
    heard: Vec<String>,
}

impl Service {
    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// When it does not get ready; with what it said.
    pub(super) fn start(root: &Root) -> Result<Self> {
        // RuntimeDirectory=
        root.run(&[
            "install",
            "-d",
            "-o",
            "vernemq",
            "-g",
            "vernemq",
            "-m",
            "0755",
            "/run/vernemq",
        ])?;
        let path = root.at(SOCKET);
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        let socket = UnixDatagram::bind(&path)?;
        root.run(&["chown", "vernemq", SOCKET])?;
        let mut command = as_its_user(root);
        command
            .env("NOTIFY_SOCKET", SOCKET)
            .env("WATCHDOG_USEC", WATCHDOG);
        let child = command.spawn().context("starting the broker")?;
        let mut service = Self {
            child,
            news: listen(socket),
            heard: Vec::new(),
        };
        let ready = service.hears("READY=1")?;
        ensure!(ready.contains("STATUS=serving"), "ready says no status: {ready}");
        Ok(service)
    }

    /// Waits for a message with this line.
    ///
    /// # Errors
    /// When none comes; with all that came.
    pub(super) fn hears(&mut self, line: &str) -> Result<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = self
                .news
                .recv_timeout(left)
                .with_context(|| format!("waiting for {line}, heard {:?}", self.heard))?;
            let found = message.lines().any(|one| one == line);
            self.heard.push(message.clone());
            if found {
                return Ok(message);
            }
        }
    }

    /// By number, as `kill` takes it.
    ///
    /// # Errors
    /// When there is no such process.
    pub(super) fn signal(&self, name: &str) -> Result<()> {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status()?;
        ensure!(status.success(), "kill -{name} {pid}: {status}");
        Ok(())
    }

    pub(super) fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub(super) fn ended(mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    /// SIGTERM; it says that it stops, and ends with 0.
    ///
    /// # Errors
    /// When it does not.
    pub(super) fn stop(mut self) -> Result<()> {
        self.signal("TERM")?;
        self.hears("STOPPING=1")?;
        let status = self.ended()?;
        ensure!(status.success(), "the broker ended with {status} after SIGTERM");
        Ok(())
    }
}

/// User=, LimitNOFILE=, UMask= and what takes rights away. A machine that does not allow so many files gives what it has.
fn as_its_user(root: &Root) -> Command {
    const AS_THE_UNIT: &str = "\
        ulimit -n 1048576 2>/dev/null; umask 0027; cd /var/lib/vernemq
        exec setpriv --reuid=vernemq --regid=vernemq --init-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
            /usr/sbin/vernemq run -c /etc/vernemq/vernemq.conf";
    root.command(&["sh", "-c", AS_THE_UNIT])
}

/// What the unit makes of an end, by its own words: Restart=on-failure and RestartPreventExitStatus=.
///
/// # Errors
/// When the unit in the root says something else.
pub(super) fn restarts(root: &Root, status: ExitStatus) -> Result<bool> {
    let unit = std::fs::read_to_string(root.at("/usr/lib/systemd/system/vernemq.service"))?;
    let says = |line: &str| unit.lines().any(|one| one == line);
    ensure!(
        says("Restart=on-failure") && says("RestartSec=5") && says("RestartPreventExitStatus=2"),
        "the unit restarts in another way"
    );
    Ok(!status.success() && status.code() != Some(2))
}

/// Starts it and waits for its end, which is soon.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run_to_its_end(root: &Root) -> Result<ExitStatus> {
    as_its_user(root).status().context("starting the broker")
}

/// Reads all the time: the queue of a datagram socket holds ten messages, and the broker does not wait for a manager that is deaf.
/// The thread ends with the run.
fn listen(socket: UnixDatagram) -> Receiver<String> {
    let (teller, news) = sync_channel(MESSAGES_MAX);
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length) = socket.recv(&mut bytes) {
            if teller
                .send(String::from_utf8_lossy(&bytes[..length]).into_owned())
                .is_err()
            {
                return;
            }
        }
    });
    news
}
