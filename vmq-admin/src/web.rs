//! The HTTP form of a command line (admin.md 14.3): the path has the words, the query the keys and flags, in any order.
//! Only the form is different: what comes out are [`Arguments`], which the command table reads as those of a terminal.
//!
//! Paths and queries are hostile: what cannot be decoded is refused, nothing is repaired.

pub mod openapi;
mod percent;

use crate::argv::{ArgumentFault, Arguments, Flag};
use crate::command::alias;
use crate::element::Element;
use percent::{Plus, decode};
use std::borrow::Cow;

/// Most keys and flags of one request.
pub const ITEMS_MAX: usize = 256;

/// Why a request is not the form of a command line; the text is what its sender sees.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebFault {
    #[error("Invalid percent-encoding or UTF-8: \"{0}\"")]
    Encoding(String),
    #[error("Too many arguments, the most is {ITEMS_MAX}")]
    TooMany,
    #[error(transparent)]
    Argument(#[from] ArgumentFault),
}

/// The arguments in a path below the root of the interface, without its first slash, and in its queries: that of the
/// URI, and a form that was posted.
///
/// # Errors
/// They cannot be decoded, or say what a query cannot say.
pub fn arguments(path: &str, queries: &[&str]) -> Result<Arguments, WebFault> {
    let mut arguments = Arguments::default();
    let path = path.strip_suffix('/').unwrap_or(path);
    if !path.is_empty() {
        for segment in path.split('/') {
            arguments.words.push(text(segment, Plus::IsItself)?.into_owned());
        }
    }
    let items = queries.iter().flat_map(|query| query.split('&'));
    for (index, item) in items.filter(|item| !item.is_empty()).enumerate() {
        if index == ITEMS_MAX {
            return Err(WebFault::TooMany);
        }
        take(&mut arguments, item)?;
    }
    name_in_full(&mut arguments.words);
    Ok(arguments)
}

/// The pairs of a query that is no command line; a name alone has no value.
///
/// # Errors
/// They cannot be decoded.
pub fn pairs(query: &str) -> Result<Vec<(String, Option<String>)>, WebFault> {
    let items: Vec<&str> = query.split('&').filter(|item| !item.is_empty()).collect();
    if items.len() > ITEMS_MAX {
        return Err(WebFault::TooMany);
    }
    let pair = |item: &&str| {
        let (name, value) = split(item)?;
        Ok((name.into_owned(), value.map(Cow::into_owned)))
    };
    items.iter().map(pair).collect()
}

/// The body of an answer (admin.md 3.3): one element alone, or a list of none or several.
#[must_use]
pub fn body(elements: &[Element]) -> String {
    let text = match elements {
        [one] => serde_json::to_string(one),
        many => serde_json::to_string(many).map(|list| list + "\n"),
    };
    // Elements are texts, numbers and lists of them.
    text.unwrap_or_default()
}

fn take(arguments: &mut Arguments, item: &str) -> Result<(), WebFault> {
    let (name, value) = split(item)?;
    match (name.strip_prefix("--"), value) {
        (Some(""), _) | (None, None) => Err(ArgumentFault::StrayWord(name.into_owned()).into()),
        (Some(flag), value) => {
            let value = value.filter(|value| !value.is_empty()).map(Cow::into_owned);
            arguments.flags.push((Flag::Long(flag.to_owned()), value));
            Ok(())
        }
        // Flags of one letter have no form here.
        (None, Some(_)) if name.starts_with('-') => Err(ArgumentFault::StrayWord(name.into_owned()).into()),
        (None, Some(value)) if value.is_empty() => Err(ArgumentFault::EmptyValue(name.into_owned()).into()),
        (None, Some(value)) => {
            arguments.keys.push((name.into_owned(), value.into_owned()));
            Ok(())
        }
    }
}

fn split(item: &str) -> Result<(Cow<'_, str>, Option<Cow<'_, str>>), WebFault> {
    let (name, value) = match item.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (item, None),
    };
    let value = value.map(|value| text(value, Plus::IsBlank)).transpose()?;
    Ok((text(name, Plus::IsBlank)?, value))
}

fn text(encoded: &str, plus: Plus) -> Result<Cow<'_, str>, WebFault> {
    decode(encoded, plus).ok_or_else(|| WebFault::Encoding(encoded.to_owned()))
}

