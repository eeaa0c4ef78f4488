//! The readable report of a load, and its progress.

use std::io::Write;

use anyhow::Result;
use hdrhistogram::Histogram;

use super::figure::{Counter, DERIVED};
use super::result::{Measured, Second};
use crate::report::{note_noise, number};
use crate::scenario::Outcome;

/// Columns of the longest bar.
const BAR: usize = 50;

/// Columns of the plot over time.
const COLUMNS: usize = 60;

const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(crate) fn print(out: &mut impl Write, measured: &Measured) -> Result<()> {
    let processes = match measured.processes {
        1 => "one process".to_owned(),
        many => format!("{many} processes"),
    };
    writeln!(
        out,
        "{}, {:.1} s, {processes}\n",
        measured.scenario, measured.seconds
    )?;
    for name in Counter::NAMES {
        let count = measured.counters.get(*name).copied().unwrap_or(0);
        // What did not happen and nobody expects is left out.
        if count > 0 || ["published", "consumed", "loss", "duplicates"].contains(name) {
            writeln!(out, "{name:<20} {count:>12}")?;
        }
    }
    match &measured.outcome {
        Some(outcome) => figures(out, outcome)?,
        None => derived(out, measured)?,
    }
    latencies(out, measured)?;
    if let Some(recorded) = measured.latencies.get("pub_to_sub") {
        writeln!(out, "publish to receive, messages by latency")?;
        distribution(out, &recorded.histogram())?;
    }
    over_time(out, &measured.progress)?;
    for judged in &measured.assertions {
        let value = judged.value.map_or_else(|| "not measured".into(), figure);
        let verdict = if judged.passed { "pass" } else { "FAIL" };
        writeln!(out, "{verdict} {} (measured: {value})", judged.text)?;
    }
    let of_run = measured.outcome.iter().flat_map(|outcome| &outcome.faults);
    for fault in of_run.chain(&measured.faults) {
        writeln!(out, "FAULT {}", escaped(fault))?;
    }
    let more = measured.fault_count.saturating_sub(measured.faults.len() as u64);
    if more > 0 {
        writeln!(out, "FAULT and {more} more")?;
    }
    note_noise(out, measured.outcome.as_slice())
}

/// Of the measured interval of a named scenario.
fn figures(out: &mut impl Write, outcome: &Outcome) -> Result<()> {
    writeln!(out)?;
    for figure in &outcome.figures {
        let (name, unit) = (&figure.name, &figure.unit);
        writeln!(out, "{name:<20} {:>12} {unit}", number(figure.value))?;
    }
    writeln!(out)?;
    Ok(())
}

/// What counts make together.
fn derived(out: &mut impl Write, measured: &Measured) -> Result<()> {
    for name in DERIVED.iter().filter(|name| **name != "connections") {
        if let Some(value) = measured.value(name) {
            writeln!(out, "{name:<20} {:>12} {}", figure(value), unit(name))?;
        }
    }
    let consumed = measured
        .count(Counter::Consumed)
        .max(measured.count(Counter::Published));
    let own = measured.generator_cpu_us / consumed.max(1) as f64;
    writeln!(out, "{:<20} {:>12} us/message\n", "generator_cpu", number(own))?;
    Ok(())
}

/// Counts are whole, and shown so.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        number(value)
    }
}

/// Client ids come from the file, reasons from the broker: neither moves the cursor.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            let shown = !letter.is_control();
            let plain = shown.then_some(letter);
            let hidden = (!shown).then(|| letter.escape_default());
            plain.into_iter().chain(hidden.into_iter().flatten())
        })
        .collect()
}

fn unit(name: &str) -> &'static str {
    match name {
        "published_per_s" | "consumed_per_s" => "1/s",
        "broker_cpu" => "us/message",
        "broker_rss" => "bytes",
        _ => "",
    }
}

