//! What the clients of all pools tell each other: signals, how many are done, and that all is over.

use std::sync::Mutex;

use tokio::sync::watch;

use crate::measure::tell_signal;

/// The signal of a client that has failed, which no file names.
const FAILURE: usize = usize::MAX;

#[derive(Debug)]
pub(super) struct Board {
    state: Mutex<State>,
    /// Count changes, so that nobody who looks and then waits misses one. They are two, so that signals do not wake those who
    /// wait for the end.
    signalled: watch::Sender<u64>,
    ended: watch::Sender<u64>,
    /// Other processes must hear of signals.
    abroad: bool,
}

#[derive(Debug)]
struct State {
    signals: Vec<u64>,
    busy: usize,
    failed: bool,
    over: bool,
}

impl Board {
    pub(super) fn new(signals: usize, clients: usize, abroad: bool) -> Board {
        let state = State {
            signals: vec![0; signals],
            busy: clients,
            failed: false,
            over: false,
        };
        Board {
            state: Mutex::new(state),
            signalled: watch::Sender::new(0),
            ended: watch::Sender::new(0),
            abroad,
        }
    }

    /// A client of this process has set a signal.
    pub(super) fn set(&self, signal: usize, count: u64) {
        if self.abroad {
            tell_signal(signal, count);
        }
        self.hear(signal, count);
    }

    /// A client could not go on: who waits for a signal may wait in vain.
    pub(super) fn fail(&self) {
        self.set(FAILURE, 1);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.with(|state| state.failed)
    }

    /// A signal was set, here or elsewhere.
    pub(super) fn hear(&self, signal: usize, count: u64) {
        self.with(|state| {
            if let Some(heard) = state.signals.get_mut(signal) {
                *heard = heard.saturating_add(count);
            }
            state.failed |= signal == FAILURE;
        });
        self.signalled.send_modify(|changes| *changes += 1);
    }

    pub(super) fn is_set(&self, signal: usize, count: u64) -> bool {
        self.with(|state| state.signals.get(signal).is_some_and(|heard| *heard >= count))
    }

    /// A client has no more steps.
    pub(super) fn done(&self) {
        self.with(|state| state.busy = state.busy.saturating_sub(1));
    }

    pub(super) fn all_done(&self) -> bool {
        self.with(|state| state.busy == 0)
    }

    pub(super) fn end(&self) {
        self.with(|state| state.over = true);
        self.ended.send_modify(|changes| *changes += 1);
    }

    pub(super) fn is_over(&self) -> bool {
        self.with(|state| state.over)
    }

    /// Wakes when a signal was set.
    pub(super) fn watch_signals(&self) -> watch::Receiver<u64> {
        self.signalled.subscribe()
    }

    /// Wakes at the end.
    pub(super) fn watch_end(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }

    fn with<T>(&self, then: impl FnOnce(&mut State) -> T) -> T {
        then(&mut self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}
