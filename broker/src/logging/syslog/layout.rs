//! Syslog layouts, written through the `syslog` crate's `LogFormat`. Its own formatters do not fit: the one for
//! RFC 3164 writes UTC and another layout, the one for RFC 5424 knows only numbers as message id.

use super::super::record::Record;
use super::message::Message;
use jiff::tz::TimeZone;
use std::io::Write;
use std::process;
use syslog::{LogFormat, Severity};
use vmq_config::SyslogFormat;

/// Longest fields in bytes (RFC 5424 6).
const HOST_BYTES_MAX: usize = 255;
const APP_BYTES_MAX: usize = 48;
const MESSAGE_ID_BYTES_MAX: usize = 32;

/// Who sends.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// Full host name.
    pub(super) host: String,
    pub(super) app: String,
    pub(super) process: u32,
    /// Zone of RFC 3164 times.
    pub(super) zone: TimeZone,
}

impl Identity {
    pub(super) fn of_this_process(app: &str) -> Self {
        let system = rustix::system::uname();
        Self {
            host: system.nodename().to_string_lossy().into_owned(),
            app: app.to_owned(),
            process: process::id(),
            zone: TimeZone::system(),
        }
    }
}

/// How messages are laid out.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) format: SyslogFormat,
    pub(super) identity: Identity,
}

/// The layout on one kind of transport.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayoutOn<'a> {
    layout: &'a Layout,
    local: bool,
}

impl Layout {
    /// The local socket has a convention of its own for RFC 3164: no host, and a colon after the tag. Local daemons
    /// (rsyslog's imuxsock, journald) would take the host for the program's name.
    pub(super) fn on(&self, local: bool) -> LayoutOn<'_> {
        LayoutOn { layout: self, local }
    }
}

impl LogFormat<&Message<'_>> for LayoutOn<'_> {
    fn format<W: Write>(&self, out: &mut W, severity: Severity, message: &Message<'_>) -> syslog::Result<()> {
        let priority = u32::from(message.facility) * 8 + severity as u32;
        let written = match self.layout.format {
            SyslogFormat::Rfc3164 => self.rfc3164(out, priority, message),
            SyslogFormat::Rfc5424 => self.rfc5424(out, priority, message),
        };
        written.map_err(syslog::Error::Write)
    }
}

impl LayoutOn<'_> {
    fn rfc3164(&self, out: &mut impl Write, priority: u32, message: &Message<'_>) -> std::io::Result<()> {
        let identity = &self.layout.identity;
        let time = message.time.to_zoned_datetime(identity.zone.clone());
        let app = field(&identity.app, APP_BYTES_MAX);
        write!(out, "<{priority}>{} ", time.strftime("%b %e %H:%M:%S"))?;
        if self.local {
            write!(out, "{app}[{}]:", identity.process)?;
        } else {
            let host = identity.host.split('.').next().unwrap_or_default();
            write!(out, "{} {app}[{}]", field(host, HOST_BYTES_MAX), identity.process)?;
        }
        write!(out, " {} - {}", message_id(message.pid), message.text)
    }

    fn rfc5424(&self, out: &mut impl Write, priority: u32, message: &Message<'_>) -> std::io::Result<()> {
        let identity = &self.layout.identity;
        write!(
            out,
            "<{priority}>1 {} {} {} {} {} - {}",
            message.time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ"),
            field(&identity.host, HOST_BYTES_MAX),
            field(&identity.app, APP_BYTES_MAX),
            identity.process,
            message_id(message.pid),
            message.text
        )
    }
}

fn message_id(pid: Option<u64>) -> String {
    pid.map_or_else(
        || "-".to_owned(),
        |pid| field(&Record::pid_token(pid), MESSAGE_ID_BYTES_MAX),
    )
}

/// A header field: printable ASCII without blanks, bounded, `-` when there is nothing.
fn field(text: &str, bytes_max: usize) -> String {
    let clean: String = text
        .chars()
        .take(bytes_max)
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect();
    if clean.is_empty() { "-".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::tz::Offset;
    use vmq_config::LogLevel;

    fn laid_out(format: SyslogFormat, local: bool, pid: Option<u64>) -> String {
        let identity = Identity {
            host: "mq1.example.org".to_owned(),
            app: "VerneMQ".to_owned(),
            process: 42,
            zone: TimeZone::fixed(Offset::constant(2)),
        };
        let message = Message {
            facility: 3,
            level: LogLevel::Warning,
            time: Timestamp::from_microsecond(1_785_577_466_123_456).expect("a time"),
            pid,
            text: "text of it",
        };
        let mut out = Vec::new();
        let layout = Layout { format, identity };
        layout
            .on(local)
            .format(&mut out, Severity::LOG_WARNING, &message)
            .expect("written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn layouts_are_those_of_the_page() {
        assert_eq!(
            laid_out(SyslogFormat::Rfc3164, false, Some(812)),
            "<28>Aug  1 11:44:26 mq1 VerneMQ[42] <0.812.0> - text of it"
        );
        assert_eq!(
            laid_out(SyslogFormat::Rfc5424, false, Some(812)),
            "<28>1 2026-08-01T09:44:26.123456Z mq1.example.org VerneMQ 42 <0.812.0> - text of it"
        );
        assert_eq!(
            laid_out(SyslogFormat::Rfc5424, true, None),
            "<28>1 2026-08-01T09:44:26.123456Z mq1.example.org VerneMQ 42 - - text of it"
        );
        assert_eq!(
            laid_out(SyslogFormat::Rfc3164, true, None),
            "<28>Aug  1 11:44:26 VerneMQ[42]: - - text of it"
        );
    }

    #[test]
    fn fields_are_bounded_and_printable() {
        assert_eq!(field("", 5), "-");
        assert_eq!(field("a b\nü", 48), "a?b??");
        assert_eq!(field("abcdef", 3), "abc");
    }
}
