//! Texts of trace lines: everything in them that a client chose is on one line and has an end.

use crate::logging::render::Plain;
use jiff::Timestamp;
use std::fmt::{self, Display, Formatter, Write};
use vmq_admin::command::trace::TracePayload;

/// Bytes of one event; what is longer is cut.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Stands behind what was cut.
const TRUNCATED: &str = " (truncated)";

/// A text in the making that does not grow above the bound.
#[derive(Debug, Default)]
pub(super) struct Line(String);

impl Line {
    /// The text of `write`.
    pub(super) fn of(write: impl FnOnce(&mut Self) -> fmt::Result) -> String {
        let mut line = Self::default();
        if write(&mut line).is_err() {
            line.0.push_str(TRUNCATED);
        }
        line.0
    }
}

impl Write for Line {
    /// Fails when there is no more room, which ends the formatting.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LINE_BYTES_MAX - self.0.len().min(LINE_BYTES_MAX);
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        Err(fmt::Error)
    }
}

/// Now, as the lines begin: UTC, in seconds.
pub(super) fn now() -> impl Display {
    Seconds(Timestamp::now())
}

struct Seconds(Timestamp);

impl Display for Seconds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Timestamp::from_second(self.0.as_second())
            .unwrap_or(self.0)
            .fmt(f)
    }
}

/// Bytes that may be text: what is none is `\xNN`.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl Display for Bytes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            Plain(chunk.valid()).fmt(f)?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// What is shown of payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payloads {
    pub form: TracePayload,
    /// Bytes of each.
    pub bytes_max: usize,
}

/// A payload: on a line of its own, cut after a number of bytes, or its length alone.
pub(super) struct Payload<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) payloads: Payloads,
}

impl Payloads {
    /// The part of a payload that is shown, as text; `None` = nothing is.
    pub(super) fn shown(self, bytes: &[u8]) -> Option<String> {
        let shown = &bytes[..bytes.len().min(self.bytes_max)];
        match self.form {
            TracePayload::Hidden => None,
            TracePayload::Text => Some(Line::of(|out| write!(out, "{}", Bytes(shown)))),
            TracePayload::Hex => Some(Line::of(|out| {
                shown.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
            })),
        }
    }
}

impl Display for Payload<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let length = self.bytes.len();
        let Some(shown) = self.payloads.shown(self.bytes) else {
            return write!(f, " with payload of {length} bytes");
        };
        let mark = if length > self.payloads.bytes_max {
            TRUNCATED
        } else {
            ""
        };
        write!(f, " with payload:\n    {shown}{mark}")
    }
}

/// Flags of packets are digits.
pub(super) const fn bit(flag: bool) -> u8 {
    flag as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_one_line_with_an_end() {
        let shown = |bytes: &[u8], bytes_max| {
            let form = TracePayload::Text;
            let payloads = Payloads { form, bytes_max };
            let text = Payload { bytes, payloads }.to_string();
            text.strip_prefix(" with payload:").unwrap().to_owned()
        };
        assert_eq!(shown(b"hello", 200), "\n    hello");
        assert_eq!(shown(b"", 200), "\n    ");
        assert_eq!(shown(b"hello", 4), "\n    hell (truncated)");
        assert_eq!(shown(b"hello", 0), "\n     (truncated)");
        assert_eq!(shown(b"a\xff\x00b\n\x1b", 200), "\n    a\\xff\\x00b\\n\\x1b");
        assert_eq!(shown("gr\u{fc}n".as_bytes(), 3), "\n    gr\\xc3 (truncated)");
    }

    #[test]
    fn a_payload_may_be_digits_or_a_length() {
        let shown = |form| {
            let payloads = Payloads { form, bytes_max: 3 };
            let bytes = b"a\xff\x00b";
            Payload { bytes, payloads }.to_string()
        };
        assert_eq!(shown(TracePayload::Hex), " with payload:\n    61ff00 (truncated)");
        assert_eq!(shown(TracePayload::Hidden), " with payload of 4 bytes");
    }

    #[test]
    fn a_line_has_a_bound() {
        let line = Line::of(|out| write!(out, "{}", "\u{fc}".repeat(LINE_BYTES_MAX)));
        assert_eq!(line.len(), LINE_BYTES_MAX + TRUNCATED.len());
        assert!(line.ends_with("\u{fc} (truncated)"));
        assert_eq!(Line::of(|out| write!(out, "a{}", 1)), "a1");
    }

    #[test]
    fn times_are_seconds_of_utc() {
        let time: Timestamp = "2020-04-29T21:19:39.987Z".parse().unwrap();
        assert_eq!(Seconds(time).to_string(), "2020-04-29T21:19:39Z");
    }
}
