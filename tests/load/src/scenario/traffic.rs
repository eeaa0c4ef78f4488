//! Messages from publishers to subscribers with a bounded number in flight: `pairs`, `p2p`, `fanout`, `fanin`, `shared`,
//! `persistent`; several of them at once are `mixed`, and `disturbed` puts a burden beside them.
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
use crate::measure::Latency;
use crate::metronome::{Beat, Metronome};
use crate::probe::{Reading, resident_bytes};
use crate::publisher::{Publisher, Stream};
use crate::schedule::Schedule;
use crate::stamp::now_nanos;
use crate::subscriber::Subscriber;
use crate::tally::Tally;
use crate::wire::{Qos, Version};
use topology::Topology;

mod figures;
mod topology;

pub(super) use figures::check;

/// A run that has not moved for this long is over: what is missing is lost.
pub(super) const STALL: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 5 });

/// Everything that runs, and what it shares.
pub(super) struct Stage {
    pub(super) tally: Arc<Tally>,
    flows: Vec<Arc<Flow>>,
    /// Each returns how many deliveries it has caused, and its link.
    publishers: JoinSet<Result<(u64, Link)>>,
    subscribers: JoinSet<Result<()>>,
    parts: Vec<Part>,
    /// When messages of publishers with a rate are due.
    beats: Vec<Beat<Arc<Flow>>>,
    /// Rings when messages are due, if there is a rate.
    metronome: Option<Metronome>,
}

/// One kind of traffic on the stage.
struct Part {
    plan: Plan,
    topology: Topology,
}

/// Counts at one edge of the measured interval.
pub(super) struct Edge {
    pub(super) reading: Reading,
    messages: u64,
}

pub(super) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    run_parts(std::slice::from_ref(plan), plan, target).await
}

/// Several kinds of traffic at once. `plan` says how long.
pub(super) async fn run_parts(parts: &[Plan], plan: &Plan, target: &Target) -> Result<Outcome> {
    let mut stage = Stage::build(parts, target).await?;
    stage.let_pass(plan.warmup_secs).await?;
    let mut outcome = stage.measure(plan.seconds, target).await?;
    if let Some(bytes) = target.pid.map(resident_bytes).transpose()? {
        outcome.push("broker_rss", "MiB", bytes as f64 / f64::from(1 << 20));
    }
    stage.end(&mut outcome, target).await?;
    Ok(outcome)
}

impl Stage {
    /// Connects and subscribes everything before the first message is sent.
    pub(super) async fn build(parts: &[Plan], target: &Target) -> Result<Stage> {
        let parts: Vec<_> = parts
            .iter()
            .map(|plan| Part {
                topology: Topology::new(plan),
                plan: plan.clone(),
            })
            .collect();
        let subscribers = parts.iter().map(|part| part.topology.subscribers).sum();
        let mut stage = Stage {
            tally: Arc::new(Tally::new(subscribers, &target.meter)),
            flows: Vec::new(),
            publishers: JoinSet::new(),
            subscribers: JoinSet::new(),
            parts: Vec::new(),
            beats: Vec::new(),
            metronome: None,
        };
        let mut ready = Vec::new();
        let start_nanos = now_nanos();
        for part in parts {
            ready.extend(stage.build_part(&part, subscribers, start_nanos, target).await?);
            stage.parts.push(part);
        }
        stage.start(ready, start_nanos)?;
        Ok(stage)
    }

    /// Connects one kind of traffic; returns its publishers with the deliveries of each of their messages.
    async fn build_part(
        &mut self,
        part: &Part,
        all_subscribers: usize,
        start_nanos: u64,
        target: &Target,
    ) -> Result<Vec<(Publisher, u64)>> {
        let Part { plan, topology } = part;
        let flows: Vec<_> = (0..topology.publishers)
            .map(|_| Arc::new(Flow::new(plan.window, topology.audience(), topology.listeners())))
            .collect();
        let first_subscriber = self.subscribers.len();
        let first_publisher = self.flows.len();
        let clean = plan.scenario != Scenario::Persistent;
        for number in 0..topology.subscribers {
            let options = plan.connect(topology.subscriber_id(number), clean);
            let place = first_subscriber + number;
            let (mut link, welcome) = target.open(place, &options).await?;
            ensure!(
                !welcome.session_present,
                "broker knows a session of a new client id"
            );
            link.subscribe(&topology.filter(number), plan.qos).await?;
            let expected = topology.expected(plan, number, first_publisher, &flows);
            let subscriber = Subscriber::new(link, place, expected, Arc::clone(&self.tally));
            self.subscribers.spawn(subscriber.run());
        }

        let mut ready = Vec::with_capacity(topology.publishers);
        for (number, flow) in flows.into_iter().enumerate() {
            let options = plan.connect(topology.publisher_id(number), true);
            let place = first_publisher + number;
            let (link, welcome) = target.open(all_subscribers + place, &options).await?;
            let stream = Stream::of(plan, topology.topic(number), welcome.receive_maximum);
            let id = u32::try_from(place).context("too many publishers")?;
            if let Some(rate) = plan.rate {
                // The publishers take turns.
                let schedule = Schedule::share(start_nanos, u64::from(rate), number, topology.publishers);
                let bell = Arc::clone(&flow);
                self.beats.push(Beat { schedule, bell });
            }
            let publisher = Publisher::new(link, id, &stream, Arc::clone(&flow), Arc::clone(&self.tally));
            ready.push((publisher, topology.copies as u64));
            self.flows.push(flow);
        }
        Ok(ready)
    }

