//! `play FILE --broker A --broker B`: a scenario file against brokers the generator starts, in alternating runs.

use std::io;

use anyhow::{Context, Result};

use super::play::{PlayArgs, once};
use super::program::Script;
use crate::machine::Machine;
use crate::measure::{Measured, WatchArgs};
use crate::scenario::Outcome;
use crate::versus::{Comparison, series};

/// Figures that are compared, where a scenario has them.
const COMPARED: [(&str, &str); 14] = [
    ("broker_cpu", "us/message"),
    ("consumed_per_s", "1/s"),
    ("p50", "us"),
    ("p99", "us"),
    ("p99.9", "us"),
    ("puback.p99", "us"),
    ("pubcomp.p99", "us"),
    ("connack.p99", "us"),
    ("suback.p99", "us"),
    ("broker_rss", "bytes"),
    ("published", ""),
    ("consumed", ""),
    ("loss", ""),
    ("duplicates", ""),
];

/// Plays the file so often against each broker, and prints ratios with their spread. `true`: every run was as it must be.
pub(super) fn compare(
    args: &PlayArgs,
    script: &Script,
    start_runtime: &dyn Fn() -> Result<tokio::runtime::Runtime>,
) -> Result<bool> {
    let mut outcomes: Vec<Vec<Outcome>> = args.broker.iter().map(|_| Vec::new()).collect();
    let runtime = start_runtime()?;
    for _ in 0..args.runs {
        for (spec, outcomes) in args.broker.iter().zip(&mut outcomes) {
            let broker = runtime.block_on(spec.start_for_file(script.transport()))?;
            let measured = PlayArgs {
                target: vec![broker.address()],
                watch: WatchArgs {
                    pid: Some(broker.pid()),
                    ..args.watch.clone()
                },
                ..args.clone()
            };
            let measured =
                once(&measured, start_runtime).with_context(|| format!("with {}", spec.label()))?;
            let outcome = outcome(&measured);
            crate::report::progress(&mut io::stderr().lock(), &spec.label(), &outcome)?;
            outcomes.push(outcome);
        }
    }
    let comparison = Comparison {
        headline: format!("{}, {} clients", script.name, script.clients()),
        machine: Machine::here(),
        caution: None,
        plan: None,
        brokers: series(&args.broker, outcomes),
    };
    crate::report::comparison(&mut io::stdout().lock(), &comparison)?;
    if let Some(path) = &args.watch.json {
        crate::report::json(path, &comparison)?;
    }
    let mut runs = comparison.brokers.iter().flat_map(|series| &series.runs);
    Ok(runs.all(|run| run.faults.is_empty()))
}

fn outcome(measured: &Measured) -> Outcome {
    let mut outcome = Outcome::default();
    for (name, unit) in COMPARED {
        if let Some(value) = measured.value(name) {
            outcome.push(name, unit, value);
        }
    }
    let failed = measured.assertions.iter().filter(|judged| !judged.passed);
    outcome
        .faults
        .extend(failed.map(|judged| format!("{} does not hold", judged.text)));
    outcome.faults.extend(measured.faults.iter().cloned());
    outcome
}
