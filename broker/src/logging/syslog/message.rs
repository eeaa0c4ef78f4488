//! A syslog message on its way to the writer: packed into bytes, because the layout depends on the transport that is
//! open when it is sent, and because laying it out is no work for the data path.

use super::super::clean;
use super::super::level;
use super::super::record::{Kind, Record};
use jiff::Timestamp;
use vmq_config::LogLevel;

/// Longest text in bytes: receivers take 8 KiB by default, header included, and datagrams have to fit.
const TEXT_BYTES_MAX: usize = 7 * 1024;
/// Crash reports go out under this facility whatever is configured (monitoring.md 7.5).
const DAEMON: u8 = 3;
const HEAD_BYTES: usize = 19;

/// One line of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Message<'a> {
    pub(super) facility: u8,
    pub(super) level: LogLevel,
    pub(super) time: Timestamp,
    pub(super) pid: Option<u64>,
    pub(super) text: &'a str,
}

/// Packs one line of a record: facility, level, pid mark, time, pid, text.
pub(in super::super) fn pack(record: &Record, facility: u8, line: &str) -> Vec<u8> {
    let facility = if record.kind == Kind::Crash {
        DAEMON
    } else {
        facility
    };
    let text = clean::cut(line, TEXT_BYTES_MAX);
    let mut packed = Vec::with_capacity(HEAD_BYTES + text.len());
    packed.extend([
        facility,
        level::index(record.level),
        u8::from(record.pid.is_some()),
    ]);
    packed.extend(record.time.as_microsecond().to_le_bytes());
    packed.extend(record.pid.unwrap_or_default().to_le_bytes());
    packed.extend(text.as_bytes());
    packed
}

impl<'a> Message<'a> {
    /// The opposite of `pack`; `None` for anything else.
    pub(super) fn unpack(packed: &'a [u8]) -> Option<Self> {
        let (&[facility, level, has_pid], rest) = packed.split_first_chunk::<3>()?;
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let (pid, text) = rest.split_first_chunk::<8>()?;
        Some(Self {
            facility,
            level: *level::ALL.get(usize::from(level))?,
            time: Timestamp::from_microsecond(i64::from_le_bytes(*time)).ok()?,
            pid: (has_pid == 1).then_some(u64::from_le_bytes(*pid)),
            text: std::str::from_utf8(text).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_what_was_packed() {
        let mut record = Record::own(LogLevel::Notice, String::new());
        record.pid = Some(7);
        let packed = pack(&record, 16, "text");
        assert_eq!(packed.len(), HEAD_BYTES + 4);
        let message = Message::unpack(&packed).expect("a message");
        assert_eq!(
            (message.facility, message.level, message.pid, message.text),
            (16, LogLevel::Notice, Some(7), "text")
        );
        assert_eq!(message.time.as_microsecond(), record.time.as_microsecond());
        record.kind = Kind::Crash;
        assert_eq!(
            Message::unpack(&pack(&record, 16, ""))
                .expect("a message")
                .facility,
            DAEMON
        );
        assert_eq!(Message::unpack(b"short"), None);
        assert!(pack(&record, 3, &"x".repeat(100_000)).len() <= HEAD_BYTES + TEXT_BYTES_MAX);
    }
}
