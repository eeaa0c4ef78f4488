//! `offline`: persistent sessions that are away while messages come, and then fetch them. Filling and draining are measured
//! apart; every message must come once and in order.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::figures::Phase;
use super::traffic::{STALL, check};
use super::{Outcome, Plan, Target, run_name};
use crate::flow::{Audience, Flow};
use crate::measure::Latency;
use crate::probe::resident_bytes;
use crate::publisher::{Publisher, Stream};
use crate::subscriber::{Expected, Subscriber};
use crate::tally::Tally;

struct Names(String);

impl Names {
    fn session(&self, number: usize) -> String {
        format!("{}-s-{number}", self.0)
    }

    fn topic(&self, number: usize) -> String {
        format!("{}/{number:06}", self.0)
    }
}

pub(super) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    let names = Names(run_name());
    leave(plan, target, &names).await?;
    let tally = Arc::new(Tally::new(plan.publishers, &target.meter));
    let flows: Vec<_> = (0..plan.publishers)
        .map(|_| Arc::new(Flow::new(plan.window, Audience::Each, 0)))
        .collect();
    let expected = plan.messages * plan.publishers as u64;
    let mut outcome = Outcome::default();

    let before = target.pid.map(resident_bytes).transpose()?;
    target.meter.begin(&Latency::TRAFFIC);
    let phase = Phase::begin(target.pid)?;
    fill(plan, target, &names, &flows, &tally).await?;
    let interval = phase.end()?;
    outcome.push_cost("fill_cpu", "us/message", &interval, expected as f64);
    outcome.push("fill", "1/s", expected as f64 / interval.elapsed.as_secs_f64());
    outcome.push_latency(
        &target.meter.histogram(Latency::Exchange),
        &[("ack_p50", 0.50), ("ack_p99", 0.99)],
    );
    if let Some((before, pid)) = before.zip(target.pid) {
        let grown = resident_bytes(pid)? as f64 - before as f64;
        outcome.push("rss_per_message", "bytes", grown / expected as f64);
    }

    let phase = Phase::begin(target.pid)?;
    drain(plan, target, &names, &flows, &tally, expected).await?;
    let interval = phase.end()?;
    outcome.push_cost("drain_cpu", "us/message", &interval, expected as f64);
    outcome.push("drain", "1/s", expected as f64 / interval.elapsed.as_secs_f64());
    outcome.push_others(&interval);
    check(&tally, expected, &mut outcome);
    for number in 0..plan.publishers {
        let options = plan.connect(names.session(number), true);
        target.open(number, &options).await?.0.close().await;
    }
    Ok(outcome)
}

/// Every session is made, subscribes, and goes.
async fn leave(plan: &Plan, target: &Target, names: &Names) -> Result<()> {
    for number in 0..plan.publishers {
        let options = plan.connect(names.session(number), false);
        let (mut link, _) = target.open(number, &options).await?;
        link.subscribe(&names.topic(number), plan.qos).await?;
        link.close().await;
    }
    Ok(())
}

/// Returns when the broker has acknowledged every message.
async fn fill(
    plan: &Plan,
    target: &Target,
    names: &Names,
    flows: &[Arc<Flow>],
    tally: &Arc<Tally>,
) -> Result<()> {
    let mut publishers = JoinSet::new();
    for (number, flow) in flows.iter().enumerate() {
        let options = plan.connect(format!("{}-p-{number}", names.0), true);
        let (link, welcome) = target.open(plan.publishers + number, &options).await?;
        let stream = Stream {
            messages_max: plan.messages,
            ..Stream::of(plan, names.topic(number), welcome.receive_maximum)
        };
        let id = u32::try_from(number).context("too many publishers")?;
        publishers.spawn(Publisher::new(link, id, &stream, Arc::clone(flow), Arc::clone(tally)).run());
    }
    while let Some(ended) = publishers.join_next().await {
        ended??.1.close().await;
    }
    Ok(())
}

/// Returns when every message has come, or nothing comes any more.
async fn drain(
    plan: &Plan,
    target: &Target,
    names: &Names,
    flows: &[Arc<Flow>],
    tally: &Arc<Tally>,
    expected: u64,
) -> Result<()> {
    let mut subscribers = JoinSet::new();
    for (number, flow) in flows.iter().enumerate() {
        let options = plan.connect(names.session(number), false);
        let awaited = Expected {
            qos: plan.qos,
            topic_bytes: names.topic(0).len(),
            audience: Audience::Each,
            first_publisher: number,
            flows: vec![Arc::clone(flow)],
            slot: 0,
        };
        let (tally, target) = (Arc::clone(tally), target.clone());
        subscribers.spawn(async move {
            let (link, welcome) = target.open(number, &options).await?;
            ensure!(welcome.session_present, "broker has lost session {number}");
            Subscriber::new(link, number, awaited, tally).run().await
        });
    }
    let mut moved = (Instant::now(), 0);
    while moved.0.elapsed() < STALL {
        tokio::select! {
            () = sleep(Duration::from_millis(1)) => {}
            Some(ended) = subscribers.join_next() => ended??,
        }
        let messages = tally.messages();
        if messages + tally.missing() >= expected {
            break;
        }
        if messages != moved.1 {
            moved = (Instant::now(), messages);
        }
    }
    subscribers.shutdown().await;
    Ok(())
}
