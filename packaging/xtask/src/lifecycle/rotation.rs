//! logrotate instead of the broker's own rotation, as the sample in the package says, while clients keep it writing
//! (packaging.md 6, 21.7).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::player::Service;
use super::root::Root;
use super::{clients, seen};

/// Refused clients; all of them together are fewer than the lines a second that strangers can provoke.
const ROUNDS: usize = 3;
const REFUSALS: usize = 30;
const SWITCHED_OFF: &str = "/etc/vernemq/conf.d/50-logrotate.conf";
const LOG: &str = "/var/log/vernemq/console.log";

/// Two forced rotations between and during three rounds of refused clients.
///
/// # Errors
/// When a line is lost, doubled or cut, or the new file has other rights.
pub(super) fn live(root: &Root, service: Service) -> Result<Service> {
    let off = ["console", "error", "crash"].map(|log| format!("log.{log}.rotation.size = 0\n"));
    fs::write(root.at(SWITCHED_OFF), off.concat())?;
    service.stop()?;
    let service = Service::start(root)?;
    fs::copy(
        root.at("/usr/share/doc/vernemq/examples/logrotate"),
        root.at("/etc/logrotate.d/vernemq"),
    )?;
    let before = rights(root)?;
    for round in 0..ROUNDS {
        for number in 0..REFUSALS {
            // In the middle of a round, so that lines are written while files change their names.
            let rotating = (number == REFUSALS / 2 && round > 0).then(|| {
                root.command(&["logrotate", "--force", "/etc/logrotate.d/vernemq"])
                    .spawn()
            });
            clients::refused(&name(round, number))?;
            if let Some(logrotate) = rotating {
                let status = logrotate.context("starting logrotate")?.wait()?;
                ensure!(status.success(), "logrotate: {status}");
            }
        }
    }
    wait_for(root, &name(ROUNDS - 1, REFUSALS - 1))?;
    complete(root)?;
    ensure!(
        rights(root)? == before,
        "the new log has other rights: {:o}",
        rights(root)?.0
    );
    ensure!(
        root.has("/var/log/vernemq/console.log.1") && root.has("/var/log/vernemq/console.log.2.gz"),
        "logrotate did not rotate twice"
    );
    fs::remove_file(root.at(SWITCHED_OFF))?;
    fs::remove_file(root.at("/etc/logrotate.d/vernemq"))?;
    seen("logrotate twice under load: every line once and whole, the new file in use with the same rights");
    service.stop()?;
    Service::start(root)
}

/// A client id that nobody else has; the line about a refused client names it.
fn name(round: usize, number: usize) -> String {
    format!("stranger-{round}-{number}-end")
}

fn rights(root: &Root) -> Result<(u32, u32, u32)> {
    let found = fs::metadata(root.at(LOG))?;
    Ok((found.mode() & 0o7777, found.uid(), found.gid()))
}

/// A broker writes its log a little after it answers.
fn wait_for(root: &Root, text: &str) -> Result<()> {
    for _ in 0..200 {
        if fs::read_to_string(root.at(LOG))?.contains(text) {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    anyhow::bail!("no line with {text} in the new log");
}

/// In all files together there is one whole line for each of them.
fn complete(root: &Root) -> Result<()> {
    let mut lines = BTreeMap::<String, usize>::new();
    for file in ["console.log", "console.log.1", "console.log.2.gz"] {
        let path = root.at(&format!("/var/log/vernemq/{file}"));
        let output = Command::new("zcat").arg("--force").arg(&path).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            text.is_empty() || text.ends_with('\n'),
            "{file} ends in the middle of a line"
        );
        for line in text.lines() {
            let mut words = line.split(|c: char| c != '-' && !c.is_ascii_alphanumeric());
            let client = words.find(|word| word.starts_with("stranger-") && word.ends_with("-end"));
            if let Some(client) = client {
                *lines.entry(client.to_owned()).or_default() += 1;
            }
        }
    }
    for (round, number) in (0..ROUNDS).flat_map(|round| (0..REFUSALS).map(move |number| (round, number))) {
        let found = lines.get(&name(round, number)).copied().unwrap_or_default();
        ensure!(found == 1, "{} is in the logs {found} times", name(round, number));
    }
    Ok(())
}
