//! The query engine behind `session show` and `retain show` (admin.md 7): what a cell of a row is, and which rows are
//! wanted. Typed and without a language of its own: conditions come from flags (`vmq_admin::command::query`) or from an
//! expression (`filter`).

pub(super) mod filter;

use super::Answer;
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use vmq_admin::Value;
use vmq_admin::command::query::{Condition, Test};

/// Memory that a regular expression may take when it is compiled, in bytes.
const REGEX_BYTES_MAX: usize = 1024 * 1024;

/// What stands in one column of one row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    /// The row has no such thing: `null`.
    Missing,
    /// The row could have it: `undefined`.
    Undefined,
    Flag(bool),
    Number(u64),
    Text(Cow<'a, str>),
    /// A word of a closed list, or a handle: no regular expression finds it.
    Word(Cow<'a, str>),
    /// A payload.
    Bytes(&'a [u8]),
}

/// A condition that is ready to be asked.
#[derive(Debug)]
pub(super) struct Wanted<F> {
    pub field: F,
    matcher: Matcher,
}

#[derive(Debug)]
enum Matcher {
    Is(String),
    Like(Regex),
}

/// Prepares the conditions of a query.
///
/// # Errors
/// The alert for the first regular expression that is none.
pub(super) fn prepare<F: Copy>(
    conditions: &[Condition<F>],
    name: impl Fn(F) -> &'static str,
) -> Result<Vec<Wanted<F>>, Answer> {
    let one = |condition: &Condition<F>| {
        let matcher = match &condition.test {
            Test::Is(value) => Matcher::Is(value.clone()),
            Test::Like(text) => Matcher::Like(expression(text, name(condition.field))?),
        };
        Ok(Wanted {
            field: condition.field,
            matcher,
        })
    };
    conditions.iter().map(one).collect()
}

/// A regular expression: unanchored, case sensitive, linear in time.
///
/// # Errors
/// The alert that says it is none, or too large.
pub(super) fn expression(text: &str, flag: &str) -> Result<Regex, Answer> {
    RegexBuilder::new(text)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|_| invalid_value(text, flag))
}

/// `Invalid value: "x" for flag: limit`.
pub(super) fn invalid_value(value: &str, flag: &str) -> Answer {
    Answer::alert(format!("Invalid value: \"{value}\" for flag: {flag}"))
}

impl<F> Wanted<F> {
    /// Whether a cell of the field is what is wanted.
    pub(super) fn holds(&self, cell: &Cell<'_>) -> bool {
        match &self.matcher {
            Matcher::Is(value) => cell.is(value),
            Matcher::Like(regex) => cell.text().is_some_and(|text| regex.is_match(&text)),
        }
    }

    /// The value that a cell must be exactly.
    pub(super) fn exact(&self) -> Option<&str> {
        match &self.matcher {
            Matcher::Is(value) => Some(value),
            Matcher::Like(_) => None,
        }
    }
}

impl Cell<'_> {
    /// Whether it is written like this. What is missing counts as `undefined`.
    pub(super) fn is(&self, value: &str) -> bool {
        match self {
            Self::Missing | Self::Undefined => value == "undefined",
            Self::Flag(flag) => value == if *flag { "true" } else { "false" },
            Self::Number(number) => value.parse() == Ok(*number),
            Self::Text(text) | Self::Word(text) => value == text,
            Self::Bytes(bytes) => value.as_bytes() == *bytes,
        }
    }

    /// What regular expressions look at.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Missing | Self::Undefined | Self::Flag(_) | Self::Number(_) | Self::Word(_) => None,
        }
    }

    /// As it stands in the answer.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Missing => Value::Null,
            Self::Undefined => Value::Undefined,
            Self::Flag(flag) => (*flag).into(),
            Self::Number(number) => (*number).into(),
            Self::Text(text) | Self::Word(text) => Value::Text(text.clone().into_owned()),
            Self::Bytes(bytes) => Value::Text(printable(bytes)),
        }
    }
}

/// Bytes as text; what is no UTF-8 stands as `\xNN` (admin.md 3.2).
fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(test: Test) -> Wanted<()> {
        let conditions = [Condition { field: (), test }];
        prepare(&conditions, |()| "f").unwrap().remove(0)
    }

    fn is(value: &str, cell: &Cell<'_>) -> bool {
        wanted(Test::Is(value.to_owned())).holds(cell)
    }

    fn like(text: &str, cell: &Cell<'_>) -> bool {
        wanted(Test::Like(text.to_owned())).holds(cell)
    }

    /// admin.md 6.1: values are compared as what the field is.
    #[test]
    fn values_are_compared_by_type() {
        assert!(is("123", &Cell::Text("123".into())));
        assert!(is("5", &Cell::Number(5)) && !is("50", &Cell::Number(5)));
        assert!(is("true", &Cell::Flag(true)) && !is("true", &Cell::Flag(false)));
        assert!(is("a\"b", &Cell::Text("a\"b".into())));
        assert!(is("online", &Cell::Word("online".into())));
        for missing in [Cell::Missing, Cell::Undefined] {
            assert!(is("undefined", &missing) && !is("", &missing) && !is("null", &missing));
        }
    }

    #[test]
    fn expressions_are_unanchored_and_for_texts_only() {
        let topic = Cell::Text("some/other/topic1".into());
        assert!(like("other/.*", &topic) && !like("^other", &topic) && !like("OTHER", &topic));
        for cell in [
            Cell::Missing,
            Cell::Undefined,
            Cell::Flag(true),
            Cell::Number(5),
            Cell::Word("online".into()),
        ] {
            assert!(!like(".*", &cell), "{cell:?}");
        }
        let answer = prepare(
            &[Condition {
                field: (),
                test: Test::Like("(".to_owned()),
            }],
            |()| "topic",
        )
        .unwrap_err();
        assert_eq!(answer, invalid_value("(", "topic"));
        assert!(
            expression("(((a{999}){999}){999})", "topic").is_err(),
            "too large"
        );
    }

    /// admin.md 3.2.
    #[test]
    fn payloads_are_printable() {
        let payload = Cell::Bytes(b"ok \xff\xc3\xa9");
        assert_eq!(payload.value(), Value::Text("ok \\xff\u{e9}".to_owned()));
        assert!(is("raw", &Cell::Bytes(b"raw")));
    }
}
