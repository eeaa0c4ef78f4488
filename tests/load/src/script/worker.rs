//! One client: goes through the steps of its pool, and receives whenever it waits.
//!
//! Holds: nothing here recurses; a step that cannot go on waits in `pass`, which is the one place that reads.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;

use super::board::Board;
use super::inbox::{Awaited, Inbox, UNCHECKED};
use super::program::{Loop, Pool, PublishStep, Step};
use super::text::{Filling, Text};
use crate::link::Link;
use crate::measure::{Counter, Meter};
use crate::stamp::{STAMP_BYTES, Stamp, now_nanos};
use crate::wire::{self, Qos};

mod connection;
mod pass;

use pass::Until;

/// Bytes to write from which on a client waits until they are written.
const WRITE_MAX: usize = 64 * 1024;

/// What is late by less is late because timers count milliseconds: that is ours, not the broker's. By more, the latency of a
/// message counts from when it was due.
const TIMER_NANOS: u64 = 2_000_000;

/// Turns of a loop without a rate before other clients have theirs.
const TURNS_AT_ONCE: u64 = 64;

/// An answer that has not come by then never comes.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What all clients share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) board: Board,
    pub(super) meter: Arc<Meter>,
    /// Clients take turns.
    pub(super) targets: Vec<SocketAddr>,
    /// Name of the run.
    pub(super) run: String,
    /// First number of the streams of this process.
    pub(super) first_stream: u32,
    /// Random bytes to fill payloads with.
    pub(super) filling: Vec<u8>,
}

/// What one publish step of one client sends.
#[derive(Clone, Debug, Default)]
struct Lane {
    /// Of a topic that stays the same.
    topic: Option<String>,
    stream: u32,
    sent: u64,
}

/// A loop that is under way.
#[derive(Clone, Copy, Debug)]
struct Turning {
    turn: u64,
    began: u64,
    /// When this turn is due, from the beginning.
    due: u64,
    paced: bool,
}

pub(super) struct Worker {
    pool: Arc<Pool>,
    common: Arc<Common>,
    /// Number in its pool, over all processes.
    number: usize,
    /// Number over all pools of this process.
    place: usize,
    random: Rng,
    client_id: String,
    link: Option<Link>,
    inbox: Inbox,
    lanes: Vec<Lane>,
    loops: Vec<Turning>,
    /// The step that has connected it.
    connected_by: Option<usize>,
    subscriptions: Vec<(String, Qos)>,
    next_ping: u64,
    packet_id: u16,
    /// Of a topic drawn anew.
    drawn: String,
}

impl Worker {
    pub(super) fn new(
        pool: Arc<Pool>,
        common: Arc<Common>,
        number: usize,
        place: usize,
        seed: u64,
    ) -> Worker {
        let lanes = (0..pool.publishes).map(|_| Lane::default()).collect();
        Worker {
            pool,
            common,
            number,
            place,
            random: Rng::with_seed(seed),
            client_id: String::new(),
            link: None,
            inbox: Inbox::new(),
            lanes,
            loops: Vec::new(),
            connected_by: None,
            subscriptions: Vec::new(),
            next_ping: u64::MAX,
            packet_id: 0,
            drawn: String::new(),
        }
    }

    /// Goes through the steps from `start` on, by `now_nanos`; stays connected until all are done.
    pub(super) async fn run(mut self, start: u64) {
        let went = self.go(start).await;
        for lane in &self.lanes {
            if lane.sent > 0 {
                self.common.meter.stream_ended(lane.stream, lane.sent);
            }
        }
        if went.is_err() {
            self.common.board.fail();
        }
        self.common.board.done();
        let ended = match went {
            Ok(()) => self.stay().await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            let client = &self.client_id;
            self.common.meter.fault(format!(
                "{} {} {client:?}: {error:#}",
                self.pool.name, self.number
            ));
        }
        if self.link.take().is_some() {
            self.common.meter.add(Counter::Ended, 1);
        }
        self.common.meter.take(&mut self.inbox.batch);
    }

