//! Whether writes succeed: the text others show, and log lines that a full disk cannot turn into a flood.

use crate::store::StoreError;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Time between two log lines about the same trouble.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The state of writing.
#[derive(Default)]
pub(super) struct Health {
    trouble: Mutex<Option<Trouble>>,
}

struct Trouble {
    text: String,
    since: Instant,
    logged: Instant,
    /// Failures since the last log line.
    unlogged: u64,
}

impl Health {
    pub(super) fn failure(&self) -> Option<String> {
        self.trouble.lock().as_ref().map(|trouble| trouble.text.clone())
    }

    /// How long writes have been failing.
    pub(super) fn failing_for(&self) -> Option<Duration> {
        self.trouble
            .lock()
            .as_ref()
            .map(|trouble| trouble.since.elapsed())
    }

    pub(super) fn failed(&self, error: &StoreError) {
        let now = Instant::now();
        let text = error.to_string();
        let mut trouble = self.trouble.lock();
        let Some(known) = trouble.as_mut() else {
            tracing::error!(
                error = text,
                "message store cannot write; acknowledgements are withheld"
            );
            *trouble = Some(Trouble {
                text,
                since: now,
                logged: now,
                unlogged: 0,
            });
            return;
        };
        known.unlogged += 1;
        if now.duration_since(known.logged) >= LOG_INTERVAL {
            tracing::error!(
                error = text,
                failures = known.unlogged,
                "message store still cannot write"
            );
            known.logged = now;
            known.unlogged = 0;
        }
        known.text = text;
    }

    pub(super) fn succeeded(&self) {
        if let Some(trouble) = self.trouble.lock().take() {
            let seconds = trouble.since.elapsed().as_secs();
            tracing::info!(seconds, "message store writes again");
        }
    }
}
