//! The thread that forces written data to the disk under the policy `batch`: at most every 100 ms, apart from the
//! writer, so that no acknowledgement waits for it.

use super::writer::Shared;
use parking_lot::{Condvar, Mutex};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(100);

/// Whether there is something to force.
#[derive(Default)]
pub(super) struct Syncer {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    dirty: bool,
    closed: bool,
}

impl Syncer {
    /// Something was written.
    pub(super) fn mark_dirty(&self) {
        let mut state = self.state.lock();
        if !state.dirty {
            state.dirty = true;
            drop(state);
            self.changed.notify_one();
        }
    }

    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits until something is to be forced and the interval since `last` is over; `false` = closed.
    fn wait(&self, last: Instant) -> bool {
        let mut state = self.state.lock();
        while !state.dirty && !state.closed {
            self.changed.wait(&mut state);
        }
        let due = last + INTERVAL;
        while !state.closed {
            if Instant::now() >= due {
                // Before forcing: what is written meanwhile is for the next time.
                state.dirty = false;
                return true;
            }
            self.changed.wait_until(&mut state, due);
        }
        false
    }
}

/// Runs until the store is closed. The last forcing is the closer's.
pub(super) fn run(shared: &Shared) {
    let mut last = Instant::now();
    while shared.syncer.wait(last) {
        if let Err(error) = shared.database.sync() {
            shared.health.failed(&error);
        }
        last = Instant::now();
    }
}
