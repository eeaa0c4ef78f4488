//! Traces: what chosen clients and the broker say to each other, for an operator who watches (monitoring.md 8).
//!
//! `Traces` is the table of those that run. A connection looks at its generation, one relaxed load for each time it wakes
//! up, and into the table only when that has changed; a connection that no trace matches holds nothing (`session`). One
//! that is matched writes its events (`event`) as lines or JSON (`packet`, `properties`, `hook`) into the `feed` of the trace, which bounds
//! their rate and their memory; `admin/trace` passes them on.

pub mod select;
pub mod feed;
mod event;
pub mod routing;
pub mod session;
mod packet;
mod pcapng;
mod properties;
mod hook;
mod text;

use crate::core::Core;
use crate::logging::render::Quoted;
use crate::mailbox::ConnectionId;
use crate::queue::Queue;
pub use event::{Form, Said};
pub use feed::{Feed, Rate};
use jiff::Timestamp;
use parking_lot::Mutex;
pub use select::{Select, Subject};
pub use session::Tracing;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub use text::Payloads;
use vmq_admin::command::trace::TraceEvents;

/// What is shown of what happens.
#[derive(Clone, Copy, Debug)]
pub struct Show {
    pub payloads: Payloads,
    /// The kinds of events.
    pub events: TraceEvents,
    /// Also why sessions end, what they are known by, and what their queues drop.
    pub verbose: bool,
}

/// A trace that runs.
#[derive(Debug)]
pub struct Trace {
    pub id: u64,
    pub select: Select,
    pub show: Show,
    /// Sessions that its first line names; others are announced when they are found.
    pub existing: Vec<ConnectionId>,
    pub started: Timestamp,
    /// The user who asked for it.
    pub uid: u32,
    pub feed: Feed,
}

/// What a trace is started with.
#[derive(Debug)]
pub struct Wanted {
    pub select: Select,
    pub show: Show,
    pub rate: Rate,
    pub form: Form,
    pub existing: Vec<ConnectionId>,
    /// Said before anything else, without its time.
    pub first_line: String,
    pub uid: u32,
}

/// The traces that run. On cache lines of its own: every connection reads the generation.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Traces {
    /// Grows when a trace begins or ends.
    generation: AtomicU64,
    /// One of them is verbose.
    is_verbose: AtomicBool,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    running: Vec<Arc<Trace>>,
}

/// Why a trace does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartFault {
    /// `trace.max_concurrent` is 1, as in the original.
    #[error("Cannot start trace as another trace is already running.")]
    Another,
    #[error("Cannot start trace as {0} traces are already running.")]
    TooMany(usize),
}

/// A trace that somebody watches. Dropping it ends the trace.
pub struct Watched {
    core: Arc<Core>,
    trace: Arc<Trace>,
}

impl Traces {
    /// Starts a trace, unless `trace.max_concurrent` of them run.
    ///
    /// # Errors
    /// They do.
    pub fn start(core: &Arc<Core>, wanted: Wanted) -> Result<Watched, StartFault> {
        let traces_max = core.config().traces_max;
        let trace = core.traces.add(wanted, traces_max)?;
        let core = Arc::clone(core);
        Ok(Watched { core, trace })
    }

    fn add(&self, wanted: Wanted, traces_max: usize) -> Result<Arc<Trace>, StartFault> {
        let mut table = self.table.lock();
        match table.running.len() {
            running if running < traces_max => {}
            1 if traces_max == 1 => return Err(StartFault::Another),
            running => return Err(StartFault::TooMany(running)),
        }
        table.last_id += 1;
        let trace = Arc::new(Trace {
            id: table.last_id,
            select: wanted.select,
            show: wanted.show,
            existing: wanted.existing,
            started: Timestamp::now(),
            uid: wanted.uid,
            feed: Feed::new(wanted.rate, wanted.form, &wanted.first_line),
        });
        table.running.push(Arc::clone(&trace));
        self.note_verbose(&table);
        self.generation.fetch_add(1, Ordering::Release);
        Ok(trace)
    }

    /// Grows when a trace begins or ends. One relaxed load.
    #[inline]
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// The traces that run, in the order in which they began.
    #[must_use]
    pub fn running(&self) -> Vec<Arc<Trace>> {
        self.table.lock().running.clone()
    }

    /// Ends one trace from outside. `false` = there is none with this number.
    pub fn stop(&self, id: u64) -> bool {
        let stopped = self.take(|trace| trace.id == id);
        stopped.iter().for_each(|trace| trace.feed.terminate());
        !stopped.is_empty()
    }

    /// Ends every trace from outside.
    pub fn stop_all(&self) {
        self.take(|_| true)
            .iter()
            .for_each(|trace| trace.feed.terminate());
    }

    fn note_verbose(&self, table: &Table) {
        let is_verbose = table.running.iter().any(|trace| trace.show.verbose);
        self.is_verbose.store(is_verbose, Ordering::Relaxed);
    }

    /// A queue had no room: who watches its client with `--verbose` is told.
    pub fn dropped(&self, queue: &Queue, count: u64) {
        if !self.is_verbose.load(Ordering::Relaxed) {
            return;
        }
        let owners = queue.owners();
        let subject = owners
            .first()
            .and_then(|mailbox| Subject::of_queue(queue, mailbox));
        let text = format!(
            "INFO queue of client {} dropped {count} messages",
            Quoted(&queue.subscriber.client_id)
        );
        for trace in self.running() {
            let is_meant = match &subject {
                Some(subject) => trace.select.matches(subject),
                None => !trace.select.has_filters() && trace.select.is_client(&queue.subscriber),
            };
            if is_meant && trace.show.verbose && trace.select.topic.is_none() {
                trace.feed.remark(&event::Event::info(&text));
            }
        }
    }

    /// The traces of which `which` is true, which run no longer.
    fn take(&self, which: impl Fn(&Trace) -> bool) -> Vec<Arc<Trace>> {
        let mut table = self.table.lock();
        let (taken, left): (Vec<_>, Vec<_>) = std::mem::take(&mut table.running)
            .into_iter()
            .partition(|trace| which(trace));
        table.running = left;
        self.note_verbose(&table);
        if !taken.is_empty() {
            self.generation.fetch_add(1, Ordering::Release);
        }
        taken
    }
}

impl Trace {
    /// Every packet counts, shown or not: a capture has a place for each in its stream of bytes.
    fn is_capture(&self) -> bool {
        self.feed.form() == Form::Pcapng
    }
}

impl Watched {
    /// The trace.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.trace.feed.close();
        self.core.traces.take(|trace| trace.id == self.trace.id);
    }
}

#[cfg(test)]
mod tests;
