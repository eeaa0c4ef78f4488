//! Tail: lines for somebody who looks at the log while it is written (console.md 4.9). A tail has a level of its own, so
//! that `debug` lines are made for as long as it is there, and no sink has to be changed; `log.level` stands before it as
//! before every sink. What its reader does not take in time is left out, the oldest first, and counted.

use super::budget::LineBudget;
use super::clean;
use super::level;
use super::record::{Kind, Record};
use super::sink::{EVENTS_PER_SECOND, SinkId};
use super::sinks::Sinks;
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;
use vmq_config::LogLevel;

/// Lines that wait for a reader.
const LINES_MAX: usize = 500;

/// Bytes of text that wait for a reader.
const BYTES_MAX: usize = 256 * 1024;

/// Bytes of one line.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// A longer client id is no help to a reader.
const CLIENT_ID_BYTES_MAX: usize = 1024;

/// No tail wants anything.
const NOTHING: u8 = u8::MAX;

/// A line for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailLine {
    pub time: Timestamp,
    pub level: LogLevel,
    /// As it stands in the log, such as `<0.7.0>`.
    pub pid: Option<String>,
    /// Where the line tells it.
    pub client_id: Option<String>,
    pub text: String,
}

/// The end of a reader. Dropping it ends the tail.
#[derive(Debug)]
pub struct Tail {
    feed: Arc<Feed>,
    sinks: Arc<Sinks>,
}

/// What one reader waits for.
#[derive(Debug)]
struct Feed {
    level: LogLevel,
    /// In small letters.
    contains: String,
    budget: LineBudget,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<TailLine>,
    bytes: usize,
    left_out: u64,
}

/// Everybody who looks.
#[derive(Debug)]
pub(super) struct Tails {
    feeds: RwLock<Vec<Arc<Feed>>>,
    /// The least level that one of them wants; a line below it costs one comparison.
    lowest: AtomicU8,
}

impl Default for Tails {
    fn default() -> Self {
        Self {
            feeds: RwLock::default(),
            lowest: AtomicU8::new(NOTHING),
        }
    }
}

impl Tail {
    /// Begins to look. `contains` = only lines with this text, in capitals or not.
    pub(super) fn start(sinks: &Arc<Sinks>, level: LogLevel, contains: &str) -> Self {
        let feed = Arc::new(Feed {
            level,
            contains: contains.to_lowercase(),
            budget: LineBudget::per_second(EVENTS_PER_SECOND),
            waiting: Mutex::default(),
        });
        sinks.tails.change(|feeds| feeds.push(Arc::clone(&feed)));
        Self {
            feed,
            sinks: Arc::clone(sinks),
        }
    }

    /// The lines since the last call, and how many there were before them that are left out.
    #[must_use]
    pub fn take(&self) -> (Vec<TailLine>, u64) {
        let waiting = std::mem::take(&mut *self.feed.waiting.lock());
        (waiting.lines.into(), waiting.left_out)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.sinks
            .tails
            .change(|feeds| feeds.retain(|feed| !Arc::ptr_eq(feed, &self.feed)));
    }
}

impl Tails {
    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Feed>>)) {
        let mut feeds = self.feeds.write();
        change(&mut feeds);
        let lowest = feeds.iter().map(|feed| level::index(feed.level)).min();
        self.lowest.store(lowest.unwrap_or(NOTHING), Ordering::Relaxed);
        drop(feeds);
        tracing::callsite::rebuild_interest_cache();
    }

    /// The least level that anybody wants; `None` = nobody looks.
    pub(super) fn lowest(&self) -> Option<LogLevel> {
        let lowest = self.lowest.load(Ordering::Relaxed);
        level::ALL.get(usize::from(lowest)).copied()
    }

    /// Whether anybody wants such a line: what the console gets, by another level.
    pub(super) fn want(&self, kind: Kind, level: LogLevel) -> bool {
        level::index(level) >= self.lowest.load(Ordering::Relaxed) && SinkId::Console.takes(kind, level)
    }

    /// Gives a line to everybody who wants it.
    pub(super) fn hand_out(&self, record: &Record) {
        let now = Instant::now();
        for feed in self.feeds.read().iter().filter(|feed| feed.level <= record.level) {
            feed.push(record, now);
        }
    }
}

