//! Waiting: the one place where a client reads, answers, and keeps its connection alive.

use std::future::Future;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep_until};

use super::{ANSWER_WITHIN, Worker};
use crate::stamp::now_nanos;
use crate::wire;

/// What a client waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Until {
    /// A moment, by `now_nanos`.
    Time(u64),
    /// An exchange may be opened.
    Room,
    /// SUBACK or UNSUBACK has come.
    Answered,
    /// Everything is acknowledged, forwarded and written.
    Settled,
    /// Everything is written.
    Flushed,
    /// A signal has been set so often.
    Signal(usize, u64),
    /// All clients are done.
    Over,
}

/// What ended one wait.
enum Woken {
    Read(Result<()>),
    Other,
}

impl Worker {
    fn met(&self, until: Until) -> bool {
        let written = || self.link.as_ref().is_none_or(crate::link::Link::is_flushed);
        match until {
            Until::Time(moment) => now_nanos() >= moment,
            Until::Room => self.inbox.inflight.room() > 0,
            Until::Answered => self.inbox.awaited.is_none(),
            Until::Settled => self.link.is_none() || (self.inbox.is_settled() && written()),
            Until::Flushed => written(),
            Until::Signal(signal, count) => self.common.board.is_set(signal, count),
            Until::Over => self.common.board.is_over(),
        }
    }

    /// Receives until what is waited for is there.
    pub(super) async fn pass(&mut self, until: Until) -> Result<()> {
        let limit = match until {
            Until::Answered | Until::Room | Until::Settled => now_nanos() + ANSWER_WITHIN.as_nanos() as u64,
            _ => u64::MAX,
        };
        while !self.met(until) {
            let now = now_nanos();
            if now >= limit {
                bail!("no answer from the broker within {ANSWER_WITHIN:?}");
            }
            if matches!(until, Until::Signal(..)) && self.common.board.has_failed() {
                bail!("it waits for a signal, and another client has failed");
            }
            self.ping(now);
            let wake_at = match until {
                Until::Time(moment) => moment,
                _ => limit,
            };
            let wake_at = wake_at.min(self.next_ping);
            if let Woken::Read(Err(error)) = self.wait(until, wake_at).await {
                Box::pin(self.broken(error)).await?; // rare, and large
            }
        }
        self.common.meter.take(&mut self.inbox.batch);
        Ok(())
    }

    /// Reads once, or wakes at a moment or by what others do.
    async fn wait(&mut self, until: Until, wake_at: u64) -> Woken {
        let mut changes = match until {
            Until::Signal(..) => Some(self.common.board.watch_signals()),
            Until::Over => Some(self.common.board.watch_end()),
            _ => None,
        };
        if changes.is_some() && self.met(until) {
            return Woken::Other; // before the watch began
        }
        let changed = async {
            match &mut changes {
                // The board outlives its clients: it does not close.
                Some(changes) => changes.changed().await.unwrap_or_default(),
                None => std::future::pending().await,
            }
        };
        let woken = match &mut self.link {
            Some(link) => {
                let inbox = &mut self.inbox;
                inbox.forward_backlog(&mut link.out);
                let flushing = matches!(until, Until::Flushed | Until::Settled);
                let read = async {
                    if flushing && !link.is_flushed() {
                        return link
                            .turn_or_flush(|packet, out| inbox.on_packet(&packet, out))
                            .await;
                    }
                    link.turn(|packet, out| inbox.on_packet(&packet, out)).await
                };
                wake(read, changed, wake_at).await
            }
            None => wake(std::future::pending(), changed, wake_at).await,
        };
        self.inbox.end_read();
        self.common.meter.take(&mut self.inbox.batch);
        woken
    }

    /// Lets others have their turn, and reads what is there.
    pub(super) async fn breathe(&mut self) -> Result<()> {
        tokio::task::yield_now().await;
        if let Woken::Read(Err(error)) = self.wait(Until::Time(u64::MAX), 1).await {
            Box::pin(self.broken(error)).await?;
        }
        self.pass(Until::Flushed).await
    }

    fn ping(&mut self, now: u64) {
        if now >= self.next_ping
            && let Some(link) = &mut self.link
        {
            wire::pingreq(&mut link.out);
            self.next_ping = now + self.ping_nanos();
        }
    }
}

/// Whatever is first; `wake_at` of `u64::MAX` is never.
async fn wake(
    read: impl Future<Output = Result<()>>,
    changed: impl Future<Output = ()>,
    wake_at: u64,
) -> Woken {
    let wait = Duration::from_nanos(wake_at.saturating_sub(now_nanos()));
    let at = Instant::now().checked_add(wait.min(Duration::from_secs(7 * 24 * 3600)));
    tokio::select! {
        biased;
        read = read => Woken::Read(read),
        () = changed => Woken::Other,
        () = sleep_until(at.unwrap_or_else(Instant::now)) => Woken::Other,
    }
}
