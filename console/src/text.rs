//! Numbers, sizes, ages and identifiers as people read them (console.md 8). Every pane says them through here.

use unicode_width::UnicodeWidthStr as _;

/// A count with thousands separators: `98,317`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number in four or five characters: `0`, `3.4`, `812`, `1.2k`, `34M`.
#[must_use]
pub fn short(number: f64) -> String {
    scaled(number, 1000.0, &["", "k", "M", "G", "T"])
}

/// A rate: `1.2k/s`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    format!("{}/s", short(per_second))
}

/// A size: `3.4 MB`, with thousands.
#[must_use]
pub fn bytes(number: f64) -> String {
    scaled(number, 1000.0, &[" B", " kB", " MB", " GB", " TB"])
}

fn scaled(number: f64, base: f64, units: &[&str]) -> String {
    // Sums of nothing are a negative zero.
    let mut number = number.max(0.0) + 0.0;
    let mut unit = 0;
    // 999.6 would be rounded to a fourth digit.
    while number >= base - 0.5 && unit + 1 < units.len() {
        number /= base;
        unit += 1;
    }
    let unit = units.get(unit).copied().unwrap_or_default();
    if number >= 99.95 {
        return format!("{number:.0}{unit}");
    }
    // A tenth is worth saying only where it is not zero.
    let tenths = format!("{number:.1}");
    format!("{}{unit}", tenths.strip_suffix(".0").unwrap_or(&tenths))
}

/// A number without its tenths: `60.2 kB/s` becomes `60 kB/s`.
#[must_use]
pub fn rounder(said: &str) -> String {
    match said.split_once('.') {
        Some((whole, rest)) => {
            let unit = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
            format!("{whole}{unit}")
        }
        None => said.to_owned(),
    }
}

/// An age of so many seconds: `12s`, `4m12s`, `3h05m`, `12d 4h`.
#[must_use]
pub fn age(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

/// A text of somebody else, with everything that could disturb a terminal written out.
#[must_use]
pub fn clean(text: &str) -> String {
    let is_harmless = |character: char| !is_harmful(character);
    if text.chars().all(is_harmless) {
        return text.to_owned();
    }
    let mut cleaned = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => cleaned.push_str("\\n"),
            '\t' => cleaned.push_str("\\t"),
            harmful if is_harmful(harmful) => cleaned.push_str(&format!("\\u{{{:x}}}", u32::from(harmful))),
            harmless => cleaned.push(harmless),
        }
    }
    cleaned
}

/// Controls, and what turns the direction of writing or has no width of its own.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// How many cells a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most so many cells. What is cut ends with `mark`, so that nobody takes it for the whole.
#[must_use]
pub fn cut(text: &str, cells: usize, mark: char) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        let own = unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if used + own > cells {
            break;
        }
        used += own;
        kept.push(character);
    }
    if cells > 0 {
        kept.push(mark);
    }
    kept
}

/// The text in exactly so many cells.
#[must_use]
pub fn pad(text: &str, cells: usize, right: bool, mark: char) -> String {
    let text = cut(text, cells, mark);
    let blanks = " ".repeat(cells.saturating_sub(text.width()));
    if right { blanks + &text } else { text + &blanks }
}

/// Lines of at most so many cells, broken between words where that leaves no large hole; at most `lines` of them.
#[must_use]
pub fn wrap(text: &str, cells: usize, lines: usize) -> Vec<String> {
    let cells = cells.max(2);
    let mut wrapped = Vec::new();
    let mut line = String::new();
    for character in text.chars() {
        line.push(character);
        if line.width() <= cells {
            continue;
        }
        let blank = line.rfind(' ').filter(|at| *at * 3 > line.len() * 2);
        let last = line.len() - character.len_utf8();
        let rest = match blank {
            Some(at) => line.split_off(at).trim_start().to_owned(),
            None => line.split_off(last),
        };
        wrapped.push(std::mem::replace(&mut line, rest));
        if wrapped.len() == lines {
            return wrapped;
        }
    }
    wrapped.push(line);
    wrapped
}

/// A command line as a shell reads it.
#[must_use]
pub fn shell(argv: &[String]) -> String {
    argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_=./:,@%+~".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    // The name of a key or flag stays outside, as people write it.
    if let Some((name, value)) = word
        .split_once('=')
        .filter(|(name, _)| !name.is_empty() && name.chars().all(plain))
    {
        return format!("{name}='{}'", value.replace('\'', "'\\''"));
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The words of a command line, with quotes as in a shell.
///
/// # Errors
/// A quote is not closed.
pub fn words(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, ' ' | '\t') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    match quote {
        None => Ok(words),
        Some(_) => Err("a quote is not closed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_at_a_glance() {
        assert_eq!(count(0), "0");
        assert_eq!(count(98_317), "98,317");
        assert_eq!(count(1_000_000), "1,000,000");
        let shorts = [0.0, 3.44, 7.0, 812.0, 999.7, 1234.0, 12_345.0, 34_000_000.0].map(short);
        assert_eq!(shorts, ["0", "3.4", "7", "812", "1k", "1.2k", "12.3k", "34M"]);
        assert_eq!(rate(1234.0), "1.2k/s");
        assert_eq!(
            ["60.2 kB/s", "812", "1.2k"].map(rounder),
            ["60 kB/s", "812", "1k"]
        );
        assert_eq!(bytes(3_400_000.0), "3.4 MB");
        let ages = [12, 252, 3 * 3600 + 300, 12 * 86_400 + 4 * 3600].map(age);
        assert_eq!(ages, ["12s", "4m12s", "3h05m", "12d 4h"]);
    }

    #[test]
    fn nothing_of_others_reaches_the_terminal_as_it_is() {
        assert_eq!(clean("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(clean("\u{202e}evil"), "\\u{202e}evil");
        assert_eq!(clean("höhe"), "höhe");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("pump-0017", 9, '…'), "pump-0017");
        assert_eq!(cut("pump-0017", 6, '…'), "pump-…");
        assert_eq!(cut("水水水", 4, '…'), "水…");
        assert_eq!(cut("abc", 0, '…'), "");
        assert_eq!(pad("12", 5, true, '…'), "   12");
        assert_eq!(wrap("abcdefg", 3, 2), ["abc", "def"]);
        assert_eq!(wrap("due to bad words", 11, 9), ["due to bad", "words"]);
        assert_eq!(wrap("", 3, 2), [""]);
    }

    #[test]
    fn command_lines_go_there_and_back() {
        let argv = ["session", "disconnect", "client-id=it's a b", ""].map(str::to_owned);
        let line = shell(&argv);
        assert_eq!(line, "session disconnect client-id='it'\\''s a b' ''");
        assert_eq!(words(&line).unwrap(), argv);
        assert!(words("a 'b").is_err());
    }
}
