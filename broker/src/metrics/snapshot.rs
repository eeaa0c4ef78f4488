//! Snapshot: every metric at one moment, read once. All faces print the same snapshot, so that no two of them disagree.

use super::families::{self, Family, Kind};
use super::{Counter, Reasoned, durations, gauges, text};
use crate::core::Core;
use crate::store::unix_millis;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every metric, by name and then by labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    metrics: Vec<Metric>,
    /// When it was taken.
    pub unix_secs: u64,
}

/// One series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    pub kind: Kind,
    pub name: Cow<'static, str>,
    pub description: &'static str,
    pub labels: Labels,
    pub value: Value,
}

/// Names and values of labels, in the order in which they are printed.
pub type Labels = SmallVec<[(&'static str, &'static str); 2]>;

/// What a series says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Number(u64),
    Histogram(Histogram),
}

/// How many were how large.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    pub count: u64,
    pub sum: u64,
    /// Upper bounds, ascending, each with the number of all that were not larger. The last, infinite one is `count`.
    pub buckets: Vec<(u64, u64)>,
}

impl Snapshot {
    /// Reads everything. Looks at the process in `/proc`: about a millisecond, so not on a thread that serves clients.
    #[must_use]
    pub fn take(core: &Core) -> Self {
        let counters = series()
            .zip(0..)
            .map(|((family, labels), at)| Metric::number(family, labels, core.metrics.value_at(at)));
        let gauges = gauges::of_parts(core);
        let histograms = histograms(core);
        let process = core.process.figures(&core.metrics, &gauges);
        let gauges = gauges
            .into_iter()
            .map(|(family, value)| Metric::number(family, Labels::new(), value));
        Self::of(counters.chain(gauges).chain(histograms).chain(process).collect())
    }

    /// The same for tasks: on a thread that may block, few at a time. `None` = it failed; the log has the panic.
    pub async fn read(core: &Arc<Core>) -> Option<Self> {
        let asked = Arc::clone(core);
        core.process.in_turn(move || Self::take(&asked)).await
    }

    /// A snapshot of these series.
    #[must_use]
    pub fn of(mut metrics: Vec<Metric>) -> Self {
        metrics.sort_by(|a, b| (&a.name, &a.labels).cmp(&(&b.name, &b.labels)));
        Self {
            metrics,
            unix_secs: unix_millis() / 1000,
        }
    }

    /// The series, those of one name side by side.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The series with the name and the labels of another one.
    #[must_use]
    pub fn find(&self, metric: &Metric) -> Option<&Metric> {
        let wanted = (&metric.name, &metric.labels);
        let at = self
            .metrics
            .binary_search_by(|known| (&known.name, &known.labels).cmp(&wanted));
        self.metrics.get(at.ok()?)
    }

    /// The series of each name.
    pub fn families(&self) -> impl Iterator<Item = &[Metric]> {
        self.metrics.chunk_by(|a, b| a.name == b.name)
    }

    /// Those that carry all of these labels with these values; series without labels carry none.
    #[must_use]
    pub fn with_labels(mut self, wanted: &[(String, String)]) -> Self {
        self.metrics.retain(|metric| {
            wanted
                .iter()
                .all(|(name, value)| metric.labels.contains(&(name.as_str(), value.as_str())))
        });
        self
    }

    /// One series for each name: the sum of all, without labels (monitoring.md 1.4).
    #[must_use]
    pub fn aggregated(&self) -> Self {
        let metrics = self.families().filter_map(|family| {
            let mut sum = family.first()?.clone();
            sum.labels = Labels::new();
            for metric in &family[1..] {
                sum.value.add(&metric.value);
            }
            Some(sum)
        });
        Self {
            metrics: metrics.collect(),
            unix_secs: self.unix_secs,
        }
    }

    /// Every value that each label has, by the label's name.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in self.metrics.iter().flat_map(|metric| &metric.labels) {
            let known = values.entry(*name).or_default();
            if !known.contains(value) {
                known.push(*value);
            }
        }
        values
    }
}

/// Every series that is counted, in the order of the catalogue.
pub(super) fn series() -> impl Iterator<Item = (Family, Labels)> {
    let plain = Counter::ALL.iter().map(|counter| {
        let labels = counter.label().split_once('=').into_iter().collect();
        (counter.family(), labels)
    });
    let coded = Reasoned::ALL.iter().flat_map(|group| {
        group.codes().iter().map(|code| {
            let version = ("mqtt_version", group.version());
            let labels = [version, (group.label(), group.word(*code))];
            (group.family(), Labels::from(labels))
        })
    });
    plain.chain(coded)
}

fn histograms(core: &Core) -> [Metric; 3] {
    [
        (
            families::PUBLISH_DELIVER_MICROSECONDS,
            durations::histogram(&core.metrics.deliveries),
        ),
        (families::HOOK_MICROSECONDS, core.hooks.durations()),
        (families::STORE_COMMIT_MICROSECONDS, core.store.commit_durations()),
    ]
    .map(|(family, histogram)| Metric {
        value: Value::Histogram(histogram),
        ..Metric::number(family, Labels::new(), 0)
    })
}

impl Metric {
    /// `name`, or `name{label="value"}`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}{}", self.name, text::labels(self))
    }

    /// A counter or gauge.
    #[must_use]
    pub const fn number(family: Family, labels: Labels, value: u64) -> Self {
        Self {
            kind: family.kind,
            name: Cow::Borrowed(family.name),
            description: family.description,
            labels,
            value: Value::Number(value),
        }
    }

    /// The value as numbers with names: one, or those of a histogram, whose infinite bucket is called as `infinity` says.
    #[must_use]
    pub fn numbers(&self, infinity: &str) -> Vec<(Cow<'_, str>, u64)> {
        let name = &self.name;
        let histogram = match &self.value {
            Value::Number(number) => return vec![(Cow::Borrowed(name), *number)],
            Value::Histogram(histogram) => histogram,
        };
        let mut numbers: Vec<(Cow<'_, str>, u64)> = histogram
            .buckets
            .iter()
            .map(|(upper, count)| (format!("{name}_bucket_{upper}").into(), *count))
            .collect();
        numbers.push((format!("{name}_bucket_{infinity}").into(), histogram.count));
        numbers.push((format!("{name}_count").into(), histogram.count));
        numbers.push((format!("{name}_sum").into(), histogram.sum));
        numbers
    }
}

impl Value {
    /// Adds another value of the same metric.
    pub fn add(&mut self, other: &Self) {
        match (self, other) {
            (Self::Number(sum), Self::Number(number)) => *sum += number,
            (Self::Histogram(sum), Self::Histogram(histogram)) => {
                sum.count += histogram.count;
                sum.sum += histogram.sum;
                for ((_, sum), (_, count)) in sum.buckets.iter_mut().zip(&histogram.buckets) {
                    *sum += count;
                }
            }
            // One name has one kind.
            _ => {}
        }
    }
}
