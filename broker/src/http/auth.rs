//! The key of a request (admin.md 14.1): the user of Basic authentication where there is an `Authorization`, else
//! `x-api-key`.

use crate::api_keys::{ApiKeys, Scope};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::borrow::Cow;
use vmq_admin::command::api_key::beginning;

/// The header for who does not want Basic authentication.
const KEY_HEADER: &str = "x-api-key";

/// Looks for a key that opens this; gives as much of it as a log may have. `None` = there is none.
pub(super) fn admitted(headers: &HeaderMap, keys: &ApiKeys, scope: Scope, now: i64) -> Option<String> {
    let key = key(headers)?;
    keys.opens(&key, scope, now)
        .then(|| beginning(&String::from_utf8_lossy(&key)))
}

/// Whether there is something that is meant as a key.
pub(super) fn brings_one(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key(KEY_HEADER)
}

fn key(headers: &HeaderMap) -> Option<Cow<'_, [u8]>> {
    match headers.get(AUTHORIZATION) {
        Some(value) => basic_user(value.as_bytes()).map(Cow::Owned),
        None => headers
            .get(KEY_HEADER)
            .map(|value| Cow::Borrowed(value.as_bytes())),
    }
}

/// What stands before the first colon; nobody looks at the password.
fn basic_user(value: &[u8]) -> Option<Vec<u8>> {
    let (scheme, rest) = value.split_at_checked("Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let mut credentials = BASE64_STANDARD.decode(rest.trim_ascii()).ok()?;
    let end = credentials.iter().position(|byte| *byte == b':')?;
    credentials.truncate(end);
    Some(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn key_of(pairs: &[(&'static str, &'static str)]) -> Option<Vec<u8>> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        key(&headers).map(Cow::into_owned)
    }

    #[test]
    fn a_key_is_a_user_or_a_header() {
        // "key:" and "key:pass:word"
        assert_eq!(key_of(&[("authorization", "Basic a2V5Og==")]).unwrap(), b"key");
        assert_eq!(
            key_of(&[("authorization", "bASIC  a2V5OnBhc3M6d29yZA==")]).unwrap(),
            b"key"
        );
        assert_eq!(key_of(&[("x-api-key", "key")]).unwrap(), b"key");
        assert_eq!(key_of(&[]), None);
    }

    /// Where there is an `Authorization` it counts, right or wrong.
    #[test]
    fn authorization_comes_first() {
        for value in [
            "Bearer key",
            "Basic",
            "Basic ",
            "Basic %",
            "Basic a2V5",
            "",
            "key",
        ] {
            assert_eq!(
                key_of(&[("authorization", value), ("x-api-key", "key")]),
                None,
                "{value}"
            );
        }
        let both = [("authorization", "Basic a2V5Og=="), ("x-api-key", "other")];
        assert_eq!(key_of(&both).unwrap(), b"key");
    }
}
