//! Order: in which order the queues stand in the answer, and which of them are shown at all when there are more than
//! wanted. Only pointers and keys are kept, never rows.

use super::super::query::Cell;
use super::glance::Glance;
use super::plan::Plan;
use super::row::Context;
use crate::queue::Queue;
use std::cmp::{Ordering, Reverse};
use std::sync::Arc;
use vmq_admin::command::session::Sort;

/// What is compared; what is missing comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Missing,
    Number(u64),
    Text(String),
}

/// The first `limit` of the queues, in order.
pub(super) fn first(plan: &Plan, queues: Vec<Arc<Queue>>, limit: usize) -> Vec<Arc<Queue>> {
    let by_name = |a: &Arc<Queue>, b: &Arc<Queue>| a.subscriber.cmp(&b.subscriber);
    let Some(sort) = plan.sort else {
        return smallest(queues, limit, by_name);
    };
    let keyed = queues
        .into_iter()
        .map(|queue| (key(plan, sort, &queue), queue))
        .collect();
    let sorted = smallest(keyed, limit, |(a, queue), (b, other)| {
        let by_key = match sort.descending {
            true => Reverse(a).cmp(&Reverse(b)),
            false => a.cmp(b),
        };
        by_key.then_with(|| by_name(queue, other))
    });
    sorted.into_iter().map(|(_, queue)| queue).collect()
}

/// Those that are left out are not sorted.
pub(super) fn smallest<T>(mut items: Vec<T>, limit: usize, order: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    if limit < items.len() {
        items.select_nth_unstable_by(limit, &order);
        items.truncate(limit);
    }
    items.sort_unstable_by(&order);
    items
}

/// What a queue is sorted by.
pub(super) fn key(plan: &Plan, sort: Sort, queue: &Queue) -> Key {
    let glance = Glance::at(queue);
    match Context::of(plan, &glance).cell(sort.field) {
        Cell::Missing | Cell::Undefined | Cell::Bytes(_) => Key::Missing,
        Cell::Flag(flag) => Key::Number(flag.into()),
        Cell::Number(number) => Key::Number(number),
        Cell::Text(text) | Cell::Word(text) => Key::Text(text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_come_first() {
        let items = vec![5, 1, 4, 2, 3];
        assert_eq!(smallest(items.clone(), 2, i32::cmp), [1, 2]);
        assert_eq!(smallest(items.clone(), 9, i32::cmp), [1, 2, 3, 4, 5]);
        assert!(smallest(items, 0, i32::cmp).is_empty());
        assert!(Key::Missing < Key::Number(9) && Key::Number(9) < Key::Number(10));
    }
}
