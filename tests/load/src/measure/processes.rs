//! `--processes N`: one process leads, the others do the same command each with its part, and their results are merged.
//!
//! The led ones write lines to standard output (progress, signals, that they are done) and read lines from standard input
//! (signals of the others, that all are done). They end when their standard input does, so with their leader.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::args::WatchArgs;
use super::result::{Broker, Measured, Second};
use super::{merge, report};
use crate::probe::{Reading, resident_bytes};

/// Lines of all processes the leader has not looked at; a process that says more waits.
const LINES_MAX: usize = 1024;

/// Between two looks at whether all processes are done.
const LOOK: Duration = Duration::from_millis(10);

/// A share of every pool: those clients whose number leaves `index` when divided by `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) index: usize,
    pub(crate) count: usize,
}

impl Default for Part {
    /// All of it.
    fn default() -> Part {
        Part { index: 0, count: 1 }
    }
}

impl Part {
    pub(crate) fn has(self, client: usize) -> bool {
        client % self.count == self.index
    }

    /// How many of so many clients.
    pub(crate) fn of(self, clients: usize) -> usize {
        clients / self.count + usize::from(clients % self.count > self.index)
    }
}

impl FromStr for Part {
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

/// A line between the leader and a led process, in either direction.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Second(Second),
    /// Place and count.
    Signal(usize, u64),
    /// Upwards: all clients of this process. Downwards: of all processes.
    Done,
}

/// Appends the line and flushes it.
fn write(out: &mut impl Write, line: &Line) -> Result<()> {
    let text = serde_json::to_string(line)?;
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Tells the leader of a signal.
pub(crate) fn tell_signal(signal: usize, count: u64) {
    // Without a leader this process is about to end.
    write(&mut io::stdout().lock(), &Line::Signal(signal, count)).unwrap_or_default();
}

/// The led side; of a process that nobody leads it does nothing.
pub(crate) struct Leash {
    all_done: Option<Arc<AtomicBool>>,
}

impl Leash {
    pub(crate) fn new(led: bool) -> Leash {
        Leash {
            all_done: led.then(Arc::default),
        }
    }

    /// From now on what the leader says is heard; `on_signal` gets places and counts.
    pub(crate) fn hear(&self, on_signal: impl Fn(usize, u64) + Send + 'static) -> Result<()> {
        let Some(all_done) = self.all_done.clone() else {
            return Ok(());
        };
        thread::Builder::new().name("leash".into()).spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(Line::Signal(signal, count)) => on_signal(signal, count),
                    Ok(Line::Done) => {
                        all_done.store(true, Ordering::Release);
                    }
                    _ => {}
                }
            }
            // The leader is gone, and nobody wants the result.
            if !all_done.load(Ordering::Acquire) {
                std::process::exit(1);
            }
        })?;
        Ok(())
    }

    pub(crate) fn tell(&self, second: &Second) -> Result<()> {
        write(&mut io::stdout().lock(), &Line::Second(*second))
    }

    /// All clients here are done.
    pub(crate) fn done(&self) -> Result<()> {
        match &self.all_done {
            Some(_) => write(&mut io::stdout().lock(), &Line::Done),
            None => Ok(()),
        }
    }

    /// Those of all processes are.
    pub(crate) fn is_over(&self) -> bool {
        self.all_done
            .as_ref()
            .is_none_or(|done| done.load(Ordering::Acquire))
    }

    /// Everything is done here; returns when it is everywhere.
    pub(crate) async fn until_over(&self) -> Result<()> {
        self.done()?;
        while !self.is_over() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

/// One led process.
struct Follower {
    child: Child,
    input: ChildStdin,
    result: PathBuf,
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts this program again so often, with its own arguments and those of `more` for each process behind them; passes on what
/// they say, and merges what they found.
pub(crate) fn lead(args: &WatchArgs, more: impl Fn(usize) -> Vec<String>) -> Result<Measured> {
    let dir = tempfile::Builder::new().prefix("vmq-loadtest-").tempdir()?;
    let before = Reading::take(args.pid)?;
    let (says, said) = mpsc::sync_channel(LINES_MAX);
    let mut followers = Vec::new();
    for index in 0..usize::from(args.processes) {
        let result = dir.path().join(format!("{index}.json"));
        let more = [more(index), endpoint(args.prometheus, index)?].concat();
        followers.push(follow(&more, index, result, says.clone())?);
    }
    drop(says);
    conduct(args, &mut followers, &said)?;
    let interval = before.until(&Reading::take(args.pid)?);
    let mut parts = Vec::new();
    for follower in &mut followers {
        let status = follower.child.wait()?;
        ensure!(status.success(), "a process of the generator ended with {status}");
        parts.push(merge::read(&follower.result)?);
    }
    let mut measured = merge::merged(parts)?;
    if let Some((cpu, pid)) = interval.broker_cpu.zip(args.pid) {
        measured.broker = Some(Broker {
            cpu_us: cpu.as_secs_f64() * 1e6,
            rss_bytes: resident_bytes(pid)?,
        });
    }
    Ok(measured)
}

/// Process `index` is asked at that many ports further.
fn endpoint(first: Option<SocketAddr>, index: usize) -> Result<Vec<String>> {
    let Some(mut address) = first else {
        return Ok(Vec::new());
    };
    if address.port() != 0 {
        let port = usize::from(address.port()) + index;
        address.set_port(u16::try_from(port).context("--prometheus: no ports are left for all processes")?);
    }
    Ok(vec!["--prometheus".into(), address.to_string()])
}

/// What a follower has said; `None`: it has ended.
type Said = (usize, Option<Line>);

fn follow(more: &[String], index: usize, result: PathBuf, says: mpsc::SyncSender<Said>) -> Result<Follower> {
    let mut command = Command::new(std::env::current_exe()?);
    // What comes later replaces what comes first.
    command
        .args(std::env::args_os().skip(1))
        .args(["--processes", "1", "--led", "--json"])
        .arg(&result)
        .args(more);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start a process of the generator")?;
    let input = child.stdin.take().context("no standard input")?;
    let output = child.stdout.take().context("no standard output")?;
    thread::Builder::new()
        .name(format!("process {index}"))
        .spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(line) = serde_json::from_str(&line) {
                    says.send((index, Some(line))).unwrap_or_default();
                }
            }
            says.send((index, None)).unwrap_or_default();
        })?;
    Ok(Follower { child, input, result })
}