    async fn go(&mut self, start: u64) -> Result<()> {
        self.pass(Until::Time(start)).await?;
        let pool = Arc::clone(&self.pool);
        let mut at = 0;
        while let Some(step) = pool.steps.get(at) {
            at = self
                .step(&pool, at, step)
                .await
                .with_context(|| format!("step {}", at + 1))?;
        }
        // What is written last is not left lying.
        self.pass(Until::Settled).await
    }

    /// Does one step, and returns the place of the next.
    async fn step(&mut self, pool: &Pool, at: usize, step: &Step) -> Result<usize> {
        match step {
            Step::Connect(_) => self.connect(at).await?,
            Step::Disconnect => self.disconnect().await?,
            Step::Subscribe(filters) => {
                let filters: Vec<_> = filters
                    .iter()
                    .map(|(filter, qos)| (self.fill(filter), *qos))
                    .collect();
                self.subscribe(filters).await?;
            }
            Step::Unsubscribe(filter) => {
                let filter = self.fill(filter);
                self.unsubscribe(&filter).await?;
            }
            Step::Publish(publish) => self.publish(publish).await?,
            Step::Forward { prefix, qos } => self.inbox.forward = Some((self.fill(prefix), *qos)),
            Step::Idle => self.inbox.forward = None,
            Step::Wait(time) => {
                let until = now_nanos() + time.draw(&mut self.random);
                self.pass(Until::Time(until)).await?;
            }
            Step::Stall(time) => {
                let stall = Duration::from_nanos(time.draw(&mut self.random));
                tokio::time::sleep(stall).await;
            }
            Step::LoopStart(settings) => {
                self.loops.push(Turning {
                    turn: 0,
                    began: now_nanos(),
                    due: 0,
                    paced: settings.pace != super::amount::Pace::Free,
                });
                return self.turn(at, settings).await;
            }
            Step::LoopEnd(start) => {
                if let Some(turning) = self.loops.last_mut() {
                    turning.turn += 1;
                }
                if let Some(Step::LoopStart(settings)) = pool.steps.get(*start) {
                    return self.turn(*start, settings).await;
                }
            }
            Step::SetSignal { signal, count } => {
                self.pass(Until::Flushed).await?;
                self.common.board.set(*signal, *count);
            }
            Step::WaitSignal { signal, count } => self.pass(Until::Signal(*signal, *count)).await?,
        }
        Ok(at + 1)
    }

    /// Waits until the next turn of a loop is due, or leaves the loop; returns the place of the next step.
    async fn turn(&mut self, start: usize, settings: &Loop) -> Result<usize> {
        let Some(turning) = self.loops.last_mut() else {
            return Ok(settings.end + 1);
        };
        turning.due = settings.pace.due(turning.turn, turning.due, &mut self.random);
        let spent = if turning.paced {
            turning.due
        } else {
            now_nanos() - turning.began
        };
        let over = settings.count.is_some_and(|count| turning.turn >= count)
            || settings.time.is_some_and(|time| spent >= time);
        let (turn, due, paced) = (turning.turn, turning.began + turning.due, turning.paced);
        if over {
            // A loop lasts as long as it says, also behind its last turn.
            let end = settings
                .time
                .filter(|_| paced && settings.count.is_none())
                .map(|time| turning.began + time);
            self.loops.pop();
            self.pass(Until::Time(end.unwrap_or(0))).await?;
            return Ok(settings.end + 1);
        }
        if paced {
            self.pass(Until::Time(due)).await?;
        } else if turn % TURNS_AT_ONCE == TURNS_AT_ONCE - 1 {
            self.breathe().await?;
        }
        Ok(start + 1)
    }

