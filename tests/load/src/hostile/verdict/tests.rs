//! When a stage passes.

use super::super::attack::{Achieved, Attack};
use super::super::meter::Harm;
use super::super::phase::Phase;
use super::*;

pub(in super::super) fn plan() -> HostilePlan {
    HostilePlan {
        stages: vec![Stage::Single(Attack::Garbage), Stage::AllAtOnce],
        rounds: 3,
        seconds: 12.0,
        all_seconds: 60.0,
        settle_secs: 3.0,
        pairs: 50,
        messages_per_sec: 10,
        memory_bound_mib: 100,
        ratio_max: 2.0,
        floor_ms: 1.0,
    }
}

fn phase(p99_ms: f64) -> Phase {
    Phase {
        messages: 6000,
        undelivered: 0,
        p50_ms: p99_ms / 4.0,
        p99_ms,
        p999_ms: p99_ms * 2.0,
        greatest_ms: p99_ms * 3.0,
        broker_cores: 0.1,
        attackers_cores: 0.2,
        others_cores: 0.0,
        rss_peak_bytes: 50 << 20,
    }
}

/// Rounds by the p99 of their baseline and attack.
pub(in super::super) fn trial(stage: Stage, rounds: &[(f64, f64)]) -> Trial {
    let rounds = rounds.iter().map(|(baseline, attack)| Round {
        baseline: phase(*baseline),
        attack: phase(*attack),
    });
    Trial {
        stage,
        budgets: vec!["garbage: much".into()],
        rounds: rounds.collect(),
        rss_start_bytes: 20 << 20,
        rss_peak_bytes: 50 << 20,
        achieved: Achieved::default(),
        harm: Harm::default(),
        broker_ended: None,
    }
}

fn single(rounds: &[(f64, f64)]) -> Trial {
    trial(Stage::Single(Attack::Garbage), rounds)
}

#[test]
fn medians_are_compared_not_single_rounds() {
    let verdict = Verdict::of(&single(&[(2.0, 3.0), (2.2, 40.0), (0.5, 4.0)]), &plan());
    assert_eq!(verdict.ratio, Some(2.0), "4.0 to 2.0");
    assert!(verdict.passed() && !verdict.by_floor, "{:?}", verdict.failures);

    let verdict = Verdict::of(&single(&[(2.0, 4.1)]), &plan());
    assert_eq!(verdict.failures, ["p99 grew 2.05 times, more than 2"]);
}

#[test]
fn below_the_floor_the_ratio_does_not_matter() {
    let verdict = Verdict::of(&single(&[(0.2, 0.9)]), &plan());
    assert!(verdict.passed() && verdict.by_floor);
    let verdict = Verdict::of(&single(&[(0.2, 1.0)]), &plan());
    assert!(!verdict.passed(), "the floor is 1.0");
    let mut strict = plan();
    strict.floor_ms = 0.0;
    assert!(!Verdict::of(&single(&[(0.2, 0.9)]), &strict).passed());
}

#[test]
fn harm_and_the_end_of_the_broker_fail_whatever_the_ratio() {
    let mut trial = single(&[(2.0, 2.0)]);
    trial.harm.disconnects = 1;
    trial.harm.missing = 2;
    trial.broker_ended = Some("signal: 11".into());
    let verdict = Verdict::of(&trial, &plan());
    assert_eq!(
        verdict.failures,
        ["1 disconnects", "2 messages lost", "the broker ended"]
    );
    assert_eq!(Verdict::of(&single(&[]), &plan()).failures, ["no whole round"]);
}

#[test]
fn nothing_passes_beside_busy_strangers() {
    let mut trial = single(&[(9.0, 9.0), (9.0, 9.0), (9.0, 9.0)]);
    trial.rounds[0].baseline.others_cores = 1.5;
    assert!(Verdict::of(&trial, &plan()).passed(), "one of three");
    trial.rounds[1].baseline.others_cores = 1.5;
    let verdict = Verdict::of(&trial, &plan());
    assert!(verdict.noisy && verdict.failures.is_empty() && !verdict.passed());
    trial.stage = Stage::AllAtOnce;
    assert!(
        Verdict::of(&trial, &plan()).passed(),
        "memory does not depend on them"
    );
}

#[test]
fn all_at_once_is_about_memory() {
    let mut trial = trial(Stage::AllAtOnce, &[(1.0, 30.0)]);
    trial.harm.disconnects = 1;
    assert!(Verdict::of(&trial, &plan()).passed());
    trial.rss_peak_bytes = 100 << 20;
    let verdict = Verdict::of(&trial, &plan());
    assert_eq!(verdict.failures, ["memory reached 100 MiB, the bound is 100"]);
}
