//! What is asked for: arguments of `hostile`, and the plan they become.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::attack::Attack;
use crate::broker::BrokerSpec;

/// Name of the stage with every attack at the same time.
const ALL_AT_ONCE: &str = "all-at-once";

/// Attacks that meet one fresh broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    Single(Attack),
    AllAtOnce,
}

#[derive(Debug, Args)]
pub(crate) struct HostileArgs {
    /// PROGRAM or PROGRAM:SETTINGS; settings replace generated ones of the same key.
    #[arg(long)]
    pub(crate) broker: BrokerSpec,
    /// One attack, or all-at-once; repeat it [default: every attack in turn, then all-at-once].
    #[arg(long)]
    only: Vec<Stage>,
    /// Baseline and attack alternate so many times.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a baseline and of an attack.
    #[arg(long, default_value_t = 12.0)]
    seconds: f64,
    /// Seconds of the stage with all attacks at once.
    #[arg(long, default_value_t = 60.0)]
    all_seconds: f64,
    /// Seconds between an attack and the next baseline.
    #[arg(long, default_value_t = 3.0)]
    settle: f64,
    /// Well-behaved publishers, each with its subscriber.
    #[arg(long, default_value_t = 50)]
    pairs: usize,
    /// Messages a second of each of them.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// Resident memory of the broker must stay below this while all attack at once, in MiB.
    #[arg(long, default_value_t = 512)]
    memory_bound_mib: u64,
    /// The median p99 may grow to so many times the baseline.
    #[arg(long, default_value_t = 2.0)]
    ratio: f64,
    /// A median p99 below this passes whatever the ratio, in milliseconds; 0 = no such floor.
    #[arg(long, default_value_t = 1.0)]
    floor_ms: f64,
    /// Write the result to this file.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// Everything that decides a measurement. Written into the result file.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HostilePlan {
    pub(crate) stages: Vec<Stage>,
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
    pub(crate) all_seconds: f64,
    pub(crate) settle_secs: f64,
    pub(crate) pairs: usize,
    /// Per publisher.
    pub(crate) messages_per_sec: u32,
    pub(crate) memory_bound_mib: u64,
    pub(crate) ratio_max: f64,
    pub(crate) floor_ms: f64,
}

// === impl Stage ===

impl Stage {
    /// In turn.
    pub(crate) fn attacks(self) -> Vec<Attack> {
        match self {
            Stage::Single(attack) => vec![attack],
            Stage::AllAtOnce => Attack::ALL.to_vec(),
        }
    }

    fn every() -> Vec<Stage> {
        let singles = Attack::ALL.into_iter().map(Stage::Single);
        singles.chain([Stage::AllAtOnce]).collect()
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stage::Single(attack) => f.write_str(&attack.name()),
            Stage::AllAtOnce => f.write_str(ALL_AT_ONCE),
        }
    }
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Stage, String> {
        if text == ALL_AT_ONCE {
            return Ok(Stage::AllAtOnce);
        }
        Attack::from_str(text, false).map(Stage::Single).map_err(|_| {
            let known: Vec<_> = Stage::every().iter().map(Stage::to_string).collect();
            format!("no such attack; there are {}", known.join(", "))
        })
    }
}

// === impl HostileArgs ===

impl HostileArgs {
    pub(crate) fn plan(&self) -> HostilePlan {
        HostilePlan {
            stages: if self.only.is_empty() {
                Stage::every()
            } else {
                self.only.clone()
            },
            rounds: self.rounds.max(1),
            seconds: self.seconds.clamp(0.5, 3600.0),
            all_seconds: self.all_seconds.clamp(0.5, 3600.0),
            settle_secs: self.settle.clamp(0.0, 600.0),
            // Their source addresses are those of one byte.
            pairs: self.pairs.clamp(1, 120),
            messages_per_sec: self.rate.clamp(1, 1000),
            memory_bound_mib: self.memory_bound_mib,
            ratio_max: self.ratio.max(1.0),
            floor_ms: self.floor_ms.max(0.0),
        }
    }
}

// === impl HostilePlan ===

impl HostilePlan {
    /// Rounds, and seconds of each attack.
    pub(crate) fn course(&self, stage: Stage) -> (usize, f64) {
        match stage {
            Stage::Single(_) => (self.rounds, self.seconds),
            Stage::AllAtOnce => (1, self.all_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_a_name_and_is_found_by_it() {
        let stages = Stage::every();
        assert_eq!(stages.len(), 11);
        for stage in stages {
            assert_eq!(stage.to_string().parse(), Ok(stage));
        }
        let error = "syn-flood".parse::<Stage>().unwrap_err();
        assert!(
            error.contains("half-open") && error.contains(ALL_AT_ONCE),
            "{error}"
        );
    }
}
