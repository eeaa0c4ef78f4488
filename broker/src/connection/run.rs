//! The loop of a connection: wait until something can be done, do all of it, write once.

use super::{Connection, Transport};
use crate::connection::io::{WRITE_HIGH, WRITE_MAX};
use crate::events::{CloseReason, Decider, DropReason, Happening};
use crate::mailbox::Recheck;
use crate::queue::take::ReadAhead;
use crate::store::{Entry, PENDING_BYTES_MAX, Store, StoreError};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// While the store is behind, a connection looks again after this time.
const STORE_LOOK: Duration = Duration::from_millis(20);

/// A read of the backlog: what was asked for, and what was found.
pub type BacklogRead = Pin<Box<dyn Future<Output = (ReadAhead, Result<Vec<Entry>, StoreError>)> + Send>>;

/// What can be done now.
#[derive(Debug, Default)]
struct Ready {
    kicked: Option<CloseReason>,
    /// Bytes were read.
    readable: bool,
    /// The queue has news.
    woken: bool,
    /// A held acknowledgement may leave.
    committed: bool,
    /// The write buffer is empty again.
    flushed: bool,
    timer: bool,
    /// A part of the backlog was read.
    backlog: bool,
}

impl<T: Transport> Connection<T> {
    /// Serves the client until there is a reason to end.
    pub(super) async fn run(&mut self) -> CloseReason {
        // CONNACK does not wait for slow hooks.
        if let Err(error) = self.io.flush().await {
            return CloseReason::of_io(&error);
        }
        self.count_bytes_in();
        self.count_bytes_out();
        // Rights may have changed while the client was away (decisions 13).
        Box::pin(self.recheck_subscriptions()).await;
        // Packets that came in the same segment as CONNECT.
        if let Err(reason) = self.packets(Instant::now()).await {
            return reason;
        }
        loop {
            // `more` makes the poll below ready at once; the runtime still gets its turn.
            tokio::task::coop::consume_budget().await;
            let more = self.more && self.io.write.len() + self.outbox.bytes() < WRITE_HIGH;
            let gathers = self.io.gathers(Instant::now);
            if gathers {
                // Whoever has more for this client may say so first.
                tokio::task::yield_now().await;
            }
            let ready = match std::future::poll_fn(|cx| self.poll_ready(cx, more, gathers)).await {
                Ok(ready) => ready,
                Err(reason) => return reason,
            };
            if let Err(reason) = self.act(ready).await {
                return reason;
            }
            self.mailbox
                .set_waiting(self.session.waiting_acks(), self.session.parked().len());
            self.take_turns().await;
        }
    }

    /// A client that sends without a pause gets no more than `active_n` full reads before the others have had their
    /// turn (config.md 6.2).
    async fn take_turns(&mut self) {
        if !self.io.filled {
            self.full_reads = 0;
            return;
        }
        self.io.filled = false;
        self.full_reads += 1;
        if self.full_reads >= self.listener.active_n {
            self.full_reads = 0;
            tokio::task::yield_now().await;
        }
    }

    async fn act(&mut self, ready: Ready) -> Result<(), CloseReason> {
        let now = Instant::now();
        self.look_for_traces();
        if let Some(reason) = ready.kicked {
            return Err(Box::pin(self.last_words(ready.readable, now, reason)).await);
        }
        if ready.committed {
            self.release_outbox();
        }
        if ready.readable {
            self.packets(now).await?;
        }
        // After the packets: one of them may be the sign of life that was waited for.
        if ready.timer {
            self.tick(now)?;
        }
        if ready.woken {
            if self.mailbox.take_asked() {
                self.answer_inquiries(now);
            }
            match self.mailbox.take_recheck() {
                None => {}
                Some(Recheck::Ask) => Box::pin(self.recheck_subscriptions()).await,
                Some(Recheck::Removed) => self.follow_subscriptions(),
            }
        }
        if ready.woken || ready.flushed || self.more {
            self.deliver(now);
        }
        Ok(())
    }

    /// Tells those who asked how the session stands.
    #[cold]
    fn answer_inquiries(&self, now: Instant) {
        for inquiry in self.core.inquiries.take(self.mailbox.connection) {
            let look = self.session.look(inquiry.messages_max, now);
            inquiry.answer(look);
        }
    }

    /// The connection is told to go. What has arrived already still counts: an acknowledgement is not asked for again, and a
    /// client that has said DISCONNECT is not one that was taken over.
    async fn last_words(&mut self, readable: bool, now: Instant, reason: CloseReason) -> CloseReason {
        if !readable {
            return reason;
        }
        match self.packets(now).await {
            Err(said @ (CloseReason::ClientDisconnect | CloseReason::ClientDisconnectWithWill)) => said,
            _ => reason,
        }
    }

