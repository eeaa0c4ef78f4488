//! `connect`: clients that connect, wait for the CONNACK, disconnect and begin again.
//!
//! The broker closes after the DISCONNECT, so that ports do not pile up in TIME_WAIT on our side. The figure
//! `connack` covers TCP connect to CONNACK, the rate covers the whole cycle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use super::{Outcome, Plan, Target, run_name};
use crate::measure::{Counter, Latency};
use crate::probe::Reading;
use crate::wire::Connect;

pub(super) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    let run = run_name();
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 0..plan.clients {
        let options = plan.connect(format!("{run}-{number}"), true);
        clients.spawn(client(target.clone(), number, options, Arc::clone(&stop)));
    }

    let meter = &target.meter;
    tokio::time::sleep(Duration::from_secs_f64(plan.warmup_secs)).await;
    meter.begin(&[Latency::Connack]);
    let (start, before) = (Reading::take(target.pid)?, meter.get(Counter::Connects));
    tokio::time::sleep(Duration::from_secs_f64(plan.seconds)).await;
    let (end, after) = (Reading::take(target.pid)?, meter.get(Counter::Connects));
    meter.end();
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    figures(&start, &end, after - before, &meter.histogram(Latency::Connack))
}

/// One after the other, all to the same node.
async fn client(target: Target, number: usize, options: Connect, stop: Arc<AtomicBool>) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let (link, _) = target.open(number, &options).await?;
        link.close().await;
    }
    Ok(())
}

fn figures(start: &Reading, end: &Reading, connects: u64, connack: &Histogram<u64>) -> Result<Outcome> {
    ensure!(connects > 0, "no client connected in the measured interval");
    let mut outcome = Outcome::default();
    let interval = start.until(end);
    let elapsed = interval.elapsed.as_secs_f64();
    outcome.push_cost("broker_cpu", "us/connect", &interval, connects as f64);
    if let Some(cpu) = interval.broker_cpu {
        outcome.push("broker_busy", "cores", cpu.as_secs_f64() / elapsed);
    }
    outcome.push("connects", "1/s", connects as f64 / elapsed);
    outcome.push_latency(connack, &[("connack_p50", 0.50), ("connack_p99", 0.99)]);
    outcome.push(
        "generator_cpu",
        "us/connect",
        interval.own_cpu.as_secs_f64() * 1e6 / connects as f64,
    );
    outcome.push_others(&interval);
    Ok(outcome)
}
