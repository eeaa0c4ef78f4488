//! Compares brokers: each run starts each broker afresh, one after the other, so that slow changes of the machine
//! (heat, neighbours) meet all of them alike.
//!
//! A figure's summary is its median with the least and greatest run. The ratio to the first broker is the ratio of
//! the medians; its spread is that of the ratios within one round, which share the machine's mood.

use std::borrow::Cow;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::broker::BrokerSpec;
use crate::machine::{self, Machine};
use crate::scenario::{self, Outcome, Plan};

/// Everything of one comparison, as the result file holds it.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    /// What was run, in a line.
    pub(crate) headline: String,
    pub(crate) machine: Machine,
    /// What a reader must know.
    pub(crate) caution: Option<&'static str>,
    /// Of a named scenario.
    pub(crate) plan: Option<Plan>,
    pub(crate) brokers: Vec<Series>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) label: String,
    pub(crate) program: String,
    pub(crate) version: String,
    pub(crate) summary: Vec<Summary>,
    pub(crate) runs: Vec<Outcome>,
}

/// One figure over all runs of a broker.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) name: Cow<'static, str>,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) value: Spread,
    /// To the first broker; `None` for that one itself.
    pub(crate) ratio: Option<Spread>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Spread {
    /// `None` when there is no value.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Spread> {
        values.sort_by(f64::total_cmp);
        let (least, greatest) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            (values[middle - 1] + values[middle]) / 2.0
        };
        Some(Spread {
            median,
            least,
            greatest,
        })
    }
}

/// Runs `plan` `runs` times against each broker. `tell` hears about every run as it ends.
pub(crate) async fn compare(
    plan: &Plan,
    specs: &[BrokerSpec],
    runs: usize,
    mut tell: impl FnMut(&str, &Outcome) -> Result<()>,
) -> Result<Comparison> {
    let labels = labels(specs);
    let mut outcomes: Vec<Vec<Outcome>> = specs.iter().map(|_| Vec::with_capacity(runs)).collect();
    for _ in 0..runs {
        for ((spec, label), outcomes) in specs.iter().zip(&labels).zip(&mut outcomes) {
            let broker = spec.start(plan).await?;
            let outcome = scenario::run(plan, &broker.target())
                .await
                .with_context(|| format!("with {label}"))?;
            tell(label, &outcome)?;
            outcomes.push(outcome);
        }
    }
    Ok(Comparison {
        headline: plan.to_string(),
        machine: Machine::here(),
        caution: plan.scenario.caution(),
        plan: Some(plan.clone()),
        brokers: series(specs, outcomes),
    })
}

/// The runs of each broker, beside those of the first.
pub(crate) fn series(specs: &[BrokerSpec], outcomes: Vec<Vec<Outcome>>) -> Vec<Series> {
    let first = outcomes.first().cloned().unwrap_or_default();
    let brokers =
        specs
            .iter()
            .zip(labels(specs))
            .zip(outcomes)
            .enumerate()
            .map(|(at, ((spec, label), runs))| Series {
                label,
                program: spec.program.display().to_string(),
                version: machine::version(spec),
                summary: summaries(&runs, (at > 0).then_some(first.as_slice())),
                runs,
            });
    brokers.collect()
}

/// Labels of the brokers, numbered where two are alike.
fn labels(specs: &[BrokerSpec]) -> Vec<String> {
    let plain: Vec<_> = specs.iter().map(BrokerSpec::label).collect();
    let alike = |at: usize| plain[..at].iter().filter(|label| **label == plain[at]).count();
    let numbered = (0..plain.len()).map(|at| match alike(at) {
        0 => plain[at].clone(),
        before => format!("{}#{}", plain[at], before + 1),
    });
    numbered.collect()
}

fn summaries(runs: &[Outcome], base: Option<&[Outcome]>) -> Vec<Summary> {
    let Some(first) = runs.first() else {
        return Vec::new();
    };
    let figures = first.figures.iter().filter_map(|figure| {
        let values = values(runs, &figure.name);
        let ratio = base.and_then(|base| ratio(&values, &self::values(base, &figure.name)));
        Some(Summary {
            name: figure.name.clone(),
            unit: figure.unit.clone(),
            value: Spread::of(values)?,
            ratio,
        })
    });
    figures.collect()
}

fn values(runs: &[Outcome], name: &str) -> Vec<f64> {
    runs.iter().filter_map(|run| run.figure(name)).collect()
}

/// `None` where a base of 0 or less makes no ratio.
fn ratio(values: &[f64], base: &[f64]) -> Option<Spread> {
    let rounds = values
        .iter()
        .zip(base)
        .map(|(value, base)| value / base)
        .collect();
    let median = Spread::of(values.to_vec())?.median / Spread::of(base.to_vec())?.median;
    let spread = Spread {
        median,
        ..Spread::of(rounds)?
    };
    let sound = base.iter().all(|base| *base > 0.0);
    (sound && spread.greatest.is_finite()).then_some(spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Figure;

    fn outcome(value: f64) -> Outcome {
        Outcome {
            figures: vec![Figure {
                name: "broker_cpu".into(),
                unit: "us".into(),
                value,
            }],
            faults: Vec::new(),
        }
    }

    #[test]
    fn the_median_of_even_and_odd_counts() {
        let spread = |median, least, greatest| {
            Some(Spread {
                median,
                least,
                greatest,
            })
        };
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]), spread(2.0, 1.0, 3.0));
        assert_eq!(Spread::of(vec![4.0, 1.0, 2.0, 3.0]), spread(2.5, 1.0, 4.0));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn the_ratio_is_of_medians_and_its_spread_of_rounds() {
        let base = [outcome(10.0), outcome(20.0), outcome(10.0)];
        let other = [outcome(5.0), outcome(5.0), outcome(6.0)];
        let summary = &summaries(&other, Some(&base))[0];
        assert_eq!(
            summary.ratio,
            Some(Spread {
                median: 0.5,
                least: 0.25,
                greatest: 0.6
            })
        );
        assert_eq!(ratio(&[1.0], &[0.0]), None);
    }

    #[test]
    fn like_brokers_are_numbered() {
        let spec: BrokerSpec = "mosquitto".parse().unwrap();
        assert_eq!(labels(&[spec.clone(), spec]), ["mosquitto", "mosquitto#2"]);
    }
}
