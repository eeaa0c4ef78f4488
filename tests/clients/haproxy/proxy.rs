//! One haproxy with one server behind it. It inherits a socket that listens already: clients that come before it is up
//! wait in the kernel, and no port must be guessed.

use crate::install;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use tempfile::TempDir;

/// A haproxy in the making.
pub(super) struct Setup {
    broker: SocketAddr,
    mode: &'static str,
    /// Behind `bind`.
    bind: String,
    /// Behind `server`.
    server: String,
    /// Of the proxy section.
    lines: String,
}

/// A haproxy that runs. Killed when dropped.
pub(super) struct Haproxy {
    address: SocketAddr,
    child: Child,
    home: TempDir,
}

impl Setup {
    /// One that carries bytes.
    pub(super) fn tcp(broker: SocketAddr) -> Self {
        Self {
            broker,
            mode: "tcp",
            bind: String::new(),
            server: String::new(),
            lines: String::new(),
        }
    }

    /// One that carries HTTP.
    pub(super) fn http(broker: SocketAddr) -> Self {
        Self {
            mode: "http",
            ..Self::tcp(broker)
        }
    }

    pub(super) fn bind(mut self, options: &str) -> Self {
        self.bind = options.to_owned();
        self
    }

    pub(super) fn server(mut self, options: &str) -> Self {
        self.server = options.to_owned();
        self
    }

    pub(super) fn line(mut self, line: &str) -> Self {
        self.lines.push_str(&format!("  {line}\n"));
        self
    }

    pub(super) fn start(self) -> Haproxy {
        let home = tempfile::Builder::new().prefix("vmq").tempdir().unwrap();
        let file = home.path().join("haproxy.cfg");
        fs::write(&file, self.text()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let output = File::create(output_file(&home)).unwrap();
        // A child gets three descriptors from us; the shell makes the first one the fourth, of which haproxy has no idea
        // of its own.
        let child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 0</dev/null", "sh"])
            .arg(install::haproxy())
            .args(["-db", "-f"])
            .arg(&file)
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Haproxy { address, child, home }
    }

    fn text(&self) -> String {
        let Self {
            broker,
            mode,
            bind,
            server,
            lines,
        } = self;
        format!(
            "global\n  nbthread 1\n  log stderr format raw local0 debug\n\
             defaults\n  log global\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n\
             listen proxy\n  mode {mode}\n  bind fd@3 {bind}\n{lines}  server broker {broker} {server}\n"
        )
    }
}

impl Haproxy {
    pub(super) fn addr(&self) -> SocketAddr {
        self.address
    }

    /// What it has said so far.
    pub(super) fn output(&self) -> String {
        let output = fs::read(output_file(&self.home)).unwrap_or_default();
        String::from_utf8_lossy(&output).into_owned()
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if thread::panicking() {
            eprintln!("haproxy said\n{}", self.output());
        }
    }
}

fn output_file(home: &TempDir) -> PathBuf {
    home.path().join("output")
}
