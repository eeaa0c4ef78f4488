//! The parts of a support bundle that are no commands: settings without secrets, version and machine, the history of the
//! metrics, the last lines of the log. Everything is bounded; the archive is the tool's work.

use super::{Admin, Answer, blocking};
use crate::core::Core;
use crate::metrics::families::*;
use crate::metrics::history::Second;
use rustix::process::{Resource, getrlimit};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use vmq_admin::command::support::Support;
use vmq_admin::{Element, Row, Value};
use vmq_config::{EffectiveSetting, Loaded};

/// Seconds of history: all there are.
const SECONDS: usize = 600;

/// Bytes of each log file, from its end.
const LOG_BYTES: u64 = 256 * 1024;

/// What a second of the history is told by, besides its gauges.
const COUNTERS: [Family; 10] = [
    SOCKET_OPEN,
    SOCKET_CLOSE,
    BYTES_RECEIVED,
    BYTES_SENT,
    MQTT_CONNECT_RECEIVED,
    MQTT_PUBLISH_RECEIVED,
    MQTT_PUBLISH_SENT,
    QUEUE_MESSAGE_IN,
    QUEUE_MESSAGE_OUT,
    QUEUE_MESSAGE_DROP,
];

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Support) -> Result<Answer, Answer> {
    let rows = match command {
        Support::Bundle { .. } => return Err(Answer::alert("The bundle is made by vmq-admin.")),
        Support::About => about(admin),
        Support::Settings => settings(&*admin.last_settings()?),
        Support::History => history(admin.broker()?.core()),
        Support::Log => {
            let sinks = admin.logging.sinks();
            let files: Vec<PathBuf> = sinks.iter().filter_map(|sink| sink.file.clone()).collect();
            blocking(move || files.iter().flat_map(|file| last_lines(file)).collect()).await?
        }
    };
    Ok(Answer::of(vec![Element::Table(rows)]))
}

fn about(admin: &Admin) -> Vec<Row> {
    let system = rustix::system::uname();
    let text = |text: &std::ffi::CStr| Value::from(text.to_string_lossy().into_owned());
    let files = getrlimit(Resource::Nofile);
    let limit = |limit: Option<u64>| limit.map_or_else(|| "infinity".into(), Value::from);
    let cpus = std::thread::available_parallelism().map_or(0, |cpus| cpus.get() as u64);
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let facts = [
        ("node", admin.node.as_str().into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("build", profile.into()),
        (
            "target",
            format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS).into(),
        ),
        ("pid", u64::from(std::process::id()).into()),
        ("state", admin.state().to_string().into()),
        ("system", text(system.sysname())),
        ("system_release", text(system.release())),
        ("cpus", cpus.into()),
        ("open_files_soft", limit(files.current)),
        ("open_files_hard", limit(files.maximum)),
    ];
    let row = |(name, value): (&str, Value)| Row::default().with("name", name).with("value", value);
    facts.into_iter().map(row).collect()
}

fn settings(loaded: &Loaded) -> Vec<Row> {
    let row = |setting: &EffectiveSetting| {
        Row::default()
            .with("key", setting.key.as_str())
            .with("value", without_password(setting.masked()))
            .with(
                "default",
                setting.default.clone().map_or(Value::Null, Value::from),
            )
            .with("origin", setting.origin.to_string())
    };
    loaded.effective.iter().map(row).collect()
}

/// An address may have a user and a password in it: `https://user:password@host/`.
fn without_password(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else {
        return value.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://******{}", &rest[at..]),
        None => value.to_owned(),
    }
}

fn history(core: &Core) -> Vec<Row> {
    let row = |second: &Second| {
        let row = Row::default().with("unix_secs", second.unix_secs);
        let row = COUNTERS.iter().fold(row, |row, family| {
            row.with(family.name, second.grown(*family, ""))
        });
        second
            .gauges()
            .fold(row, |row, (family, value)| row.with(family.name, value))
    };
    core.history.last(SECONDS).iter().map(row).collect()
}

/// The last lines of a file; the first of them is whole.
fn last_lines(file: &Path) -> Vec<Row> {
    let name = file.display().to_string();
    let row = |line: &str| Row::default().with("file", name.as_str()).with("line", line);
    match tail(file) {
        Ok(text) => text.lines().map(row).collect(),
        Err(error) => vec![row(&format!("can't be read due to {error}"))],
    }
}

fn tail(file: &Path) -> io::Result<String> {
    let mut opened = File::open(file)?;
    let length = opened.metadata()?.len();
    let skipped = length.saturating_sub(LOG_BYTES);
    opened.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    opened.take(LOG_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(match (skipped, text.split_once('\n')) {
        (0, _) | (_, None) => text.into_owned(),
        (_, Some((_, whole))) => whole.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_passwords() {
        for (value, shown) in [
            ("https://joe:pw@host/path@x", "https://******@host/path@x"),
            ("http://host:80/", "http://host:80/"),
            ("joe@host", "joe@host"),
            ("http://a@b@c", "http://******@c"),
        ] {
            assert_eq!(without_password(value), shown);
        }
    }

    #[test]
    fn a_tail_begins_with_a_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        let line = format!("{}\n", "x".repeat(999));
        std::fs::write(&file, line.repeat(1000)).unwrap();
        let lines = last_lines(&file);
        assert_eq!(lines.len(), 262);
        assert!(lines.iter().all(|row| row.0[1].1.cell().len() == 999));
        let missing = last_lines(&folder.path().join("none"));
        assert!(missing[0].0[1].1.cell().starts_with("can't be read due to "));
    }
}
