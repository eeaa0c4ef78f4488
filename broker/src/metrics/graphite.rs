//! Graphite: the lines of its plain-text protocol (monitoring.md 2.4). `reporter` sends them.

pub mod reporter;

use super::Snapshot;
use std::collections::BTreeMap;
use vmq_config::GraphiteConfig;

/// `<path> <value> <seconds>` for each number: labels summed away, and if the configuration says so also one line for each
/// value of each label.
#[must_use]
pub fn lines(snapshot: &Snapshot, config: &GraphiteConfig) -> String {
    let key = config.api_key.expose();
    let start: String = [key, config.prefix.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| format!("{part}."))
        .collect();
    let mut numbers = Numbers::default();
    for metric in snapshot.metrics() {
        for (name, value) in metric.numbers("inf") {
            let path = format!("{start}{}", name.replace('_', "."));
            if config.include_labels {
                for (label, of_label) in &metric.labels {
                    numbers.add(format!("{path}.{label}_{of_label}"), value);
                }
            }
            numbers.add(path, value);
        }
    }
    let seconds = snapshot.unix_secs;
    let line = |(path, value)| format!("{path} {value} {seconds}\n");
    numbers.0.into_iter().map(line).collect()
}

/// Sums by path: no path is sent twice.
#[derive(Default)]
struct Numbers(BTreeMap<String, u64>);

impl Numbers {
    fn add(&mut self, path: String, value: u64) {
        *self.0.entry(path).or_default() += value;
    }
}
