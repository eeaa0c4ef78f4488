//! The process: memory, CPU, switches, bytes, and how busy the worker threads are, under the names that dashboards know
//! from the Erlang VM (monitoring.md 1.7). Read from the kernel and the runtime when somebody asks; only the load of the
//! workers is sampled, once a second.

mod kernel;

use super::families::*;
use super::snapshot::{Labels, Metric, Value};
use super::{Counter, Metrics};
use kernel::Kernel;
pub use kernel::{cpu_time, thread_cpu_time};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, RuntimeMetrics};
use tokio::sync::Semaphore;
use tracing::warn;

/// Samples of the load: the mean is that of the time between the first and the last, ten seconds.
const SAMPLES: usize = 11;

/// Snapshots that are taken at the same time; however many ask for them, the threads that may block stay free for others.
const READERS_MAX: usize = 2;

/// Estimate for a session: its queue, its place in the registry, its identity.
const SESSION_BYTES: u64 = 600;

/// What is looked at.
pub struct Process {
    started: Instant,
    /// `None` outside of a runtime.
    runtime: Option<RuntimeMetrics>,
    load: Mutex<VecDeque<Sample>>,
    /// Threads take their number with them when they end; the sum must not fall.
    switches: AtomicU64,
    /// The log has told that the kernel does not tell.
    has_warned: AtomicBool,
    /// Who reads everything at the moment.
    readers: Arc<Semaphore>,
}

/// How long each worker has been busy, at one moment.
struct Sample {
    at: Instant,
    /// CPU time of the process so far.
    cpu: Duration,
    busy: Vec<Duration>,
}

impl Default for Process {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            runtime: Handle::try_current().ok().map(|handle| handle.metrics()),
            load: Mutex::default(),
            switches: AtomicU64::new(0),
            has_warned: AtomicBool::new(false),
            readers: Arc::new(Semaphore::new(READERS_MAX)),
        }
    }
}

impl Process {
    /// Takes a sample of the load. To be called once a second.
    pub fn sample(&self) {
        let Some(runtime) = &self.runtime else { return };
        let workers = 0..runtime.num_workers();
        let sample = Sample {
            at: Instant::now(),
            cpu: cpu_time(),
            busy: workers
                .map(|worker| runtime.worker_total_busy_duration(worker))
                .collect(),
        };
        let mut load = self.load.lock();
        if load.len() == SAMPLES {
            load.pop_front();
        }
        load.push_back(sample);
    }

    /// Runs something that reads everything, when it is its turn. `None` = it panicked.
    pub async fn in_turn<T: Send + 'static>(&self, read: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = Arc::clone(&self.readers).acquire_owned().await.ok()?;
        // The place is held to the end, even if nobody waits for it any more.
        let reading = tokio::task::spawn_blocking(move || {
            let read = read();
            drop(turn);
            read
        });
        reading.await.ok()
    }

    /// Every figure. `gauges` are those of the broker's parts.
    pub(super) fn figures(&self, metrics: &Metrics, gauges: &[(Family, u64)]) -> Vec<Metric> {
        let kernel = Kernel::read().unwrap_or_else(|error| {
            if !self.has_warned.swap(true, Ordering::Relaxed) {
                warn!("can't fetch metrics from the kernel: {error}");
            }
            Kernel::default()
        });
        let busy = self.busy_percents();
        let mut figures = self.of_runtime(mean(&busy));
        figures.extend(self.of_kernel(&kernel, metrics));
        figures.extend(of_memory(&kernel, gauges));
        let mut figures: Vec<Metric> = figures
            .into_iter()
            .map(|(family, value)| Metric::number(family, Labels::new(), value))
            .collect();
        figures.extend(
            busy.iter()
                .zip(1..)
                .map(|(percent, worker)| of_worker(worker, *percent)),
        );
        figures
    }

    fn of_runtime(&self, utilization: u64) -> Vec<(Family, u64)> {
        let of_runtime = |read: fn(&RuntimeMetrics) -> u64| self.runtime.as_ref().map_or(0, read);
        let parks = of_runtime(|runtime| {
            (0..runtime.num_workers())
                .map(|worker| runtime.worker_park_count(worker))
                .sum()
        });
        vec![
            (SYSTEM_REDUCTIONS, parks),
            (SYSTEM_EXACT_REDUCTIONS, parks),
            (
                SYSTEM_RUN_QUEUE,
                of_runtime(|runtime| runtime.global_queue_depth() as u64),
            ),
            (
                SYSTEM_PROCESS_COUNT,
                of_runtime(|runtime| runtime.num_alive_tasks() as u64),
            ),
            (SYSTEM_UTILIZATION, utilization),
            (SYSTEM_WALLCLOCK, millis(self.started.elapsed())),
            (SYSTEM_GC_COUNT, 0),
            (SYSTEM_WORDS_RECLAIMED_BY_GC, 0),
        ]
    }

    fn of_kernel(&self, kernel: &Kernel, metrics: &Metrics) -> Vec<(Family, u64)> {
        let before = self.switches.fetch_max(kernel.switches, Ordering::Relaxed);
        vec![
            (SYSTEM_CONTEXT_SWITCHES, before.max(kernel.switches)),
            // The kernel counts what goes through files; what clients send comes by another call.
            (SYSTEM_IO_IN, kernel.read + metrics.total(Counter::BytesReceived)),
            (SYSTEM_IO_OUT, kernel.written + metrics.total(Counter::BytesSent)),
            (SYSTEM_RUNTIME, millis(kernel.cpu)),
        ]
    }

    /// CPU time of all threads in percent of one core, the mean of ten seconds, to one decimal.
    #[must_use]
    pub fn cpu_percent(&self) -> f64 {
        let load = self.load.lock();
        let (Some(first), Some(last)) = (load.front(), load.back()) else {
            return 0.0;
        };
        let time = (last.at - first.at).as_secs_f64();
        let cpu = last.cpu.saturating_sub(first.cpu).as_secs_f64();
        if time > 0.0 {
            (cpu / time * 1000.0).round() / 10.0
        } else {
            0.0
        }
    }

    /// How busy the workers were in the last ten seconds, in percent, the mean of them.
    #[must_use]
    pub fn utilization(&self) -> u64 {
        mean(&self.busy_percents())
    }

    /// Percent of each worker, of the last ten seconds.
    fn busy_percents(&self) -> Vec<u64> {
        let workers = self.runtime.as_ref().map_or(0, RuntimeMetrics::num_workers);
        let load = self.load.lock();
        let (Some(first), Some(last)) = (load.front(), load.back()) else {
            return vec![0; workers];
        };
        let time = (last.at - first.at).as_micros().max(1);
        let percent = |(before, now): (&Duration, &Duration)| {
            let busy = now.saturating_sub(*before).as_micros();
            u64::try_from(busy * 100 / time).unwrap_or(100).min(100)
        };
        first.busy.iter().zip(&last.busy).map(percent).collect()
    }
}

