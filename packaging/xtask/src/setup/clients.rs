//! The foreign MQTT clients the tests speak with, and the variables by which the tests find them.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::needs;
use crate::cargo;
use crate::workspace::Workspace;

/// One version for everybody, so that a red test is our doing.
const MQTT_JS: &str = "5.16.0";

/// Name and value of an environment variable for the tests.
pub(crate) type Client = (&'static str, OsString);

/// Fetches MQTT.js into the cache folder if it is not there. The system packages must be installed already.
///
/// # Errors
/// When npm cannot fetch it.
pub(crate) fn ensure(workspace: &Workspace) -> Result<Vec<Client>> {
    let folder = workspace.cache().join(format!("mqtt-js-{MQTT_JS}"));
    if !folder.join("node_modules/mqtt/package.json").is_file() {
        fetch(workspace.cache(), &folder)?;
    }
    let python =
        needs::python().context("no Python with paho-mqtt; `cargo xtask setup --test` installs one")?;
    Ok(vec![
        ("NODE_PATH", folder.join("node_modules").into_os_string()),
        ("VERNEMQ_TEST_PYTHON", python.into_os_string()),
    ])
}

/// Fills a folder of our own process, then gives it its name: two runs at once do not meet.
fn fetch(cache: &Path, folder: &Path) -> Result<()> {
    let filling = cache.join(format!("mqtt-js.{}.part", std::process::id()));
    fs::create_dir_all(&filling).with_context(|| format!("creating {}", filling.display()))?;
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
    ]);
    npm.arg(&filling).arg(format!("mqtt@{MQTT_JS}"));
    let fetched = cargo::run(&mut npm).context("fetching MQTT.js from npm");
    if fetched.is_ok() && !folder.exists() {
        fs::rename(&filling, folder).with_context(|| format!("creating {}", folder.display()))?;
    } else {
        fs::remove_dir_all(&filling).with_context(|| format!("removing {}", filling.display()))?;
    }
    fetched
}
