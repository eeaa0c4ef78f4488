//! The lines of `vmq-admin metrics show` (monitoring.md 2.1).

use super::snapshot::{Metric, Snapshot, Value};

/// What stands beside name and value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// A line with the description before each metric.
    pub descriptions: bool,
    /// The labels, behind the name.
    pub labels: bool,
}

/// One line for each number.
#[must_use]
pub fn text(snapshot: &Snapshot, extras: Extras) -> String {
    let mut out = String::new();
    for metric in snapshot.metrics() {
        if extras.descriptions {
            out.push_str(&format!("# {}\n", metric.description));
        }
        let labels = if extras.labels {
            labels(metric)
        } else {
            String::new()
        };
        let kind = metric.kind.name();
        for (name, number) in metric.numbers("infinity") {
            out.push_str(&format!("{kind}.{name}{labels} = {number}\n"));
        }
        if extras.descriptions || matches!(metric.value, Value::Histogram(_)) {
            out.push('\n');
        }
    }
    out
}

/// `{name="value",name="value"}`, or nothing.
#[must_use]
pub fn labels(metric: &Metric) -> String {
    if metric.labels.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = metric
        .labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    format!("{{{}}}", pairs.join(","))
}
