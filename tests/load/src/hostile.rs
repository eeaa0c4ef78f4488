//! `hostile`: ten ways to make a broker suffer, beside clients that behave well and are the only ones measured.
//!
//! Holds: every attack meets a fresh broker, so that retained messages, sessions and memory of one are not paid for by
//! the next. What decides (rules, settings, the memory bound) is printed before anything is measured.

// In reading order: what is asked for, the two sides, what is measured, one attack after the other, the judgement.
mod plan;
mod operator;
mod attack;
mod attackers;
mod meter;
mod well_behaved;
mod phase;
mod trial;
mod verdict;
mod report;

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use crate::broker::BrokerSpec;

pub(crate) use attack::{Attack, serve};
pub(crate) use plan::{HostileArgs, HostilePlan};
use trial::Trial;
use verdict::Verdict;

/// Everything of one measurement, as the result file holds it.
#[derive(Debug, Serialize)]
pub(crate) struct Hostile {
    plan: HostilePlan,
    /// Program of the broker.
    broker: String,
    /// Its settings, apart from addresses and files.
    settings: String,
    passed: bool,
    judged: Vec<Judged>,
}

/// One stage with its verdict.
#[derive(Debug, Serialize)]
struct Judged {
    trial: Trial,
    verdict: Verdict,
}

impl Hostile {
    /// Nobody was disconnected, no ratio and no memory beyond what was agreed.
    pub(crate) fn passed(&self) -> bool {
        self.passed
    }
}

/// Carries out `plan` against a broker started from `spec`: the rules go to standard output first, a line for each
/// phase to standard error, the table to standard output.
pub(crate) async fn run(plan: HostilePlan, spec: &BrokerSpec) -> Result<Hostile> {
    let settings = operator::described(spec)?;
    report::rules(&mut io::stdout().lock(), &plan, spec, &settings)?;
    let mut judged = Vec::with_capacity(plan.stages.len());
    for stage in &plan.stages {
        let tell = |line: &str| writeln!(io::stderr(), "{stage}: {line}");
        let trial = trial::run(&plan, spec, *stage, tell).await?;
        let verdict = Verdict::of(&trial, &plan);
        judged.push(Judged { trial, verdict });
    }
    let hostile = Hostile {
        broker: spec.program.display().to_string(),
        settings,
        passed: judged.iter().all(|judged| judged.verdict.passed()),
        judged,
        plan,
    };
    report::table(&mut io::stdout().lock(), &hostile)?;
    Ok(hostile)
}
