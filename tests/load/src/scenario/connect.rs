//! `connect`: clients that connect, wait for the CONNACK, disconnect and begin again.
//!
//! The broker closes after the DISCONNECT, so that ports do not pile up in TIME_WAIT on our side. The figure
//! `connack` covers TCP connect to CONNACK, the rate covers the whole cycle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use super::{Outcome, Plan, Target, run_name};
use crate::link::Link;
use crate::probe::Reading;
use crate::tally::Tally;
use crate::wire::Connect;

pub(super) async fn run(plan: &Plan, target: Target) -> Result<Outcome> {
    let run = run_name();
    let stop = Arc::new(AtomicBool::new(false));
    let tally = Arc::new(Tally::new(plan.clients));
    let mut clients = JoinSet::new();
    for number in 0..plan.clients {
        let options = plan.connect(format!("{run}-{number}"), true);
        clients.spawn(client(
            target,
            number,
            options,
            Arc::clone(&stop),
            Arc::clone(&tally),
        ));
    }

    tokio::time::sleep(Duration::from_secs_f64(plan.warmup_secs)).await;
    tally.measure(true);
    let (start, before) = (Reading::take(target.pid)?, tally.messages());
    tokio::time::sleep(Duration::from_secs_f64(plan.seconds)).await;
    let (end, after) = (Reading::take(target.pid)?, tally.messages());
    tally.measure(false);
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    figures(&start, &end, after - before, &tally)
}

async fn client(
    target: Target,
    number: usize,
    options: Connect,
    stop: Arc<AtomicBool>,
    tally: Arc<Tally>,
) -> Result<()> {
    let mut sent = Vec::with_capacity(1);
    while !stop.load(Ordering::Relaxed) {
        let (link, welcome) = Link::open(target.address, 0, &options).await?;
        sent.push(0);
        tally.record_ack(&mut sent, welcome.connack_nanos);
        link.close().await;
        if let Some(received) = tally.received.get(number) {
            received.messages.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

fn figures(start: &Reading, end: &Reading, connects: u64, tally: &Tally) -> Result<Outcome> {
    ensure!(connects > 0, "no client connected in the measured interval");
    let mut outcome = Outcome::default();
    let interval = start.until(end);
    let elapsed = interval.elapsed.as_secs_f64();
    outcome.push_cost("broker_cpu", "us/connect", &interval, connects as f64);
    if let Some(cpu) = interval.broker_cpu {
        outcome.push("broker_busy", "cores", cpu.as_secs_f64() / elapsed);
    }
    outcome.push("connects", "1/s", connects as f64 / elapsed);
    outcome.push_latency(
        &tally.ack_latency(),
        &[("connack_p50", 0.50), ("connack_p99", 0.99)],
    );
    outcome.push(
        "generator_cpu",
        "us/connect",
        interval.own_cpu.as_secs_f64() * 1e6 / connects as f64,
    );
    outcome.push_others(&interval);
    Ok(outcome)
}
