//! The filter language of console.md 5 for tables that are here as a whole: listeners, plugins, traces, retained
//! messages. Sessions are filtered by the broker, which reads the same language.

use regex::{Regex, RegexBuilder};

/// Terms of an expression.
const TERMS_MAX: usize = 64;

/// Bytes of a compiled regular expression.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// An expression: one of the alternatives must hold whole.
#[derive(Debug, Default)]
pub struct Filter(Vec<Vec<Term>>);

#[derive(Debug)]
struct Term {
    negated: bool,
    /// `None` = in any column.
    field: Option<String>,
    check: Check,
}

#[derive(Debug)]
enum Check {
    Like(Regex),
    More(f64),
    Less(f64),
}

impl Filter {
    /// Reads an expression; an empty one holds of everything.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut alternatives = vec![Vec::new()];
        let mut count = 0;
        for word in text.replace('|', " | ").split_whitespace() {
            if word == "|" {
                alternatives.push(Vec::new());
                continue;
            }
            count += 1;
            if count > TERMS_MAX {
                return Err(format!("more than {TERMS_MAX} terms"));
            }
            if let Some(last) = alternatives.last_mut() {
                last.push(Term::parse(word)?);
            }
        }
        match alternatives.as_slice() {
            [only] if only.is_empty() => Ok(Self::default()),
            all if all.iter().any(Vec::is_empty) => Err("a term is missing beside |".to_owned()),
            _ => Ok(Self(alternatives)),
        }
    }

    /// Whether a row is wanted: its columns by name, each with its text and, where it is one, its number.
    #[must_use]
    pub fn holds(&self, row: &[(&str, &str, Option<f64>)]) -> bool {
        self.0.is_empty()
            || self
                .0
                .iter()
                .any(|terms| terms.iter().all(|term| term.holds(row)))
    }
}

impl Term {
    fn parse(word: &str) -> Result<Self, String> {
        let (negated, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        let Some(at) = rest.find(['=', '!', '~', '<', '>']).filter(|at| *at > 0) else {
            let check = Check::Like(pattern(rest, false)?);
            return if rest.is_empty() {
                Err("a term is missing behind !".to_owned())
            } else {
                Ok(Self {
                    negated,
                    field: None,
                    check,
                })
            };
        };
        let (field, value) = rest.split_at(at);
        let number = |text: &str| text.parse().map_err(|_| format!("'{text}' is no number"));
        let (turned, check) = match value.split_at(1) {
            ("=", value) => (false, Check::Like(pattern(value, true)?)),
            ("!", value) => match value.strip_prefix('=') {
                Some(value) => (true, Check::Like(pattern(value, true)?)),
                None => return Err(format!("'{rest}' is no term")),
            },
            ("~", value) => (false, Check::Like(regex(value)?)),
            (">", value) => (false, Check::More(number(value)?)),
            (_, value) => (false, Check::Less(number(value)?)),
        };
        let field = Some(field.to_owned());
        Ok(Self {
            negated: negated != turned,
            field,
            check,
        })
    }

    fn holds(&self, row: &[(&str, &str, Option<f64>)]) -> bool {
        let is_meant = |name: &str| {
            self.field
                .as_ref()
                .is_none_or(|field| name.eq_ignore_ascii_case(field))
        };
        let found = row.iter().any(|(name, text, number)| {
            is_meant(name)
                && match &self.check {
                    Check::Like(expression) => expression.is_match(text),
                    Check::More(bound) => number.is_some_and(|number| number > *bound),
                    Check::Less(bound) => number.is_some_and(|number| number < *bound),
                }
        });
        found != self.negated
    }
}

/// A text in which `*` stands for anything; alone it may stand anywhere in the cell.
fn pattern(text: &str, is_whole: bool) -> Result<Regex, String> {
    let parts: Vec<String> = text.split('*').map(regex::escape).collect();
    let expression = parts.join(".*");
    if is_whole {
        regex(&format!("^{expression}$"))
    } else {
        regex(&expression)
    }
}

fn regex(expression: &str) -> Result<Regex, String> {
    RegexBuilder::new(expression)
        .case_insensitive(true)
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|_| format!("'{expression}' is no regular expression"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_the_broker() {
        let row = [("port", "1883", Some(1883.0)), ("status", "running", None)];
        let holds = |text: &str| Filter::parse(text).unwrap().holds(&row);
        for text in [
            "",
            "188",
            "RUN",
            "port=1883",
            "port=18*",
            "port>1000 status=running",
            "port<9999",
            "!suspended",
            "status!=suspended",
            "status~^r.*g$",
            "nothing | port=1883",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "8883",
            "port=188",
            "port>1883",
            "!running",
            "status!=running",
            "status~^x",
            "port=1883 suspended",
        ] {
            assert!(!holds(text), "{text}");
        }
        for text in ["port>many", "|", "a |", "!", "status~(", "a!b"] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }
}
