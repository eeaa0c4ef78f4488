//! Where the foreign clients are, and our own `vmq-passwd`. What is missing fails the test: a suite that leaves tests
//! out by itself is a suite nobody can trust.

use crate::program::Program;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Added to every complaint.
const WAY_OUT: &str = "`cargo xtask setup --test` installs it";

/// `mosquitto_pub`, `mosquitto_sub`, and `mosquitto` itself.
pub(crate) fn mosquitto(name: &str) -> Program {
    Program::new(found(&[name]))
}

pub(crate) fn openssl() -> Program {
    Program::new(found(&["openssl"]))
}

pub(crate) fn haproxy() -> PathBuf {
    found(&["haproxy"])
}

pub(crate) fn chromium() -> PathBuf {
    found(&["chromium", "chromium-browser"])
}

pub(crate) fn carbon() -> PathBuf {
    found(&["carbon-cache", "carbon-cache.py"])
}

pub(crate) fn whisper_fetch() -> PathBuf {
    found(&["whisper-fetch", "whisper-fetch.py"])
}

pub(crate) fn prometheus() -> PathBuf {
    found(&["prometheus"])
}

pub(crate) fn promtool() -> PathBuf {
    found(&["promtool"])
}

pub(crate) fn rsyslog() -> PathBuf {
    found(&["rsyslogd"])
}

/// The first of these names that is in the path, or where daemons lie and the path of users may not lead.
fn found(names: &[&str]) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .collect();
    let mut candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("{} is not installed; {WAY_OUT}", names.join(" or ")))
}

/// A script beside this file, run by a Python that has paho.
pub(crate) fn python(script: &str) -> Program {
    static PYTHON: OnceLock<OsString> = OnceLock::new();
    let python = PYTHON.get_or_init(|| {
        let python = env::var_os("VERNEMQ_TEST_PYTHON").unwrap_or_else(|| "/usr/bin/python3".into());
        let found = silent(Command::new(&python).args(["-c", "import paho.mqtt.client"]));
        assert!(found, "{} has no paho-mqtt; {WAY_OUT}", python.to_string_lossy());
        python
    });
    Program::new(python)
        .arg("-u")
        .arg("-B")
        .arg(beside_this_file(script))
}

/// A script beside this file, run by a Node.js that has MQTT.js.
pub(crate) fn node(script: &str) -> Program {
    Program::new("node")
        .arg(beside_this_file(script))
        .env("NODE_PATH", node_modules())
}

/// MQTT.js as one file for a page.
pub(crate) fn mqtt_js_of_pages() -> PathBuf {
    let modules = node_modules();
    let found = env::split_paths(&modules)
        .map(|folder| folder.join("mqtt/dist/mqtt.min.js"))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("MQTT.js has no dist/mqtt.min.js; {WAY_OUT}"))
}

/// Where Node.js finds MQTT.js: a `NODE_PATH`.
fn node_modules() -> OsString {
    static MODULES: OnceLock<OsString> = OnceLock::new();
    let modules = MODULES.get_or_init(|| {
        assert!(
            silent(Command::new("node").arg("--version")),
            "Node.js is not installed; {WAY_OUT}"
        );
        let modules = env::var_os("NODE_PATH")
            .or_else(cached_modules)
            .unwrap_or_default();
        let found = silent(
            Command::new("node")
                .args(["-e", "require('mqtt')"])
                .env("NODE_PATH", &modules),
        );
        assert!(found, "Node.js does not find MQTT.js; {WAY_OUT}");
        modules
    });
    modules.clone()
}

/// Where the build tool keeps MQTT.js, for those who run the tests without it.
fn cached_modules() -> Option<OsString> {
    let folder = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let cache = folder("VERNEMQ_BUILD_CACHE")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("vernemq-build")))
        .or_else(|| Some(folder("HOME")?.join(".cache/vernemq-build")))?;
    let mut found: Vec<PathBuf> = fs::read_dir(cache)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("mqtt-js-"))
        })
        .collect();
    found.sort();
    Some(found.pop()?.join("node_modules").into_os_string())
}

/// A file of this folder.
pub(crate) fn beside_this_file(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(script)
}

fn silent(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Our `vmq-passwd`, built once unless the whole run was built before (`VERNEMQ_BIN`).
pub(crate) fn vmq_passwd() -> Program {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    Program::new(PROGRAM.get_or_init(|| {
        let built = env::var_os("VERNEMQ_BIN").map(|broker| Path::new(&broker).with_file_name("vmq-passwd"));
        built
            .filter(|path| path.is_file())
            .unwrap_or_else(build_vmq_passwd)
    }))
}

/// Builds it into the folder of this test executable, TARGET/PROFILE/deps.
fn build_vmq_passwd() -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        profile => profile,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--package",
            "vmq-passwd",
            "--bin",
            "vmq-passwd",
            "--profile",
            profile,
        ])
        .arg("--target-dir")
        .arg(folder.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(status.success(), "vmq-passwd cannot be built");
    folder.join("vmq-passwd")
}