fn of_memory(kernel: &Kernel, gauges: &[(Family, u64)]) -> Vec<(Family, u64)> {
    let gauge = |family: Family| {
        gauges
            .iter()
            .find(|(of, _)| *of == family)
            .map_or(0, |(_, value)| *value)
    };
    let tables = gauge(ROUTER_MEMORY) + gauge(RETAIN_MEMORY) + gauge(QUEUE_PROCESSES) * SESSION_BYTES;
    vec![
        (VM_MEMORY_TOTAL, kernel.resident),
        (VM_MEMORY_PROCESSES, kernel.anonymous),
        (VM_MEMORY_PROCESSES_USED, kernel.anonymous),
        (VM_MEMORY_SYSTEM, kernel.resident.saturating_sub(kernel.anonymous)),
        (VM_MEMORY_ATOM, 0),
        (VM_MEMORY_ATOM_USED, 0),
        (VM_MEMORY_BINARY, gauge(RETAIN_MEMORY)),
        (VM_MEMORY_CODE, kernel.code),
        (VM_MEMORY_ETS, tables),
    ]
}

fn mean(percents: &[u64]) -> u64 {
    percents.iter().sum::<u64>() / (percents.len() as u64).max(1)
}

fn of_worker(worker: usize, percent: u64) -> Metric {
    Metric {
        kind: Kind::Gauge,
        name: format!("{}_scheduler_{worker}", SYSTEM_UTILIZATION.name).into(),
        description: "Busy time of one worker thread in percent, mean of ten seconds.",
        labels: Labels::new(),
        value: Value::Number(percent),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;
    use tokio::task::JoinSet;

    /// However many scrape, the threads that may block are left to others.
    #[tokio::test]
    async fn few_read_at_a_time() {
        let process = Arc::new(Process::default());
        let (together, running, most) = (
            Arc::new(Barrier::new(READERS_MAX)),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        let counts = Arc::new((running, most));
        let mut readers = JoinSet::new();
        for _ in 0..4 * READERS_MAX {
            let (process, together, counts) =
                (Arc::clone(&process), Arc::clone(&together), Arc::clone(&counts));
            readers.spawn(async move {
                let read = move || {
                    let now = counts.0.fetch_add(1, Ordering::SeqCst) + 1;
                    counts.1.fetch_max(now, Ordering::SeqCst);
                    together.wait();
                    counts.0.fetch_sub(1, Ordering::SeqCst);
                };
                process.in_turn(read).await
            });
        }
        assert!(readers.join_all().await.iter().all(Option::is_some));
        assert_eq!(counts.1.load(Ordering::SeqCst), READERS_MAX);
        assert_eq!(process.in_turn(|| -> u8 { panic!("a bug") }).await, None);
        assert_eq!(process.in_turn(|| 7).await, Some(7));
    }

    #[test]
    fn workers_are_busy_in_percent_of_the_time() {
        let process = Process::default();
        let began = Instant::now();
        let sample = |second: u64, busy: [u64; 2]| Sample {
            at: began + Duration::from_secs(second),
            cpu: Duration::from_millis(busy.iter().sum()),
            busy: busy.map(Duration::from_millis).to_vec(),
        };
        assert!(process.busy_percents().is_empty(), "no runtime, no workers");
        process.load.lock().push_back(sample(0, [500, 0]));
        assert_eq!(process.busy_percents(), [0, 0]);
        process.load.lock().push_back(sample(10, [3000, 10_500]));
        assert_eq!(process.busy_percents(), [25, 100]);
        assert!(
            (process.cpu_percent() - 130.0).abs() < f64::EPSILON,
            "of two cores"
        );
    }
}
