//! The load generator: runs a scenario against a broker, compares brokers it starts itself, or attacks one.

// In reading order: what goes over the wire, one connection, the two sides of a flow, runs, results.
mod cli;
mod stamp;
mod wire;
mod transport;
mod local;
mod link;
mod schedule;
mod flow;
mod metronome;
mod inflight;
mod tally;
mod measure;
mod publisher;
mod subscriber;
mod probe;
mod scenario;
mod reflector;
mod ceiling;
mod single;
mod broker;
mod machine;
mod versus;
mod hostile;
mod script;
mod report;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use broker::BrokerSpec;
use cli::{Cli, Command};
use scenario::Plan;

/// Messages were lost, doubled or out of order; an assertion does not hold; or a broker did not withstand.
const EXIT_FAULTS: u8 = 3;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_FAULTS),
        Err(error) => {
            drop(writeln!(io::stderr(), "vmq-loadtest: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// `true`: measured without a fault, or withstood.
fn run(cli: Cli) -> Result<bool> {
    raise_file_limit();
    // The stand-in and the attackers have their own runtimes.
    match &cli.command {
        Command::Reflect => return ceiling::serve().map(|()| true),
        Command::Attack { target, attacks } => return hostile::serve(*target, attacks).map(|()| true),
        Command::Run(args) => return single::run(args, &|| runtime(cli.threads)),
        Command::Ceiling { load } => return single::ceiling(load, &|| runtime(cli.threads)),
        Command::Play(args) => return script::play(args, &|| runtime(cli.threads)),
        Command::Check { file, set } => return script::check(file, set).map(|()| true),
        Command::Merge { files, json } => return measure::merge(files, json.as_deref()),
        _ => {}
    }
    let runtime = runtime(cli.threads)?;
    runtime.block_on(async {
        match cli.command {
            Command::Vs {
                load,
                brokers,
                runs,
                json,
            } => versus(load.plan(), &brokers, runs, json).await,
            Command::Hostile(asked) => hostile(&asked).await,
            _ => Ok(true), // served above
        }
    })
}

/// One thread needs no work stealing; more of them share all connections.
fn runtime(threads: usize) -> Result<tokio::runtime::Runtime> {
    let mut builder = if threads <= 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    builder
        .worker_threads(threads.max(1))
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// As many connections as the system allows, for us and the brokers we start. Failing is no error: `idle` says so
/// when files run out.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )
    .unwrap_or_default();
}

async fn versus(plan: Plan, brokers: &[BrokerSpec], runs: usize, json: Option<PathBuf>) -> Result<bool> {
    let tell = |label: &str, outcome: &_| report::progress(&mut io::stderr().lock(), label, outcome);
    let comparison = versus::compare(&plan, brokers, runs, tell).await?;
    report::comparison(&mut io::stdout().lock(), &comparison)?;
    if let Some(path) = json {
        report::json(&path, &comparison)?;
    }
    Ok(comparison
        .brokers
        .iter()
        .all(|series| series.runs.iter().all(|run| run.faults.is_empty())))
}

async fn hostile(asked: &hostile::HostileArgs) -> Result<bool> {
    let outcome = hostile::run(asked.plan(), &asked.broker).await?;
    if let Some(path) = &asked.json {
        report::json(path, &outcome)?;
    }
    Ok(outcome.passed())
}
