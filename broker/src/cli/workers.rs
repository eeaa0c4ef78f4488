//! As few worker threads as the load needs.
//!
//! The runtime wakes a second worker as soon as one has two connections to serve. Under a light load that worker
//! costs more than it helps: waking it takes as long as serving both. So workers that are not needed are held back, each by
//! a task that keeps its thread asleep, and are let go within [`LOOK`] when the load grows. The console starts this beside
//! the runtime; `decisions/0007` has the figures.

use crate::metrics::process::cpu_time;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, RuntimeMetrics};

/// How often the load is looked at while a worker is held back.
const LOOK: Duration = Duration::from_millis(20);

/// How often it is looked at while none is.
const LOOK_AWAKE: Duration = Duration::from_millis(200);

/// A worker is held back after this much time with a light load, and no longer than this in one go: whatever the runtime
/// does with a worker that does not answer, it ends soon.
const PERIOD: Duration = Duration::from_secs(1);

/// Cores that each awake worker may use before all are woken.
const BUSY: f64 = 0.8;

/// Cores that each would use at most after others have been held back. What is measured before contains what waking them costs.
const EASY: f64 = 0.6;

/// Below this many cores in use the workers sleep by themselves, and there is nothing to save.
const IDLE: f64 = 0.01;

/// Holds workers back until it is dropped.
pub(super) struct Workers {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Workers {
    /// Watches the workers of a runtime. One worker alone is left alone.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn watch(runtime: &Handle) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new(PERIOD));
        let thread = if runtime.metrics().num_workers() > 1 {
            let watch = Watch::new(runtime.clone(), Arc::clone(&shared));
            let thread = std::thread::Builder::new().name("vernemq-workers".into());
            Some(thread.spawn(move || watch.run())?)
        } else {
            None
        };
        Ok(Self { shared, thread })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.ended = true;
            state.allowed = 0;
        }
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[derive(Default)]
struct State {
    /// Workers that may be held back.
    allowed: usize,
    held: usize,
    /// Times a worker was held back.
    begun: u64,
    ended: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// How long a worker is held back in one go.
    period: Duration,
}

impl Shared {
    fn new(period: Duration) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            period,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task that holds back the worker that takes it up.
    async fn hold_back(self: Arc<Self>) {
        // That worker may have a connection next in line which no other can take from it; behind a yield there is none.
        tokio::task::yield_now().await;
        self.sleep();
    }

