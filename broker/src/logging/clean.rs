//! One event is one line: what a message may not do to the log it is written to.
//!
//! A client chooses its client id, user name and topics. None of them may start a new line (a forged entry) or send
//! a control sequence to the terminal of whoever reads the log. Called by the formats and by `render`.

use std::borrow::Cow;
use std::fmt;

/// What stands at the end of a text that was cut.
const CUT: &str = "...";

/// Whether a character must not reach a log file as it is: controls, and the separators and direction marks that
/// make a reader's screen show something else than what is there.
pub(super) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes the escape of a hostile character: `\n`, `\r`, `\t`, `\xNN`, `\u{NNNN}`.
pub(super) fn write_escaped(out: &mut impl fmt::Write, c: char) -> fmt::Result {
    match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        c if u32::from(c) < 0x100 => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    }
}

/// The text as one line: a line break with an optional comma before it and blanks after it becomes `, `; breaks at
/// either end vanish; every other hostile character is escaped.
pub(super) fn single_line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 16);
    for (position, part) in text.split(['\n', '\r']).enumerate() {
        let part = if position == 0 { part } else { part.trim_start() };
        if part.is_empty() {
            continue;
        }
        if !line.is_empty() {
            if line.ends_with(',') {
                line.pop();
            }
            line.push_str(", ");
        }
        push_escaped(&mut line, part);
    }
    Cow::Owned(line)
}

/// The lines of a text for syslog, which sends one message for each: blank ones left out, the rest escaped.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(['\n', '\r'])
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .map(|line| {
            if !line.chars().any(is_hostile) {
                return Cow::Borrowed(line);
            }
            let mut clean = String::with_capacity(line.len() + 16);
            push_escaped(&mut clean, line);
            Cow::Owned(clean)
        })
}

/// The text, cut to at most `bytes_max` bytes (mark included) at a character; 0 = no limit.
pub(super) fn cut(text: &str, bytes_max: usize) -> Cow<'_, str> {
    if bytes_max == 0 || text.len() <= bytes_max {
        return Cow::Borrowed(text);
    }
    let mut end = bytes_max.saturating_sub(CUT.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}{CUT}", &text[..end]))
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        if is_hostile(c) {
            write_escaped(out, c).expect("writing to a String cannot fail");
        } else {
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_commas() {
        assert_eq!(single_line("plain"), "plain");
        assert_eq!(single_line("a\n   b"), "a, b");
        assert_eq!(single_line("a,\n\tb\r\nc"), "a, b, c");
        assert_eq!(single_line("\n a\n\n\n b\n"), "a, b");
        assert_eq!(single_line("\n"), "");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(single_line("a\x1b[2Jb\0c\td\x7fe"), "a\\x1b[2Jb\\x00c\\td\\x7fe");
        assert_eq!(single_line("a\u{9b}31mb\u{85}c"), "a\\x9b31mb\\x85c");
        assert_eq!(single_line("a\u{2028}b\u{202e}c"), "a\\u{2028}b\\u{202e}c");
        assert_eq!(single_line("grün ✓"), "grün ✓");
    }

    #[test]
    fn syslog_lines_are_clean() {
        assert_eq!(lines("a\r\n\n  b\x1b\n").collect::<Vec<_>>(), ["a", "  b\\x1b"]);
    }

    #[test]
    fn cut_keeps_characters_whole() {
        assert_eq!(cut("abcdef", 0), "abcdef");
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abc...");
        assert_eq!(cut("aü✓defg", 6), "aü...");
        assert_eq!(cut("abcdefg", 2), "...");
    }
}
