//! `reconnect-storm`, `churn`, `slow`: pairs at a fixed rate, measured undisturbed and then beside a burden. The figure is what
//! the burden does to their latency.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use socket2::SockRef;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::storm::{self, Crowd};
use super::traffic::Stage;
use super::{Outcome, Plan, Scenario, Target, run_name};
use crate::link::{Link, dial_from};
use crate::measure::latency_histogram;
use crate::probe::resident_bytes;
use crate::schedule::Schedule;
use crate::stamp::now_nanos;
use crate::transport::Transport;
use crate::wire::Qos;

/// Of the thread that makes the burden.
const NICENESS: i32 = 10;

/// A slow consumer reads once in this time.
const READ_EVERY: Duration = Duration::from_millis(500);

pub(super) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    let pairs = Plan {
        scenario: Scenario::Pairs,
        ..plan.clone()
    };
    let mut stage = Stage::build(&[pairs], target).await?;
    let burden = Burden {
        plan: plan.clone(),
        target: target.clone(),
        run: run_name(),
        topics: stage.topics(),
    };
    let mut burdened = stage.during(burden.prepare()).await?;
    stage.let_pass(plan.warmup_secs).await?;
    let calm = stage.measure(plan.seconds, target).await?;
    let before = target.pid.map(resident_bytes).transpose()?;
    let (mut outcome, burden) = stage.measure_during(target, burdened.begin()).await?;
    compare(&mut outcome, &calm);
    outcome.figures.extend(burden.figures);
    outcome.faults.extend(calm.faults);
    outcome.faults.extend(burden.faults);
    if let Some((before, pid)) = before.zip(target.pid) {
        let grown = resident_bytes(pid)? as f64 - before as f64;
        outcome.push("rss_growth", "MiB", grown / f64::from(1 << 20));
    }
    stage.end(&mut outcome, target).await?;
    Ok(outcome)
}

/// The latencies undisturbed come first, then what became of them.
fn compare(outcome: &mut Outcome, calm: &Outcome) {
    let (before, during) = (calm.figure("latency_p99"), outcome.figure("latency_p99"));
    let mut figures = std::mem::take(&mut outcome.figures);
    if let Some((before, during)) = before.zip(during) {
        outcome.push("calm_p99", "us", before);
        outcome.push("p99_ratio", "", during / before.max(1.0));
    }
    outcome.figures.append(&mut figures);
}

/// What is put beside the pairs. It has a thread of its own, and a niced one: real clients bring their own processor along, and
/// what the generator does for them must not make the pairs late.
struct Burden {
    plan: Plan,
    target: Target,
    run: String,
    topics: Vec<String>,
}

/// The thread once everything is prepared. Dropping it lets the thread end.
struct Burdened {
    go: Option<oneshot::Sender<()>>,
    done: oneshot::Receiver<Result<Outcome>>,
}

impl Burdened {
    async fn begin(&mut self) -> Result<Outcome> {
        if let Some(go) = self.go.take() {
            go.send(()).unwrap_or_default();
        }
        (&mut self.done)
            .await
            .context("the thread of the burden is gone")?
    }
}

impl Burden {
    async fn prepare(self) -> Result<Burdened> {
        let (ready, is_ready) = oneshot::channel();
        let (go, gone) = oneshot::channel();
        let (tell, done) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::Builder::new().name("burden".into()).spawn(move || {
            // Not being allowed to is no reason not to measure.
            rustix::process::setpriority_process(None, NICENESS).unwrap_or_default();
            let told = runtime.block_on(self.carry(ready, gone));
            tell.send(told).unwrap_or_default();
        })?;
        if is_ready.await.is_err() {
            done.await.context("the thread of the burden is gone")??;
            bail!("the burden ended before it began");
        }
        Ok(Burdened { go: Some(go), done })
    }

    async fn carry(self, ready: oneshot::Sender<()>, gone: oneshot::Receiver<()>) -> Result<Outcome> {
        let Burden {
            plan,
            target,
            run,
            topics,
        } = &self;
        let mut outcome = Outcome::default();
        let crowd = match plan.scenario {
            Scenario::ReconnectStorm => Some(storm::crowd(plan, target, run).await?),
            _ => None,
        };
        ready.send(()).unwrap_or_default();
        if gone.await.is_err() {
            return Ok(outcome); // the measurement has failed
        }
        match crowd {
            Some(crowd) => storms(plan, target, run, crowd, &mut outcome).await?,
            None if plan.scenario == Scenario::Churn => churn(plan, target, run, &mut outcome).await?,
            None => slow(plan, target, run, topics, &mut outcome).await?,
        }
        Ok(outcome)
    }
}

