//! `Sink`: one destination with its level, its choice of events, its rate and its queue (monitoring.md 7.1, 7.7).
//!
//! What a sink drops, for whatever reason, it counts; the keeper turns the count into one line per second.

use super::budget::LineBudget;
use super::format::{MESSAGE_BYTES_MAX, Style};
use super::keeper::Inbox;
use super::queue::Queue;
use super::record::{Kind, Record};
use super::syslog::message;
use super::{clean, level};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Instant;
use vmq_config::LogLevel;

/// Events a sink takes in one second; the rest is dropped and counted.
pub(super) const EVENTS_PER_SECOND: u32 = 500;

/// Messages one event may become in syslog; a backtrace has some sixty lines.
const SYSLOG_LINES_MAX: usize = 200;

/// The sinks there can be, in the order of `log show config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkId {
    ConsoleFile,
    Console,
    Error,
    Crash,
    Sasl,
    Syslog,
}

impl SinkId {
    /// The id operators use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConsoleFile => "consolefile",
            Self::Console => "console",
            Self::Error => "default",
            Self::Crash => "crash",
            Self::Sasl => "sasl",
            Self::Syslog => "syslog",
        }
    }

    /// Whether events of this kind are for this sink, levels apart. Start and stop lines at info and below stay out of
    /// the consoles; problems of that kind do not.
    pub(super) fn takes(self, kind: Kind, level: LogLevel) -> bool {
        match self {
            Self::ConsoleFile | Self::Console => kind != Kind::Sasl || level > LogLevel::Info,
            Self::Crash => kind == Kind::Crash,
            Self::Sasl => kind != Kind::Plain,
            Self::Error | Self::Syslog => true,
        }
    }
}

/// What a sink puts in its queue.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A finished line.
    Line(Style),
    /// A packed syslog message for each line of the text; the writer lays it out when it knows the transport.
    Syslog { facility: u8 },
}

/// One destination.
#[derive(Debug)]
pub(super) struct Sink {
    pub(super) id: SinkId,
    /// The file it writes to.
    pub(super) path: Option<PathBuf>,
    threshold: AtomicU8,
    shape: Shape,
    budget: LineBudget,
    queue: Queue,
    /// Dropped since the last summary line.
    unreported: AtomicU64,
    dropped: AtomicU64,
    /// Tells the file output to open its file again.
    reopen: Arc<AtomicBool>,
    inbox: Arc<Inbox>,
}

impl Sink {
    pub(super) fn new(id: SinkId, level: LogLevel, shape: Shape, queue: Queue, inbox: Arc<Inbox>) -> Self {
        Self {
            id,
            path: None,
            threshold: AtomicU8::new(level::index(level)),
            shape,
            budget: LineBudget::per_second(EVENTS_PER_SECOND),
            queue,
            unreported: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            reopen: Arc::default(),
            inbox,
        }
    }

    /// Makes it a file's sink; `reopen` is shared with the file's output.
    pub(super) fn with_file(self, path: PathBuf, reopen: Arc<AtomicBool>) -> Self {
        Self {
            path: Some(path),
            reopen,
            ..self
        }
    }

    pub(super) fn level(&self) -> LogLevel {
        level::ALL[usize::from(self.threshold.load(Ordering::Relaxed)).min(level::ALL.len() - 1)]
    }

    pub(super) fn set_level(&self, level: LogLevel) {
        self.threshold.store(level::index(level), Ordering::Relaxed);
    }

    /// Lines dropped since start.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Whether the sink is for such an event.
    pub(super) fn wants(&self, kind: Kind, level: LogLevel) -> bool {
        level::index(level) >= self.threshold.load(Ordering::Relaxed) && self.id.takes(kind, level)
    }

    /// Asks for one event of this second's budget; a refusal is counted.
    pub(super) fn admit(&self, now: Instant) -> bool {
        let admitted = self.budget.take(now).is_some();
        if !admitted {
            self.count_drop(1);
        }
        admitted
    }

    /// Queues an admitted record.
    pub(super) fn write(&self, record: &Record) {
        if !self.push(record) {
            self.count_drop(1);
        }
    }

    fn push(&self, record: &Record) -> bool {
        match &self.shape {
            Shape::Line(style) => self.queue.push(style.line(record).as_bytes()),
            Shape::Syslog { facility } => {
                let text = record.text();
                clean::lines(&clean::cut(&text, MESSAGE_BYTES_MAX))
                    .take(SYSLOG_LINES_MAX)
                    .all(|line| self.queue.push(&message::pack(record, *facility, &line)))
            }
        }
    }

    fn count_drop(&self, lines: u64) {
        self.dropped.fetch_add(lines, Ordering::Relaxed);
        if self.unreported.fetch_add(lines, Ordering::Relaxed) == 0 {
            self.inbox.drops_began();
        }
    }

    /// Says how many were dropped since the last time. Whatever the sink's level: the line is about the sink itself.
    /// With the queue still full the count stays for the next time.
    pub(super) fn report_drops(&self) {
        let lines = self.unreported.swap(0, Ordering::Relaxed);
        if lines == 0 {
            return;
        }
        let summary = Record::own(LogLevel::Warning, format!("dropped {lines} log messages"));
        if !self.push(&summary) {
            self.unreported.fetch_add(lines, Ordering::Relaxed);
            self.inbox.drops_began();
        }
    }

    pub(super) fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
        self.queue.nudge();
    }

    /// Waits until everything accepted is written; false when the deadline came first.
    pub(super) fn drain(&self, deadline: Instant) -> bool {
        self.queue.drain(deadline)
    }
}