impl Feed {
    fn push(&self, record: &Record, now: Instant) {
        if self.budget.take(now).is_none() {
            self.waiting.lock().left_out += 1;
            return;
        }
        let line = TailLine::of(record);
        if !line.contains(&self.contains) {
            return;
        }
        let mut waiting = self.waiting.lock();
        waiting.bytes += line.text.len();
        waiting.lines.push_back(line);
        while waiting.lines.len() > LINES_MAX || waiting.bytes > BYTES_MAX {
            let Some(oldest) = waiting.lines.pop_front() else {
                break;
            };
            waiting.bytes -= oldest.text.len();
            waiting.left_out += 1;
        }
    }
}

impl TailLine {
    fn of(record: &Record) -> Self {
        let client_id = record.fields.iter().find_map(|(name, value)| match value {
            Value::String(id) if *name == "client_id" && id.len() <= CLIENT_ID_BYTES_MAX => Some(id.clone()),
            _ => None,
        });
        Self {
            time: record.time,
            level: record.level,
            pid: record.pid.map(Record::pid_token),
            client_id,
            text: clean::cut(&record.text(), LINE_BYTES_MAX).into_owned(),
        }
    }

    /// `text` is in small letters.
    fn contains(&self, text: &str) -> bool {
        text.is_empty()
            || self.pid.as_deref().is_some_and(|pid| pid.contains(text))
            || self.text.to_lowercase().contains(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::keeper::Inbox;
    use super::*;

    fn sinks() -> Arc<Sinks> {
        Arc::new(Sinks::new(Vec::new(), None, Arc::<Inbox>::default()))
    }

    fn say(sinks: &Sinks, level: LogLevel, text: &str) {
        sinks.record(&Record::own(level, text.to_owned()), None);
    }

    fn texts(tail: &Tail) -> Vec<String> {
        tail.take().0.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_tail_has_a_level_and_a_text_of_its_own() {
        let sinks = sinks();
        assert_eq!(sinks.tails.lowest(), None);
        let all = Tail::start(&sinks, LogLevel::Debug, "");
        let some = Tail::start(&sinks, LogLevel::Warning, "DISK");
        assert_eq!(sinks.tails.lowest(), Some(LogLevel::Debug));
        say(&sinks, LogLevel::Debug, "disk read");
        say(&sinks, LogLevel::Warning, "the Disk is full");
        say(&sinks, LogLevel::Error, "no memory");
        assert_eq!(texts(&all), ["disk read", "the Disk is full", "no memory"]);
        assert_eq!(texts(&some), ["the Disk is full"]);
        assert_eq!(some.take(), (Vec::new(), 0));
        drop(all);
        assert_eq!(sinks.tails.lowest(), Some(LogLevel::Warning));
        drop(some);
        assert_eq!(sinks.tails.lowest(), None);
        sinks.set_primary(Some(LogLevel::Error));
        let late = Tail::start(&sinks, LogLevel::Debug, "");
        say(&sinks, LogLevel::Warning, "below log.level");
        assert_eq!(texts(&late), [""; 0]);
    }

    #[test]
    fn who_does_not_take_his_lines_gets_the_newest() {
        let sinks = sinks();
        let tail = Tail::start(&sinks, LogLevel::Info, "");
        for n in 0..300 {
            say(&sinks, LogLevel::Info, &format!("{n} {}", "x".repeat(2000)));
        }
        let (lines, left_out) = tail.take();
        assert_eq!(lines.len() as u64 + left_out, 300);
        assert!(lines.iter().map(|line| line.text.len()).sum::<usize>() <= BYTES_MAX);
        assert!(lines.last().unwrap().text.starts_with("299 "), "the newest");
        // More than a second may have, and nobody has to wait for it.
        for _ in 0..2 * EVENTS_PER_SECOND {
            say(&sinks, LogLevel::Info, "flood");
        }
        let (lines, left_out) = tail.take();
        assert!(lines.len() <= LINES_MAX && left_out > 0, "{}", lines.len());
    }
}