/// One storm after the other for as long as the plan says, at least one: the pairs know no calm within the interval.
async fn storms(
    plan: &Plan,
    target: &Target,
    run: &str,
    mut crowd: Crowd,
    outcome: &mut Outcome,
) -> Result<()> {
    let until = now_nanos() + (plan.seconds * 1e9) as u64;
    let mut storms = 0_u32;
    while storms == 0 || now_nanos() < until {
        // Dropped links close their sockets: nobody says DISCONNECT.
        drop(std::mem::take(&mut crowd.links));
        let back = storm::crowd(plan, target, run).await?;
        crowd = back.after(&crowd);
        storms += 1;
    }
    crowd.figures(outcome);
    outcome.push("storms", "", f64::from(storms));
    Ok(())
}

/// Each second as many clients come, subscribe and go as the plan has. Who is due comes, whether those before are done or not.
async fn churn(plan: &Plan, target: &Target, run: &str, outcome: &mut Outcome) -> Result<()> {
    let schedule = Schedule::share(now_nanos(), plan.clients as u64, 0, 1);
    let visits = (plan.clients as f64 * plan.seconds) as u64;
    let mut visitors = JoinSet::new();
    for number in 0..visits {
        let wait = schedule.due(number).saturating_sub(now_nanos());
        tokio::time::sleep(Duration::from_nanos(wait)).await;
        let options = plan.connect(format!("{run}-c-{number}"), true);
        let (topic, qos) = (format!("{run}/c/{number:08}"), plan.qos);
        // They come to the nodes in turn, from one address of ours.
        let place = usize::try_from(number % 1000)?;
        let target = target.clone();
        visitors.spawn(async move {
            let (mut link, welcome) = target.open(place, &options).await?;
            link.subscribe(&topic, qos).await?;
            link.close().await;
            anyhow::Ok(welcome.connack_nanos)
        });
    }
    let mut connack = latency_histogram();
    while let Some(visited) = visitors.join_next().await {
        connack.saturating_record(visited?.context("a client that comes and goes")?);
    }
    let took = now_nanos().saturating_sub(schedule.due(0)) as f64 / 1e9;
    outcome.push("visits", "1/s", visits as f64 / took);
    outcome.push_latency(&connack, &[("connack_p50", 0.50), ("connack_p99", 0.99)]);
    Ok(())
}

/// With loopback's own segments and buffers the kernel keeps megabytes for each, and no broker notices that nobody reads.
fn hold_little(socket: &TcpSocket) -> std::io::Result<()> {
    socket.set_recv_buffer_size(4096)?;
    SockRef::from(socket).set_tcp_mss(1460)
}

/// Subscribers of every pair that hardly read. That one of them is thrown out is the broker's right, and counted.
async fn slow(
    plan: &Plan,
    target: &Target,
    run: &str,
    topics: &[String],
    outcome: &mut Outcome,
) -> Result<()> {
    let mut links = Vec::with_capacity(plan.clients);
    for number in 0..plan.clients {
        let options = plan.connect(format!("{run}-slow-{number}"), true);
        let stream = dial_from(None, target.address(number)?, hold_little).await?;
        let stream = Transport::over(stream, &options.way).await?;
        let (mut link, welcome) = Link::greet(stream, &options, now_nanos()).await?;
        link.count_in(&target.meter, &welcome);
        for topic in topics {
            link.subscribe(topic, Qos::AtMostOnce).await?;
        }
        links.push(link);
    }
    let until = now_nanos() + (plan.seconds * 1e9) as u64;
    let mut thrown_out = 0;
    while now_nanos() < until {
        tokio::time::sleep(READ_EVERY.min(Duration::from_secs_f64(plan.seconds / 2.0))).await;
        let mut kept = Vec::with_capacity(links.len());
        for mut link in links {
            match link.read_once().await {
                Ok(()) => kept.push(link),
                Err(_) => thrown_out += 1,
            }
        }
        links = kept;
    }
    outcome.push("thrown_out", "clients", f64::from(thrown_out));
    Ok(())
}
