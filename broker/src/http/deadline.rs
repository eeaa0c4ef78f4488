//! Deadline: until when a connection must have a new request. One clock bounds everything a client may do instead of
//! asking: say nothing, send a head byte by byte, leave answers unread, answer pings of HTTP/2.

use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// From the first byte to the end of the first head.
pub(super) const FIRST_REQUEST: Duration = Duration::from_secs(10);

/// Without a request: keep-alive. More than an answer takes, and than scrapers usually wait between two requests.
pub(super) const IDLE: Duration = Duration::from_secs(60);

/// The deadline of one connection; requests move it.
#[derive(Debug)]
pub(super) struct Deadline(Mutex<Instant>);

impl Deadline {
    /// A connection that has just come.
    pub(super) fn new() -> Self {
        Self(Mutex::new(Instant::now() + FIRST_REQUEST))
    }

    /// A request has come, or its answer is ready.
    pub(super) fn extend(&self) {
        *self.0.lock() = Instant::now() + IDLE;
    }

    /// Waits until there was no request in time.
    pub(super) async fn passed(&self) {
        loop {
            let deadline = *self.0.lock();
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}
