//! The trie against the naive matcher of the codec crate.

use super::{ROOT, Trie};
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
    "/#", "a//#", "+/", "a/+/+", "+/#", "a/b/c/#", "a/b/c/+", "a/+/c/+", "+/b/c", "+/+/c", "+//#", "//+",
];
const TOPICS: &[&str] = &[
    "a", "b", "/a", "a/", "a/b", "a//b", "a/b/c", "a//c", "$SYS", "$SYS/n/x", "a/b/b/c", "/", "//",
    "x/b/y/z", "$a/b", "a/b/c/d", "x//y", "x/b/c",
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

fn add(trie: &mut Trie, filter: &str, id: u64) {
    trie.insert(&Arc::from(filter), 0).add(subscriber(id));
}

fn remove(trie: &mut Trie, filter: &str, id: u64) {
    trie.update(filter, |fanout| fanout.remove(QueueId(id)));
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

fn assert_empty(trie: &Trie) {
    assert_eq!(trie.subscription_count(), 0);
    assert_eq!(trie.nodes.used(), 1, "every node but the root is free again");
    assert!(trie.nodes.get(ROOT).next.is_none(), "and nobody's child");
    assert_eq!(trie.edges.iter().count(), 0);
    assert!(trie.beginnings.iter().all(|count| *count == 0));
}

/// mqtt.md 8.3, all filters at once and again while they are removed one by one.
#[test]
fn agrees_with_the_naive_matcher() {
    let mut trie = Trie::default();
    for (id, filter) in FILTERS.iter().enumerate() {
        add(&mut trie, filter, id as u64);
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
            remove(&mut trie, FILTERS[last], last as u64);
        }
    }
    assert_empty(&trie);
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
            remove(&mut trie, filter, id);
        } else {
            present.push(who);
            add(&mut trie, filter, id);
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

/// Up to six levels of few words, so that many meet; words that begin with another, and empty ones.
fn any(words: &[&str]) -> String {
    let levels: Vec<_> = (0..=random_below(6))
        .map(|_| words[random_below(words.len())])
        .collect();
    levels.join("/")
}

/// mqtt.md 8.3, filters and topics of any shape, hundreds at a time, gone at the end.
#[test]
fn agrees_with_the_naive_matcher_whatever_the_filters() {
    let mut trie = Trie::default();
    let mut present: Vec<String> = Vec::new();
    for step in 0..6000 {
        // It grows to some hundreds and shrinks, again and again.
        if present.is_empty() || random_below(1000) < if step / 1000 % 2 == 0 { 700 } else { 300 } {
            let mut filter = any(&["a", "b", "ab", "", "+", "+", "$x", "+"]);
            if !filter.contains('+') || random_below(4) == 0 {
                filter.push_str("/#");
            }
            add(&mut trie, &filter, step);
            present.push(filter);
        } else {
            // The one who came first may have left his text behind.
            let filter = present.swap_remove(random_below(present.len()));
            trie.update(&filter, |fanout| {
                let someone = fanout.subscribers().next().map(|one| one.queue.id);
                someone.into_iter().for_each(|queue| fanout.remove(queue));
            });
        }
        let name = any(&["a", "b", "ab", "", "$x", "c"]);
        let filters: Vec<&str> = present.iter().map(String::as_str).collect();
        assert_eq!(
            count(&trie, &name),
            expected(&filters, &name),
            "{name} with {filters:?}"
        );
    }
    for filter in &present {
        trie.update(filter, |fanout| *fanout = Default::default());
    }
    assert_empty(&trie);
}

#[test]
fn no_other_filter_is_removed() {
    let mut trie = Trie::default();
    for filter in ["a/+", "a/+/b", "+/#"] {
        add(&mut trie, filter, 1);
    }
    for unknown in ["a/#", "#", "b/+", "a/+/b/c", "a/+/#", "a/b/+", "a/+/+"] {
        trie.update(unknown, |_| panic!("{unknown} is nobody's"));
    }
    // A node on the way has no subscribers.
    remove(&mut trie, "+", 1);
    assert_eq!(trie.subscription_count(), 3);
}

/// Levels and lengths are the client's choice, and so is their number (it has a bound: `topic_max_depth`).
#[test]
fn deep_filters_and_topics_are_walked_without_recursion() {
    let mut trie = Trie::default();
    let (slashes, pluses) = ("/".repeat(65_000), vec!["+"; 32_000].join("/"));
    add(&mut trie, &format!("{slashes}#"), 1);
    add(&mut trie, &pluses, 2);
    add(&mut trie, "+/+/#", 3);
    assert_eq!(count(&trie, &slashes), 2);
    assert_eq!(count(&trie, &"/".repeat(31_999)), 2);
    assert_eq!(count(&trie, "a"), 0);
    remove(&mut trie, &pluses, 2);
    remove(&mut trie, &format!("{slashes}#"), 1);
    remove(&mut trie, "+/+/#", 3);
    assert_empty(&trie);
}

#[test]
fn memory_is_given_back() {
    let mut trie = Trie::default();
    let filters: Vec<_> = (0..20_000).map(|number| format!("a/{number}/+/b")).collect();
    for filter in &filters {
        add(&mut trie, filter, 1);
    }
    assert_eq!(trie.nodes.used(), 40_001);
    for (number, filter) in filters.iter().enumerate() {
        assert_eq!(count(&trie, &filter.replace('+', "x")), 1);
        remove(&mut trie, filter, 1);
        assert_eq!(trie.subscription_count() + number, 19_999);
        if number == 100 {
            break;
        }
    }
    filters[101..]
        .iter()
        .for_each(|filter| remove(&mut trie, filter, 1));
    assert_empty(&trie);
    assert!(trie.nodes.capacity() <= 1024, "the piece with the root");
    assert!(trie.edges.capacity() < 1000);
}

/// A node that another filter goes on from keeps no more than its own words of a longer one.
#[test]
fn a_short_filter_does_not_hold_a_long_one() {
    let mut trie = Trie::default();
    let long: Arc<str> = Arc::from(format!("a/+/{}", "x".repeat(1000)));
    trie.insert(&long, 0).add(subscriber(1));
    add(&mut trie, "a/+", 2);
    assert_eq!(Arc::strong_count(&long), 2, "shared, not copied");
    remove(&mut trie, &long, 1);
    assert_eq!(Arc::strong_count(&long), 1);
    assert_eq!(count(&trie, "a/b"), 1);
}
