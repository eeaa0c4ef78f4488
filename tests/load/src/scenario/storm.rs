//! `connect-storm`: clients that come at once, subscribe to one topic each, and stay. Its rate is that of clean sessions from
//! CONNECT to CONNACK, so nobody subscribes before all have come. `crowd` is also what the reconnect storm throws out and lets
//! back in; there everybody subscribes as soon as it is in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::figures::Phase;
use super::{Outcome, Plan, Target, run_name};
use crate::link::Link;
use crate::measure::latency_histogram;
use crate::probe::resident_bytes;

/// Handshakes under way at the same time. More of them only wait in the kernel's backlog, or are dropped there and come again
/// after a second: then the kernel's timer is what is measured.
const AT_ONCE: usize = 500;

pub(super) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    let before = target.pid.map(resident_bytes).transpose()?;
    let phase = Phase::begin(target.pid)?;
    let run = run_name();
    let mut storm = come(plan, target, &run, Then::Stay).await?;
    let interval = phase.end()?;
    let coming = Instant::now();
    subscribe_all(plan, &run, &mut storm).await?;
    let mut outcome = Outcome::default();
    let clients = storm.links.len() as f64;
    outcome.push_cost("broker_cpu", "us/connect", &interval, clients);
    storm.figures(&mut outcome);
    outcome.push("subscribed", "1/s", clients / coming.elapsed().as_secs_f64());
    if let Some((before, pid)) = before.zip(target.pid) {
        let grown = resident_bytes(pid)?.saturating_sub(before);
        outcome.push("rss_per_connection", "bytes", grown as f64 / clients);
    }
    outcome.push_others(&interval);
    Ok(outcome)
}

/// Clients that have come, and how that went.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) links: Vec<Link>,
    took: Duration,
    /// How many came in that time, and how long each waited.
    connack: Histogram<u64>,
}

impl Crowd {
    /// These clients, with what those before have measured added.
    pub(super) fn after(mut self, before: &Crowd) -> Crowd {
        self.took += before.took;
        // Both have the same bounds.
        self.connack.add(&before.connack).unwrap_or_default();
        self
    }

    pub(super) fn figures(&self, outcome: &mut Outcome) {
        let secs = self.took.as_secs_f64();
        let (came, clients) = (self.connack.len() as f64, self.links.len() as f64);
        outcome.push("connects", "1/s", came / secs);
        outcome.push("storm", "s", secs * clients / came.max(1.0));
        outcome.push_latency(
            &self.connack,
            &[("connack_p50", 0.50), ("connack_p99", 0.99), ("connack_max", 1.0)],
        );
    }
}

/// What a client does when it is in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Stay,
    Subscribe,
}

fn topic(run: &str, number: usize) -> String {
    format!("{run}/c/{number:06}")
}

/// Lets all clients of `plan` in, as fast as the broker takes them; each subscribes to a topic of its own. `run` names them:
/// who comes again under the same name comes back.
pub(super) async fn crowd(plan: &Plan, target: &Target, run: &str) -> Result<Crowd> {
    come(plan, target, run, Then::Subscribe).await
}

/// Every client that has come subscribes to its topic.
async fn subscribe_all(plan: &Plan, run: &str, crowd: &mut Crowd) -> Result<()> {
    let mut asking = JoinSet::new();
    for (number, mut link) in crowd.links.drain(..).enumerate() {
        let (topic, qos) = (topic(run, number), plan.qos);
        asking.spawn(async move {
            link.subscribe(&topic, qos).await?;
            anyhow::Ok(link)
        });
    }
    while let Some(answered) = asking.join_next().await {
        crowd.links.push(answered??);
    }
    Ok(())
}

async fn come(plan: &Plan, target: &Target, run: &str, then: Then) -> Result<Crowd> {
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let start = Instant::now();
    let mut coming = JoinSet::new();
    for number in 0..plan.clients {
        let options = plan.connect(format!("{run}-c-{number}"), true);
        let (topic, qos) = (topic(run, number), plan.qos);
        let (gate, target) = (Arc::clone(&gate), target.clone());
        coming.spawn(async move {
            let _pass = gate.acquire().await?;
            let (mut link, welcome) = target.open(number, &options).await?;
            if then == Then::Subscribe {
                link.subscribe(&topic, qos).await?;
            }
            anyhow::Ok((link, welcome.connack_nanos))
        });
    }
    let mut links = Vec::with_capacity(plan.clients);
    let mut connack = latency_histogram();
    while let Some(came) = coming.join_next().await {
        let (link, nanos) = came?.with_context(|| {
            format!(
                "after {} clients; is `ulimit -n` large enough for the generator and the broker?",
                links.len()
            )
        })?;
        connack.saturating_record(nanos);
        links.push(link);
    }
    Ok(Crowd {
        links,
        took: start.elapsed(),
        connack,
    })
}
