//! What a run is: the plan with its defaults, and one file per kind of scenario that carries it out.
//!
//! Every scenario returns the same `Outcome`, a list of figures and a list of faults, so that reports and
//! comparisons know nothing about scenarios.

use std::net::SocketAddr;

use anyhow::Result;
use serde::Serialize;

use crate::flow::Window;
use crate::wire::{Qos, Version};

mod connect;
mod idle;
mod traffic;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scenario {
    /// N publishers to N subscribers, a topic per pair.
    Pairs,
    /// One publisher to N subscribers of one topic.
    Fanout,
    /// N publishers, each with its topic, to one subscriber with a wildcard.
    Fanin,
    /// N publishers, each with its topic, to one shared group of N subscribers.
    Shared,
    /// Pairs whose subscribers have a persistent session.
    Persistent,
    /// Connections opened and closed as fast as the broker answers.
    Connect,
    /// N connections with one subscription each that do nothing.
    Idle,
}

/// Everything that decides a run. Written into the result file.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) scenario: Scenario,
    pub(crate) version: Version,
    pub(crate) qos: Qos,
    pub(crate) payload_bytes: usize,
    pub(crate) publishers: usize,
    pub(crate) subscribers: usize,
    /// Connections of `idle`, concurrent connecting clients of `connect`.
    pub(crate) clients: usize,
    /// Per publisher.
    pub(crate) window: Window,
    /// Unacknowledged publishes of QoS 1 and 2, per publisher; also what brokers we start allow per subscriber.
    pub(crate) inflight_max: u16,
    /// Messages a second of all publishers together, sent when they are due; `None` = as fast as the window allows.
    pub(crate) rate: Option<u32>,
    pub(crate) warmup_secs: f64,
    pub(crate) seconds: f64,
    /// Every so many messages carry their time.
    pub(crate) sample_every: u64,
}

/// Where the broker is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// Process to measure.
    pub(crate) pid: Option<u32>,
}

/// One measured number.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
}

/// Result of one run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Outcome {
    pub(crate) figures: Vec<Figure>,
    /// Loss, duplicates, refusals: a run with faults is no measurement.
    pub(crate) faults: Vec<String>,
}

impl Outcome {
    /// Value of a figure, if this scenario has it.
    pub(crate) fn figure(&self, name: &str) -> Option<f64> {
        self.figures
            .iter()
            .find(|figure| figure.name == name)
            .map(|figure| figure.value)
    }

    fn push(&mut self, name: &'static str, unit: &'static str, value: f64) {
        self.figures.push(Figure { name, unit, value });
    }

    /// Adds a fault if `count` is not 0.
    fn fault(&mut self, count: u64, what: &str) {
        if count > 0 {
            self.faults.push(format!("{count} {what}"));
        }
    }
}

impl Plan {
    /// Longer than any run, so that subscribers which only receive need no PINGREQ; 0 could be refused by a broker
    /// that bounds keepalive.
    fn keepalive_secs(&self) -> u16 {
        let run_secs = self.warmup_secs + self.seconds;
        // `as` saturates: a run of a day gets the longest keepalive there is.
        (300.0 + 2.0 * run_secs) as u16
    }
}

/// Carries out `plan` against the broker at `target`.
pub(crate) async fn run(plan: &Plan, target: Target) -> Result<Outcome> {
    match plan.scenario {
        Scenario::Pairs | Scenario::Fanout | Scenario::Fanin | Scenario::Shared | Scenario::Persistent => {
            traffic::run(plan, target).await
        }
        Scenario::Connect => connect::run(plan, target).await,
        Scenario::Idle => idle::run(plan, target).await,
    }
}

/// A name no other run uses: topics and client ids of two runs on one broker must not meet.
fn run_name() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static RUNS: AtomicU32 = AtomicU32::new(0);
    format!(
        "load-{}-{}",
        std::process::id(),
        RUNS.fetch_add(1, Ordering::Relaxed)
    )
}

fn micros(nanos: f64) -> f64 {
    nanos / 1000.0
}

#[cfg(test)]
pub(crate) mod tests;