/// Passes signals on, prints the sum of the progress, and tells all when all are done. Returns when all have ended.
fn conduct(args: &WatchArgs, followers: &mut [Follower], said: &mpsc::Receiver<Said>) -> Result<()> {
    let (mut done, mut ended) = (0, 0);
    let mut seconds: Vec<Vec<Second>> = vec![Vec::new(); followers.len()];
    let mut shown = 0;
    while ended < followers.len() {
        let (index, line) = said.recv().context("all processes are gone")?;
        match line {
            Some(Line::Signal(signal, count)) => {
                for (other, follower) in followers
                    .iter_mut()
                    .enumerate()
                    .filter(|(other, _)| *other != index)
                {
                    write(&mut follower.input, &Line::Signal(signal, count))
                        .with_context(|| format!("process {other} is gone"))?;
                }
            }
            Some(Line::Second(second)) => {
                seconds[index].push(second);
                if let Some(sum) = sum(&seconds, shown) {
                    report::second(&mut io::stderr().lock(), &sum, args.every)?;
                    shown += 1;
                }
            }
            Some(Line::Done) => {
                done += 1;
                if done == followers.len() {
                    for follower in followers.iter_mut() {
                        write(&mut follower.input, &Line::Done)?;
                    }
                }
            }
            None if done < followers.len() => bail!("a process of the generator ended too early"),
            None => ended += 1,
        }
    }
    Ok(())
}

/// Interval `at` of all processes, once all have told it.
fn sum(seconds: &[Vec<Second>], at: usize) -> Option<Second> {
    let mut sum = Second::default();
    for process in seconds {
        let second = process.get(at)?;
        sum.at_secs = second.at_secs.max(sum.at_secs);
        sum.connections += second.connections;
        sum.published += second.published;
        sum.consumed += second.consumed;
        sum.p50_us = sum.p50_us.max(second.p50_us);
        sum.p99_us = sum.p99_us.max(second.p99_us);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_make_the_whole() {
        for clients in [0, 1, 7, 100] {
            let shares = (0..3).map(|index| Part { index, count: 3 });
            assert_eq!(
                shares.clone().map(|part| part.of(clients)).sum::<usize>(),
                clients
            );
            for part in shares {
                assert_eq!(
                    (0..clients).filter(|client| part.has(*client)).count(),
                    part.of(clients)
                );
            }
        }
        let at = |first: &str, index| endpoint(Some(first.parse().unwrap()), index);
        assert_eq!(at("127.0.0.1:9000", 2).unwrap()[1], "127.0.0.1:9002");
        assert_eq!(at("127.0.0.1:0", 2).unwrap()[1], "127.0.0.1:0");
        assert!(at("127.0.0.1:65535", 1).is_err() && endpoint(None, 1).unwrap().is_empty());
        assert_eq!("2/3".parse::<Part>().unwrap(), Part { index: 1, count: 3 });
        assert!(
            "0/3".parse::<Part>().is_err() && "4/3".parse::<Part>().is_err() && "x".parse::<Part>().is_err()
        );
    }
}
