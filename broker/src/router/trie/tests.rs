//! The trie against the naive matcher of the codec crate.

use super::Trie;
use crate::queue::{Limits, Queue};
use crate::registry::SubscriberId;
use crate::router::Subscription;
use crate::router::fanout::Subscriber;
use crate::router::shared::random_below;
use crate::store::QueueId;
use std::sync::Arc;
use vmq_config::QueueKind;
use vmq_mqtt::topic;

const FILTERS: &[&str] = &[
    "#", "+", "+/+", "/+", "a/#", "a/+", "a/+/c", "+/b", "+/b/#", "$SYS/#", "$SYS/+/x", "a/b/+", "+/+/+",
    "/#", "a//#", "+/", "a/+/+", "+/#",
];
const TOPICS: &[&str] = &[
    "a", "b", "/a", "a/", "a/b", "a//b", "a/b/c", "a//c", "$SYS", "$SYS/n/x", "a/b/b/c", "/", "//",
    "x/b/y/z", "$a/b",
];

fn subscriber(id: u64) -> Subscriber {
    let limits = Limits {
        online: None,
        offline: None,
        override_online: false,
        kind: QueueKind::Fifo,
        sessions: None,
    };
    let queue = Queue::new(QueueId(id), SubscriberId::new("", &id.to_string()), limits);
    Subscriber {
        queue: Arc::new(queue),
        subscription: Subscription::default(),
    }
}

fn count(trie: &Trie, topic: &str) -> usize {
    let mut found = 0;
    trie.each_match(topic.as_bytes(), &mut |fanout| found += fanout.len());
    found
}

fn expected(filters: &[&str], topic: &str) -> usize {
    filters
        .iter()
        .filter(|filter| topic::matches(filter, topic))
        .count()
}

/// mqtt.md 8.3, all filters at once and again while they are removed one by one.
#[test]
fn agrees_with_the_naive_matcher() {
    let mut trie = Trie::default();
    for (id, filter) in FILTERS.iter().enumerate() {
        trie.insert(filter).add(subscriber(id as u64));
    }
    for left in (0..=FILTERS.len()).rev() {
        for name in TOPICS {
            assert_eq!(
                count(&trie, name),
                expected(&FILTERS[..left], name),
                "{name} with {left} filters"
            );
        }
        if let Some(last) = left.checked_sub(1) {
            trie.update(FILTERS[last], |fanout| fanout.remove(QueueId(last as u64)));
        }
    }
    assert_eq!(trie.subscription_count(), 0);
    assert_eq!(
        trie.nodes.len() - trie.free.len(),
        1,
        "every node but the root is free again"
    );
    assert!(trie.words.is_empty(), "and nobody's child");
}

/// mqtt.md 8.3 while clients come and go: nodes are used again, and filters have none, one, a few or many subscribers.
#[test]
fn agrees_with_the_naive_matcher_after_any_change() {
    let mut trie = Trie::default();
    let mut present: Vec<(usize, u64)> = Vec::new();
    for step in 0..4000 {
        let who = (random_below(FILTERS.len()), random_below(12) as u64);
        let (filter, id) = (FILTERS[who.0], who.1);
        if let Some(at) = present.iter().position(|there| *there == who) {
            present.swap_remove(at);
            trie.update(filter, |fanout| fanout.remove(QueueId(id)));
        } else {
            present.push(who);
            trie.insert(filter).add(subscriber(id));
        }
        let filters: Vec<&str> = present.iter().map(|(at, _)| FILTERS[*at]).collect();
        let name = TOPICS[step % TOPICS.len()];
        assert_eq!(
            count(&trie, name),
            expected(&filters, name),
            "{name} with {filters:?}"
        );
        assert_eq!(trie.subscription_count(), filters.len());
    }
}
