//! The line formats of the file and console sinks: text (`extended`, `simple`) and JSON (monitoring.md 7.3, 7.4).
//!
//! Each function returns one whole line with its line break; nothing a client sent can add another.

use super::render::Json;
use super::{clean, level, record::Record};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde_json::Value;
use std::fmt::{self, Write as _};
use vmq_config::{LogFormat, LogTemplate};

/// Longest message of any line in bytes. With the bound on queued bytes it keeps a log storm small.
pub(super) const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Members of the JSON object that a field of the same name must not repeat.
const RESERVED: [&str; 7] = ["time", "level", "msg", "pid", "mfa", "file", "line"];

/// How one sink writes its lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) format: LogFormat,
    pub(super) template: LogTemplate,
    /// 0 = only the bound of all lines.
    pub(super) message_bytes_max: usize,
}

impl Style {
    /// The record as a line.
    pub(super) fn line(self, record: &Record) -> String {
        self.line_in(record, &TimeZone::system())
    }

    pub(super) fn line_in(self, record: &Record, zone: &TimeZone) -> String {
        let mut line = String::with_capacity(record.message.len() + 128);
        let written = match self.format {
            LogFormat::Json => self.json(&mut line, record),
            LogFormat::Text => self.text(&mut line, record, zone),
        };
        written.expect("writing to a String cannot fail");
        line.push('\n');
        line
    }

    fn text(self, out: &mut String, record: &Record, zone: &TimeZone) -> fmt::Result {
        write_time(out, record.time, zone)?;
        match self.template {
            LogTemplate::Simple => write!(out, " {}", level::name(record.level))?,
            LogTemplate::Extended => {
                write!(out, " [{}]", level::name(record.level))?;
                if let Some(pid) = record.pid {
                    write!(out, " {}", Record::pid_token(pid))?;
                }
                if let Some(source) = record.source {
                    write!(out, " {}:{}", source.module, source.line)?;
                }
            }
        }
        out.push_str(": ");
        self.push_message(out, &record.text());
        Ok(())
    }

    fn json(self, out: &mut String, record: &Record) -> fmt::Result {
        write!(
            out,
            r#"{{"time":{},"level":"{}","msg":"#,
            record.time.as_microsecond(),
            level::name(record.level)
        )?;
        let mut message = String::with_capacity(record.message.len());
        self.push_message(&mut message, &record.message);
        write_json(out, &Value::from(message))?;
        if let Some(pid) = record.pid {
            write!(out, r#","pid":"{}""#, Record::pid_token(pid))?;
        }
        if let Some(source) = record.source {
            // Rust does not tell the function an event stands in: its place stays empty, so that the shape holds.
            write!(
                out,
                r#","mfa":["{}","",0],"file":"{}","line":{}"#,
                source.module, source.file, source.line
            )?;
        }
        for (name, value) in &record.fields {
            let prefix = if RESERVED.contains(name) { "event_" } else { "" };
            write!(out, r#","{prefix}{name}":"#)?;
            match value {
                Value::String(text) => write_json(out, &Value::from(clean::cut(text, MESSAGE_BYTES_MAX)))?,
                other => write_json(out, other)?,
            }
        }
        out.push('}');
        Ok(())
    }

    fn push_message(self, out: &mut String, message: &str) {
        // Cut first, so that a huge message is not escaped in full; cut again, because escapes are longer.
        let bytes_max = match self.message_bytes_max {
            0 => MESSAGE_BYTES_MAX,
            limit => limit.min(MESSAGE_BYTES_MAX),
        };
        out.push_str(&clean::cut(
            &clean::single_line(&clean::cut(message, bytes_max)),
            bytes_max,
        ));
    }
}

/// RFC 3339, local time, six digits, numeric offset.
fn write_time(out: &mut String, time: Timestamp, zone: &TimeZone) -> fmt::Result {
    let local: ZonedDateTime = time.to_zoned_datetime(zone.clone());
    let offset = local.offset().seconds();
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs() / 60);
    write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}{sign}{:02}:{:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second(),
        local.subsec_nanosecond() / 1000,
        minutes / 60,
        minutes % 60
    )
}

