//! The lines of one trace on their way to who watches it: how many may come in a time (admin.md 12), and how many bytes
//! may wait. Sessions put lines in, one watcher takes them out; nobody waits for a watcher that does not read.

use super::event::{Event, Form, Said, head};
use parking_lot::Mutex;
use std::collections::VecDeque;
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
            state: Mutex::new(state),
            news: Notify::new(),
        }
    }

    /// A packet, or the call or return of a hook. It counts, and is written down only if it may be shown.
    pub(super) fn event(&self, event: &Event<'_>) {
        let mut state = self.state.lock();
        if state.ended || !event.kind.is_for(self.form) {
            return;
        }
        let before = state.lines.len();
        state.events += 1;
        let too_many = state.is_too_many(self.rate, Instant::now());
        if self.rate.sample {
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
        let mut state = self.state.lock();
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
        self.state.lock().events
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

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        events_max: 10,
        window: Duration::from_secs(3600),
        sample: false,
        total_max: None,
    };

    async fn all(feed: &Feed) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = feed.next().await {
            lines.push(line.text.split_once(' ').unwrap().1.to_owned());
        }
        lines
    }

    #[tokio::test]
    async fn the_eleventh_event_is_shown_and_ends_the_trace() {
        let feed = Feed::new(RATE, Form::Text, "first");
        for n in 1..=20 {
            feed.event(&Event::info(&n));
        }
        let lines = all(&feed).await;
        assert_eq!(lines.len(), 1 + 11 + 1);
        assert_eq!(
            [&lines[0], &lines[11], &lines[12]],
            ["first", "11", "Trace rate limit triggered."]
        );
        assert_eq!(feed.events(), 11);
    }

    #[tokio::test]
    async fn the_event_that_opens_a_window_is_not_counted() {
        let feed = Feed::new(RATE, Form::Text, "first");
        feed.state.lock().window = Instant::now() - 2 * RATE.window;
        for n in 1..=20 {
            feed.event(&Event::info(&n));
        }
        assert_eq!(all(&feed).await[12], "12");
    }

    #[tokio::test]
    async fn a_sample_goes_on_and_says_what_it_left_out() {
        let feed = Feed::new(Rate { sample: true, ..RATE }, Form::Text, "first");
        let open_window = || feed.state.lock().window = Instant::now() - 2 * RATE.window;
        for n in 1..=20 {
            feed.event(&Event::info(&n));
        }
        feed.report();
        assert_eq!(feed.state.lock().dropped, 10, "the window is not over");
        open_window();
        feed.event(&Event::info(&21));
        feed.event(&Event::info(&22));
        feed.state.lock().counted = 10;
        feed.event(&Event::info(&23));
        open_window();
        feed.report();
        feed.terminate();
        let lines = all(&feed).await;
        let end = [
            "10",
            "(10 trace messages dropped)",
            "21",
            "22",
            "(1 trace messages dropped)",
            "Trace terminated by external action.",
        ];
        assert_eq!(lines[10..], end);
    }

    #[tokio::test]
    async fn a_watcher_that_does_not_read_costs_no_more_than_the_bound() {
        for sample in [false, true] {
            let events_max = u32::MAX;
            let feed = Feed::new(
                Rate {
                    events_max,
                    sample,
                    ..RATE
                },
                Form::Text,
                "first",
            );
            for _ in 0..10_000 {
                feed.event(&Event::info(&"x".repeat(1000)));
            }
            assert!(feed.state.lock().bytes < WAITING_BYTES_MAX + 100);
            assert_eq!(feed.has_ended(), !sample);
            assert_eq!(feed.state.lock().dropped > 8000, sample);
            feed.close();
            assert_eq!(feed.next().await, None);
        }
    }
}
