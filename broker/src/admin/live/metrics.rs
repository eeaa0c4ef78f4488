//! Metrics with their rates, and on request with the ten minutes before: from the snapshot and the history that every
//! other face is made of.

use super::super::Answer;
use super::super::query::invalid_value;
use super::difference::Picture;
use crate::core::Core;
use crate::metrics::Snapshot;
use crate::metrics::history::Chosen;
use crate::metrics::rates::{Rates, WINDOWS};
use crate::metrics::snapshot::Metric;
use crate::metrics::text;
use std::sync::Arc;
use vmq_admin::live::{HISTORIES_MAX, Metrics, Seconds};
use vmq_admin::{Row, Value};

/// Names that one subscription may ask for; there are fewer metrics.
const NAMES_MAX: usize = 1024;

/// The columns of the rates.
pub(in crate::admin) const RATE_COLUMNS: [&str; WINDOWS.len()] = ["rate_1s", "rate_10s", "rate_60s"];

/// Somebody who looks at them.
pub(super) struct Source {
    names: Vec<String>,
    by_label: bool,
    history: Vec<Chosen>,
    /// Seconds of the history that were told.
    seen: u64,
}

impl Source {
    pub(super) fn new(wanted: Metrics) -> Result<Self, Answer> {
        let Metrics {
            names,
            by_label,
            history,
        } = wanted;
        if names.len() > NAMES_MAX || history.len() > HISTORIES_MAX {
            let text = format!("At most {NAMES_MAX} names, and the history of {HISTORIES_MAX} metrics.");
            return Err(Answer::alert(text));
        }
        let chosen = |name: &String| Chosen::parse(name).ok_or_else(|| invalid_value(name, "history"));
        Ok(Self {
            history: history.iter().map(chosen).collect::<Result<_, _>>()?,
            names,
            by_label,
            seen: 0,
        })
    }

    pub(super) async fn look(&mut self, core: &Arc<Core>) -> Result<Picture, Answer> {
        let snapshot = Snapshot::read(core).await;
        let mut snapshot = snapshot.ok_or_else(|| Answer::alert("the metrics cannot be read"))?;
        let mut rates = Rates::of(&core.history);
        if !self.by_label {
            snapshot = snapshot.aggregated();
            rates = rates.aggregated();
        }
        let is_wanted =
            |metric: &&Metric| self.names.is_empty() || self.names.iter().any(|name| *name == metric.name);
        let metrics = snapshot.metrics().iter().filter(is_wanted);
        Ok(Picture {
            facts: Row::default().with("unix_secs", snapshot.unix_secs),
            rows: metrics
                .flat_map(|metric| rows(metric, &rates, self.by_label))
                .collect(),
            history: self.seconds(core),
            is_complete: true,
            ..Picture::default()
        })
    }

    fn seconds(&mut self, core: &Core) -> Option<Seconds> {
        if self.history.is_empty() {
            return None;
        }
        let kept = core.history.since(self.seen, &self.history);
        self.seen = kept.ended;
        let names = self.history.iter().map(|chosen| chosen.name.clone());
        Some(Seconds {
            until: kept.until,
            values: names.zip(kept.values).collect(),
        })
    }
}

/// The rows of a metric, each with its name and labels.
fn rows(metric: &Metric, rates: &Rates, by_label: bool) -> Vec<(String, Row)> {
    let labels = text::labels(metric);
    let numbers = metric.numbers("infinity");
    let row = |(name, value): (std::borrow::Cow<'_, str>, u64)| {
        let mut row = Row::default().with("name", name.as_ref());
        if by_label {
            row = row.with("labels", labels.trim_matches(['{', '}']));
        }
        row = row.with("type", metric.kind.name()).with("value", value);
        (format!("{name}{labels}"), with_rates(row, rates.get(metric)))
    };
    numbers.into_iter().map(row).collect()
}

/// A row with the columns of the rates; what has none is `null`.
pub(in crate::admin) fn with_rates(row: Row, rates: Option<[f64; WINDOWS.len()]>) -> Row {
    let add = |row: Row, (at, column): (usize, &&str)| {
        row.with(column, rates.map_or(Value::Null, |rates| Value::Float(rates[at])))
    };
    RATE_COLUMNS.iter().enumerate().fold(row, add)
}
