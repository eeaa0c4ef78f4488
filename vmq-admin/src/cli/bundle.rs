//! `support bundle`: asks for each part, one after the other, and writes the answers into a tar file as they come. What a part
//! cannot say is in its file too.

use super::output;
use super::tar::Archive;
use crate::argv::Arguments;
use crate::client::{Client, ClientError, Outcome};
use crate::command::support::Support;
use crate::command::{self, Command, Parsed};
use crate::element::Element;
use crate::render::{Format, Style, render};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// For one part.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(60));

/// Files and the commands whose answers they are.
const COMMANDS: [(&str, &str); 17] = [
    ("node.json", "node status"),
    ("cluster.json", "cluster show"),
    ("listeners.json", "listener show --tls --mqtt"),
    ("tls.json", "tls show"),
    ("tls-check.json", "tls check"),
    ("plugins.json", "plugin show --internal"),
    ("durability.json", "durability show"),
    ("log-config.json", "log show config"),
    ("traces.json", "trace list"),
    ("metrics.json", "metrics show --structured"),
    (
        "sessions-by-queue.json",
        "session show --client_id --mountpoint --queue_size --statename --subscriptions_count --sort=-queue_size",
    ),
    (
        "sessions-by-inflight.json",
        "session show --client_id --mountpoint --waiting_acks --peer_host --protocol --sort=-waiting_acks",
    ),
    (
        "sessions-by-drops.json",
        "session show --client_id --mountpoint --dropped_messages --queue_size --sort=-dropped_messages",
    ),
    (
        "sessions-by-bytes-in.json",
        "session show --client_id --mountpoint --bytes_in --bytes_out --sort=-bytes_in",
    ),
    (
        "sessions-by-bytes-out.json",
        "session show --client_id --mountpoint --bytes_in --bytes_out --sort=-bytes_out",
    ),
    (
        "sessions-by-subscriptions.json",
        "session show --client_id --mountpoint --subscriptions_count --sort=-subscriptions_count",
    ),
    ("topics.json", "topic show --sort=-subscriptions"),
];

/// Files and the parts that are no commands.
const PARTS: [(&str, Support); 4] = [
    ("about.json", Support::About),
    ("settings.json", Support::Settings),
    ("history.json", Support::History),
    ("log.json", Support::Log),
];

/// Why there is no bundle.
pub(super) enum Failure {
    Client(ClientError),
    /// The text for the operator.
    Text(String),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

/// Writes the bundle; gives what there is to tell.
///
/// # Errors
/// The daemon does not answer, or the file cannot be written; what was written of it is removed.
pub(super) fn write(client: &mut Client, file: Option<&Path>, with_logs: bool) -> Result<Outcome, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = format!("vernemq-support-{}", now.as_secs());
    let path = file.map_or_else(|| PathBuf::from(format!("{name}.tar")), Path::to_owned);
    let file = output::create(&path).map_err(Failure::Text)?;
    let mut archive = Archive::new(file, name, now.as_secs());
    let cannot = |error: io::Error| Failure::Text(format!("can't write {} due to {error}", path.display()));
    let written = parts(client, with_logs, &mut archive, &cannot)
        .and_then(|missing| archive.finish().map(|()| missing).map_err(cannot));
    let missing = written.inspect_err(|_| drop(std::fs::remove_file(&path)))?;
    let mut elements = vec![Element::text(format!("Saved in {}", path.display()))];
    if !missing.is_empty() {
        elements.push(Element::alert(format!("not complete: {}", missing.join(", "))));
    }
    Ok(Outcome {
        elements,
        exit: u8::from(!missing.is_empty()),
        ..Outcome::default()
    })
}

/// Writes every part; gives the names of those that are failures.
fn parts(
    client: &mut Client,
    with_logs: bool,
    archive: &mut Archive<std::fs::File>,
    cannot: &impl Fn(io::Error) -> Failure,
) -> Result<Vec<&'static str>, Failure> {
    let commands = COMMANDS
        .iter()
        .filter_map(|(name, line)| Some((*name, typed(line)?)));
    let parts = PARTS
        .iter()
        .filter(|(_, part)| with_logs || *part != Support::Log)
        .map(|(name, part)| (*name, Command::Support(*part)));
    let mut missing = Vec::new();
    for (name, command) in parts.chain(commands) {
        // A certificate that expires soon is an answer, and no failure of the bundle.
        let may_fail = name == "tls-check.json";
        let outcome = client.exec(command, PATIENCE)?;
        if outcome.exit != 0 && !may_fail {
            missing.push(name);
        }
        let style = Style {
            format: Format::Json,
            bold: false,
        };
        let text = render(&outcome.elements, style).out;
        archive.add(name, text.as_bytes()).map_err(cannot)?;
    }
    Ok(missing)
}

/// The command of a line of the table above; a test looks at each.
fn typed(line: &str) -> Option<Command> {
    let arguments = Arguments::parse(line.split(' ').map(str::to_owned)).ok()?;
    match command::parse(&arguments) {
        Ok(Parsed::Command(command)) => Some(command),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_command() {
        for (name, line) in COMMANDS {
            assert!(typed(line).is_some(), "{name}: {line}");
        }
    }
}