/// The value as JSON that stays on its line.
fn write_json(out: &mut String, value: &Value) -> fmt::Result {
    write!(out, "{}", Json(&value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::record::{Kind, Source};
    use super::*;
    use jiff::tz::{Offset, TimeZone};
    use vmq_config::LogLevel;

    fn record(message: &str) -> Record {
        Record {
            time: Timestamp::from_microsecond(1_786_955_666_123_456).expect("a valid time"),
            level: LogLevel::Warning,
            kind: Kind::Plain,
            pid: Some(812),
            source: Some(Source {
                module: "vmq_broker::session",
                file: "session.rs",
                line: 764,
            }),
            message: message.to_owned(),
            fields: Vec::new(),
        }
    }

    fn line(style: Style, record: &Record) -> String {
        style.line_in(record, &TimeZone::fixed(Offset::constant(2)))
    }

    const EXTENDED: Style = Style {
        format: LogFormat::Text,
        template: LogTemplate::Extended,
        message_bytes_max: 0,
    };
    const SIMPLE: Style = Style {
        template: LogTemplate::Simple,
        ..EXTENDED
    };
    const JSON: Style = Style {
        format: LogFormat::Json,
        ..EXTENDED
    };

    #[test]
    fn extended_text() {
        let mut event = record("can't do it\n    due to x");
        assert_eq!(
            line(EXTENDED, &event),
            "2026-08-17T10:34:26.123456+02:00 [warning] <0.812.0> vmq_broker::session:764: can't do it, due to x\n"
        );
        event.pid = None;
        assert_eq!(
            line(EXTENDED, &event),
            "2026-08-17T10:34:26.123456+02:00 [warning] vmq_broker::session:764: can't do it, due to x\n"
        );
        event.source = None;
        assert_eq!(
            line(EXTENDED, &event),
            "2026-08-17T10:34:26.123456+02:00 [warning]: can't do it, due to x\n"
        );
    }

    #[test]
    fn simple_text_and_offsets() {
        assert_eq!(
            line(SIMPLE, &record("m")),
            "2026-08-17T10:34:26.123456+02:00 warning: m\n"
        );
        let zone = TimeZone::fixed(Offset::from_seconds(-(3 * 3600 + 1800)).expect("a valid offset"));
        assert!(
            SIMPLE
                .line_in(&record("m"), &zone)
                .starts_with("2026-08-17T05:04:26.123456-03:30 ")
        );
        assert!(
            SIMPLE
                .line_in(&record("m"), &TimeZone::UTC)
                .starts_with("2026-08-17T08:34:26.123456+00:00 ")
        );
    }

    #[test]
    fn json_has_the_order_of_the_page_then_the_extras() {
        let mut event = record("say \"x\"\n  y");
        event.fields = vec![
            ("client_id", Value::from("c\x1b\u{9b}1")),
            ("reason", Value::from("not_authorized")),
            ("count", Value::from(3)),
            ("file", Value::from("a.conf")),
        ];
        assert_eq!(
            line(JSON, &event),
            concat!(
                r#"{"time":1786955666123456,"level":"warning","msg":"say \"x\", y","pid":"<0.812.0>","#,
                r#""mfa":["vmq_broker::session","",0],"file":"session.rs","line":764,"#,
                r#""client_id":"c\u001b\u009b1","reason":"not_authorized","count":3,"event_file":"a.conf"}"#,
                "\n"
            )
        );
        let back: Value = serde_json::from_str(&line(JSON, &event)).expect("valid JSON");
        assert_eq!(back["client_id"], "c\x1b\u{9b}1");
    }

    #[test]
    fn text_appends_only_what_the_message_does_not_tell() {
        let mut event = record("can't open");
        event.fields = vec![
            ("client_id", Value::from("c1")),
            ("error", Value::from("no such file")),
            ("path", Value::from("/x\n")),
            ("tries", Value::from(2)),
        ];
        assert!(
            line(SIMPLE, &event)
                .ends_with(" warning: can't open error=\"no such file\" path=\"/x\\n\" tries=2\n")
        );
    }

    #[test]
    fn messages_are_bounded() {
        let long = record(&"x".repeat(100));
        assert!(
            line(
                Style {
                    message_bytes_max: 10,
                    ..SIMPLE
                },
                &long
            )
            .ends_with(": xxxxxxx...\n")
        );
        let huge = line(SIMPLE, &record(&"\x1b".repeat(2 * MESSAGE_BYTES_MAX)));
        assert!(huge.len() < MESSAGE_BYTES_MAX + 100 && huge.ends_with("...\n"));
    }
}
