//! `Record`: what an event becomes once a sink wants it. Owned, raw (nothing escaped yet), made once for all sinks.
//!
//! Fields with a meaning of their own: `pid` (the connection's serial, shown as `<0.N.0>`), `severity` (see `level`),
//! and the structured extras of monitoring.md 7.4, which only JSON shows because the message already tells them.
//! Any other field is a fact that stands nowhere else, so text formats append it as ` key=value`.

use super::level;
use jiff::Timestamp;
use serde_json::Value;
use std::fmt::{self, Write as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata};
use vmq_config::LogLevel;

/// Target of panics and task aborts: they go to the crash file too.
pub const CRASH_TARGET: &str = "crash";
/// Target of start and stop of components: they go to the sasl file and to syslog, not to the console.
pub const SASL_TARGET: &str = "sasl";

/// Fields that JSON alone shows.
const EXTRAS: [&str; 6] = ["client_id", "mountpoint", "peer", "username", "reason", "node"];
/// Room for a message from the start: most lines fit.
const MESSAGE_BYTES_USUAL: usize = 160;

/// What decides, beside the level, which sinks an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Crash,
    Sasl,
}

impl Kind {
    pub(super) fn of(target: &str) -> Self {
        match target {
            CRASH_TARGET => Self::Crash,
            SASL_TARGET => Self::Sasl,
            _ => Self::Plain,
        }
    }
}

/// Where in the code an event comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) module: &'static str,
    pub(super) file: &'static str,
    pub(super) line: u32,
}

impl Source {
    fn of(metadata: &Metadata<'static>) -> Option<Self> {
        let file = metadata.file().unwrap_or_default();
        Some(Self {
            module: metadata.module_path()?,
            // The path would show where the crate was built; the module tells the rest.
            file: file.rsplit('/').next().unwrap_or(file),
            line: metadata.line()?,
        })
    }
}

/// One event, ready to be formatted.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) time: Timestamp,
    pub(super) level: LogLevel,
    pub(super) kind: Kind,
    pub(super) pid: Option<u64>,
    pub(super) source: Option<Source>,
    pub(super) message: String,
    pub(super) fields: Vec<(&'static str, Value)>,
}

impl Record {
    /// A line of the logging itself: no source, no pid.
    pub(super) fn own(level: LogLevel, message: String) -> Self {
        Self {
            time: Timestamp::now(),
            level,
            kind: Kind::Plain,
            pid: None,
            source: None,
            message,
            fields: Vec::new(),
        }
    }

    /// The record of an event whose level is already known.
    pub(super) fn of(event: &Event<'_>, level: LogLevel) -> Self {
        let metadata = event.metadata();
        let mut record = Self {
            time: Timestamp::now(),
            level,
            kind: Kind::of(metadata.target()),
            pid: None,
            source: Source::of(metadata),
            message: String::with_capacity(MESSAGE_BYTES_USUAL),
            fields: Vec::new(),
        };
        event.record(&mut record);
        record
    }

    /// The message for text formats: with the fields it does not tell itself.
    pub(super) fn text(&self) -> String {
        let mut text = self.message.clone();
        for (name, value) in self.fields.iter().filter(|(name, _)| !EXTRAS.contains(name)) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(name);
            text.push('=');
            match value {
                Value::String(word) if is_word(word) => text.push_str(word),
                other => write!(text, "{other}").expect("writing to a String cannot fail"),
            }
        }
        text
    }

    /// The pid token of log lines, traces and syslog.
    pub(super) fn pid_token(pid: u64) -> String {
        format!("<0.{pid}.0>")
    }

    fn add(&mut self, field: &Field, value: Value) {
        if field.name() != level::SEVERITY_FIELD {
            self.fields.push((field.name(), value));
        }
    }
}

/// Whether a value can stand after `key=` without quotes.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"' || c == '=')
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            write!(self.message, "{value:?}").expect("writing to a String cannot fail");
        } else {
            self.add(field, Value::from(format!("{value:?}")));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.add(field, Value::from(value));
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "pid" {
            self.pid = Some(value);
        } else {
            self.add(field, Value::from(value));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.record_u64(field, value),
            Err(_) => self.add(field, Value::from(value)),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Value::from(value));
    }
}

/// Reads the severity field of an event, and nothing else.
pub(super) fn severity(event: &Event<'_>) -> Option<LogLevel> {
    struct Finder(Option<LogLevel>);
    impl Visit for Finder {
        fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
        fn record_str(&mut self, field: &Field, value: &str) {
            if field.name() == level::SEVERITY_FIELD {
                self.0 = level::parse(value);
            }
        }
    }
    let mut finder = Finder(None);
    event.record(&mut finder);
    finder.0
}
