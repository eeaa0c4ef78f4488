//! `merge A.json B.json`: one result of several, from processes or machines that did parts of one load.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::assertion::Assertion;
use super::figure::{is_figure, may_be_figure};
use super::report;
use super::result::{Measured, Recorded};

/// Merges the result files, prints the report, and writes the result to `json`. `true`: everything is as it must be.
pub(crate) fn merge(files: &[PathBuf], json: Option<&Path>) -> Result<bool> {
    let parts = files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
    let measured = merged(parts)?;
    report::print(&mut io::stdout().lock(), &measured)?;
    if let Some(path) = json {
        crate::report::json(path, &measured)?;
    }
    Ok(measured.passed())
}

pub(crate) fn read(file: &Path) -> Result<Measured> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| {
        format!(
            "{} is no result of `run` or `play`: only those can be merged",
            file.display()
        )
    })
}

/// Counts add up, histograms too; assertions are judged anew. All parts are of one scenario.
pub(crate) fn merged(parts: Vec<Measured>) -> Result<Measured> {
    let mut parts = parts.into_iter();
    let mut whole = parts.next().context("there is nothing to merge")?;
    for part in parts {
        ensure!(
            part.scenario == whole.scenario,
            "{:?} and {:?} are different scenarios",
            whole.scenario,
            part.scenario
        );
        add(&mut whole, part);
    }
    let texts = whole
        .assertions
        .iter()
        .map(|judged| Assertion::parse(&judged.text, |name| is_figure(name) || may_be_figure(name)));
    let assertions: Vec<_> = texts.collect::<Result<_, _>>().map_err(anyhow::Error::msg)?;
    whole.judge(&assertions);
    Ok(whole)
}

fn add(whole: &mut Measured, part: Measured) {
    if let (Some(whole), Some(part)) = (&mut whole.outcome, part.outcome) {
        whole.add(part);
    }
    whole.processes += part.processes;
    whole.seconds = whole.seconds.max(part.seconds);
    whole.generator_cpu_us += part.generator_cpu_us;
    whole.broker = whole.broker.or(part.broker);
    whole.fault_count += part.fault_count;
    whole.faults.extend(part.faults);
    for (name, count) in part.counters {
        *whole.counters.entry(name).or_default() += count;
    }
    for (name, recorded) in part.latencies {
        let sum = match whole.latencies.get(&name) {
            None => recorded,
            Some(before) => {
                let mut sum = before.histogram();
                // Both have the same bounds.
                sum.add(recorded.histogram()).unwrap_or_default();
                Recorded::of(&sum)
            }
        };
        whole.latencies.insert(name, sum);
    }
    for (at, second) in part.progress.into_iter().enumerate() {
        let Some(sum) = whole.progress.get_mut(at) else {
            whole.progress.push(second);
            continue;
        };
        sum.connections += second.connections;
        sum.published += second.published;
        sum.consumed += second.consumed;
        sum.p50_us = sum.p50_us.max(second.p50_us);
        sum.p99_us = sum.p99_us.max(second.p99_us);
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::{Counter, Latency};
    use super::super::meter::{Batch, Meter};
    use super::*;
    use crate::probe::Reading;

    /// A result of one second's work: `published`, as much consumed, each after `nanos`.
    fn part(published: u64, nanos: u64) -> Measured {
        let meter = Meter::new();
        let mut batch = Batch::default();
        batch.count(Counter::Published, published);
        batch.count(Counter::Consumed, published);
        for _ in 0..published {
            batch.time(Latency::PubToSub, nanos);
        }
        meter.take(&mut batch);
        let reading = Reading::take(None).unwrap();
        let mut measured = Measured::of("test", &meter, &reading.until(&reading), None);
        let text = |text| Assertion::parse(text, is_figure).unwrap();
        measured.judge(&[text("p99 < 5ms"), text("consumed = 100")]);
        measured
    }

    #[test]
    fn parts_make_a_whole_through_their_files() {
        let dir = tempfile::tempdir().unwrap();
        let files = [(90, 1_000_000), (10, 9_000_000)].map(|(published, nanos)| {
            let file = dir.path().join(format!("{published}.json"));
            crate::report::json(&file, &part(published, nanos)).unwrap();
            file
        });
        let whole = merged(files.iter().map(|file| read(file).unwrap()).collect()).unwrap();
        assert_eq!(whole.count(Counter::Consumed), 100);
        let latency = &whole.latencies["pub_to_sub"];
        assert_eq!(latency.count, 100);
        assert!(
            (latency.p50_us - 1000.0).abs() < 10.0 && (latency.p99_us - 9000.0).abs() < 90.0,
            "{latency:?}"
        );
        let passed: Vec<_> = whole.assertions.iter().map(|judged| judged.passed).collect();
        assert_eq!(
            passed,
            [false, true],
            "judged anew: of the parts it was the other way round"
        );
        assert!(!whole.passed());
    }

    #[test]
    fn strangers_are_not_merged() {
        let mut other = part(1, 1);
        other.scenario = "another".into();
        assert!(
            merged(vec![part(1, 1), other])
                .unwrap_err()
                .to_string()
                .contains("different scenarios")
        );
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.json");
        std::fs::write(&file, "{}").unwrap();
        assert!(format!("{:#}", read(&file).unwrap_err()).contains("x.json is no result of `run` or `play`"));
    }
}
