//! `idle`: connections with one subscription each that do nothing, and what they cost the broker.
//!
//! Memory is the broker's resident set after the connections minus before; the kernel's socket buffers are not in
//! it. Before the first reading a few connections come and go, so that what a broker sets up once is not counted.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Outcome, Plan, Target, run_name};
use crate::link::Link;
use crate::probe::{Reading, resident_bytes};

/// Connections opened and closed before the first reading.
const WARM_CONNECTIONS: usize = 20;

/// Readings this far apart must agree before one is believed.
const SETTLE_PAUSE: Duration = Duration::from_millis(200);
const SETTLE_READINGS: usize = 5;

pub(super) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    let pid = target
        .pid
        .context("idle measures memory: name the broker's process with --pid")?;
    let run = run_name();
    for number in 0..WARM_CONNECTIONS {
        open(plan, target, &run, number).await?.close().await;
    }
    let before = settled_bytes(pid).await?;

    let mut links = Vec::with_capacity(plan.clients);
    for number in 0..plan.clients {
        let link = open(plan, target, &run, number)
            .await
            .with_context(|| format!("connection {number}; is `ulimit -n` large enough?"))?;
        links.push(link);
    }
    let after = settled_bytes(pid).await?;

    let start = Reading::take(Some(pid))?;
    tokio::time::sleep(Duration::from_secs_f64(plan.seconds)).await;
    let interval = start.until(&Reading::take(Some(pid))?);

    let mut outcome = Outcome::default();
    let per_connection = (after as f64 - before as f64) / plan.clients.max(1) as f64;
    outcome.push("rss_per_connection", "bytes", per_connection);
    outcome.push("broker_rss", "MiB", after as f64 / f64::from(1 << 20));
    if let Some(cpu) = interval.broker_cpu {
        outcome.push(
            "broker_busy",
            "cores",
            cpu.as_secs_f64() / interval.elapsed.as_secs_f64(),
        );
    }
    outcome.push_others(&interval);
    Ok(outcome)
}

async fn open(plan: &Plan, target: &Target, run: &str, number: usize) -> Result<Link> {
    let options = plan.connect(format!("{run}-{number}"), true);
    let (mut link, _) = target.open(number, &options).await?;
    link.subscribe(&format!("{run}/{number:06}"), plan.qos).await?;
    Ok(link)
}

/// Resident memory once it holds still for some readings; after fifty readings, whatever it is then.
async fn settled_bytes(pid: u32) -> Result<u64> {
    let mut last = resident_bytes(pid)?;
    let mut equal = 0;
    for _ in 0..50 {
        tokio::time::sleep(SETTLE_PAUSE).await;
        let now = resident_bytes(pid)?;
        equal = if now == last { equal + 1 } else { 0 };
        last = now;
        if equal == SETTLE_READINGS {
            break;
        }
    }
    Ok(last)
}
