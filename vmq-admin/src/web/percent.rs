//! Percent-encoding, strictly: a bad escape is a fault and not a text. The libraries for it let bad ones through as they
//! stand, and a topic that was meant otherwise would be acted on.

use std::borrow::Cow;

/// What `+` is: itself in a path, a blank in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plus {
    IsItself,
    IsBlank,
}

/// The text; `None` = a bad escape, or no UTF-8.
pub(super) fn decode(encoded: &str, plus: Plus) -> Option<Cow<'_, str>> {
    let is_special = |byte: &u8| *byte == b'%' || (*byte == b'+' && plus == Plus::IsBlank);
    if !encoded.as_bytes().iter().any(is_special) {
        return Some(Cow::Borrowed(encoded));
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut left = encoded.bytes();
    while let Some(byte) = left.next() {
        bytes.push(match byte {
            b'%' => digit(left.next()?)? << 4 | digit(left.next()?)?,
            b'+' if plus == Plus::IsBlank => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_and_bad_ones_refused() {
        let query = |text| decode(text, Plus::IsBlank);
        assert_eq!(query("a+b%2Bc%2f%C3%A9").as_deref(), Some("a b+c/\u{e9}"));
        assert_eq!(decode("a+b%20c", Plus::IsItself).as_deref(), Some("a+b c"));
        assert_eq!(query("%00").as_deref(), Some("\0"));
        for bad in ["%", "%4", "%4g", "%+1", "%ff", "%ED%A0%80"] {
            assert_eq!(query(bad), None, "{bad}");
        }
    }
}
