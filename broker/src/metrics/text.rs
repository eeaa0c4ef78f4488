//! The lines of `vmq-admin metrics show` (monitoring.md 2.1).

use super::rates::{Rates, WINDOWS};
use super::snapshot::{Metric, Snapshot, Value};

/// What stands beside name and value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras<'a> {
    /// A line with the description before each metric.
    pub descriptions: bool,
    /// The labels, behind the name.
    pub labels: bool,
    /// What counters grow by per second, behind the value.
    pub rates: Option<&'a Rates>,
}

/// One line for each number.
#[must_use]
pub fn text(snapshot: &Snapshot, extras: Extras<'_>) -> String {
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
        let rates = extras
            .rates
            .map_or_else(String::new, |rates| rates_of(metric, rates));
        for (name, number) in metric.numbers("infinity") {
            out.push_str(&format!("{kind}.{name}{labels} = {number}{rates}\n"));
        }
        if extras.descriptions || matches!(metric.value, Value::Histogram(_)) {
            out.push('\n');
        }
    }
    out
}

/// ` (1s: 12/s, 10s: 11.5/s, 60s: 3.217/s)`, or nothing.
fn rates_of(metric: &Metric, rates: &Rates) -> String {
    let Some(rates) = rates.get(metric) else {
        return String::new();
    };
    let of_window = |(rate, seconds): (f64, usize)| format!("{seconds}s: {rate}/s");
    let parts: Vec<String> = rates.into_iter().zip(WINDOWS).map(of_window).collect();
    format!(" ({})", parts.join(", "))
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
