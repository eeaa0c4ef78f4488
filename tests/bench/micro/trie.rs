//! Matching among many subscriptions, a third each exact, with `+` and with `#`: processor time for each publish that matches one of them,
//! and memory for each subscription (coarse below 100,000 of them: an allocator takes memory in large pieces). Publishes go over all subscriptions in no order a cache could guess.

use std::process::Command;
use std::sync::Arc;

use vmq_broker::message::Message;
use vmq_broker::router::shared::Policy;
use vmq_broker::router::{Deliveries, Publisher, Router, Subscription};
use vmq_mqtt::QoS;

use crate::kernels::{filter, queue_of};

pub(crate) const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// Subscriptions of one client.
const OF_EACH: usize = 10;

/// Publishes of one kind that are timed, and how often: the median counts.
const PUBLISHES: usize = 100_000;
const ROUNDS: usize = 5;

const BROKER: Publisher = Publisher {
    queue: None,
    upgrade_qos: false,
    shared_policy: Policy::PreferLocal,
};

/// Prints a row for each number of subscriptions. Each is made by a process of its own: memory that another has given back would be
/// taken again, and not be seen.
pub(crate) fn table(sizes: &[usize]) -> std::io::Result<()> {
    println!("| subscriptions | exact, us | +, us | #, us | none, us | bytes for each subscription |");
    println!("|---|---|---|---|---|---|");
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
    for number in 0..size {
        router.subscribe(
            &queues[number / OF_EACH],
            &filter(number),
            Subscription::default(),
        );
    }
    let each = resident_bytes().saturating_sub(before) / size.max(1) as u64;
    let times = [0, 1, 2, 3].map(|kind| format!("{:.2}", publish(&router, size, kind)));
    println!("| {size} | {} | {each} |", times.join(" | "));
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

/// Microseconds for each publish of one kind, the median of the rounds.
fn publish(router: &Router, size: usize, kind: usize) -> f64 {
    let of_kind = (size.saturating_sub(kind % 3)).div_ceil(3).max(1);
    let mut messages = Vec::with_capacity(PUBLISHES);
    let mut place = 1_u64;
    for _ in 0..PUBLISHES {
        // A linear congruential generator: no order, and the same every time.
        place = place
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let number = usize::try_from(place >> 33).unwrap_or(0) % of_kind * 3 + kind % 3;
        messages.push([Arc::new(Message::new(
            &topic(number, kind),
            b"x",
            QoS::AtMostOnce,
            false,
        ))]);
    }
    let mut out = Deliveries::default();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = processor_nanos();
            let mut matched = 0;
            for message in &messages {
                matched += router.route("", message, BROKER, &mut out);
                drop(out.take());
            }
            assert_eq!(matched, if kind < 3 { PUBLISHES as u64 } else { 0 });
            (processor_nanos() - start) as f64 / 1e3 / PUBLISHES as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

/// What this thread has had of a processor: the same whatever else the machine does, apart from its caches.
fn processor_nanos() -> u64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = spent.split(' ').next().and_then(|nanos| nanos.parse().ok());
    nanos.unwrap_or(0)
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
