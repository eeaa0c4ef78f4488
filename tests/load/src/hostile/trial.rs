//! One trial: a fresh broker and its well-behaved clients, then baseline and attack in turn.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::time::sleep;

use super::attack::Achieved;
use super::attackers::Attackers;
use super::meter::Harm;
use super::operator;
use super::phase::Phase;
use super::plan::{HostilePlan, Stage};
use super::well_behaved::WellBehaved;
use crate::broker::BrokerSpec;
use crate::probe::resident_bytes;
use crate::transport::TransportKind;

/// Traffic before the first baseline.
const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize)]
pub(super) struct Trial {
    pub(super) stage: Stage,
    /// What the attackers do at most, one line for each attack.
    pub(super) budgets: Vec<String>,
    pub(super) rounds: Vec<Round>,
    /// Resident memory of the broker: with the well-behaved clients only, and the most there was.
    pub(super) rss_start_bytes: u64,
    pub(super) rss_peak_bytes: u64,
    /// Of all rounds.
    pub(super) achieved: Achieved,
    pub(super) harm: Harm,
    /// How the broker ended; it should not have.
    pub(super) broker_ended: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Round {
    pub(super) baseline: Phase,
    pub(super) attack: Phase,
}

/// Carries out one stage. `tell` hears about every phase as it ends.
///
/// # Errors
/// Whatever keeps from measuring. That the broker ends under attack is none: it is a result.
pub(super) async fn run(
    plan: &HostilePlan,
    spec: &BrokerSpec,
    stage: Stage,
    mut tell: impl FnMut(&str) -> io::Result<()>,
) -> Result<Trial> {
    let mut broker = spec
        .start_with(TransportKind::Tcp, |address, dir| {
            operator::settings(spec.kind, address, dir)
        })
        .await?;
    let (address, pid) = (broker.address(), broker.pid());
    let good = WellBehaved::start(address, plan).await?;
    sleep(WARM_UP).await;
    let rss_start_bytes = resident_bytes(pid)?;
    let mut trial = Trial {
        stage,
        budgets: stage
            .attacks()
            .iter()
            .map(|attack| format!("{}: {}", attack.name(), attack.budget()))
            .collect(),
        rounds: Vec::new(),
        rss_start_bytes,
        rss_peak_bytes: rss_start_bytes,
        achieved: Achieved::default(),
        harm: Harm::default(),
        broker_ended: None,
    };
    let (rounds, _) = plan.course(stage);
    for number in 0..rounds {
        if number > 0 {
            sleep(Duration::from_secs_f64(plan.settle_secs)).await;
        }
        let measured = trial.round(plan, address, pid, &good, &mut tell).await;
        if let Some(how) = broker.ended()? {
            trial.broker_ended = Some(how);
            break;
        }
        measured.with_context(|| format!("{stage}, round {}", number + 1))?;
    }
    trial.harm = good.meter.harm();
    Ok(trial)
}

impl Trial {
    async fn round(
        &mut self,
        plan: &HostilePlan,
        target: SocketAddr,
        pid: u32,
        good: &WellBehaved,
        tell: &mut impl FnMut(&str) -> io::Result<()>,
    ) -> Result<()> {
        let (rounds, attack_secs) = plan.course(self.stage);
        let number = self.rounds.len() + 1;
        let baseline = Phase::measure(plan.seconds, pid, good, None).await?;
        tell(&format!("baseline {number}/{rounds}: {}", baseline.told()))?;

        let attackers = Attackers::start(target, &self.stage.attacks())?;
        let attack = Phase::measure(attack_secs, pid, good, Some(&attackers)).await?;
        self.achieved += attackers.stop().await?;
        tell(&format!("attack   {number}/{rounds}: {}", attack.told()))?;

        self.rss_peak_bytes = self.rss_peak_bytes.max(attack.rss_peak_bytes);
        self.rounds.push(Round { baseline, attack });
        Ok(())
    }
}
