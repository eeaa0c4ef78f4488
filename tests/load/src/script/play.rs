//! `play FILE`: all clients of a scenario, its progress, its end, its result.
//!
//! It ends when every client has gone through its steps and nothing moves any more; those still connected receive until then.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::board::Board;
use super::program::Script;
use super::worker::{Common, Worker};
use super::{beside, read};
use crate::broker::BrokerSpec;
use crate::measure::{self, Counter, Leash, Measured, Meter, Part, Progress, WatchArgs};
use crate::probe::{Reading, resident_bytes};
use crate::stamp::now_nanos;

/// Between two looks at whether all is done.
const LOOK: Duration = Duration::from_millis(10);

/// Nothing has moved for this long: nothing comes any more.
const QUIET: Duration = Duration::from_millis(300);

/// Most time for what is on its way at the end, and most for the clients to leave.
const END_WITHIN: Duration = Duration::from_secs(15);

/// Payloads are cut from so many random bytes.
const FILLING_BYTES: usize = 1 << 19;

/// Streams of a process: their numbers are those of 32 processes apart.
pub(super) const STREAMS: u32 = 1 << 27;

#[derive(Clone, Debug, Args)]
pub(crate) struct PlayArgs {
    /// The scenario file.
    pub(super) file: PathBuf,
    /// Address of a broker; clients take turns where there are several.
    #[arg(long, default_value = "127.0.0.1:1883", value_parser = crate::cli::address, value_name = "HOST:PORT")]
    pub(super) target: Vec<SocketAddr>,
    /// Start brokers and compare them in alternating runs instead: PROGRAM or PROGRAM:SETTINGS. Repeat it.
    #[arg(long, conflicts_with_all = ["target", "pid", "share", "prometheus"])]
    pub(super) broker: Vec<BrokerSpec>,
    /// Runs of each broker.
    #[arg(long, default_value_t = 5, requires = "broker")]
    pub(super) runs: usize,
    /// Replaces a variable of the table [set]: NAME=VALUE. Repeat it.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
    #[command(flatten)]
    pub(super) watch: WatchArgs,
    /// Where chance begins: two runs with the same seed draw the same.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Play the share I of N only, beside others on other machines: I/N, I from 1.
    #[arg(long, value_name = "I/N")]
    pub(super) share: Option<Part>,
}

/// Plays a scenario file. `true`: no client failed, and all assertions hold.
pub(crate) fn play(
    args: &PlayArgs,
    start_runtime: &dyn Fn() -> Result<tokio::runtime::Runtime>,
) -> Result<bool> {
    if !args.broker.is_empty() {
        let script = read::script(&args.file, &args.set)?;
        return beside::compare(args, &script, start_runtime);
    }
    let measured = once(args, start_runtime)?;
    if !args.watch.led {
        measure::print(&mut io::stdout().lock(), &measured)?;
    }
    if let Some(path) = &args.watch.json {
        crate::report::json(path, &measured)?;
    }
    Ok(args.watch.led || measured.passed())
}

/// One run against brokers that are there.
pub(super) fn once(
    args: &PlayArgs,
    start_runtime: &dyn Fn() -> Result<tokio::runtime::Runtime>,
) -> Result<Measured> {
    let script = read::script(&args.file, &args.set)?;
    if args.watch.processes > 1 {
        lead(args, &script)
    } else {
        start_runtime()?.block_on(alone(args, script))
    }
}

/// Several processes, each with its share of every pool.
fn lead(args: &PlayArgs, script: &Script) -> Result<Measured> {
    let processes = usize::from(args.watch.processes);
    ensure!(args.share.is_none(), "--share and --processes exclude each other");
    ensure!(script.clients() >= processes, "more processes than clients");
    let mut measured = measure::lead(&args.watch, |index| {
        vec!["--share".into(), format!("{}/{processes}", index + 1)]
    })?;
    measured.judge(&script.assertions);
    Ok(measured)
}

async fn alone(args: &PlayArgs, script: Script) -> Result<Measured> {
    let part = args.share.unwrap_or_default();
    let clients = script.pools.iter().map(|pool| part.of(pool.size)).sum();
    let leash = Leash::new(args.watch.led);
    let meter = Arc::new(Meter::new());
    if let Some(address) = args.watch.prometheus {
        measure::serve(address, Arc::clone(&meter), script.name.clone())?;
    }
    let common = Arc::new(Common {
        board: Board::new(script.signals.len(), clients, args.watch.led),
        meter,
        targets: args.target.clone(),
        run: format!(
            "{:x}{}",
            std::process::id(),
            if args.watch.led {
                format!("p{}", part.index)
            } else {
                String::new()
            }
        ),
        first_stream: u32::try_from(part.index).unwrap_or(0) * STREAMS,
        filling: std::iter::repeat_with({
            let mut random = Rng::with_seed(args.seed);
            move || random.u8(..)
        })
        .take(FILLING_BYTES)
        .collect(),
    });
    let heard = Arc::clone(&common);
    leash.hear(move |signal, count| heard.board.hear(signal, count))?;
    let before = Reading::take(args.watch.pid)?;
    let mut workers = spawn(&script, &common, part, args.seed);
    let mut progress = Progress::new(&args.watch);
    let (mut interval, mut rss) = (before.until(&before), None);
    let mut done_here = false;
    while !(done_here && leash.is_over()) {
        sleep(LOOK).await;
        progress.tick(&common.meter, &leash)?;
        if !done_here && common.board.all_done() {
            interval = before.until(&Reading::take(args.watch.pid)?);
            rss = args.watch.pid.map(resident_bytes).transpose()?;
            done_here = true;
            leash.done()?;
        }
        // A worker that ends before all are done is a bug of ours, and told.
        if let Some(ended) = workers.try_join_next() {
            ended?;
        }
    }
    quiet(&common.meter).await;
    progress.last(&common.meter);
    common.board.end();
    let left = timeout(END_WITHIN, async {
        while let Some(ended) = workers.join_next().await {
            ended?;
        }
        anyhow::Ok(())
    });
    if let Ok(left) = left.await {
        left?;
    } else {
        common.meter.fault(format!(
            "{} clients did not leave within {END_WITHIN:?}",
            workers.len()
        ));
        workers.shutdown().await;
    }
    let mut measured = Measured::of(&script.name, &common.meter, &interval, rss);
    measured.progress = progress.seconds;
    measured.judge(&script.assertions);
    Ok(measured)
}

/// Starts every client of this part, each at its moment.
fn spawn(script: &Script, common: &Arc<Common>, part: Part, seed: u64) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    let mut place = 0;
    let start = now_nanos();
    for (number, pool) in script.pools.iter().enumerate() {
        // The same chance in every process, so that all of them together keep the pace.
        let mut random = Rng::with_seed(seed.wrapping_add(number as u64));
        let mut due = 0;
        for client in 0..pool.size {
            due = pool.start.due(client as u64, due, &mut random);
            let own_seed = random.u64(..);
            if !part.has(client) {
                continue;
            }
            let worker = Worker::new(Arc::clone(pool), Arc::clone(common), client, place, own_seed);
            workers.spawn(worker.run(start + due));
            place += 1;
        }
    }
    workers
}

/// Waits until nothing is received or acknowledged any more.
async fn quiet(meter: &Meter) {
    let moves = || meter.get(Counter::Consumed) + meter.get(Counter::AckedDone);
    let began = Instant::now();
    let mut last = (Instant::now(), moves());
    while last.0.elapsed() < QUIET && began.elapsed() < END_WITHIN {
        sleep(LOOK).await;
        let now = moves();
        if now != last.1 {
            last = (Instant::now(), now);
        }
    }
}
