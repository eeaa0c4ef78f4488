//! A strict reader of the text format of Prometheus, 0.0.4: what it takes, every scraper takes.

use std::collections::{BTreeMap, BTreeSet};

/// A page.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Values by name and labels as they are written.
    pub samples: BTreeMap<String, u64>,
    /// Types by the name of the metric.
    pub types: BTreeMap<String, String>,
    pub helps: BTreeMap<String, String>,
}

/// Reads a page.
///
/// # Panics
/// It breaks a rule; the text says which line.
pub(super) fn read(text: &str) -> Page {
    assert!(text.ends_with('\n') && !text.contains('\r'), "line ends");
    let mut page = Page::default();
    let mut ended = BTreeSet::new();
    let mut family = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(
                ended.insert(std::mem::replace(&mut family, name.to_owned())),
                "{line}"
            );
            assert!(!ended.contains(name), "the lines of {name} stand together");
            page.helps.insert(name.to_owned(), help.to_owned());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, family, "HELP before TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(
                page.types.insert(name.to_owned(), kind.to_owned()).is_none(),
                "{line}"
            );
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let value = value
                .parse()
                .unwrap_or_else(|_| panic!("no whole number: {line}"));
            check_series(&page, &family, series);
            assert!(
                page.samples.insert(series.to_owned(), value).is_none(),
                "twice: {line}"
            );
        }
    }
    page
}

fn check_series(page: &Page, family: &str, series: &str) {
    let (name, labels) = series.split_once('{').unwrap();
    let kind = page
        .types
        .get(family)
        .unwrap_or_else(|| panic!("{series} before its TYPE"));
    let suffix = name
        .strip_prefix(family)
        .unwrap_or_else(|| panic!("{series} is none of {family}"));
    match kind.as_str() {
        "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{series}"),
        _ => assert_eq!(suffix, "", "{series}"),
    }
    let labels = labels.strip_suffix('}').unwrap();
    for (at, pair) in labels.split(',').enumerate() {
        let (label, value) = pair.split_once('=').unwrap();
        assert!(
            label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{series}"
        );
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
            .unwrap();
        assert!(!value.contains(['"', '\\']), "{series}");
        assert_eq!(label == "node", at == 0, "the node comes first: {series}");
    }
}
