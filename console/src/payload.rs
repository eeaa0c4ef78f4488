//! A payload as it is shown: as JSON with a line for each value, as text, or byte by byte. A key goes round.

use crate::text::{self, clean};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Lines of a payload that are made, whatever the size of the screen.
const LINES_MAX: usize = 200;

/// Bytes in a line of hexadecimal numbers.
const HEX_BYTES: usize = 16;

/// How a payload is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// On several lines, if it is any.
    #[default]
    Json,
    Text,
    Hex,
}

impl Form {
    /// The one behind it, round and round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Json => Self::Text,
            Self::Text => Self::Hex,
            Self::Hex => Self::Json,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Text => "text",
            Self::Hex => "hex",
        }
    }

    /// A payload in lines of so many cells; the words say what became of it.
    #[must_use]
    pub fn shown(self, payload: &[u8], cells: usize) -> (&'static str, Vec<String>) {
        let pretty = || {
            let value: serde_json::Value = serde_json::from_slice(payload).ok()?;
            serde_json::to_string_pretty(&value).ok()
        };
        match (self, pretty(), std::str::from_utf8(payload)) {
            (Self::Json, Some(pretty), _) => ("as JSON", wrapped(&pretty, cells)),
            (Self::Json, None, Ok(text)) => ("as text, no JSON", wrapped(text, cells)),
            (Self::Text, _, Ok(text)) => ("as text", wrapped(text, cells)),
            (Self::Json | Self::Text, _, Err(_)) => ("in hex, no text", hex(payload, cells)),
            (Self::Hex, ..) => ("in hex", hex(payload, cells)),
        }
    }
}

fn wrapped(text: &str, cells: usize) -> Vec<String> {
    let lines = text.split('\n').take(LINES_MAX);
    lines
        .flat_map(|line| text::wrap(&clean(line), cells, LINES_MAX))
        .take(LINES_MAX)
        .collect()
}

/// Offset, numbers, and what of it is readable.
fn hex(payload: &[u8], cells: usize) -> Vec<String> {
    let bytes = if cells >= 76 { HEX_BYTES } else { HEX_BYTES / 2 };
    let line = |(nth, part): (usize, &[u8])| {
        let numbers: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let readable = |byte: &u8| match byte {
            0x20..=0x7e => char::from(*byte),
            _ => '.',
        };
        let text: String = part.iter().map(readable).collect();
        format!(
            "{:04x}  {:<width$}  {text}",
            nth * bytes,
            numbers.join(" "),
            width = bytes * 3 - 1
        )
    };
    payload
        .chunks(bytes)
        .enumerate()
        .take(LINES_MAX)
        .map(line)
        .collect()
}

/// The bytes of a payload as it travels; `None` = that is none.
#[must_use]
pub fn of_wire(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_shown_in_three_forms() {
        let json = br#"{"a":[1]}"#;
        let (said, lines) = Form::Json.shown(json, 40);
        assert_eq!(
            (said, lines.join("|").as_str()),
            ("as JSON", "{|  \"a\": [|    1|  ]|}")
        );
        assert_eq!(Form::Text.shown(json, 40).1, [r#"{"a":[1]}"#]);
        assert_eq!(
            Form::Hex.shown(json, 80).1,
            ["0000  7b 22 61 22 3a 5b 31 5d 7d                       {\"a\":[1]}"]
        );
        // What is none of it is shown as what it is, and nothing of it reaches the terminal as it is.
        assert_eq!(
            Form::Json.shown(b"x\x1b[2J", 40),
            ("as text, no JSON", vec!["x\\u{1b}[2J".to_owned()])
        );
        assert_eq!(
            Form::Text.shown(b"\xff\x00", 40).1,
            ["0000  ff 00                    .."]
        );
        assert_eq!(Form::Hex.shown(&[b'x'; 90_000], 80).1.len(), LINES_MAX);
        assert_eq!(Form::Json.shown(&[b'['; 9_000], 80).0, "as text, no JSON");
    }

    #[test]
    fn payloads_travel_as_base64() {
        assert_eq!(of_wire("AP96"), Some(vec![0, 255, b'z']));
        assert_eq!(of_wire("AP9"), None);
    }
}
