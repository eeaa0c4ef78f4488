//! The way from the data path to a sink's writer thread: tracing-appender's non-blocking channel behind a count of
//! its own.
//!
//! The count bounds lines and bytes, says exactly what was refused, and lets a shutdown wait until everything that
//! was accepted is written. Whoever logs never waits.

use parking_lot::{Condvar, Mutex};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

/// Lines that may wait. The rate of a sink is 500 a second, so this is two seconds of a stuck disk.
const LINES_MAX: usize = 1000;
/// Bytes that may wait; lines carry topics and backtraces of up to 64 KiB.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Room in the channel above the count, for requests that carry no line.
const SLACK: usize = 16;

/// Where the lines of one sink end up; owned by its writer thread.
pub(super) trait Output: Send + 'static {
    /// Writes one line, or accounts for its loss. Never panics.
    fn line(&mut self, line: &[u8]);
    /// Nothing waits any more, or somebody asked for attention.
    fn idle(&mut self) {}
}

/// What is on its way and not yet written.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    lines: AtomicUsize,
    bytes: AtomicUsize,
    empty: Condvar,
    lock: Mutex<()>,
}

impl Backlog {
    /// Counts something in, if it fits.
    fn enter(&self, bytes: usize) -> bool {
        let lines = self.lines.fetch_add(1, Ordering::AcqRel);
        let waiting = self.bytes.fetch_add(bytes, Ordering::AcqRel);
        let fits = lines < LINES_MAX && (waiting == 0 || waiting + bytes <= BYTES_MAX);
        if !fits {
            self.leave(bytes);
        }
        fits
    }

    /// Counts work in that must be waited for whatever else waits.
    pub(super) fn begin(self: &Arc<Self>) -> Job {
        self.lines.fetch_add(1, Ordering::AcqRel);
        Job(Arc::clone(self))
    }

    fn leave(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        if self.lines.fetch_sub(1, Ordering::AcqRel) == 1 {
            let _held = self.lock.lock();
            self.empty.notify_all();
        }
    }

    /// Waits until nothing is on its way; false when the deadline came first.
    fn drained(&self, deadline: Instant) -> bool {
        let mut held = self.lock.lock();
        while self.lines.load(Ordering::Acquire) > 0 {
            if self.empty.wait_until(&mut held, deadline).timed_out() {
                return self.lines.load(Ordering::Acquire) == 0;
            }
        }
        true
    }
}

/// Something that a shutdown waits for; ends when dropped.
#[derive(Debug)]
pub(super) struct Job(Arc<Backlog>);

impl Drop for Job {
    fn drop(&mut self) {
        self.0.leave(0);
    }
}

/// The data path's end.
#[derive(Debug)]
pub(super) struct Queue {
    backlog: Arc<Backlog>,
    channel: NonBlocking,
}

impl Queue {
    /// Starts the writer thread. The guard ends it; `Backlog` is handed to outputs that start work of their own.
    pub(super) fn start(
        thread_name: &str,
        backlog: Arc<Backlog>,
        output: impl Output,
    ) -> (Self, WorkerGuard) {
        let writer = Writer {
            output,
            backlog: Arc::clone(&backlog),
        };
        let (channel, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(LINES_MAX + SLACK)
            .lossy(true)
            .thread_name(thread_name)
            .finish(writer);
        (Self { backlog, channel }, guard)
    }

    /// Hands over one line; false when the queue is full and the line is dropped.
    pub(super) fn push(&self, line: &[u8]) -> bool {
        // A lossy channel never refuses, it only counts; the backlog is what bounds it.
        self.backlog.enter(line.len()) && self.channel.clone().write(line).is_ok()
    }

    /// Asks the output for attention. An empty line is nothing to write, but the writer turns idle after it.
    pub(super) fn nudge(&self) {
        // A lossy channel takes it or counts it; a full one means that the writer is not idle anyway.
        drop(self.channel.clone().write(&[]));
    }

    /// Waits until everything accepted is written; false when the deadline came first.
    pub(super) fn drain(&self, deadline: Instant) -> bool {
        self.backlog.drained(deadline)
    }
}

/// What tracing-appender's worker writes to.
struct Writer<O> {
    output: O,
    backlog: Arc<Backlog>,
}

impl<O: Output> Write for Writer<O> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.output.line(line);
        self.backlog.leave(line.len());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.idle();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::time::Duration;

    /// An output that waits for permission before each line.
    struct Gate(Receiver<()>, SyncSender<Vec<u8>>);
    impl Output for Gate {
        fn line(&mut self, line: &[u8]) {
            if self.0.recv().is_ok() {
                self.1.send(line.to_vec()).expect("the test listens");
            }
        }
    }

    #[test]
    fn a_stuck_output_costs_lines_and_never_blocks() {
        let (open, gate) = sync_channel(2 * LINES_MAX);
        let (sent, lines) = sync_channel(2 * LINES_MAX);
        let (queue, guard) = Queue::start("test", Arc::default(), Gate(gate, sent));
        let accepted = (0..LINES_MAX + 5)
            .filter(|n| queue.push(n.to_string().as_bytes()))
            .count();
        assert_eq!(accepted, LINES_MAX);
        assert!(!queue.drain(Instant::now()));
        for _ in 0..accepted {
            open.send(()).expect("the gate listens");
        }
        assert!(queue.drain(Instant::now() + Duration::from_secs(20)));
        drop(guard);
        assert_eq!(lines.try_iter().count(), LINES_MAX);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let backlog = Backlog::default();
        assert!(backlog.enter(2 * BYTES_MAX), "one line always fits");
        assert!(!backlog.enter(1));
        backlog.leave(2 * BYTES_MAX);
        assert!(backlog.enter(1));
    }
}
