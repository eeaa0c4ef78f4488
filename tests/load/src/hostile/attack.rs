//! The attackers. They are a process of their own (the hidden command `attack`), so that their processor time is known,
//! their files are not those of the measured clients, and killing them drops every one of their sockets at once.
//!
//! Holds: one thread, and niced, because on one machine they would otherwise take from the broker the processor that
//! real attackers bring along; every attack is paced, and what is not sent in time is not caught up with. Nothing they
//! keep grows with time.

mod packets;
mod pace;
mod ground;
mod crowd;
mod flood;
mod deep;
mod churn;
mod garbage;

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;
use tokio::task::JoinSet;

pub(crate) use ground::Achieved;
use ground::Ground;

/// Niceness of the attackers.
pub(crate) const NICENESS: i32 = 10;

/// Each is its own way to make a broker suffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Attack {
    /// Subscribers of a busy topic that never read.
    SlowReaders,
    /// Few clients that subscribe without end, wildcards included.
    SubscriptionFlood,
    /// A new retained topic with every message.
    RetainedFlood,
    /// 65,000 slashes, and the deepest filters that are allowed, all matching one topic.
    DeepTopics,
    /// Thousands of user properties in a packet.
    PropertyFlood,
    /// Connections without a byte.
    HalfOpen,
    /// CONNECT at one byte a second.
    SlowConnect,
    /// Connections that throw each other out, by the same client ids.
    TakeoverChurn,
    /// A will with every connection, and no DISCONNECT.
    WillFlood,
    /// Random bytes, before and after a valid CONNECT.
    Garbage,
}

impl Attack {
    pub(crate) const ALL: [Attack; 10] = [
        Attack::SlowReaders,
        Attack::SubscriptionFlood,
        Attack::RetainedFlood,
        Attack::DeepTopics,
        Attack::PropertyFlood,
        Attack::HalfOpen,
        Attack::SlowConnect,
        Attack::TakeoverChurn,
        Attack::WillFlood,
        Attack::Garbage,
    ];

    /// Name on the command line and in reports.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What it does at most, for the report.
    pub(crate) fn budget(self) -> String {
        match self {
            Attack::SlowReaders | Attack::HalfOpen | Attack::SlowConnect => crowd::budget(self),
            Attack::SubscriptionFlood | Attack::RetainedFlood | Attack::PropertyFlood => flood::budget(self),
            Attack::DeepTopics => deep::budget(),
            Attack::TakeoverChurn | Attack::WillFlood => churn::budget(self),
            Attack::Garbage => garbage::budget(),
        }
    }

    fn start(self, ground: &Ground, tasks: &mut JoinSet<()>) {
        match self {
            Attack::SlowReaders => crowd::slow_readers(ground, tasks),
            Attack::HalfOpen => crowd::half_open(ground, tasks),
            Attack::SlowConnect => crowd::slow_connect(ground, tasks),
            Attack::SubscriptionFlood => flood::subscriptions(ground, tasks),
            Attack::RetainedFlood => flood::retained(ground, tasks),
            Attack::PropertyFlood => flood::properties(ground, tasks),
            Attack::DeepTopics => deep::start(ground, tasks),
            Attack::TakeoverChurn => churn::takeovers(ground, tasks),
            Attack::WillFlood => churn::wills(ground, tasks),
            Attack::Garbage => garbage::start(ground, tasks),
        }
    }
}

/// Attacks until standard input ends, then prints what was achieved as one line of JSON.
pub(crate) fn serve(target: SocketAddr, attacks: &[Attack]) -> Result<()> {
    // Refused only where the system forbids it; then the attack is merely harder.
    rustix::process::nice(NICENESS).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let ground = Ground::new(target);
    let achieved = runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for attack in attacks {
            attack.start(&ground, &mut tasks);
        }
        tokio::task::spawn_blocking(|| io::stdin().lock().read_to_end(&mut Vec::new())).await??;
        anyhow::Ok(ground.achieved())
    })?;
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &achieved)?;
    writeln!(out)?;
    Ok(())
}
