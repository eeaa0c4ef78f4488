//! The dashboard and the alert rules of the package (packaging.md 2): they ask for nothing that a scrape does not bring.

use super::exposition::{self, Page};
use super::{NODE, busy_broker};
use std::collections::BTreeSet;
use vmq_broker::metrics::prometheus;

const DASHBOARD: &str = include_str!("../../../packaging/monitoring/vernemq-dashboard.json");
const RULES: &str = include_str!("../../../packaging/monitoring/vernemq-alert-rules.yml");

/// Words behind `by (..)` that a query makes itself, or that every scrape has.
const OTHER_LABELS: [&str; 2] = ["le", "instance"];

async fn page() -> Page {
    let (broker, _clients) = busy_broker().await;
    let page = prometheus::page(&broker.snapshot(), "vernemq_", NODE).unwrap();
    exposition::read(std::str::from_utf8(&page).unwrap())
}

/// What stands behind `begin`, as far as a name goes.
fn names<'a>(text: &'a str, begin: &str) -> BTreeSet<&'a str> {
    let name_end = |text: &str| {
        text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric())
            .unwrap_or(text.len())
    };
    text.match_indices(begin)
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c == '_' || c.is_ascii_alphanumeric()))
        .map(|(at, _)| &text[at..])
        .map(|rest| &rest[..begin.len() + name_end(&rest[begin.len()..])])
        .filter(|name| *name != begin)
        .collect()
}

#[tokio::test]
async fn every_name_they_ask_for_exists() {
    let page = page().await;
    let families: BTreeSet<&str> = page.types.keys().map(String::as_str).collect();
    for (file, text, at_least) in [("dashboard", DASHBOARD, 20), ("rules", RULES, 10)] {
        let asked = names(text, "vernemq_");
        assert!(asked.len() >= at_least, "{file}: {asked:?}");
        for name in asked {
            let family = name.trim_end_matches("_bucket");
            assert!(
                families.contains(family),
                "{file} asks for {name}, which no scrape brings"
            );
        }
    }
}

#[tokio::test]
async fn every_label_they_group_by_exists() {
    let page = page().await;
    let labels: BTreeSet<&str> = page
        .samples
        .keys()
        .flat_map(|series| {
            series
                .split(['{', ',', '}'])
                .filter_map(|part| part.split_once("=\""))
        })
        .map(|(label, _)| label)
        .collect();
    for text in [DASHBOARD, RULES] {
        for group in text.split("by (").skip(1) {
            for label in group.split(')').next().unwrap().split(',').map(str::trim) {
                assert!(
                    labels.contains(label) || OTHER_LABELS.contains(&label),
                    "nothing has {label}"
                );
            }
        }
    }
}

#[test]
fn names_are_told_from_longer_words() {
    let found = names(
        "rate(vernemq_a_bucket[5m]) myvernemq_b vernemq_ vernemq_c{x=\"1\"}",
        "vernemq_",
    );
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["vernemq_a_bucket", "vernemq_c"]
    );
}
