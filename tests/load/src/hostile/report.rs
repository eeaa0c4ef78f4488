//! Writes the rules, before anything is measured, and the table, as Markdown.

use std::io::Write;

use anyhow::Result;

use super::attack::{Achieved, NICENESS};
use super::plan::HostilePlan;
use super::trial::{Round, Trial};
use super::verdict::{OTHERS_CORES_MAX, Verdict};
use super::{Hostile, Judged};
use crate::broker::BrokerSpec;
use crate::report::number;
use crate::versus::Spread;

/// What is going to be done, and what has to hold.
pub(super) fn rules(
    out: &mut impl Write,
    plan: &HostilePlan,
    spec: &BrokerSpec,
    settings: &str,
) -> Result<()> {
    writeln!(out, "## Hostile workloads against {}\n", spec.label())?;
    writeln!(
        out,
        "- {} well-behaved clients: {} publishers of {} messages/s, each with its subscriber, QoS 1, half of them MQTT 5. \
         Latency counts from the moment a message is due to its delivery.",
        2 * plan.pairs,
        plan.pairs,
        plan.messages_per_sec
    )?;
    writeln!(
        out,
        "- Every attack meets a fresh broker: {} times a baseline of {} s and an attack of {} s, {} s apart. \
         The attackers are another process, of niceness {NICENESS}.",
        plan.rounds, plan.seconds, plan.seconds, plan.settle_secs
    )?;
    write!(
        out,
        "- It passes when the median p99 of the attacks is at most {} times that of the baselines",
        plan.ratio_max
    )?;
    if plan.floor_ms > 0.0 {
        write!(out, " or below {} ms (then the result says so)", plan.floor_ms)?;
    }
    writeln!(
        out,
        ", no well-behaved client was disconnected or lost a message, and \
         other processes used at most {OTHERS_CORES_MAX} cores in the baselines (else the result is void)."
    )?;
    writeln!(
        out,
        "- All attacks at once for {} s: it passes when the broker lives and its resident memory stays **below {} MiB**. \
         Latency and disconnects are shown, not judged.",
        plan.all_seconds, plan.memory_bound_mib
    )?;
    writeln!(
        out,
        "- Settings of the broker beside what it ships with:\n\n```\n{settings}\n```\n"
    )?;
    out.flush()?;
    Ok(())
}

/// A row for each stage, then what needs more words.
pub(super) fn table(out: &mut impl Write, hostile: &Hostile) -> Result<()> {
    writeln!(
        out,
        "| attack | baseline p99, ms | attack p99, ms | ratio | disconnects | lost | broker, cores | resident, MiB | attackers | result |\n\
         |---|---|---|---|---|---|---|---|---|---|"
    )?;
    for judged in &hostile.judged {
        row(out, judged)?;
    }
    writeln!(
        out,
        "\np99: median (least..greatest) of the rounds. Cores and MiB: without attack -> under attack; MiB is the \
         kernel's own high-water mark.\n"
    )?;
    writeln!(out, "What the attackers do at most:\n")?;
    let mut told = Vec::new();
    for budget in hostile.judged.iter().flat_map(|judged| &judged.trial.budgets) {
        if !told.contains(&budget) {
            writeln!(out, "- {budget}")?;
            told.push(budget);
        }
    }
    writeln!(out)?;
    for judged in &hostile.judged {
        details(out, &judged.trial, &judged.verdict)?;
    }
    note_noise(out, hostile)?;
    writeln!(
        out,
        "Result: {}",
        if hostile.passed { "pass" } else { "**not passed**" }
    )?;
    Ok(())
}

fn row(out: &mut impl Write, Judged { trial, verdict }: &Judged) -> Result<()> {
    let mean = |cores: fn(&Round) -> f64| {
        trial.rounds.iter().map(cores).sum::<f64>() / trial.rounds.len().max(1) as f64
    };
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {:.2} -> {:.2} | {} -> {} | {} | {} |",
        trial.stage,
        spread(verdict.baseline_p99_ms),
        spread(verdict.attack_p99_ms),
        verdict
            .ratio
            .map_or_else(|| "-".into(), |ratio| format!("{ratio:.2}")),
        trial.harm.disconnects,
        trial.harm.missing,
        mean(|round| round.baseline.broker_cores),
        mean(|round| round.attack.broker_cores),
        trial.rss_start_bytes >> 20,
        trial.rss_peak_bytes >> 20,
        achieved(&trial.achieved),
        result(verdict)
    )?;
    Ok(())
}

fn result(verdict: &Verdict) -> &'static str {
    if !verdict.failures.is_empty() {
        "**FAIL**"
    } else if verdict.noisy {
        "void: noise"
    } else if verdict.by_floor {
        "pass (floor)"
    } else {
        "pass"
    }
}

