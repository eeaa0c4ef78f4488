//! One headless browser with a profile of its own.

use crate::install;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use tempfile::TempDir;

/// No sandbox, as tests often run as root; no certificate of the tests is known to it; nothing that asks the network
/// for anything but the page.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--ignore-certificate-errors",
];

/// A browser with a page. Killed, with all its processes, when dropped.
pub(super) struct Chromium {
    child: Child,
    profile: TempDir,
}

impl Chromium {
    pub(super) fn open(url: &str) -> Self {
        Self::start(&[url])
    }

    /// Without a page, for who drives it over its debugging protocol.
    pub(super) fn to_be_driven() -> Self {
        Self::start(&["--remote-debugging-port=0", "about:blank"])
    }

    /// Where the debugging protocol is spoken, once the browser is there.
    pub(super) fn debugger(&self) -> Option<String> {
        let file = self.profile.path().join("profile/DevToolsActivePort");
        let told = fs::read_to_string(file).ok()?;
        let (port, path) = told.trim().split_once('\n')?;
        Some(format!("ws://127.0.0.1:{port}{path}"))
    }

    fn start(arguments: &[&str]) -> Self {
        let profile = tempfile::Builder::new().prefix("vmq").tempdir().unwrap();
        let output = File::create(output_file(&profile)).unwrap();
        let mut user_data_dir = std::ffi::OsString::from("--user-data-dir=");
        user_data_dir.push(profile.path().join("profile"));
        let child = Command::new(install::chromium())
            .args(FLAGS)
            .arg(user_data_dir)
            .args(arguments)
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            // A browser is many processes.
            .process_group(0)
            .spawn()
            .unwrap();
        Self { child, profile }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        Command::new("kill").args(["-KILL", "--", &group]).status().ok();
        self.child.wait().ok();
        if thread::panicking() {
            let output = fs::read(output_file(&self.profile)).unwrap_or_default();
            eprintln!("the browser said\n{}", String::from_utf8_lossy(&output));
        }
    }
}

fn output_file(profile: &TempDir) -> PathBuf {
    profile.path().join("output")
}