    fn sleep(&self) {
        let mut state = self.state();
        if state.held >= state.allowed {
            return;
        }
        state.held += 1;
        state.begun += 1;
        self.changed.notify_all();
        let until = Instant::now() + self.period;
        while state.held <= state.allowed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.held -= 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until `done`, at most for `time`.
    fn wait(&self, time: Duration, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        self.changed
            .wait_timeout_while(self.state(), time, |state| !done(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// The thread that looks at the load.
struct Watch {
    runtime: Handle,
    shared: Arc<Shared>,
    metrics: RuntimeMetrics,
    /// Of each worker, how often it has gone to sleep and woken up.
    turns: Vec<u64>,
    need: Need,
}

impl Watch {
    fn new(runtime: Handle, shared: Arc<Shared>) -> Self {
        let metrics = runtime.metrics();
        let workers = metrics.num_workers();
        Self {
            runtime,
            shared,
            metrics,
            turns: vec![0; workers],
            need: Need::new(workers),
        }
    }

    fn run(mut self) {
        let mut last = (Instant::now(), cpu_time());
        loop {
            let look = if self.need.awake < self.turns.len() {
                LOOK
            } else {
                LOOK_AWAKE
            };
            let held = {
                let state = self.shared.wait(look, |state| state.ended);
                if state.ended {
                    return;
                }
                state.held
            };
            let now = (Instant::now(), cpu_time());
            let (time, used) = (now.0 - last.0, now.1.saturating_sub(last.1));
            last = now;
            let is_stuck = self.without_pause() > held;
            let awake = self.need.after(time, used, is_stuck);
            self.hold_back(self.turns.len() - awake);
        }
    }

    /// Workers that have not slept since the last look. Those that are held back are among them.
    fn without_pause(&mut self) -> usize {
        let mut busy = 0;
        for (worker, last) in self.turns.iter_mut().enumerate() {
            let turns = self.metrics.worker_park_unpark_count(worker);
            // An odd number: it sleeps.
            busy += usize::from(turns == *last && turns.is_multiple_of(2));
            *last = turns;
        }
        busy
    }

    fn hold_back(&self, allowed: usize) {
        let (missing, begun) = {
            let mut state = self.shared.state();
            if state.ended {
                return;
            }
            state.allowed = allowed;
            (allowed.saturating_sub(state.held), state.begun)
        };
        self.shared.changed.notify_all();
        if missing == 0 {
            return;
        }
        for _ in 0..missing {
            self.runtime.spawn(Arc::clone(&self.shared).hold_back());
        }
        let all = begun + missing as u64;
        drop(self.shared.wait(LOOK, |state| state.ended || state.begun >= all));
        // The worker that is held back may have been the one that waits for the sockets: another has to wake up and do it.
        self.runtime.spawn(async {});
    }
}

/// How many workers the load needs.
#[derive(Debug)]
struct Need {
    workers: usize,
    awake: usize,
    /// Of the period that runs.
    time: Duration,
    used: Duration,
}

impl Need {
    const fn new(workers: usize) -> Self {
        Self {
            workers,
            awake: workers,
            time: Duration::ZERO,
            used: Duration::ZERO,
        }
    }

    /// Workers that should be awake, after `time` in which the process has `used` that much of the processors. `is_stuck`: an awake
    /// worker did not come to rest in it, so that others may wait behind what it does.
    fn after(&mut self, time: Duration, used: Duration, is_stuck: bool) -> usize {
        self.time += time;
        self.used += used;
        if is_stuck || cores(used, time) > BUSY * self.awake as f64 {
            *self = Self::new(self.workers);
        } else if self.time >= PERIOD {
            let mean = cores(self.used, self.time);
            let enough = (mean / EASY).ceil().max(1.0) as usize;
            let awake = if mean < IDLE { self.workers } else { enough };
            *self = Self {
                awake: awake.min(self.workers),
                ..Self::new(self.workers)
            };
        }
        self.awake
    }
}

fn cores(used: Duration, time: Duration) -> f64 {
    used.as_secs_f64() / time.as_secs_f64().max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    const SECOND: Duration = Duration::from_secs(1);

    fn percent(of_a_core: u64) -> Duration {
        Duration::from_millis(10 * of_a_core)
    }

    #[test]
    fn a_light_load_needs_few_workers_and_a_growing_one_gets_all_of_them_at_once() {
        let mut need = Need::new(8);
        assert_eq!(need.after(SECOND, percent(20), false), 1);
        assert_eq!(need.after(SECOND, percent(70), false), 2);
        assert_eq!(need.after(LOOK, LOOK.mul_f64(1.5), false), 2);
        assert_eq!(
            need.after(LOOK, LOOK.mul_f64(1.7), false),
            8,
            "more than 0.8 cores each"
        );
        assert_eq!(
            need.after(SECOND / 2, percent(0), false),
            8,
            "not before a second has passed"
        );
        assert_eq!(need.after(SECOND / 2, percent(25), false), 1);
        assert_eq!(need.after(LOOK, percent(0), true), 8, "one did not come to rest");
        assert_eq!(need.after(SECOND, percent(900), false), 8);
    }

    #[test]
    fn an_idle_broker_holds_nobody_back() {
        let mut need = Need::new(2);
        assert_eq!(need.after(SECOND, percent(10), false), 1);
        assert_eq!(need.after(SECOND, percent(0), false), 2);
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    }

    /// Timers need the worker that waits for the system; it is not the one that is held back, as often as that changes.
    #[test]
    fn timers_run_while_a_worker_is_held_back() {
        let runtime = runtime();
        let shared = Arc::new(Shared::new(60 * SECOND));
        let watch = Watch::new(runtime.handle().clone(), Arc::clone(&shared));
        for _ in 0..20 {
            watch.hold_back(1);
            assert_eq!(shared.wait(10 * SECOND, |state| state.held == 1).held, 1);
            let timer_ended = runtime.block_on(async {
                let timer = tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>());
                tokio::time::timeout(10 * SECOND, tokio::spawn(timer)).await
            });
            assert!(timer_ended.is_ok());
            watch.hold_back(0);
            assert_eq!(shared.wait(10 * SECOND, |state| state.held == 0).held, 0);
        }
    }

    #[test]
    fn what_is_held_back_goes_when_the_watch_ends_and_one_that_blocks_is_seen() {
        let runtime = runtime();
        let workers = Workers::watch(runtime.handle()).unwrap();
        let mut watch = Watch::new(runtime.handle().clone(), Arc::clone(&workers.shared));
        let ends = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ends);
        let blocks = runtime.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        });
        while watch.without_pause() == 0 {
            std::thread::yield_now();
        }
        ends.store(true, Ordering::Relaxed);
        runtime.block_on(blocks).unwrap();
        let shared = Arc::clone(&workers.shared);
        drop(workers);
        assert_eq!(shared.state().held, 0);
        assert!(shared.state().ended);
    }
}