fn spread(spread: Option<Spread>) -> String {
    spread.map_or_else(
        || "-".into(),
        |spread| {
            format!(
                "{} ({}..{})",
                number(spread.median),
                number(spread.least),
                number(spread.greatest)
            )
        },
    )
}

fn achieved(achieved: &Achieved) -> String {
    format!(
        "{} connections ({} failed), {} accepted, {} refusals, {} closed; {} sent, {} received",
        count(achieved.connections),
        count(achieved.connect_failures),
        count(achieved.accepted),
        count(achieved.refusals),
        count(achieved.closed),
        count(achieved.sent),
        count(achieved.received),
    )
}

/// Thousands and millions, as far as they matter.
fn count(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..10_000_000 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

fn details(out: &mut impl Write, trial: &Trial, verdict: &Verdict) -> Result<()> {
    for failure in &verdict.failures {
        writeln!(out, "FAULT {}: {failure}", trial.stage)?;
    }
    for error in &trial.harm.errors {
        writeln!(out, "NOTE {}: {error}", trial.stage)?;
    }
    let harm = &trial.harm;
    if harm.repeated > 0 {
        writeln!(out, "NOTE {}: {} messages came twice", trial.stage, harm.repeated)?;
    }
    let undelivered: u64 = trial
        .rounds
        .iter()
        .map(|round| round.baseline.undelivered + round.attack.undelivered)
        .sum();
    if undelivered > 0 {
        writeln!(
            out,
            "NOTE {}: {undelivered} messages came later than ten seconds after their phase, or never",
            trial.stage
        )?;
    }
    if let Some(how) = &trial.broker_ended {
        writeln!(out, "NOTE {}: the broker ended with {how}", trial.stage)?;
    }
    Ok(())
}

fn note_noise(out: &mut impl Write, hostile: &Hostile) -> Result<()> {
    let noisy = hostile.judged.iter().filter(|judged| judged.verdict.noisy);
    let stages: Vec<_> = noisy.map(|judged| judged.trial.stage.to_string()).collect();
    if !stages.is_empty() {
        writeln!(
            out,
            "NOTE {}: other processes used more than {OTHERS_CORES_MAX} cores in the median baseline, which makes any \
             attack pass; measure again on a quiet machine",
            stages.join(", ")
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::plan::Stage;
    use super::super::verdict::tests::{plan, trial};
    use super::*;

    fn hostile(mut trials: Vec<Trial>) -> Hostile {
        let judged = trials
            .drain(..)
            .map(|trial| {
                let verdict = Verdict::of(&trial, &plan());
                Judged { trial, verdict }
            })
            .collect::<Vec<_>>();
        Hostile {
            plan: plan(),
            broker: "vernemq".into(),
            settings: String::new(),
            passed: judged.iter().all(|judged| judged.verdict.passed()),
            judged,
        }
    }

    #[test]
    fn the_bound_is_stated_first() {
        let mut out = Vec::new();
        let spec = "vernemq".parse().unwrap();
        rules(&mut out, &plan(), &spec, "max_keepalive = 600").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("**below 100 MiB**"), "{text}");
        assert!(text.contains("or below 1 ms"), "{text}");
        assert!(text.contains("```\nmax_keepalive = 600\n```"), "{text}");
    }

    #[test]
    fn a_row_for_each_stage_and_words_for_what_failed() {
        let garbage = Stage::Single(super::super::Attack::Garbage);
        let mut failed = trial(garbage, &[(2.0, 9.0), (2.5, 8.0)]);
        failed.rounds[0].baseline.others_cores = 1.0;
        failed
            .harm
            .errors
            .push("subscriber-1: broker closed the connection".into());
        let all = trial(Stage::AllAtOnce, &[(2.0, 50.0)]);
        let mut out = Vec::new();
        table(&mut out, &hostile(vec![failed, all])).unwrap();
        let text = String::from_utf8(out).unwrap();
        let row =
            "| garbage | 2.25 (2.00..2.50) | 8.50 (8.00..9.00) | 3.78 | 0 | 0 | 0.10 -> 0.10 | 20 -> 50 |";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("FAULT garbage: p99 grew 3.78 times"), "{text}");
        assert!(text.contains("NOTE garbage: subscriber-1"), "{text}");
        assert!(text.contains("NOTE garbage: other processes"), "{text}");
        assert!(text.contains("| all-at-once |"), "{text}");
        assert_eq!(text.matches("- garbage: much").count(), 1, "{text}");
        assert!(text.ends_with("Result: **not passed**\n"), "{text}");
    }

    #[test]
    fn large_counts_are_short() {
        assert_eq!(
            (count(9999), count(10_000), count(12_345_678)),
            ("9999".into(), "10k".into(), "12M".into())
        );
    }
}
