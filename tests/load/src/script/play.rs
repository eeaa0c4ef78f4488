//! `play FILE`: all clients of a scenario, its progress, its end, its result.
//!
//! It ends when every client has gone through its steps and nothing moves any more; those still connected receive until then.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::board::Board;
use super::meter::{Counter, Meter};
use super::processes::{self, Leash, Part};
use super::program::Script;
use super::result::{Played, Second};
use super::worker::{Common, Worker};
use super::{beside, read, report};
use crate::broker::BrokerSpec;
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
    #[arg(long, default_value = "127.0.0.1:1883")]
    pub(super) target: Vec<SocketAddr>,
    /// Process id of the broker, to measure its processor time and memory.
    #[arg(long)]
    pub(super) pid: Option<u32>,
    /// Start brokers and compare them in alternating runs instead: PROGRAM or PROGRAM:SETTINGS. Repeat it.
    #[arg(long, conflicts_with_all = ["target", "pid", "share"])]
    pub(super) broker: Vec<BrokerSpec>,
    /// Runs of each broker.
    #[arg(long, default_value_t = 5, requires = "broker")]
    pub(super) runs: usize,
    /// Replaces a variable of the table [set]: NAME=VALUE. Repeat it.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
    /// Write the result to this file.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
    /// Processes of the generator, each with its share of every pool.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(super) processes: u16,
    /// Seconds between two lines of progress on standard error; 0 for none.
    #[arg(long, default_value_t = 1.0)]
    pub(super) every: f64,
    /// Where chance begins: two runs with the same seed draw the same.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Play the share I of N only, beside others on other machines: I/N, I from 1.
    #[arg(long, value_name = "I/N")]
    pub(super) share: Option<Part>,
    /// Led by another process, which reads standard output.
    #[arg(long, hide = true)]
    pub(super) led: bool,
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
    let played = once(args, start_runtime)?;
    if !args.led {
        report::print(&mut io::stdout().lock(), &played)?;
    }
    if let Some(path) = &args.json {
        crate::report::json(path, &played)?;
    }
    Ok(args.led || played.passed())
}

/// One run against brokers that are there.
pub(super) fn once(
    args: &PlayArgs,
    start_runtime: &dyn Fn() -> Result<tokio::runtime::Runtime>,
) -> Result<Played> {
    let script = read::script(&args.file, &args.set)?;
    if args.processes > 1 {
        processes::lead(args, &script)
    } else {
        start_runtime()?.block_on(alone(args, script))
    }
}

async fn alone(args: &PlayArgs, script: Script) -> Result<Played> {
    let part = args.share.unwrap_or_default();
    let clients = script.pools.iter().map(|pool| part.of(pool.size)).sum();
    let leash = Leash::new(args.led);
    let common = Arc::new(Common {
        board: Board::new(script.signals.len(), clients, args.led),
        meter: Meter::new(),
        targets: args.target.clone(),
        run: format!(
            "{:x}{}",
            std::process::id(),
            if args.led {
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
    leash.hear(&common)?;
    let before = Reading::take(args.pid)?;
    let mut workers = spawn(&script, &common, part, args.seed);
    let mut progress = Progress::new(args);
    let (mut interval, mut rss) = (before.until(&before), None);
    let mut done_here = false;
    while !(done_here && leash.is_over()) {
        sleep(LOOK).await;
        progress.tick(&common.meter, &leash)?;
        if !done_here && common.board.all_done() {
            interval = before.until(&Reading::take(args.pid)?);
            rss = args.pid.map(resident_bytes).transpose()?;
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
    let mut played = Played::of(&script.name, &common.meter, &interval, rss);
    played.progress = progress.seconds;
    played.judge(&script.assertions);
    Ok(played)
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

/// What happens while it happens.
struct Progress {
    every: Duration,
    led: bool,
    began: Instant,
    next: Instant,
    before: Second,
    seconds: Vec<Second>,
}

impl Progress {
    fn new(args: &PlayArgs) -> Progress {
        let every = Duration::from_secs_f64(args.every.clamp(0.0, 3600.0));
        Progress {
            every,
            led: args.led,
            began: Instant::now(),
            next: Instant::now() + every,
            before: Second::default(),
            seconds: Vec::new(),
        }
    }

    fn tick(&mut self, meter: &Meter, leash: &Leash) -> Result<()> {
        if self.every.is_zero() || Instant::now() < self.next {
            return Ok(());
        }
        self.next += self.every;
        let second = self.take(meter);
        if self.led {
            leash.tell(&second)
        } else {
            report::second(&mut io::stderr().lock(), &second, self.every.as_secs_f64())
        }
    }

    /// What came after the last line.
    fn last(&mut self, meter: &Meter) {
        if !self.every.is_zero() {
            self.take(meter);
        }
    }

    fn take(&mut self, meter: &Meter) -> Second {
        let (published, consumed) = (meter.get(Counter::Published), meter.get(Counter::Consumed));
        let recent = meter.take_recent();
        let micros = |quantile: f64| recent.value_at_quantile(quantile) as f64 / 1e3;
        let second = Second {
            at_secs: self.began.elapsed().as_secs_f64(),
            connections: meter
                .get(Counter::Connects)
                .saturating_sub(meter.get(Counter::Ended)),
            published: published - self.before.published,
            consumed: consumed - self.before.consumed,
            p50_us: micros(0.5),
            p99_us: micros(0.99),
        };
        self.before = Second {
            published,
            consumed,
            ..second
        };
        self.seconds.push(second);
        second
    }
}

impl std::str::FromStr for Part {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Part> {
        let wrong = || format!("{text:?}: write I/N, as in 1/3, 2/3, 3/3");
        let (index, count) = text.split_once('/').with_context(wrong)?;
        let (index, count): (usize, usize) = (
            index.parse().with_context(wrong)?,
            count.parse().with_context(wrong)?,
        );
        anyhow::ensure!((1..=count).contains(&index) && count <= 32, wrong());
        Ok(Part {
            index: index - 1,
            count,
        })
    }
}
