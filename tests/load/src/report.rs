//! Prints results for people, and writes them as JSON for programs. Standard output is for results only.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::scenario::{Outcome, Plan};
use crate::versus::{Comparison, Spread};

/// Processor time of strangers, in cores, from which on a result carries a note.
const OTHERS_BUSY_MAX: f64 = 0.2;

/// One line: what was run.
impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:?}, qos {}, {:?} over {:?}, payload {} bytes, window {} per publisher in batches of {}, inflight {}, \
             {} s after {} s of warm-up",
            self.scenario,
            self.qos.level(),
            self.version,
            self.transport,
            self.payload_bytes,
            self.window.messages,
            self.window.batch,
            self.inflight_max,
            self.seconds,
            self.warmup_secs,
        )
    }
}

/// Says so when the machine had other work: caches and turbo are shared even where cores are not.
pub(crate) fn note_noise<'a>(
    out: &mut impl Write,
    runs: impl IntoIterator<Item = &'a Outcome>,
) -> Result<()> {
    let runs: Vec<f64> = runs
        .into_iter()
        .filter_map(|run| run.figure("others_busy"))
        .collect();
    let noisy = runs.iter().filter(|busy| **busy > OTHERS_BUSY_MAX).count();
    if noisy > 0 {
        writeln!(
            out,
            "NOTE in {noisy} of {} runs other processes used more than {OTHERS_BUSY_MAX} cores: \
             ratios may stand, absolute numbers do not",
            runs.len()
        )?;
    }
    Ok(())
}

/// One line for the run that has just ended.
pub(crate) fn progress(out: &mut impl Write, label: &str, outcome: &Outcome) -> Result<()> {
    write!(out, "{label}:")?;
    for figure in outcome.figures.iter().take(4) {
        write!(out, "  {} {} {}", figure.name, number(figure.value), figure.unit)?;
    }
    for fault in &outcome.faults {
        write!(out, "  FAULT {fault}")?;
    }
    writeln!(out)?;
    Ok(())
}

/// A table: a row per figure and broker.
pub(crate) fn comparison(out: &mut impl Write, comparison: &Comparison) -> Result<()> {
    writeln!(out, "{}\n{}", comparison.headline, comparison.machine)?;
    for series in &comparison.brokers {
        writeln!(out, "{}: version {}", series.label, series.version)?;
    }
    let labels = comparison
        .brokers
        .iter()
        .map(|series| series.label.chars().count());
    let width = labels.max().unwrap_or(0).max("broker".len());
    writeln!(
        out,
        "{:<20} {:<11} {:<width$} {:>10} {:>23}   ratio to the first",
        "figure", "unit", "broker", "median", "least..greatest"
    )?;
    let Some(first) = comparison.brokers.first() else {
        return Ok(());
    };
    for name in first.summary.iter().map(|summary| &summary.name) {
        for series in &comparison.brokers {
            let Some(summary) = series.summary.iter().find(|summary| summary.name == *name) else {
                continue;
            };
            let Spread {
                median,
                least,
                greatest,
            } = summary.value;
            let range = format!("{}..{}", number(least), number(greatest));
            write!(
                out,
                "{name:<20} {:<11} {:<width$} {:>10} {range:>23}",
                summary.unit,
                series.label,
                number(median)
            )?;
            if let Some(ratio) = summary.ratio {
                write!(
                    out,
                    "   {:.3} ({:.3}..{:.3})",
                    ratio.median, ratio.least, ratio.greatest
                )?;
            }
            writeln!(out)?;
        }
    }
    if let Some(caution) = comparison.caution {
        writeln!(out, "NOTE {caution}")?;
    }
    note_noise(out, comparison.brokers.iter().flat_map(|series| &series.runs))?;
    for series in &comparison.brokers {
        for (round, run) in series.runs.iter().enumerate() {
            for fault in &run.faults {
                writeln!(out, "FAULT {} run {}: {fault}", series.label, round + 1)?;
            }
        }
    }
    Ok(())
}

/// Writes `result` to `path`.
pub(crate) fn json(path: &Path, result: &impl Serialize) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let mut out = BufWriter::new(file);
    serde_json::to_writer_pretty(&mut out, result)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// Three digits that mean something; whole numbers from 100 on.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
