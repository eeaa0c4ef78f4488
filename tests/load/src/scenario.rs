//! What a run is: the plan with its defaults, and one file per kind of scenario that carries it out.
//!
//! Every scenario returns the same `Outcome`, a list of figures and a list of faults, so that reports and
//! comparisons know nothing about scenarios.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::flow::Window;
use crate::link::{Link, Welcome};
use crate::measure::{Counter, Meter};
use crate::transport::TransportKind;
use crate::wire::{Connect, Qos, Version};

// In reading order: figures every scenario shares, traffic, what builds on it, storage, connections.
mod figures;
mod traffic;
mod mixed;
mod disturbed;
mod offline;
mod retained;
mod connect;
mod storm;
mod idle;

/// The named scenarios. Their names, sizes and aims are in `tests/bench/README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scenario {
    /// N publishers to N subscribers, a topic per pair.
    Pairs,
    /// Point to point: many pairs, a few messages in flight each, QoS 1.
    P2p,
    /// One publisher to N subscribers of one topic.
    Fanout,
    /// N publishers, each with its topic, to one subscriber with a wildcard.
    Fanin,
    /// N publishers, each with its topic, to one shared group of N subscribers.
    Shared,
    /// Pairs of every QoS, fan-in, fan-out and a shared group at fixed rates, beside connections that do nothing.
    Mixed,
    /// Pairs whose subscribers have a persistent session.
    Persistent,
    /// Persistent sessions that are away while messages come, and then fetch them.
    Offline,
    /// Retained messages: set, sent to every new subscriber of all of them, removed.
    Retained,
    /// Connections opened and closed as fast as the broker answers.
    Connect,
    /// The same over TLS, each with a full handshake.
    TlsConnect,
    /// N clients that come at once and stay.
    ConnectStorm,
    /// N clients that are thrown out and come back at once, and what paced pairs notice of it.
    ReconnectStorm,
    /// Clients that come and go at a fixed rate, and what paced pairs notice of it.
    Churn,
    /// Subscribers that hardly read, and what paced pairs notice of them.
    Slow,
    /// N connections with one subscription each that do nothing.
    Idle,
}

impl Scenario {
    /// What a reader of a comparison must know: where brokers do not do the same, or measure little.
    pub(crate) fn caution(self) -> Option<&'static str> {
        match self {
            Scenario::Persistent | Scenario::Offline => Some(
                "no like-for-like comparison: mosquitto runs without persistence and keeps sessions in memory, \
                 vernemq stores them on disk before it acknowledges",
            ),
            Scenario::Retained => Some(
                "mosquitto keeps retained messages in memory only here, vernemq also stores them on disk",
            ),
            Scenario::Slow => Some(
                "queues have the limits brokers ship with: what a slow consumer does not take is dropped for it",
            ),
            _ => None,
        }
    }
}

/// Everything that decides a run. Written into the result file.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) scenario: Scenario,
    pub(crate) version: Version,
    pub(crate) transport: TransportKind,
    pub(crate) qos: Qos,
    pub(crate) payload_bytes: usize,
    pub(crate) publishers: usize,
    pub(crate) subscribers: usize,
    /// Connections of `idle` and the storms, concurrent connecting clients of `connect`, clients that come and go in a
    /// second of `churn`.
    pub(crate) clients: usize,
    /// Retained messages, or messages for each session that is away.
    pub(crate) messages: u64,
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

/// Expiry of sessions that are not clean (MQTT 5); longer than any run.
const EXPIRY_SECS: u32 = 24 * 3600;

/// Where the broker is, and what counts meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Of its nodes; connections take turns.
    addresses: Arc<[SocketAddr]>,
    /// Our own, to connect from in turn; without any the system chooses.
    sources: Arc<[IpAddr]>,
    /// Process to measure.
    pub(crate) pid: Option<u32>,
    pub(crate) meter: Arc<Meter>,
}

impl Target {
    pub(crate) fn new(addresses: &[SocketAddr], pid: Option<u32>) -> Target {
        Target {
            addresses: addresses.into(),
            sources: Arc::default(),
            pid,
            meter: Arc::new(Meter::new()),
        }
    }

    pub(crate) fn from(mut self, sources: &[IpAddr]) -> Target {
        self.sources = sources.into();
        self
    }

    /// Of the node for connection `number`.
    fn address(&self, number: usize) -> Result<SocketAddr> {
        let turn = number % self.addresses.len().max(1);
        self.addresses.get(turn).copied().context("no broker is named")
    }

    /// Connects, and counts it. `number` is the connection's, to choose the node and a loopback address.
    async fn open(&self, number: usize, options: &Connect) -> Result<(Link, Welcome)> {
        let target = self.address(number)?;
        let opened = match self.sources.len() {
            0 => Link::open(target, number, options).await,
            many => Link::open_from(self.sources[number % many], target, options).await,
        };
        match opened {
            Ok((mut link, welcome)) => {
                link.count_in(&self.meter, &welcome);
                Ok((link, welcome))
            }
            Err(error) => {
                self.meter.add(Counter::ConnectErrors, 1);
                Err(error)
            }
        }
    }
}

/// One measured number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: Cow<'static, str>,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) value: f64,
}

/// Result of one run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

    pub(crate) fn push(&mut self, name: &'static str, unit: &'static str, value: f64) {
        self.figures.push(Figure {
            name: name.into(),
            unit: unit.into(),
            value,
        });
    }

    /// Adds what another process has measured at the same time against the same broker. Rates and what is counted add up; the
    /// broker's processor time was one and the same, and is shared out among more; of all else the greater stays.
    pub(crate) fn add(&mut self, other: Outcome) {
        for figure in &mut self.figures {
            let Some(value) = other.figure(&figure.name) else {
                continue;
            };
            figure.value = match &*figure.unit {
                "1/s" | "clients" => figure.value + value,
                unit if unit.starts_with("us/") && figure.name != "generator_cpu" => {
                    1.0 / (1.0 / figure.value + 1.0 / value)
                }
                _ => figure.value.max(value),
            };
        }
        self.faults.extend(other.faults);
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

    /// What a client of this run says first. A session that is not clean outlives its connection in both versions.
    fn connect(&self, client_id: String, clean: bool) -> Connect {
        Connect {
            clean,
            keepalive_secs: self.keepalive_secs(),
            expiry_secs: if clean { 0 } else { EXPIRY_SECS },
            way: self.transport.into(),
            ..Connect::new(self.version, client_id)
        }
    }
}

/// Carries out `plan` against the broker at `target`.
pub(crate) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    match plan.scenario {
        Scenario::Pairs
        | Scenario::P2p
        | Scenario::Fanout
        | Scenario::Fanin
        | Scenario::Shared
        | Scenario::Persistent => traffic::run(plan, target).await,
        Scenario::Mixed => mixed::run(plan, target).await,
        Scenario::ReconnectStorm | Scenario::Churn | Scenario::Slow => disturbed::run(plan, target).await,
        Scenario::Offline => offline::run(plan, target).await,
        Scenario::Retained => retained::run(plan, target).await,
        Scenario::Connect | Scenario::TlsConnect => connect::run(plan, target).await,
        Scenario::ConnectStorm => storm::run(plan, target).await,
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
