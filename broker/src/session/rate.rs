//! `max_message_rate`: publishes per one-second window of this session. Nothing is refused; reading pauses until the
//! window ends.

use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// Counts the publishes of the present window.
#[derive(Debug, Default)]
pub struct RateWindow {
    started: Option<Instant>,
    count: u32,
}

impl RateWindow {
    /// Counts one publish.
    pub fn count(&mut self, now: Instant) {
        if self
            .started
            .is_none_or(|started| now.duration_since(started) >= WINDOW)
        {
            self.started = Some(now);
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
    }

    /// Until when reading must pause; `None` = go on. A `limit` of 0 is no limit.
    #[must_use]
    pub fn paused_until(&self, limit: u32, now: Instant) -> Option<Instant> {
        let end = self.started? + WINDOW;
        (limit != 0 && self.count >= limit && now < end).then_some(end)
    }
}

#[cfg(test)]
mod tests;