/// Short paths, and names of old.
fn name_in_full(words: &mut Vec<String>) {
    let group = match words.first().map(String::as_str) {
        Some("sessions") => "session",
        Some("listeners") => "listener",
        Some("plugins") => "plugin",
        Some("cluster") => "cluster",
        _ => {
            // Whoever asks by HTTP has no standard error for the note.
            drop(alias::resolve(words));
            return;
        }
    };
    words[0] = group.to_owned();
    if words.len() == 1 {
        words.push("show".to_owned());
    }
    drop(alias::resolve(words));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> Vec<String> {
        arguments(path, &[]).unwrap().words
    }

    fn fault(path: &str, query: &str) -> String {
        arguments(path, &[query]).unwrap_err().to_string()
    }

    fn long(name: &str) -> Flag {
        Flag::Long(name.to_owned())
    }

    #[test]
    fn a_path_has_the_words() {
        assert_eq!(
            words("session/disconnect/clients"),
            ["session", "disconnect", "clients"]
        );
        assert_eq!(
            words("show/retry_interval/a%2Fb+c"),
            ["show", "retry_interval", "a/b+c"]
        );
        assert_eq!(words("session/show/"), ["session", "show"]);
        assert_eq!(words(""), Vec::<String>::new());
        // No flag and no key comes in by the path.
        assert_eq!(words("set/a=b/--all"), ["set", "a=b", "--all"]);
    }

    #[test]
    fn short_paths_and_old_names() {
        for (short, full) in [
            ("sessions", vec!["session", "show"]),
            ("sessions/disconnect", vec!["session", "disconnect"]),
            ("listeners", vec!["listener", "show"]),
            ("listeners/stop", vec!["listener", "stop"]),
            ("plugins", vec!["plugin", "show"]),
            ("plugins/enable", vec!["plugin", "enable"]),
            ("cluster", vec!["cluster", "show"]),
            ("cluster/status", vec!["cluster", "show"]),
            ("api/list-keys", vec!["api-key", "show"]),
        ] {
            assert_eq!(words(short), full, "{short}");
        }
    }

    #[test]
    fn a_query_has_keys_and_flags_in_any_order() {
        let parsed = arguments(
            "x",
            &[
                "--cleanup&client-id=a%2B+b&--topic=%23&--name=&--ref=a=b",
                "&k=v&",
            ],
        );
        let parsed = parsed.unwrap();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(parsed.keys, [pair("client-id", "a+ b"), pair("k", "v")]);
        assert_eq!(
            parsed.flags,
            [
                (long("cleanup"), None),
                (long("topic"), Some("#".to_owned())),
                (long("name"), None),
                (long("ref"), Some("a=b".to_owned())),
            ]
        );
    }

    #[test]
    fn what_a_query_cannot_say() {
        assert_eq!(fault("x", "word"), "Invalid flag: \"word\"");
        assert_eq!(fault("x", "-k"), "Invalid flag: \"-k\"");
        assert_eq!(fault("x", "-k=1"), "Invalid flag: \"-k\"");
        assert_eq!(fault("x", "--"), "Invalid flag: \"--\"");
        assert_eq!(fault("x", "client-id="), "Empty value in argument: \"client-id\"");
        for bad in ["%", "a%2", "%zz=1", "k=%ff", "k=%C3%28"] {
            assert!(
                fault("x", bad).starts_with("Invalid percent-encoding or UTF-8"),
                "{bad}"
            );
            assert!(matches!(arguments(bad, &[]), Err(WebFault::Encoding(_))), "{bad}");
        }
        let many = "a=b&".repeat(ITEMS_MAX + 1);
        assert_eq!(arguments("x", &[&many]), Err(WebFault::TooMany));
        assert_eq!(arguments("x", &[&many[4..]]).unwrap().keys.len(), ITEMS_MAX);
    }

    /// admin.md 3.3
    #[test]
    fn a_body_is_one_object_or_a_list() {
        let text = || Element::text("Done");
        assert_eq!(body(&[]), "[]\n");
        assert_eq!(body(&[text()]), r#"{"text":"Done","type":"text"}"#);
        let both = body(&[text(), Element::Table(Vec::new())]);
        assert_eq!(
            both,
            "[{\"text\":\"Done\",\"type\":\"text\"},{\"table\":[],\"type\":\"table\"}]\n"
        );
    }

    #[test]
    fn pairs_may_have_no_value() {
        let pair = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        assert_eq!(
            pairs("client_id=a%20b&topics&x=").unwrap(),
            [
                pair("client_id", Some("a b")),
                pair("topics", None),
                pair("x", Some(""))
            ]
        );
        assert!(pairs("%").is_err());
    }
}
