//! One rule's filter, split into levels when the file is read, compared level by level when somebody asks.

use super::Who;

/// A filter, with what a pattern fills in left open.
#[derive(Debug)]
pub(super) struct Filter {
    levels: Box<[Level]>,
}

#[derive(Debug, PartialEq)]
enum Level {
    Is(Box<str>),
    /// `+`
    One,
    /// `#`
    Rest,
    ClientId,
    Username,
    Mountpoint,
}

/// Whether `%c`, `%u` and `%m` stand for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Substitution {
    /// In a `pattern`.
    On,
    /// In a `topic`: they are text.
    Off,
}

impl Filter {
    /// Splits a valid filter. A substitution counts only as a complete level.
    pub(super) fn new(text: &str, substitution: Substitution) -> Self {
        let level = |level: &str| match (level, substitution) {
            ("+", _) => Level::One,
            ("#", _) => Level::Rest,
            ("%c", Substitution::On) => Level::ClientId,
            ("%u", Substitution::On) => Level::Username,
            ("%m", Substitution::On) => Level::Mountpoint,
            _ => Level::Is(level.into()),
        };
        Self {
            levels: text.split('/').map(level).collect(),
        }
    }

    /// Whether it is the filter `#`.
    pub(super) fn is_everything(&self) -> bool {
        *self.levels == [Level::Rest]
    }

    /// Whether it covers exactly one topic, the same for everybody.
    pub(super) fn is_exact(&self) -> bool {
        self.levels.iter().all(|level| matches!(level, Level::Is(_)))
    }

    /// Whether every topic that the requested topic or filter can mean is a topic of this filter. Other than in
    /// matching, a first `+` or `#` covers `$` topics too (hooks.md 19.3).
    pub(super) fn covers(&self, requested: &str, who: &Who<'_>) -> bool {
        // What is left after the levels so far; `None` behind the last one.
        let mut left = Some(requested.as_bytes());
        for level in &self.levels {
            if *level == Level::Rest {
                return true;
            }
            let Some(asked) = left else { return false };
            let after = match level {
                Level::Is(text) => after_text(text, asked),
                Level::One => after_one(asked),
                Level::Rest => Some(None),
                Level::ClientId => after_value(who.client_id, asked),
                Level::Username => who.username.and_then(|name| after_value(name, asked)),
                Level::Mountpoint => after_value(who.mountpoint, asked),
            };
            match after {
                Some(after) => left = after,
                None => return false,
            }
        }
        left.is_none()
    }
}

/// The levels behind the first; `None` when there is none.
type After<'a> = Option<&'a [u8]>;

/// What is left if the first level asked for is this text. Compares without looking for the level's end first: most
/// rules differ from most topics in an early byte.
fn after_text<'a>(text: &str, asked: &'a [u8]) -> Option<After<'a>> {
    match asked.strip_prefix(text.as_bytes())? {
        [] => Some(None),
        [b'/', rest @ ..] => Some(Some(rest)),
        _ => None,
    }
}

/// What is left behind any one level. A requested `#` is any number of levels, `+` is not enough for them.
fn after_one(asked: &[u8]) -> Option<After<'_>> {
    match asked.iter().position(|&byte| byte == b'/') {
        None => (asked != b"#").then_some(None),
        Some(end) => Some(Some(&asked[end + 1..])),
    }
}

/// What is left if the first level asked for is the substituted value. A client called `+` or `#` must not get wildcard
/// rights by its name (CVE-2017-7650), and a value with a `/` is no level.
fn after_value<'a>(value: &str, asked: &'a [u8]) -> Option<After<'a>> {
    let after = after_text(value, asked)?;
    (!value.contains(['+', '#', '/'])).then_some(after)
}
