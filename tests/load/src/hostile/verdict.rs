//! Judges a trial by the rules that were stated before it.
//!
//! One attack: the median over the rounds of the attacks' p99 is at most so many times that of the baselines', or below
//! the floor; nobody who behaves well was disconnected or lost a message. All at once: resident memory stayed below the
//! bound. The broker has to live through both.
//!
//! Strangers that use the processor make baselines slow, and slow baselines make any attack pass: then there is no ratio
//! to judge, and nothing has passed.

use serde::Serialize;

use super::plan::{HostilePlan, Stage};
use super::trial::{Round, Trial};
use crate::versus::Spread;

/// Processor time of strangers in the baselines, in cores and in the median, from which on a latency is none.
pub(super) const OTHERS_CORES_MAX: f64 = 0.2;

#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    /// Over the rounds; `None` when there was no whole round.
    pub(super) baseline_p99_ms: Option<Spread>,
    pub(super) attack_p99_ms: Option<Spread>,
    /// Of the medians.
    pub(super) ratio: Option<f64>,
    /// It passed only because of the floor.
    pub(super) by_floor: bool,
    /// Strangers were too busy: it has to be measured again.
    pub(super) noisy: bool,
    /// Why it did not pass.
    pub(super) failures: Vec<String>,
}

impl Verdict {
    pub(super) fn of(trial: &Trial, plan: &HostilePlan) -> Verdict {
        let spread = |figure: fn(&Round) -> f64| Spread::of(trial.rounds.iter().map(figure).collect());
        let others = spread(|round| round.baseline.others_cores);
        let mut verdict = Verdict {
            baseline_p99_ms: spread(|round| round.baseline.p99_ms),
            attack_p99_ms: spread(|round| round.attack.p99_ms),
            ratio: None,
            by_floor: false,
            noisy: matches!(trial.stage, Stage::Single(_))
                && others.is_some_and(|others| others.median > OTHERS_CORES_MAX),
            failures: Vec::new(),
        };
        verdict.ratio = verdict
            .attack_p99_ms
            .zip(verdict.baseline_p99_ms)
            .map(|(attack, baseline)| attack.median / baseline.median);
        match trial.stage {
            Stage::Single(_) => verdict.judge_single(trial, plan),
            Stage::AllAtOnce => verdict.judge_memory(trial, plan),
        }
        if trial.broker_ended.is_some() {
            verdict.failures.push("the broker ended".into());
        }
        verdict
    }

    pub(super) fn passed(&self) -> bool {
        self.failures.is_empty() && !self.noisy
    }

    fn judge_single(&mut self, trial: &Trial, plan: &HostilePlan) {
        match (self.ratio, self.attack_p99_ms) {
            (Some(ratio), Some(attack)) => {
                let slow = ratio > plan.ratio_max;
                self.by_floor = slow && attack.median < plan.floor_ms;
                if slow && !self.by_floor {
                    self.failures
                        .push(format!("p99 grew {ratio:.2} times, more than {}", plan.ratio_max));
                }
            }
            _ => self.failures.push("no whole round".into()),
        }
        let harm = &trial.harm;
        let counts = [
            (harm.disconnects, "disconnects"),
            (harm.missing, "messages lost"),
            (harm.wrong, "acks or messages that were wrong"),
        ];
        for (count, what) in counts {
            if count > 0 {
                self.failures.push(format!("{count} {what}"));
            }
        }
    }

    fn judge_memory(&mut self, trial: &Trial, plan: &HostilePlan) {
        if trial.rounds.is_empty() {
            self.failures.push("no whole round".into());
        }
        if trial.rss_peak_bytes >= plan.memory_bound_mib << 20 {
            self.failures.push(format!(
                "memory reached {} MiB, the bound is {}",
                trial.rss_peak_bytes >> 20,
                plan.memory_bound_mib
            ));
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
