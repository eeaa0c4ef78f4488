//! The log as it is written.

use super::super::query::invalid_value;
use super::super::{Admin, Answer};
use super::difference::Picture;
use crate::logging::{Tail, TailLine, level};
use vmq_admin::live::{Log, LogLine};
use vmq_config::LogLevel;

/// Bytes of the text that lines are looked at for.
const TEXT_BYTES_MAX: usize = 1024;

/// Somebody who looks at it.
pub(super) struct Source(Tail);

impl Source {
    pub(super) fn new(admin: &Admin, wanted: &Log) -> Result<Self, Answer> {
        let least = match wanted.level.as_str() {
            "" => LogLevel::Info,
            name => level::parse(name).ok_or_else(|| invalid_value(name, "level"))?,
        };
        if wanted.contains.len() > TEXT_BYTES_MAX {
            let text = format!("A text of more than {TEXT_BYTES_MAX} bytes for flag: contains");
            return Err(Answer::alert(text));
        }
        Ok(Self(admin.logging.tail(least, &wanted.contains)))
    }

    pub(super) fn look(&self) -> Picture {
        let (lines, left_out) = self.0.take();
        Picture {
            lines: lines.into_iter().map(line).collect(),
            left_out,
            is_complete: true,
            ..Picture::default()
        }
    }
}

fn line(line: TailLine) -> LogLine {
    LogLine {
        time_us: line.time.as_microsecond(),
        level: level::name(line.level).to_owned(),
        pid: line.pid,
        client_id: line.client_id,
        text: line.text,
    }
}
