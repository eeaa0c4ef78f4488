//! `vmq-admin metrics` (admin.md 10.1): a snapshot as text or as a table, and the reset of the counters.

use super::{Admin, Answer};
use crate::metrics::Snapshot;
use crate::metrics::text::{self, Extras};
use std::sync::Arc;
use vmq_admin::command::metrics::{Metrics, Show};
use vmq_admin::{Element, Row};

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Metrics) -> Result<Answer, Answer> {
    let broker = Arc::clone(admin.broker()?);
    match command {
        Metrics::Show(show) => {
            // It reads files of the kernel.
            let shown =
                tokio::task::spawn_blocking(move || shown(Snapshot::take(broker.core()), &show)).await;
            shown.map_err(|error| Answer::alert(error.to_string()))
        }
        Metrics::Reset => {
            broker.core().metrics.reset();
            Ok(Answer::of(vec![Element::text("Done")]))
        }
    }
}

/// Filtered first, then summed up.
fn shown(snapshot: Snapshot, show: &Show) -> Answer {
    let mut snapshot = snapshot.with_labels(&show.labels);
    if show.aggregate {
        snapshot = snapshot.aggregated();
    }
    if show.structured {
        return Answer::of(vec![Element::Table(rows(&snapshot))]);
    }
    let extras = Extras {
        descriptions: show.descriptions,
        labels: show.show_labels,
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

fn rows(snapshot: &Snapshot) -> Vec<Row> {
    let metrics = snapshot.metrics().iter();
    metrics
        .flat_map(|metric| {
            metric.numbers("infinity").into_iter().map(|(name, value)| {
                let labels = text::labels(metric);
                Row::default()
                    .with("name", name.as_ref())
                    .with("type", metric.kind.name())
                    .with("labels", labels.trim_matches(['{', '}']))
                    .with("value", value)
                    .with("description", metric.description)
            })
        })
        .collect()
}
