//! Messages from publishers to subscribers with a bounded number in flight: `pairs`, `fanout`, `fanin`, `shared`,
//! `persistent`.
//!
//! Order of a run: connect and subscribe everything, start sending, warm up, measure, stop sending, wait until
//! every message has arrived, check. Figures belong to the measured interval, faults to the whole run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;

use super::{Outcome, Plan, Scenario, Target};
use crate::flow::Flow;
use crate::link::Link;
use crate::metronome::{Beat, Metronome};
use crate::probe::{Reading, resident_bytes};
use crate::publisher::{Publisher, Stream};
use crate::schedule::Schedule;
use crate::stamp::now_nanos;
use crate::subscriber::Subscriber;
use crate::tally::Tally;
use crate::wire::Version;
use topology::Topology;

mod figures;
mod topology;

/// A run that has not moved for this long is over: what is missing is lost.
const STALL: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 5 });

/// Everything that runs, and what it shares.
struct Stage {
    tally: Arc<Tally>,
    flows: Vec<Arc<Flow>>,
    publishers: JoinSet<Result<(u64, Link)>>,
    subscribers: JoinSet<Result<()>>,
    /// Deliveries of one message.
    copies: u64,
    /// Rings when messages are due, if there is a rate.
    _metronome: Option<Metronome>,
}

/// Counts at one edge of the measured interval.
struct Edge {
    reading: Reading,
    messages: u64,
}

pub(super) async fn run(plan: &Plan, target: Target) -> Result<Outcome> {
    let topology = Topology::new(plan);
    let mut stage = Stage::build(plan, target, &topology).await?;

    stage.let_pass(plan.warmup_secs).await?;
    stage.tally.measure(true);
    let start = stage.edge(target)?;
    stage.let_pass(plan.seconds).await?;
    let end = stage.edge(target)?;
    stage.tally.measure(false);
    let resident = target.pid.map(resident_bytes).transpose()?;

    let mut outcome = figures::of_interval(&stage.tally, &start, &end, plan)?;
    if let Some(bytes) = resident {
        outcome.push("broker_rss", "MiB", bytes as f64 / f64::from(1 << 20));
    }
    figures::check_rate(plan, &mut outcome, stage.copies);
    let sent = stage.finish().await?;
    figures::check(&stage.tally, sent * stage.copies, &mut outcome);
    if plan.scenario == Scenario::Persistent {
        topology.forget_sessions(plan, target).await?;
    }
    Ok(outcome)
}

impl Stage {
    /// Connects and subscribes everything before the first message is sent.
    async fn build(plan: &Plan, target: Target, topology: &Topology) -> Result<Stage> {
        let flows: Vec<_> = (0..topology.publishers)
            .map(|_| Arc::new(Flow::new(plan.window, topology.audience(), topology.listeners())))
            .collect();
        let tally = Arc::new(Tally::new(topology.subscribers));
        let clean = plan.scenario != Scenario::Persistent;

        let mut subscribers = JoinSet::new();
        for number in 0..topology.subscribers {
            let options = topology::connect_options(plan, topology.subscriber_id(number), clean);
            let (mut link, welcome) = Link::open(target.address, number, &options).await?;
            ensure!(
                !welcome.session_present,
                "broker knows a session of a new client id"
            );
            link.subscribe(&topology.filter(number), plan.qos).await?;
            let expected = topology.expected(plan, number, &flows);
            subscribers.spawn(Subscriber::new(link, number, expected, Arc::clone(&tally)).run());
        }

        let mut ready = Vec::with_capacity(topology.publishers);
        for (number, flow) in flows.iter().enumerate() {
            let options = topology::connect_options(plan, format!("{}-p-{number}", topology.run), true);
            let (link, welcome) = Link::open(target.address, topology.subscribers + number, &options).await?;
            let stream = stream(plan, topology.topic(number), welcome.receive_maximum);
            let id = u32::try_from(number).context("too many publishers")?;
            ready.push(Publisher::new(
                link,
                id,
                &stream,
                Arc::clone(flow),
                Arc::clone(&tally),
            ));
        }
        let metronome = plan.rate.map(|rate| start_metronome(&flows, rate)).transpose()?;
        let mut publishers = JoinSet::new();
        for publisher in ready {
            publishers.spawn(publisher.run());
        }
        Ok(Stage {
            tally,
            flows,
            publishers,
            subscribers,
            copies: topology.copies as u64,
            _metronome: metronome,
        })
    }

    /// Waits while the traffic flows. A task that ends now is an error.
    async fn let_pass(&mut self, secs: f64) -> Result<()> {
        let pause = tokio::time::sleep(Duration::from_secs_f64(secs));
        tokio::select! {
            () = pause => Ok(()),
            Some(ended) = self.publishers.join_next() => {
                ended??;
                bail!("a publisher ended before the run did")
            }
            Some(ended) = self.subscribers.join_next() => ended?,
        }
    }

    fn edge(&self, target: Target) -> Result<Edge> {
        Ok(Edge {
            reading: Reading::take(target.pid)?,
            messages: self.tally.messages(),
        })
    }

    /// Stops the publishers, waits until what they sent has arrived or nothing moves any more, and ends every task.
    /// Returns how many messages were sent.
    async fn finish(&mut self) -> Result<u64> {
        for flow in &self.flows {
            flow.stop();
        }
        let mut links = Vec::new();
        let mut sent = 0;
        let mut moved = (Instant::now(), self.tally.messages());
        while moved.0.elapsed() < STALL {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(2)) => {}
                Some(ended) = self.publishers.join_next() => {
                    let (count, link) = ended??;
                    sent += count;
                    links.push(link);
                }
                Some(ended) = self.subscribers.join_next() => ended??,
            }
            let messages = self.tally.messages();
            if self.publishers.is_empty() && messages + self.tally.missing() >= sent * self.copies {
                break;
            }
            if messages != moved.1 {
                moved = (Instant::now(), messages);
            }
        }
        ensure!(
            self.publishers.is_empty(),
            "{} publishers wait for acks in vain",
            self.publishers.len()
        );
        self.subscribers.shutdown().await;
        for link in links {
            link.close().await;
        }
        Ok(sent)
    }
}

/// From now on `rate` messages a second are due, the publishers taking turns.
fn start_metronome(flows: &[Arc<Flow>], rate: u32) -> Result<Metronome> {
    let start_nanos = now_nanos();
    let beats = flows.iter().enumerate().map(|(number, flow)| {
        let schedule = Schedule::share(start_nanos, u64::from(rate), number, flows.len());
        flow.pace(schedule);
        Beat {
            schedule,
            bell: Arc::clone(flow),
        }
    });
    Metronome::start(beats.collect())
}

fn stream(plan: &Plan, topic: String, receive_maximum: u16) -> Stream {
    let allowed = if plan.version == Version::V5 {
        receive_maximum
    } else {
        u16::MAX
    };
    Stream {
        version: plan.version,
        topic,
        qos: plan.qos,
        payload_bytes: plan.payload_bytes,
        inflight_max: plan.inflight_max.min(allowed),
        sample_every: plan.sample_every,
    }
}
