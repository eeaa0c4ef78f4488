//! `run`: a named scenario against a broker that is there; `ceiling`: against one that only forwards. Its progress, its end, its
//! result.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::Result;
use clap::Args;

use crate::ceiling::ReflectorProcess;
use crate::cli::LoadArgs;
use crate::local;
use crate::measure::{self, Assertion, Leash, Measured, Progress, WatchArgs, may_be_figure};
use crate::probe::{Reading, resident_bytes};
use crate::report;
use crate::scenario::{self, Outcome, Plan, Target};

#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    load: LoadArgs,
    /// Address of a broker; connections take turns where there are several.
    #[arg(long, default_value = "127.0.0.1:1883", value_parser = crate::cli::address, value_name = "HOST:PORT")]
    target: Vec<SocketAddr>,
    /// Connect from our own addresses that begin so, in turn, as in 10.0.0.: one address has no more than 64,000 ports to one broker.
    #[arg(long, value_name = "PREFIX", value_parser = Sources::parse)]
    bind: Option<Sources>,
    /// What must be true of the result, as in "latency_p99 < 50000", "p99 < 50ms" or "loss = 0"; else the exit code is 3. Repeat it.
    #[arg(long = "assert", value_name = "FIGURE<BOUND", value_parser = assertion)]
    assertions: Vec<Assertion>,
    #[command(flatten)]
    watch: WatchArgs,
}

/// A type of its own: one argument stands for many addresses.
#[derive(Clone, Debug)]
struct Sources(Vec<IpAddr>);

impl Sources {
    fn parse(prefix: &str) -> Result<Sources, String> {
        local::beginning_with(prefix).map(Sources)
    }
}

fn assertion(text: &str) -> Result<Assertion, String> {
    Assertion::parse(text, may_be_figure)
}

/// Runs the scenario in this process or in several. `true`: no fault, and all assertions hold.
pub(crate) fn run(
    args: &RunArgs,
    start_runtime: &dyn Fn() -> Result<tokio::runtime::Runtime>,
) -> Result<bool> {
    let mut measured = if args.watch.processes > 1 {
        measure::lead(&args.watch, |_| Vec::new())?
    } else {
        let sources = args.bind.as_ref().map_or(&[][..], |sources| &sources.0);
        let target = Target::new(&args.target, args.watch.pid).from(sources);
        start_runtime()?.block_on(alone(args.load.plan(), &target, &args.watch))?
    };
    measured.judge(&args.assertions);
    if !args.watch.led {
        measure::print(&mut io::stdout().lock(), &measured)?;
    }
    if let Some(path) = &args.watch.json {
        report::json(path, &measured)?;
    }
    Ok(args.watch.led || measured.passed())
}

/// What the generator itself can do. `true`: no fault.
pub(crate) fn ceiling(
    load: &LoadArgs,
    start_runtime: &dyn Fn() -> Result<tokio::runtime::Runtime>,
) -> Result<bool> {
    let reflector = ReflectorProcess::start()?;
    let quiet = WatchArgs::default();
    let measured = start_runtime()?.block_on(alone(load.plan(), &reflector.target(), &quiet))?;
    measure::print(&mut io::stdout().lock(), &measured)?;
    Ok(measured.passed())
}

async fn alone(plan: Plan, target: &Target, watch: &WatchArgs) -> Result<Measured> {
    let leash = Leash::new(watch.led);
    // Nobody here waits for signals.
    leash.hear(|_, _| {})?;
    if let Some(address) = watch.prometheus {
        measure::serve(address, Arc::clone(&target.meter), plan.to_string())?;
    }
    let mut progress = Progress::new(watch);
    let before = Reading::take(target.pid)?;
    let ran = scenario::run(&plan, target);
    let mut outcome = progress.during(&target.meter, &leash, ran).await?;
    let interval = before.until(&Reading::take(target.pid)?);
    progress.last(&target.meter);
    leash.until_over().await?;
    let rss = target.pid.map(resident_bytes).transpose()?;
    let mut measured = Measured::of(&plan.to_string(), &target.meter, &interval, rss);
    if watch.led {
        forget_others(&mut outcome);
    }
    measured.progress = progress.seconds;
    measured.plan = Some(serde_json::to_value(&plan)?);
    measured.outcome = Some(outcome);
    Ok(measured)
}

/// To one of several processes the others are no strangers.
fn forget_others(outcome: &mut Outcome) {
    outcome.figures.retain(|figure| figure.name != "others_busy");
}
