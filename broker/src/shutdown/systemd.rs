//! All talk with systemd: one datagram for each piece of news, to the socket it names in the environment. Without one,
//! nothing is said. A message that cannot be sent is lost: the service must not fail because its manager is deaf.

use std::env;
use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How long a message may wait for room in the queue of the manager.
const PATIENCE: Duration = Duration::from_millis(250);

/// The service manager, if there is one.
#[derive(Debug, Default)]
pub(super) struct Systemd {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl Systemd {
    /// The manager of the environment.
    #[must_use]
    pub(super) fn from_environment() -> Self {
        Self {
            socket: env::var_os("NOTIFY_SOCKET").and_then(|name| connect(&name)),
            watchdog: watchdog_period(),
        }
    }

    /// How often `alive` must be told: half of what the manager waits.
    #[must_use]
    pub(super) const fn heartbeat(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The service answers; `status` is shown by `systemctl status`.
    pub(super) fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    /// A new status text.
    pub(super) fn status(&self, status: &str) {
        self.send(&format!("STATUS={status}"));
    }

    /// A reload begins; `ready` ends it.
    pub(super) fn reloading(&self) {
        self.send("RELOADING=1\nSTATUS=reloading");
    }

    /// The service ends.
    pub(super) fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=stopping");
    }

    /// The main loop turns.
    pub(super) fn alive(&self) {
        if self.watchdog.is_some() {
            self.send("WATCHDOG=1");
        }
    }

    /// Starting or stopping takes longer than the manager expects.
    pub(super) fn extend(&self, by: Duration) {
        self.send(&format!("EXTEND_TIMEOUT_USEC={}", by.as_micros()));
    }

    fn send(&self, text: &str) {
        if let Some(socket) = &self.socket {
            drop(socket.send(text.as_bytes()));
        }
    }
}

/// A path, or with `@` in front the name of an abstract socket.
fn connect(name: &OsStr) -> Option<UnixDatagram> {
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    };
    let socket = UnixDatagram::unbound().ok()?;
    // A busy manager gets every word, a deaf one must not hold up the broker.
    socket.set_write_timeout(Some(PATIENCE)).ok()?;
    socket.connect_addr(&address.ok()?).ok()?;
    Some(socket)
}

/// Half of `WATCHDOG_USEC`, when it is meant for this process.
fn watchdog_period() -> Option<Duration> {
    if let Ok(pid) = env::var("WATCHDOG_PID")
        && pid.parse() != Ok(std::process::id())
    {
        return None;
    }
    let micros: u64 = env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    (micros > 1).then(|| Duration::from_micros(micros / 2))
}