    /// From now on messages are due.
    fn start(&mut self, ready: Vec<(Publisher, u64)>, built_from_nanos: u64) -> Result<()> {
        let building = now_nanos() - built_from_nanos;
        for beat in &mut self.beats {
            beat.schedule = beat.schedule.later(building);
            beat.bell.pace(beat.schedule);
        }
        if !self.beats.is_empty() {
            self.metronome = Some(Metronome::start(self.beats.clone())?);
        }
        for (publisher, copies) in ready {
            self.publishers.spawn(async move {
                let (sent, link) = publisher.run().await?;
                Ok((sent * copies, link))
            });
        }
        Ok(())
    }

    /// Topics of all publishers.
    pub(super) fn topics(&self) -> Vec<String> {
        let of_part = |part: &Part| {
            (0..part.topology.publishers)
                .map(|number| part.topology.topic(number))
                .collect::<Vec<_>>()
        };
        self.parts.iter().flat_map(of_part).collect()
    }

    /// Waits while the traffic flows. A task that ends now is an error.
    pub(super) async fn let_pass(&mut self, secs: f64) -> Result<()> {
        let pause = tokio::time::sleep(Duration::from_secs_f64(secs));
        self.during(async {
            pause.await;
            Ok(())
        })
        .await
    }

    /// Carries out `what` while the traffic flows. A task that ends now is an error.
    pub(super) async fn during<T>(&mut self, what: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            done = what => done,
            Some(ended) = self.publishers.join_next() => {
                ended??;
                bail!("a publisher ended before the run did")
            }
            Some(ended) = self.subscribers.join_next() => {
                ended??;
                bail!("a subscriber ended before the run did")
            }
        }
    }

    /// Figures of an interval from now on.
    pub(super) async fn measure(&mut self, secs: f64, target: &Target) -> Result<Outcome> {
        let (outcome, ()) = self
            .measure_during(target, async {
                tokio::time::sleep(Duration::from_secs_f64(secs)).await;
                Ok(())
            })
            .await?;
        Ok(outcome)
    }

    /// Figures of the interval in which `what` is carried out.
    pub(super) async fn measure_during<T>(
        &mut self,
        target: &Target,
        what: impl Future<Output = Result<T>>,
    ) -> Result<(Outcome, T)> {
        target.meter.begin(&Latency::TRAFFIC);
        let start = self.edge(target)?;
        let done = self.during(what).await?;
        let end = self.edge(target)?;
        target.meter.end();
        let acked = self.parts.iter().any(|part| part.plan.qos != Qos::AtMostOnce);
        let mut outcome = figures::of_interval(&self.tally, &start, &end, acked)?;
        self.check_rate(&mut outcome);
        Ok((outcome, done))
    }

    fn edge(&self, target: &Target) -> Result<Edge> {
        Ok(Edge {
            reading: Reading::take(target.pid)?,
            messages: self.tally.messages(),
        })
    }

    /// A rate that was asked for and not reached is no measurement of that rate.
    fn check_rate(&self, outcome: &mut Outcome) {
        let of_part = |part: &Part| Some(f64::from(part.plan.rate?) * part.topology.copies as f64);
        let Some(wanted) = self.parts.iter().map(of_part).sum::<Option<f64>>() else {
            return;
        };
        figures::check_rate(outcome, wanted);
    }

    /// Stops sending, waits for what is on its way, checks everything, and leaves nothing behind.
    pub(super) async fn end(&mut self, outcome: &mut Outcome, target: &Target) -> Result<()> {
        let expected = self.finish().await?;
        figures::check(&self.tally, expected, outcome);
        for part in &self.parts {
            if part.plan.scenario == Scenario::Persistent {
                part.topology.forget_sessions(&part.plan, target).await?;
            }
        }
        Ok(())
    }

    /// Stops the publishers, waits until what they sent has arrived or nothing moves any more, and ends every task.
    /// Returns how many deliveries there should be.
    async fn finish(&mut self) -> Result<u64> {
        for flow in &self.flows {
            flow.stop();
        }
        let mut links = Vec::new();
        let mut expected = 0;
        let mut moved = (Instant::now(), self.tally.messages());
        while moved.0.elapsed() < STALL {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(2)) => {}
                Some(ended) = self.publishers.join_next() => {
                    let (deliveries, link) = ended??;
                    expected += deliveries;
                    links.push(link);
                }
                Some(ended) = self.subscribers.join_next() => ended??,
            }
            let messages = self.tally.messages();
            if self.publishers.is_empty() && messages + self.tally.missing() >= expected {
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
        Ok(expected)
    }
}

impl Stream {
    /// What a publisher of `plan` sends, given what the broker allows (MQTT 5).
    pub(super) fn of(plan: &Plan, topic: String, receive_maximum: u16) -> Stream {
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
            messages_max: u64::MAX,
        }
    }
}
