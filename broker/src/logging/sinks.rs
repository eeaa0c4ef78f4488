//! `Sinks`: all active sinks and the primary filter; decides who gets an event and hands it out.

use super::keeper::Inbox;
use super::level;
use super::record::{self, Kind, Record};
use super::sink::{Sink, SinkId};
use super::tail::Tails;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Instant;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata};
use vmq_config::LogLevel;

/// Every sink there is; never more than `SinkId` has values, which one byte of marks covers.
#[derive(Debug)]
pub(super) struct Sinks {
    all: Vec<Sink>,
    /// `log.level`: below it no sink sees anything.
    primary: AtomicU8,
    /// After a shutdown nothing is taken any more.
    closed: AtomicBool,
    inbox: Arc<Inbox>,
    /// Who looks at the log beside them.
    pub(super) tails: Tails,
}

impl Sinks {
    pub(super) fn new(all: Vec<Sink>, primary: Option<LogLevel>, inbox: Arc<Inbox>) -> Self {
        let primary = AtomicU8::new(level::index(primary.unwrap_or(LogLevel::Debug)));
        Self {
            all,
            primary,
            closed: AtomicBool::new(false),
            inbox,
            tails: Tails::default(),
        }
    }

    pub(super) fn all(&self) -> &[Sink] {
        &self.all
    }

    pub(super) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    pub(super) fn set_primary(&self, level: Option<LogLevel>) {
        self.primary
            .store(level::index(level.unwrap_or(LogLevel::Debug)), Ordering::Relaxed);
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether an event of this call site can reach any sink at the levels of now.
    pub(super) fn want(&self, metadata: &Metadata<'_>) -> bool {
        let kind = Kind::of(metadata.target());
        level::ceiling(metadata).is_some_and(|level| {
            let of_sinks = self.all.iter().any(|sink| sink.wants(kind, level));
            self.passes(level) && (of_sinks || self.tails.want(kind, level))
        })
    }

    /// The most verbose level any sink wants, so that tracing refuses the rest with one comparison.
    pub(super) fn filter(&self) -> LevelFilter {
        let lowest = self.all.iter().map(Sink::level).chain(self.tails.lowest()).min();
        let primary = level::ALL.into_iter().find(|level| self.passes(*level));
        match (lowest, primary) {
            (Some(lowest), Some(primary)) => level::filter(lowest.max(primary)),
            _ => LevelFilter::OFF,
        }
    }

    fn passes(&self, level: LogLevel) -> bool {
        level::index(level) >= self.primary.load(Ordering::Relaxed)
    }

    /// Hands an event to the sinks that want it. The record is made only when one of them has room for it.
    pub(super) fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let raised = metadata
            .fields()
            .field(level::SEVERITY_FIELD)
            .and_then(|_| record::severity(event));
        let level = level::resolve(*metadata.level(), raised);
        let kind = Kind::of(metadata.target());
        let takers = self.takers(kind, level, None);
        if takers != 0 || self.is_watched(kind, level) {
            self.hand_out(&Record::of(event, level), takers);
        }
    }

    /// Hands out a record made here, to all sinks that want it but one. Returns whether any did.
    pub(super) fn record(&self, record: &Record, except: Option<SinkId>) -> bool {
        let takers = self.takers(record.kind, record.level, except);
        self.hand_out(record, takers);
        takers != 0
    }

    /// Whether somebody looks at the log who wants the event.
    fn is_watched(&self, kind: Kind, level: LogLevel) -> bool {
        self.tails.want(kind, level) && self.passes(level)
    }

    /// The sinks that want the event and have room in their budget, as a bit for each.
    fn takers(&self, kind: Kind, level: LogLevel, except: Option<SinkId>) -> u8 {
        if self.closed.load(Ordering::Acquire) || !self.passes(level) {
            return 0;
        }
        let now = Instant::now();
        let mut takers = 0;
        for (position, sink) in self.all.iter().enumerate() {
            if Some(sink.id) != except && sink.wants(kind, level) && sink.admit(now) {
                takers |= 1 << position;
            }
        }
        takers
    }

    fn hand_out(&self, record: &Record, takers: u8) {
        for (position, sink) in self.all.iter().enumerate() {
            if takers & (1 << position) != 0 {
                sink.write(record);
            }
        }
        if self.is_watched(record.kind, record.level) {
            self.tails.hand_out(record);
        }
    }
}
