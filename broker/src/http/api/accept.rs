//! What a client takes (RFC 9110 12.5.1): there is JSON, and nothing else.

use http::HeaderMap;
use http::header::ACCEPT;

/// Whether JSON is among what the client takes; one that says nothing takes anything. The most specific range decides.
pub(super) fn takes_json(headers: &HeaderMap) -> bool {
    let values: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    if headers.get(ACCEPT).is_none() {
        return true;
    }
    let ranges = || values.iter().flat_map(|value| value.split(','));
    let quality_of = |wanted: &str| {
        ranges().find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
            is_it.then(|| parts.find_map(quality).unwrap_or(1.0))
        })
    };
    ["application/json", "application/*", "*/*"]
        .into_iter()
        .find_map(quality_of)
        .is_some_and(|quality| quality > 0.0)
}

fn quality(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    name.trim()
        .eq_ignore_ascii_case("q")
        .then(|| value.trim().parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn takes(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(value));
        takes_json(&headers)
    }

    #[test]
    fn json_is_taken_or_not() {
        assert!(takes_json(&HeaderMap::new()));
        for value in [
            "*/*",
            "application/json",
            "Application/JSON; charset=utf-8",
            "text/html, application/*;q=0.1",
            "text/html;q=0.9,*/*;q=0.8",
        ] {
            assert!(takes(value), "{value}");
        }
        for value in [
            "",
            "text/html",
            "application/xml, text/*",
            "application/json;q=0",
            "application/json; q=0.0, */*",
            "jsonapplication/json",
        ] {
            assert!(!takes(value), "{value}");
        }
    }
}