fn latencies(out: &mut impl Write, measured: &Measured) -> Result<()> {
    if measured.latencies.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "{:<16} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "latency, us", "count", "mean", "p50", "p90", "p99", "p99.9", "max"
    )?;
    for (name, of) in &measured.latencies {
        write!(out, "{name:<16} {:>10}", of.count)?;
        for value in [of.mean_us, of.p50_us, of.p90_us, of.p99_us, of.p999_us, of.max_us] {
            write!(out, " {:>10}", number(value))?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    Ok(())
}

/// A bar for each doubling of the latency.
fn distribution(out: &mut impl Write, histogram: &Histogram<u64>) -> Result<()> {
    let mut bars: Vec<(u64, u64)> = Vec::new();
    for bucket in histogram.iter_recorded() {
        let upper = bucket.value_iterated_to().max(1000).next_power_of_two();
        match bars.last_mut() {
            Some((bound, count)) if *bound == upper => *count += bucket.count_at_value(),
            _ => bars.push((upper, bucket.count_at_value())),
        }
    }
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let mut below = 0;
    for (upper, count) in bars {
        below += count;
        let length = usize::try_from(count * BAR as u64 / most).unwrap_or(BAR);
        writeln!(
            out,
            "  < {:>9} us {:>6.2} % {}",
            number(upper as f64 / 1e3),
            below as f64 * 100.0 / histogram.len() as f64,
            "#".repeat(length.max(1))
        )?;
    }
    writeln!(out)?;
    Ok(())
}

/// p99 of each interval, the greatest as high as a line can be.
fn over_time(out: &mut impl Write, progress: &[Second]) -> Result<()> {
    let greatest = progress.iter().map(|second| second.p99_us).fold(0.0, f64::max);
    if progress.len() < 2 || greatest <= 0.0 {
        return Ok(());
    }
    let each = progress.len().div_ceil(COLUMNS);
    let level = |seconds: &[Second]| {
        let p99 = seconds.iter().map(|second| second.p99_us).fold(0.0, f64::max);
        // `as` saturates; a part of the greatest is at most all of it.
        LEVELS
            .get((p99 / greatest * 8.0).ceil() as usize)
            .copied()
            .unwrap_or(' ')
    };
    let plot: String = progress.chunks(each).map(level).collect();
    let end = progress.last().map_or(0.0, |second| second.at_secs);
    writeln!(
        out,
        "p99 over {end:.0} s, the highest {} us\n  {plot}\n",
        number(greatest)
    )?;
    Ok(())
}

/// One line of progress.
pub(crate) fn second(out: &mut impl Write, second: &Second, interval_secs: f64) -> Result<()> {
    writeln!(
        out,
        "{:>6.1} s  {:>7} connections  {:>9}/s published  {:>9}/s consumed  p50 {} us  p99 {} us",
        second.at_secs,
        second.connections,
        number(second.published as f64 / interval_secs),
        number(second.consumed as f64 / interval_secs),
        number(second.p50_us),
        number(second.p99_us),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::meter::latency_histogram;
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        let mut histogram = latency_histogram();
        histogram.record_n(100_000, 75).unwrap();
        histogram.record_n(300_000, 25).unwrap();
        let mut out = Vec::new();
        distribution(&mut out, &histogram).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(
            lines[0].contains("75.00 %") && lines[0].ends_with(&"#".repeat(50)),
            "{text}"
        );
        assert!(
            lines[1].contains("100.00 %") && lines[1].matches('#').count() == 16,
            "{text}"
        );
    }

    #[test]
    fn the_plot_has_a_level_for_each_interval() {
        let second = |at_secs, p99_us| Second {
            at_secs,
            p99_us,
            ..Second::default()
        };
        let mut out = Vec::new();
        over_time(
            &mut out,
            &[second(1.0, 10.0), second(2.0, 80.0), second(3.0, 40.0)],
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "p99 over 3 s, the highest 80.0 us\n  ▁█▄\n\n"
        );
    }

    #[test]
    fn texts_of_strangers_are_escaped() {
        assert_eq!(escaped("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
    }
}
