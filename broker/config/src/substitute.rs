//! `$(name)` in values: another setting, or else an environment variable.
//!
//! Runs after the defaults are in, so `$(platform_data_dir)` always has a value. Works on an explicit stack; the
//! length of a value and the number of its references are bounded, so that a few lines cannot grow without end.
//! Text from the environment is not looked at again.

use std::collections::{BTreeMap, HashMap};

/// Bytes of one value after substitution.
const VALUE_BYTES_MAX: usize = 64 * 1024;
/// References in one value.
const REFERENCES_MAX: usize = 64;

/// A value with its references replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Substituted {
    pub(crate) text: String,
    /// The variable's name, when the whole value is one reference to the environment.
    pub(crate) environment: Option<String>,
}

/// The values that could be resolved, and what is wrong with the others, by key.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) values: BTreeMap<String, Substituted>,
    pub(crate) faults: Vec<(String, String)>,
}

/// Resolves every value of `texts`.
pub(crate) fn substitute(texts: &BTreeMap<String, String>, env: &dyn Fn(&str) -> Option<String>) -> Outcome {
    let mut work = Work {
        texts,
        env,
        states: HashMap::new(),
        faults: Vec::new(),
    };
    for key in texts.keys() {
        work.resolve(key);
    }
    let mut outcome = Outcome {
        faults: work.faults,
        ..Outcome::default()
    };
    for (key, state) in work.states {
        if let State::Done(Some(value)) = state {
            outcome.values.insert(key.to_owned(), value);
        }
    }
    outcome
}

enum State {
    /// On the stack.
    Open,
    /// `None`: faulty; told once.
    Done(Option<Substituted>),
}

struct Work<'a> {
    texts: &'a BTreeMap<String, String>,
    env: &'a dyn Fn(&str) -> Option<String>,
    states: HashMap<&'a str, State>,
    faults: Vec<(String, String)>,
}

impl<'a> Work<'a> {
    fn resolve(&mut self, key: &'a str) {
        let mut stack = vec![key];
        while let Some(&key) = stack.last() {
            if let Some(State::Done(_)) = self.states.get(key) {
                stack.pop();
                continue;
            }
            let Some(text) = self.texts.get(key) else { return };
            self.states.insert(key, State::Open);
            match self.first_unresolved(text) {
                Some(name) if matches!(self.states.get(name), Some(State::Open)) => {
                    let from = stack.iter().position(|open| *open == name).unwrap_or(0);
                    let mut ring: Vec<&str> = stack[from..].to_vec();
                    ring.push(name);
                    let text = format!("Circular RHS substitutions: [{}]", ring.join(","));
                    self.fail(key, text);
                    for open in stack.drain(..) {
                        self.states.insert(open, State::Done(None));
                    }
                }
                Some(name) => stack.push(name),
                None => {
                    let value = self.expand(key, text);
                    self.states.insert(key, State::Done(value));
                    stack.pop();
                }
            }
        }
    }

    /// The first setting that this text needs and that is not resolved yet.
    fn first_unresolved(&self, text: &str) -> Option<&'a str> {
        let names = references(text)
            .filter_map(|piece| piece.reference)
            .take(REFERENCES_MAX);
        let mut keys = names.filter_map(|name| Some(self.texts.get_key_value(name)?.0.as_str()));
        keys.find(|key| !matches!(self.states.get(key), Some(State::Done(_))))
    }

    fn expand(&mut self, key: &str, text: &str) -> Option<Substituted> {
        let mut out = String::new();
        let mut environment = None;
        for (count, piece) in references(text).enumerate() {
            out.push_str(piece.before);
            if count > REFERENCES_MAX || out.len() > VALUE_BYTES_MAX {
                self.fail(key, format!("'{key}' grows too long by substitution"));
                return None;
            }
            let Some(name) = piece.reference else { continue };
            if let Some(state) = self.states.get(name) {
                let State::Done(Some(value)) = state else {
                    return None;
                };
                out.push_str(&value.text);
            } else if let Some(value) = (self.env)(name) {
                out.push_str(&value);
                environment = Some(name.to_owned());
            } else {
                let text = format!("'{key}' substitution requires a config variable '{name}' to be set");
                self.fail(key, text);
                return None;
            }
        }
        if out.len() > VALUE_BYTES_MAX {
            self.fail(key, format!("'{key}' is longer than {VALUE_BYTES_MAX} bytes"));
            return None;
        }
        let is_whole = text.starts_with("$(") && text.find(')') == Some(text.len() - 1);
        Some(Substituted {
            text: out,
            environment: environment.filter(|_| is_whole),
        })
    }

    fn fail(&mut self, key: &str, text: String) {
        self.faults.push((key.to_owned(), text));
    }
}

/// Plain text, then the reference that follows it, if any.
struct Piece<'a> {
    before: &'a str,
    reference: Option<&'a str>,
}

/// Cuts a text at its references; an unbalanced `$(` is plain text.
fn references(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let cut = text
            .find("$(")
            .and_then(|start| Some((start, start + text[start..].find(')')?)));
        let Some((start, end)) = cut else {
            rest = None;
            return Some(Piece {
                before: text,
                reference: None,
            });
        };
        rest = Some(&text[end + 1..]);
        Some(Piece {
            before: &text[..start],
            reference: Some(text[start + 2..end].trim()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pairs: &[(&str, &str)]) -> Outcome {
        let texts = pairs
            .iter()
            .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
            .collect();
        substitute(&texts, &|name| (name == "HOST.x").then(|| "h$(a)".to_owned()))
    }

    #[test]
    fn settings_first_then_environment() {
        let outcome = run(&[
            ("a", "1"),
            ("b", "<$(c)-$( a )>"),
            ("c", "$(a)$(a)"),
            ("d", "$(HOST.x)"),
            ("e", "$("),
        ]);
        assert!(outcome.faults.is_empty(), "{:?}", outcome.faults);
        assert_eq!(outcome.values["b"].text, "<11-1>");
        assert_eq!(outcome.values["d"].text, "h$(a)");
        assert_eq!(outcome.values["d"].environment.as_deref(), Some("HOST.x"));
        assert_eq!(outcome.values["e"].text, "$(");
    }

    #[test]
    fn loops_and_unknown_names_are_told_once() {
        let outcome = run(&[
            ("a", "$(b)"),
            ("b", "$(c)"),
            ("c", "$(b)"),
            ("d", "$(nowhere)"),
            ("e", "$(d)"),
        ]);
        let texts: Vec<&str> = outcome.faults.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Circular RHS substitutions: [b,c,b]",
                "'d' substitution requires a config variable 'nowhere' to be set"
            ]
        );
        assert!(outcome.values.is_empty());
    }

    #[test]
    fn growth_is_bounded() {
        let pairs: Vec<(String, String)> = (0..40)
            .map(|n| (format!("k{n:02}"), format!("$(k{:02})$(k{:02})", n + 1, n + 1)))
            .collect();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        pairs.push(("k40", "x"));
        let outcome = run(&pairs);
        assert_eq!(outcome.faults.len(), 1);
    }
}
