//! `vmq-admin metrics` (admin.md 10.1): a snapshot as text or as a table, and the reset of the counters.

use super::{Admin, Answer, live};
use crate::metrics::Snapshot;
use crate::metrics::rates::Rates;
use crate::metrics::text::{self, Extras};
use vmq_admin::command::metrics::{Metrics, Show};
use vmq_admin::{Element, Row};

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Metrics) -> Result<Answer, Answer> {
    let broker = admin.broker()?;
    let core = broker.core();
    match command {
        Metrics::Show(show) => {
            let snapshot = Snapshot::read(core).await;
            let snapshot = snapshot.ok_or_else(|| Answer::alert("the metrics cannot be read"))?;
            Ok(shown(snapshot, Rates::of(&core.history), &show))
        }
        Metrics::Reset => {
            core.metrics.reset();
            Ok(Answer::of(vec![Element::text("Done")]))
        }
    }
}

/// Filtered first, then summed up.
fn shown(snapshot: Snapshot, rates: Rates, show: &Show) -> Answer {
    let mut snapshot = snapshot.with_labels(&show.labels);
    let mut rates = rates.with_labels(&show.labels);
    if show.aggregate {
        snapshot = snapshot.aggregated();
        rates = rates.aggregated();
    }
    let rates = show.rates.then_some(&rates);
    if show.structured {
        return Answer::of(vec![Element::Table(rows(&snapshot, rates))]);
    }
    let extras = Extras {
        descriptions: show.descriptions,
        labels: show.show_labels,
        rates,
    };
    let text = text::text(&snapshot, extras);
    // Nothing has the labels: nothing is printed.
    let elements = if text.is_empty() {
        Vec::new()
    } else {
        vec![Element::Text(text)]
    };
    Answer::of(elements)
}

fn rows(snapshot: &Snapshot, rates: Option<&Rates>) -> Vec<Row> {
    let metrics = snapshot.metrics().iter();
    metrics
        .flat_map(|metric| {
            metric.numbers("infinity").into_iter().map(|(name, value)| {
                let labels = text::labels(metric);
                let row = Row::default()
                    .with("name", name.as_ref())
                    .with("type", metric.kind.name())
                    .with("labels", labels.trim_matches(['{', '}']))
                    .with("value", value)
                    .with("description", metric.description);
                match rates {
                    Some(rates) => live::with_rates(row, rates.get(metric)),
                    None => row,
                }
            })
        })
        .collect()
}