    /// Looks at everything once. Writes first, so that whatever was encoded leaves in one call; one that `gathers` writes when nothing
    /// has come to go with it.
    fn poll_ready(
        &mut self,
        cx: &mut Context<'_>,
        more: bool,
        gathers: bool,
    ) -> Poll<Result<Ready, CloseReason>> {
        let now = Instant::now();
        let mut ready = Ready {
            kicked: self.mailbox.kicked(),
            ..Ready::default()
        };
        if ready.kicked.is_some() {
            ready.readable = matches!(self.io.poll_read(cx), Poll::Ready(Ok(read)) if read > 0);
            return Poll::Ready(Ok(ready));
        }
        let mut broken = None;
        if !gathers && self.io.has_unsent() {
            broken = self.write(cx, now, &mut ready);
        }
        if self.mailbox.rest(cx.waker()) {
            ready.woken = true;
            ready.kicked = self.mailbox.kicked();
        }
        ready.committed = self.outbox.poll_ready(cx).is_ready();
        ready.flushed |= ready.committed && self.more;
        if let Some(read) = &mut self.reading_backlog
            && let Poll::Ready((read, entries)) = read.as_mut().poll(cx)
        {
            self.reading_backlog = None;
            self.backlog_read(read, entries);
            ready.backlog = true;
        }
        if self.buffered && self.session.paused_until(now).is_none() {
            ready.readable = true;
        } else if self.may_read(now) {
            match self.io.poll_read(cx) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(CloseReason::PeerClosed)),
                Poll::Ready(Ok(_)) => ready.readable = true,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(CloseReason::of_io(&error))),
                Poll::Pending => {}
            }
        }
        if gathers && self.io.has_unsent() && !ready.is_something() && !more {
            broken = self.write(cx, now, &mut ready);
        }
        if let Some(reason) = broken.filter(|_| !ready.readable) {
            return Poll::Ready(Err(reason));
        }
        let deadlines = [
            self.send_deadline(),
            self.session.retry_at(),
            self.session.paused_until(now),
            // The writer does not tell when it has caught up.
            self.store_is_behind().then(|| now + STORE_LOOK),
        ];
        ready.timer = self.timers.poll(cx, deadlines).is_ready();
        if ready.is_something() || more {
            Poll::Ready(Ok(ready))
        } else {
            Poll::Pending
        }
    }

    /// Writes what is unsent. A peer that is gone is told of by the reason.
    fn write(&mut self, cx: &mut Context<'_>, now: Instant, ready: &mut Ready) -> Option<CloseReason> {
        let flushed = self.io.poll_flush(cx, now);
        self.count_bytes_out();
        match flushed {
            Poll::Ready(Ok(())) => ready.flushed = self.more,
            // A DISCONNECT that was received already still counts: it is read below.
            Poll::Ready(Err(error)) => {
                self.io.write.clear();
                return Some(CloseReason::of_io(&error));
            }
            Poll::Pending => {}
        }
        None
    }

    /// When a blocked write is given up; `None` = nothing is blocked.
    pub(super) fn send_deadline(&self) -> Option<Instant> {
        self.io
            .blocked_since()
            .map(|since| since + self.listener.send_timeout)
    }

    fn store_is_behind(&self) -> bool {
        self.core.store.pending_bytes() >= PENDING_BYTES_MAX
    }

    /// Whether another read is allowed: the client reads its answers, the store keeps up, the rate is kept.
    pub(super) fn may_read(&self, now: Instant) -> bool {
        self.io.write.len() < WRITE_MAX
            && !self.outbox.is_full()
            && !self.store_is_behind()
            && self.session.paused_until(now).is_none()
    }

    /// Starts to read the next part of the backlog, behind everything that was handed to the store before.
    pub(super) fn read_backlog(&mut self, read: ReadAhead) {
        if self.reading_backlog.is_some() {
            return;
        }
        let store = Arc::clone(&self.core.store);
        self.reading_backlog = Some(Box::pin(async move {
            store.submit(Vec::new()).done().await;
            (read, read_blocking(store, move |store| read.read(store)).await)
        }));
    }

    fn backlog_read(&mut self, read: ReadAhead, entries: Result<Vec<Entry>, StoreError>) {
        match entries {
            Ok(entries) => {
                let (ops, dropped) = self.queue.loaded(read, entries);
                if dropped > 0 {
                    let limit = self.core.queue_limits().online.unwrap_or(usize::MAX);
                    let what = Happening::MessagesDropped {
                        reason: DropReason::QueueFull,
                        count: dropped,
                        topic: None,
                    };
                    self.tell(what, Decider::limit("max_online_messages", limit as u64));
                }
                drop(self.core.submit(ops));
                self.more = true;
            }
            Err(error) => tracing::error!(
                pid = self.mailbox.connection,
                "can't initialize queue from offline storage due to {error}, retry on the next message"
            ),
        }
    }
}

impl Ready {
    fn is_something(&self) -> bool {
        self.kicked.is_some()
            || self.readable
            || self.woken
            || self.committed
            || self.flushed
            || self.timer
            || self.backlog
    }
}

/// Runs a blocking read of the store on a thread that may block.
///
/// # Errors
/// The read fails, or the broker is stopping.
pub async fn read_blocking<R: Send + 'static>(
    store: Arc<dyn Store>,
    read: impl FnOnce(&dyn Store) -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    tokio::task::spawn_blocking(move || read(&*store))
        .await
        .unwrap_or(Err(StoreError::Closed))
}
