//! A meter as Prometheus reads it: text exposition format 0.0.4, everything under `vmq_loadtest_` (packaging.md 19).

use std::fmt::Write;

use hdrhistogram::Histogram;

use super::figure::{Counter, Latency};
use super::meter::Meter;

/// Upper bounds of the buckets, in seconds.
const BOUNDS: [f64; 17] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    30.0,
];

/// All of `meter`. Its size is bounded: there are as many lines each time.
pub(super) fn text(meter: &Meter, scenario: &str) -> String {
    let mut out = String::with_capacity(16 * 1024);
    write_all(&mut out, meter, scenario).unwrap_or_default(); // a string takes everything
    out
}

fn write_all(out: &mut String, meter: &Meter, scenario: &str) -> std::fmt::Result {
    head(out, "info", "gauge", "What is run, and by which version.")?;
    let (scenario, version) = (escaped(scenario), env!("CARGO_PKG_VERSION"));
    writeln!(
        out,
        "vmq_loadtest_info{{scenario=\"{scenario}\",version=\"{version}\"}} 1"
    )?;
    let counts = Counter::NAMES.iter().zip(Counter::HELPS).zip(meter.counters());
    for ((name, help), count) in counts {
        // What is missing can become less.
        let is_gauge = *name == Counter::NAMES[Counter::Loss as usize];
        let (name, kind) = if is_gauge {
            (plain(name), "gauge")
        } else {
            (format!("{}_total", plain(name)), "counter")
        };
        single(out, &name, kind, help, count)?;
    }
    let (_, faults) = meter.faults();
    single(
        out,
        "faults_total",
        "counter",
        "Clients that could not do their steps.",
        faults,
    )?;
    single(
        out,
        "connections",
        "gauge",
        "Connections that are there now.",
        meter.connections(),
    )?;
    let help = "Publishes of QoS 1 and 2 without their last ack.";
    single(out, "outstanding", "gauge", help, meter.outstanding())?;
    let kinds: Vec<_> = Latency::NAMES
        .iter()
        .zip(Latency::HELPS)
        .map(|(name, help)| format!("{name}: {}", help.trim().trim_end_matches('.')))
        .collect();
    let help = format!(
        "Latencies of messages that carry their time. {}.",
        kinds.join("; ")
    );
    head(out, "latency_seconds", "histogram", &help)?;
    for (kind, times) in Latency::NAMES.iter().zip(meter.histograms()) {
        histogram(out, kind, &times)?;
    }
    Ok(())
}

/// Names of metrics have no dots.
fn plain(name: &str) -> String {
    name.replace('.', "_")
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(out, "# HELP vmq_loadtest_{name} {}", help.trim())?;
    writeln!(out, "# TYPE vmq_loadtest_{name} {kind}")
}

fn single(out: &mut String, name: &str, kind: &str, help: &str, value: u64) -> std::fmt::Result {
    head(out, name, kind, help)?;
    writeln!(out, "vmq_loadtest_{name} {value}")
}

/// `times` are nanoseconds.
fn histogram(out: &mut String, kind: &str, times: &Histogram<u64>) -> std::fmt::Result {
    let mut counts = [0; BOUNDS.len()];
    let mut sum = 0.0;
    for bucket in times.iter_recorded() {
        let secs = bucket.value_iterated_to() as f64 / 1e9;
        sum += secs * bucket.count_at_value() as f64;
        let first = BOUNDS.partition_point(|bound| *bound < secs);
        if let Some(count) = counts.get_mut(first) {
            *count += bucket.count_at_value();
        }
    }
    let mut below = 0;
    for (bound, count) in BOUNDS.iter().zip(counts) {
        below += count;
        writeln!(
            out,
            "vmq_loadtest_latency_seconds_bucket{{kind=\"{kind}\",le=\"{bound}\"}} {below}"
        )?;
    }
    let all = times.len();
    writeln!(
        out,
        "vmq_loadtest_latency_seconds_bucket{{kind=\"{kind}\",le=\"+Inf\"}} {all}"
    )?;
    writeln!(out, "vmq_loadtest_latency_seconds_sum{{kind=\"{kind}\"}} {sum}")?;
    writeln!(out, "vmq_loadtest_latency_seconds_count{{kind=\"{kind}\"}} {all}")
}

/// The name of a scenario comes from a file.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_cumulative_buckets() {
        let meter = Meter::new();
        meter.add(Counter::Published, 7);
        meter.add(Counter::Loss, 2);
        meter.add(Counter::AckedSent, 5);
        meter.add(Counter::AckedDone, 3);
        for nanos in [90_000, 2_000_000, 2_000_000, 50_000_000_000] {
            meter.time(Latency::Puback, nanos);
        }
        let text = text(&meter, "a \"b\"\nc");
        for line in [
            "vmq_loadtest_info{scenario=\"a \\\"b\\\"\\nc\",version=\"",
            "# TYPE vmq_loadtest_published_total counter\nvmq_loadtest_published_total 7\n",
            "# TYPE vmq_loadtest_loss gauge\nvmq_loadtest_loss 2\n",
            "vmq_loadtest_outstanding 2\n",
            "_bucket{kind=\"puback\",le=\"0.0001\"} 1\n",
            "_bucket{kind=\"puback\",le=\"0.001\"} 1\n",
            "_bucket{kind=\"puback\",le=\"0.0025\"} 3\n",
            "_bucket{kind=\"puback\",le=\"30\"} 3\n",
            "_bucket{kind=\"puback\",le=\"+Inf\"} 4\n",
            "_count{kind=\"puback\"} 4\n",
            "_count{kind=\"connack\"} 0\n",
        ] {
            assert!(text.contains(line), "no {line:?} in {text}");
        }
    }
}