    fn filling(&self) -> Filling<'_> {
        Filling {
            client: &self.client_id,
            worker: self.number,
            pool: &self.pool.name,
            run: &self.common.run,
        }
    }

    fn fill(&mut self, text: &Text) -> String {
        let mut random = self.random.fork();
        text.filled(&self.filling(), &mut random)
    }

    async fn publish(&mut self, step: &PublishStep) -> Result<()> {
        if step.qos != Qos::AtMostOnce && self.inbox.inflight.room() == 0 {
            self.pass(Until::Room).await?;
        }
        self.prepare(step);
        let now = now_nanos();
        let due = self
            .loops
            .last()
            .filter(|turning| turning.paced)
            .map_or(now, |turning| turning.began + turning.due);
        let lane = &mut self.lanes[step.number];
        let stamp = Stamp {
            publisher: lane.stream,
            sequence: lane.sent,
            sent_nanos: if now.saturating_sub(due) > TIMER_NANOS {
                due
            } else {
                now
            },
        };
        let stamp = Inbox::stamp_bytes(stamp);
        // No payload at all removes what is retained; any other has its stamp.
        let bytes = usize::try_from(step.payload_bytes.draw(&mut self.random))?;
        let payload: [&[u8]; 2] = match bytes {
            0 => [&[], &[]],
            _ => [&stamp, &self.common.filling[..bytes.saturating_sub(STAMP_BYTES)]],
        };
        let topic = lane.topic.as_ref().unwrap_or(&self.drawn);
        let link = self.link.as_mut().context("publishes without a connection")?;
        if self
            .inbox
            .publish(&mut link.out, topic.as_bytes(), step.qos, step.retain, payload)
            .is_some()
        {
            lane.sent += 1;
            self.inbox.batch.count(Counter::Published, 1);
        }
        if link.out.len() >= WRITE_MAX {
            self.pass(Until::Flushed).await?;
        }
        Ok(())
    }

    /// Makes the topic of a publish: once, or anew.
    fn prepare(&mut self, step: &PublishStep) {
        let lane = &self.lanes[step.number];
        if lane.topic.is_some() {
            return;
        }
        let mut drawn = std::mem::take(&mut self.drawn);
        drawn.clear();
        let mut random = self.random.fork();
        step.topic.fill(&mut drawn, &self.filling(), &mut random);
        let (place, publishes) = (self.place, self.pool.publishes);
        let lane = &mut self.lanes[step.number];
        lane.stream = UNCHECKED;
        if step.topic.is_steady() {
            let number = u32::try_from(place * publishes + step.number).unwrap_or(UNCHECKED);
            lane.stream = self.common.first_stream.saturating_add(number);
            lane.topic = Some(drawn);
        } else {
            self.drawn = drawn;
        }
    }

    async fn subscribe(&mut self, filters: Vec<(String, Qos)>) -> Result<()> {
        self.inbox.shares |= filters.iter().any(|(filter, _)| filter.starts_with("$share/"));
        self.subscriptions
            .retain(|(old, _)| filters.iter().all(|(new, _)| new != old));
        self.subscriptions.extend(filters.iter().cloned());
        self.ask_for(&filters)?;
        self.pass(Until::Answered).await
    }

    /// Appends a SUBSCRIBE and awaits its answer.
    fn ask_for(&mut self, filters: &[(String, Qos)]) -> Result<()> {
        let packet_id = self.await_answer();
        let link = self.link.as_mut().context("subscribes without a connection")?;
        let filters = filters.iter().map(|(filter, qos)| (filter.as_str(), *qos));
        wire::subscribe_all(&mut link.out, self.inbox.version, packet_id, filters);
        Ok(())
    }

    async fn unsubscribe(&mut self, filter: &str) -> Result<()> {
        self.subscriptions.retain(|(old, _)| old != filter);
        let packet_id = self.await_answer();
        let link = self.link.as_mut().context("unsubscribes without a connection")?;
        wire::unsubscribe(&mut link.out, self.inbox.version, packet_id, filter);
        self.pass(Until::Answered).await
    }

    /// Ids from the top, where those of publishes never come: they are at most twice the exchanges allowed.
    fn await_answer(&mut self) -> u16 {
        self.packet_id = self.packet_id % 100 + 1;
        let packet_id = u16::MAX - self.packet_id;
        let since = now_nanos();
        self.inbox.awaited = Some(Awaited { packet_id, since });
        packet_id
    }

    /// Receives until all is over, and leaves in peace.
    async fn stay(&mut self) -> Result<()> {
        if self.link.is_none() {
            return Ok(());
        }
        self.pass(Until::Over).await?;
        let common = Arc::clone(&self.common);
        if !self.inbox.shares {
            let missing = self
                .inbox
                .lanes
                .missing_at_end(|stream| common.meter.sent_of(stream));
            common.meter.add(Counter::Loss, missing);
        }
        self.disconnect().await
    }
}
