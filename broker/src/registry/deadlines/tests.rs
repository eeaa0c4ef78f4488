//! Deadlines. The clock of the runtime is paused: a wait that would be long is over at once.

use super::{Deadlines, SLEEP_MAX};
use crate::queue::{Limits, Queue};
use crate::registry::SubscriberId;
use crate::store::{QueueId, unix_millis};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;
use vmq_config::QueueKind;

fn queue(id: u64) -> Arc<Queue> {
    let limits = Limits {
        online: None,
        offline: None,
        override_online: false,
        kind: QueueKind::Fifo,
        sessions: None,
    };
    Arc::new(Queue::new(
        QueueId(id),
        SubscriberId::new("", &id.to_string()),
        limits,
    ))
}

fn ids(queues: &[Arc<Queue>]) -> Vec<u64> {
    queues.iter().map(|queue| queue.id.0).collect()
}

#[test]
fn what_is_due_is_taken_once_in_order_of_time() {
    let deadlines = Deadlines::default();
    let queues: Vec<_> = (1..=4).map(queue).collect();
    for (at, queue) in [30, 10, 20, 40].into_iter().zip(&queues) {
        deadlines.add(at, queue);
    }
    assert!(deadlines.take_due(9).is_empty());
    assert_eq!(ids(&deadlines.take_due(30)), [2, 3, 1]);
    assert!(deadlines.take_due(30).is_empty());
    assert_eq!(ids(&deadlines.take_due(u64::MAX - 1)), [4]);
}

#[test]
fn the_earliest_deadline_of_a_queue_counts() {
    let deadlines = Deadlines::default();
    let queue = queue(1);
    deadlines.add(20, &queue);
    deadlines.add(10, &queue);
    assert_eq!(ids(&deadlines.take_due(10)), [1]);
    deadlines.add(30, &queue);
    assert!(
        ids(&deadlines.take_due(30)).contains(&1),
        "taken, so it may be noted again"
    );
}

#[test]
fn queues_that_are_gone_are_passed_over() {
    let deadlines = Deadlines::default();
    deadlines.add(10, &queue(1));
    let left = queue(2);
    deadlines.add(10, &left);
    assert_eq!(ids(&deadlines.take_due(10)), [2]);
}

#[test]
fn sleeps_are_bounded_because_the_wall_clock_may_be_set() {
    let deadlines = Deadlines::default();
    assert_eq!(deadlines.next_in(0), SLEEP_MAX);
    let queue = queue(1);
    deadlines.add(1_000_000, &queue);
    assert_eq!(deadlines.next_in(0), SLEEP_MAX);
    assert_eq!(deadlines.next_in(999_990), Duration::from_millis(11));
    assert_eq!(deadlines.next_in(2_000_000), Duration::from_millis(1));
}

#[tokio::test(start_paused = true)]
async fn what_is_overdue_is_given_out_without_a_wait() {
    let deadlines = Deadlines::default();
    let (late, later) = (queue(1), queue(2));
    deadlines.add(1, &late);
    deadlines.add(unix_millis() + 1_000_000, &later);
    let start = Instant::now();
    assert_eq!(ids(&deadlines.due().await), [1]);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_deadline_wakes_the_waiter() {
    let deadlines = Deadlines::default();
    let (far, near) = (queue(1), queue(2));
    deadlines.add(unix_millis() + 1_000_000, &far);
    let mut waiting = std::pin::pin!(deadlines.due());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    deadlines.add(1, &near);
    match waiting.as_mut().poll(&mut cx) {
        Poll::Ready(due) => assert_eq!(ids(&due), [2]),
        Poll::Pending => panic!("it was told"),
    }
}

/// A client that comes and goes while its session is to be kept for a week leaves an entry each time.
#[test]
fn a_queue_has_one_entry_for_its_expiry() {
    let deadlines = Deadlines::default();
    let queue = queue(1);
    for n in 0..1000 {
        deadlines.add(604_800_000 + n, &queue);
    }
    assert!(deadlines.entries.lock().by_time.len() < 10);
}
