//! The lines of one trace on their way to who watches it: how many may come in a time (admin.md 12), and how many bytes
//! may wait. Sessions put lines in, one watcher takes them out; nobody waits for a watcher that does not read.

use super::event::{Event, Form, Kind, Said, head};
use parking_lot::{Mutex, MutexGuard};
use rustix::time::{ClockId, clock_gettime};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Bytes of lines that wait for the watcher.
const WAITING_BYTES_MAX: usize = 1024 * 1024;

/// How much a trace may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Events in a window.
    pub events_max: u32,
    pub window: Duration,
    /// What is too much is left out and counted, instead of ending the trace.
    pub sample: bool,
    /// Events after which the trace ends; `None` = never.
    pub total_max: Option<u64>,
}

/// The lines of one trace.
#[derive(Debug)]
pub struct Feed {
    rate: Rate,
    form: Form,
    /// Until then (`coarse_time`) everything is left out: the window is full. 0 = it is not.
    full_until: AtomicU64,
    /// Events that were left out since, and that the state does not know of.
    left_out: AtomicU64,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug)]
struct State {
    lines: VecDeque<Said>,
    bytes: usize,
    /// When the present window began.
    window: Instant,
    /// Events in it.
    counted: u32,
    /// Events that were left out and not reported yet.
    dropped: u64,
    /// Events in all.
    events: u64,
    ended: bool,
}

impl Feed {
    pub(super) fn new(rate: Rate, form: Form, first_line: &str) -> Self {
        let mut state = State {
            lines: VecDeque::new(),
            bytes: 0,
            window: Instant::now(),
            counted: 0,
            dropped: 0,
            events: 0,
            ended: false,
        };
        let first = Event::info(&first_line).said(form);
        head(form).into_iter().chain([first]).for_each(|said| {
            state.push(said);
        });
        Self {
            rate,
            form,
            full_until: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            state: Mutex::new(state),
            news: Notify::new(),
        }
    }

    /// Whether an event is counted and that is all, because the window is full. Of a client that sends hundreds of
    /// thousands of messages a second nearly every event ends here: without a lock, and before anything is made for it.
    #[inline]
    pub(super) fn leaves_out(&self, kind: Kind) -> bool {
        let leaves_out = self.is_full() && kind.is_for(self.form);
        if leaves_out {
            self.left_out(1);
        }
        leaves_out
    }

    /// Whether the window is full, as far as it can be told without asking.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        let until = self.full_until.load(Ordering::Relaxed);
        until > 0 && coarse_time() <= until
    }

    /// Counts events that are not shown.
    #[inline]
    pub(super) fn left_out(&self, count: u64) {
        self.left_out.fetch_add(count, Ordering::Relaxed);
    }

    /// The state, which knows of everything that was left out.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        state.events += left_out;
        state.dropped += left_out;
        state
    }

    /// A packet, or the call or return of a hook. It counts, and is written down only if it may be shown.
    pub(super) fn event(&self, event: &Event<'_>) {
        let mut state = self.state();
        if state.ended || !event.kind.is_for(self.form) {
            return;
        }
        let before = state.lines.len();
        state.events += 1;
        let now = Instant::now();
        let too_many = state.is_too_many(self.rate, now);
        if self.rate.sample {
            if too_many && self.rate.total_max.is_none() {
                let left = self.rate.window.saturating_sub(now.duration_since(state.window));
                self.full_until
                    .store(coarse_time().saturating_add(nanos(left)), Ordering::Relaxed);
            }
            state.report_dropped(too_many, self.form);
            if too_many || !state.push(event.said(self.form)) {
                state.dropped += 1;
            }
        } else if !state.push(event.said(self.form)) || too_many {
            // The event that is one too many is still shown. A watcher that does not read is told the same.
            state.last_line("Trace rate limit triggered.", self.form);
        }
        if self.rate.total_max.is_some_and(|max| state.events >= max) {
            state.last_line("Trace event limit reached.", self.form);
        }
        // What is left out is no news: a busy client would wake the watcher for each of its packets.
        let is_news = state.lines.len() > before;
        drop(state);
        if is_news {
            self.news.notify_one();
        }
    }

    /// Something about the trace itself: it does not count.
    pub(super) fn remark(&self, event: &Event<'_>) {
        let mut state = self.state.lock();
        if !state.ended && !state.push(event.said(self.form)) {
            state.dropped += 1;
        }
        drop(state);
        self.news.notify_one();
    }

    /// Ended from outside.
    pub(super) fn terminate(&self) {
        self.finish("Trace terminated by external action.");
    }

    /// Ends with these words.
    pub fn finish(&self, last_words: &str) {
        let mut state = self.state.lock();
        state.last_line(last_words, self.form);
        drop(state);
        self.news.notify_one();
    }

    /// Nothing is added from now on; what waits can still be taken.
    pub fn end(&self) {
        self.state.lock().ended = true;
        self.news.notify_one();
    }

    /// Nobody watches any longer.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.ended = true;
        state.lines = VecDeque::new();
    }

    /// The next line; `None` = the trace has ended. Safe to be dropped while it waits.
    pub async fn next(&self) -> Option<Said> {
        loop {
            let news = self.news.notified();
            match self.take() {
                Some(line) => return Some(line),
                None if self.has_ended() => return None,
                None => news.await,
            }
        }
    }

    fn take(&self) -> Option<Said> {
        let mut state = self.state.lock();
        let line = state.lines.pop_front()?;
        state.bytes -= line.text.len();
        Some(line)
    }

    /// Reports what was left out though nothing more has come since. For the watcher, now and then.
    pub fn report(&self) {
        let mut state = self.state();
        let in_window = state.window.elapsed() <= self.rate.window;
        state.report_dropped(in_window, self.form);
        drop(state);
        self.news.notify_one();
    }

    /// Whether no line will be added.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.state.lock().ended
    }

    /// How the lines are written.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Events so far, shown or not.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.state().events
    }
}

impl State {
    /// Counts an event. The one that opens a window is not counted itself.
    fn is_too_many(&mut self, rate: Rate, now: Instant) -> bool {
        if now.duration_since(self.window) > rate.window {
            self.window = now;
            self.counted = 0;
            return false;
        }
        self.counted = self.counted.saturating_add(1);
        self.counted > rate.events_max
    }

    /// `false` = there is no room.
    fn push(&mut self, line: Said) -> bool {
        if self.bytes + line.text.len() > WAITING_BYTES_MAX {
            return false;
        }
        self.bytes += line.text.len();
        self.lines.push_back(line);
        true
    }

    /// There is always room for it.
    fn last_line(&mut self, what: &str, form: Form) {
        if self.ended {
            return;
        }
        let line = Event::info(&what).said(form);
        self.bytes += line.text.len();
        self.lines.push_back(line);
        self.ended = true;
    }

    /// Says how much was left out, once that is over.
    fn report_dropped(&mut self, goes_on: bool, form: Form) {
        if self.dropped == 0 || goes_on || self.ended {
            return;
        }
        let text = format!("({} trace messages dropped)", self.dropped);
        if self.push(Event::info(&text).said(form)) {
            self.dropped = 0;
        }
    }
}

/// Nanoseconds of a clock that costs less than others, and is some milliseconds behind.
fn coarse_time() -> u64 {
    Duration::try_from(clock_gettime(ClockId::MonotonicCoarse)).map_or(0, nanos)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
