//! `retained`: messages are retained on a topic each, then subscribers of all of them come, then they are removed. The flood to
//! the subscribers is what hurts a broker.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;

use super::figures::Phase;
use super::{Outcome, Plan, Target, run_name};
use crate::measure::Counter;
use crate::probe::resident_bytes;
use crate::stamp::{Stamp, now_nanos};
use crate::wire::scan::Packet;
use crate::wire::{self, Ack, PublishTemplate, Qos};

/// Publishes of the one publisher without their ack.
const OPEN_MAX: u64 = 100;

/// A flood in which nothing has come for so long is over.
const STALL: Duration = Duration::from_secs(5);

pub(super) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    let run = run_name();
    let count = plan.messages as f64;
    let mut outcome = Outcome::default();
    let before = target.pid.map(resident_bytes).transpose()?;
    let phase = Phase::begin(target.pid)?;
    set(plan, target, &run, false).await?;
    let interval = phase.end()?;
    outcome.push_cost("set_cpu", "us/message", &interval, count);
    outcome.push("set", "1/s", count / interval.elapsed.as_secs_f64());
    if let Some((before, pid)) = before.zip(target.pid) {
        let grown = resident_bytes(pid)? as f64 - before as f64;
        outcome.push("rss_per_message", "bytes", grown / count);
    }

    let phase = Phase::begin(target.pid)?;
    let mut subscribers = JoinSet::new();
    for number in 0..plan.subscribers {
        let plan = plan.clone();
        let (name, target) = (run.clone(), target.clone());
        subscribers.spawn(async move { receive(&plan, &target, &name, number).await });
    }
    let mut came = 0;
    while let Some(ended) = subscribers.join_next().await {
        came += ended??;
    }
    let interval = phase.end()?;
    outcome.push_cost("flood_cpu", "us/message", &interval, came as f64);
    outcome.push("flood", "1/s", came as f64 / interval.elapsed.as_secs_f64());
    let wanted = plan.messages * plan.subscribers as u64;
    outcome.fault(
        wanted.saturating_sub(came),
        &format!("of {wanted} retained deliveries lost"),
    );

    let phase = Phase::begin(target.pid)?;
    set(plan, target, &run, true).await?;
    let interval = phase.end()?;
    outcome.push_cost("remove_cpu", "us/message", &interval, count);
    outcome.push_others(&interval);
    Ok(outcome)
}

/// Sets every retained message, or removes it; returns when the broker has acknowledged all.
async fn set(plan: &Plan, target: &Target, run: &str, remove: bool) -> Result<()> {
    let options = plan.connect(format!("{run}-p"), true);
    let (mut link, _) = target.open(0, &options).await?;
    let (mut sent, mut acked) = (0, 0);
    while acked < plan.messages {
        while sent < plan.messages && sent - acked < OPEN_MAX {
            let topic = format!("{run}/{sent:08}");
            let packet_id = u16::try_from(sent % 65_000 + 1)?;
            if remove {
                wire::publish_empty_retained(&mut link.out, plan.version, &topic, packet_id);
            } else {
                let stamp = Stamp {
                    publisher: 0,
                    sequence: sent,
                    sent_nanos: now_nanos(),
                };
                PublishTemplate::new(plan.version, &topic, Qos::AtLeastOnce, plan.payload_bytes)
                    .retained()
                    .push(&mut link.out, packet_id, stamp);
            }
            sent += 1;
            target.meter.add(Counter::Published, 1);
            target.meter.add(Counter::AckedSent, 1);
            target.meter.add(Counter::AckedSent1, 1);
        }
        link.turn(|packet, _| match packet {
            Packet::Ack {
                ack: Ack::Puback,
                reason,
                ..
            } => {
                ensure!(
                    reason < 0x80,
                    "broker refuses a retained message with reason {reason:#x}"
                );
                acked += 1;
                target.meter.add(Counter::AckedDone, 1);
                target.meter.add(Counter::Pubacks, 1);
                Ok(())
            }
            other => bail!("broker sent {other:?} to a publisher"),
        })
        .await?;
    }
    link.close().await;
    Ok(())
}

/// Subscribes to all, and returns how many different retained messages came.
async fn receive(plan: &Plan, target: &Target, run: &str, number: usize) -> Result<u64> {
    let options = plan.connect(format!("{run}-s-{number}"), true);
    let (mut link, _) = target.open(number + 1, &options).await?;
    wire::subscribe(&mut link.out, plan.version, 1, &format!("{run}/+"), plan.qos);
    let mut seen = HashSet::new();
    let mut moved = Instant::now();
    while (seen.len() as u64) < plan.messages && moved.elapsed() < STALL {
        let turn = link.turn(|packet, out| match packet {
            Packet::Suback { reason, .. } => {
                ensure!(reason < 0x80, "broker refuses the subscription");
                Ok(())
            }
            Packet::Publish(publish) => {
                ensure!(publish.retain, "a retained message came without its flag");
                target.meter.add(Counter::Consumed, 1);
                match publish.qos {
                    Qos::AtMostOnce => {}
                    Qos::AtLeastOnce => wire::ack(out, Ack::Puback, publish.packet_id),
                    Qos::ExactlyOnce => wire::ack(out, Ack::Pubrec, publish.packet_id),
                }
                let stamp = Stamp::read(publish.payload).context("message is not ours")?;
                seen.insert(stamp.sequence);
                Ok(())
            }
            Packet::Ack {
                ack: Ack::Pubrel,
                packet_id,
                ..
            } => {
                wire::ack(out, Ack::Pubcomp, packet_id);
                Ok(())
            }
            other => bail!("broker sent {other:?}"),
        });
        if let Ok(turned) = tokio::time::timeout(STALL, turn).await {
            turned?;
            moved = Instant::now();
        }
    }
    link.close().await;
    Ok(seen.len() as u64)
}
