//! Matching among many subscriptions, a third each exact, with `+` and with `#`: processor time for each publish that matches one of
//! them, alone and with the delivery to a queue nobody has touched for long; and memory for each subscription (coarse below 100,000
//! of them: an allocator takes memory in large pieces). Publishes go over all subscriptions in no order a cache could guess, and
//! never in the same one again.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use vmq_broker::message::Message;
use vmq_broker::metrics::process::thread_cpu_time;
use vmq_broker::router::shared::Policy;
use vmq_broker::router::{Deliveries, Publisher, Router, Subscription};
use vmq_mqtt::QoS;

use crate::kernels::{filter, mountpoint, queue_of};

pub(crate) const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// Subscriptions of one client.
const OF_EACH: usize = 10;

/// How often publishes of one kind are made and then timed: the median counts, so that whoever takes the processor away changes
/// little. How many at a time: so few that making them does not push the table out of the caches, so many that reading the clock
/// is no part of the figure.
const TIMES: usize = 5000;
const BATCH: usize = 64;

const BROKER: Publisher = Publisher {
    queue: None,
    upgrade_qos: false,
    shared_policy: Policy::PreferLocal,
};

/// What is timed.
#[derive(Clone, Copy)]
enum Work {
    /// Who would get it.
    Matching,
    /// The queue has it too, or says that nobody is there: no session is attached, nothing is kept.
    Delivery,
}

/// Prints a row for each number of subscriptions. Each is made by a process of its own: memory that another has given back would be
/// taken again, and not be seen.
pub(crate) fn table(sizes: &[usize]) -> std::io::Result<()> {
    println!(
        "| subscriptions | matching, us: exact | + | # | none | and delivery, us: exact | + | # | bytes each | subscribe, us | unsubscribe |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for size in sizes {
        let row = Command::new(std::env::current_exe()?)
            .args(["row", &size.to_string()])
            .output()?;
        print!("{}", String::from_utf8_lossy(&row.stdout));
    }
    Ok(())
}

/// Prints the row of so many subscriptions.
pub(crate) fn row(size: usize) {
    let queues: Vec<_> = (0..size.div_ceil(OF_EACH) as u64)
        .map(|number| queue_of(number + 1))
        .collect();
    let router = Router::default();
    let before = resident_bytes();
    let start = thread_cpu_time();
    for number in 0..size {
        router.subscribe(
            &queues[number / OF_EACH],
            &filter(number),
            Subscription::default(),
        );
    }
    let subscribe = micros(thread_cpu_time() - start, size);
    let each = resident_bytes().saturating_sub(before) / size.max(1) as u64;
    let mut chance = Chance(1);
    let mut time = |work, kind| publish(&router, size, (work, kind), &mut chance);
    let matching = [0, 1, 2, 3].map(|kind| time(Work::Matching, kind));
    let delivery = [0, 1, 2].map(|kind| time(Work::Delivery, kind));
    let start = thread_cpu_time();
    for queue in &queues {
        router.unsubscribe_all(queue);
    }
    let unsubscribe = micros(thread_cpu_time() - start, size);
    let times = [&matching[..], &delivery].concat();
    let times: Vec<_> = times.iter().map(|time| format!("{time:.2}")).collect();
    println!(
        "| {size} | {} | {each} | {subscribe:.2} | {unsubscribe:.2} |",
        times.join(" | ")
    );
}

/// A topic that the filter of subscription `number` matches, and no other; of kind 3 none does.
fn topic(number: usize, kind: usize) -> String {
    let place = format!("{}/{number}", number / 100);
    match kind {
        0 => format!("e/{place}/value"),
        1 => format!("p/{place}/value"),
        2 => format!("h/{place}/a/b"),
        _ => format!("h/{place}x/a/b"),
    }
}

/// Microseconds for each publish of one kind.
fn publish(router: &Router, size: usize, (work, kind): (Work, usize), chance: &mut Chance) -> f64 {
    let of_kind = (size.saturating_sub(kind % 3)).div_ceil(3).max(1);
    let mut out = Deliveries::default();
    let mut batch = || {
        let topics: Vec<_> = (0..BATCH)
            .map(|_| topic(chance.below(of_kind) * 3 + kind % 3, kind))
            .collect();
        let messages: Vec<_> = topics
            .iter()
            .map(|topic| [Arc::new(Message::new(topic, b"x", QoS::AtMostOnce, false))])
            .collect();
        let start = thread_cpu_time();
        let matched = match work {
            Work::Matching => matched(router, &topics),
            Work::Delivery => delivered(router, &messages, &mut out),
        };
        let spent = thread_cpu_time() - start;
        assert_eq!(matched, if kind < 3 { BATCH } else { 0 });
        spent
    };
    let mut times: Vec<_> = (0..TIMES).map(|_| batch()).collect();
    times.sort();
    micros(times[TIMES / 2], BATCH)
}

fn matched(router: &Router, topics: &[String]) -> usize {
    let mountpoint = mountpoint();
    topics
        .iter()
        .map(|topic| router.count_matching(&mountpoint, topic))
        .sum()
}

/// Each message by itself, as from publishers who have nothing to do with one another.
fn delivered(router: &Router, messages: &[[Arc<Message>; 1]], out: &mut Deliveries) -> usize {
    let (mountpoint, mut matched) = (mountpoint(), 0);
    for message in messages {
        matched += router.route(&mountpoint, message, BROKER, out);
        for group in out.take() {
            drop(group.queue.stage(group.items));
        }
    }
    usize::try_from(matched).unwrap_or(0)
}

/// A linear congruential generator: no order, and the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

fn micros(spent: Duration, times: usize) -> f64 {
    spent.as_secs_f64() * 1e6 / times.max(1) as f64
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
