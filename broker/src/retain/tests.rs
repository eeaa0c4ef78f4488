//! Retained messages: set, delete, expiry, and the replay step by step against the naive filter.

use super::{Cursor, Retained, STEP, Step};
use crate::message::Message;
use crate::store::tests::support::{Random, message};
use std::sync::Arc;
use vmq_mqtt::{QoS, topic};

fn expiring(topic: &str, at: u64) -> Arc<Message> {
    let mut message = Message::new(topic, b"x", QoS::AtMostOnce, true);
    message.expires_at = Some(at);
    Arc::new(message)
}

fn with(topics: &[&str]) -> Retained {
    let retained = Retained::default();
    topics
        .iter()
        .for_each(|topic| retained.set("", &message(topic), || ()));
    retained
}

/// Replays in steps of `max` until it is finished; the topics found, and the number of steps.
fn replay(retained: &Retained, filter: &str, max: usize) -> (Vec<String>, usize) {
    let mut cursor = Cursor::new(&Arc::from(""), filter);
    let mut found = Vec::new();
    for steps in 1.. {
        let Step {
            messages, finished, ..
        } = retained.step(&mut cursor, max, 0);
        assert!(messages.len() <= max);
        found.extend(messages.iter().map(|message| message.topic().to_owned()));
        if finished {
            return (found, steps);
        }
        assert!(steps < 10_000, "a replay of {filter} does not end");
    }
    unreachable!()
}

fn naive(topics: &[&str], filter: &str) -> Vec<String> {
    let mut found: Vec<_> = topics
        .iter()
        .filter(|name| topic::matches(filter, name))
        .map(|name| (*name).to_owned())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

const TOPICS: &[&str] = &[
    "a", "a!", "a/", "a/b", "a/b/c", "a//c", "ab", "ab/c", "a0", "b", "b/a", "/", "//", "/a", "/a/b", "$SYS",
    "$SYS/a", "$SYS/a/b", "$a", "ä", "ä/b", "a/ä", "z/z/z",
];
const FILTERS: &[&str] = &[
    "#",
    "+",
    "+/+",
    "+/#",
    "a",
    "a/#",
    "a/+",
    "a/b",
    "a/b/#",
    "a/+/c",
    "a/+/#",
    "/#",
    "/+",
    "/+/b",
    "//",
    "+/a",
    "+/a/#",
    "$SYS/#",
    "$SYS/+",
    "$SYS",
    "$SYS/+/b",
    "$a",
    "ä/#",
    "ä/+",
    "a/ä",
    "ab/#",
    "nothing",
    "nothing/#",
    "z/#",
    "a/",
    "a//#",
];

#[test]
fn a_replay_finds_what_the_naive_filter_finds() {
    let retained = with(TOPICS);
    for filter in FILTERS {
        for max in [1, 2, 3, 100] {
            assert_eq!(
                replay(&retained, filter, max).0,
                naive(TOPICS, filter),
                "{filter} by {max}"
            );
        }
    }
}

#[test]
fn a_level_wildcard_in_front_spares_hidden_topics() {
    let retained = with(&["$SYS/a", "a/a", "$x"]);
    assert_eq!(replay(&retained, "#", 9).0, ["a/a"]);
    assert_eq!(replay(&retained, "+/a", 9).0, ["a/a"]);
    assert_eq!(replay(&retained, "$SYS/#", 9).0, ["$SYS/a"]);
}

#[test]
fn random_topics_and_filters() {
    const WORDS: [&str; 6] = ["a", "b", "aa", "", "ä", "$s"];
    let mut random = Random::new(5);
    for round in 0..60 {
        let mut topics = Vec::new();
        for _ in 0..random.below(60) {
            let words: Vec<_> = (0..1 + random.below(4))
                .map(|_| WORDS[random.below(WORDS.len())])
                .collect();
            topics.push(words.join("/"));
        }
        topics.retain(|topic| !topic.is_empty());
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        let retained = with(&topics);
        for _ in 0..40 {
            let mut words: Vec<_> = (0..1 + random.below(4))
                .map(|_| {
                    if random.chance(3) {
                        "+"
                    } else {
                        WORDS[random.below(WORDS.len())]
                    }
                })
                .collect();
            if random.chance(3) {
                words.push("#");
            }
            let filter = words.join("/");
            let max = 1 + random.below(7);
            assert_eq!(
                replay(&retained, &filter, max).0,
                naive(&topics, &filter),
                "round {round}: {filter}"
            );
        }
    }
}

#[test]
fn a_step_looks_at_a_bounded_number_of_topics() {
    let retained = Retained::default();
    for n in 0..STEP * 2 {
        retained.set("", &message(&format!("a/{n:05}")), || ());
    }
    retained.set("", &message("a/99999/deep"), || ());
    let (found, steps) = replay(&retained, "a/+/deep", 100);
    assert_eq!((found, steps), (vec!["a/99999/deep".to_owned()], 3));
    assert_eq!(replay(&retained, "a/+", STEP * 4).1, 3);
    assert_eq!(replay(&retained, "#", 100).0.len(), STEP * 2 + 1);
}

#[test]
fn what_changes_behind_the_cursor_is_seen_and_nothing_twice() {
    let retained = with(&["a", "b", "d"]);
    let mut cursor = Cursor::new(&Arc::from(""), "#");
    let step = retained.step(&mut cursor, 2, 0);
    assert_eq!(step.messages.len(), 2);
    assert!(!step.finished);
    retained.set("", &message("a"), || ());
    retained.set("", &message("c"), || ());
    assert!(
        retained.delete("", b"b", || ()).is_some(),
        "even the one the cursor stands on"
    );
    let step = retained.step(&mut cursor, 9, 0);
    let topics: Vec<_> = step.messages.iter().map(|message| message.topic()).collect();
    assert_eq!((topics, step.finished), (vec!["c", "d"], true));
}

#[test]
fn expired_entries_are_told_apart() {
    let retained = with(&["b"]);
    retained.set("", &expiring("a", 99), || ());
    retained.set("", &expiring("c", 100), || ());
    let step = retained.step(&mut Cursor::new(&Arc::from(""), "#"), 9, 100);
    let topics =
        |messages: &[Arc<Message>]| messages.iter().map(|m| m.topic().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        (topics(&step.messages), topics(&step.expired)),
        (vec!["b".into(), "c".into()], vec!["a".to_owned()])
    );
    assert!(retained.expired(99).is_empty());
    let expired = retained.expired(101);
    assert_eq!(expired.len(), 2);
    assert!(expired.iter().all(|(mountpoint, _)| mountpoint.is_empty()));
}

#[test]
fn mountpoints_share_nothing() {
    let retained = with(&["a"]);
    retained.set("m", &message("b"), || ());
    assert_eq!(retained.len(), 2);
    assert_eq!(replay(&retained, "#", 9).0, ["a"]);
    assert!(retained.delete("", b"b", || ()).is_none() && retained.delete("n", b"a", || ()).is_none());
    assert!(
        retained
            .step(&mut Cursor::new(&Arc::from("n"), "#"), 9, 0)
            .finished
    );
    assert!(retained.delete("m", b"b", || ()).is_some());
}

#[test]
fn pages_go_through_all_topics_in_order() {
    let retained = with(&["a", "a/1", "a/2", "ab", "b", "$SYS/x"]);
    retained.set("m", &message("a/3"), || ());
    let page = |prefix: &str, after: Option<&str>, max| {
        let page = retained.page("", prefix.as_bytes(), after.map(str::as_bytes), max);
        page.iter()
            .map(|message| message.topic().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(page("", None, 3), ["$SYS/x", "a", "a/1"]);
    assert_eq!(page("", Some("a/1"), 9), ["a/2", "ab", "b"]);
    assert_eq!(page("a/", None, 9), ["a/1", "a/2"]);
    assert_eq!(page("a", Some("a/1"), 1), ["a/2"]);
    assert!(page("c", None, 9).is_empty() && retained.page("n", b"", None, 9).is_empty());
    assert!(retained.get("m", b"a/3").is_some() && retained.get("", b"a/3").is_none());
}

#[test]
fn a_topic_has_one_entry() {
    let retained = with(&["a", "a"]);
    let newest = Arc::new(Message::new("a", b"newest", QoS::ExactlyOnce, true));
    retained.set("", &newest, || ());
    assert_eq!(retained.len(), 1);
    let step = retained.step(&mut Cursor::new(&Arc::from(""), "a"), 9, 0);
    assert!(Arc::ptr_eq(&step.messages[0], &newest));
}

#[test]
fn only_the_entry_that_was_seen_is_deleted() {
    let retained = Retained::default();
    let (old, new) = (expiring("a", 1), expiring("a", 1));
    retained.set("", &old, || ());
    assert!(!retained.delete_same("m", &old, || ()));
    retained.set("", &new, || ());
    assert!(!retained.delete_same("", &old, || ()), "it has been replaced");
    assert_eq!(retained.len(), 1);
    assert!(retained.delete_same("", &new, || ()) && !retained.delete_same("", &new, || ()));
    assert_eq!((retained.len(), retained.memory_bytes()), (0, 0));
}

#[test]
fn memory_is_counted_and_given_back() {
    let retained = Retained::default();
    assert!(retained.is_empty() && retained.memory_bytes() == 0);
    let large = Arc::new(Message::new("a", &[0; 1000], QoS::AtMostOnce, true));
    retained.set("", &large, || ());
    assert!(retained.memory_bytes() >= 1000);
    retained.set("", &message("a"), || ());
    assert!(retained.memory_bytes() < 1000);
    retained.set("m", &large, || ());
    assert!(retained.delete("", b"a", || ()).is_some());
    assert!(retained.delete("m", b"a", || ()).is_some());
    assert!(retained.is_empty() && retained.memory_bytes() == 0);
}

/// A filter without wildcards names one topic; what begins with the same letters is not looked at.
#[test]
fn an_exact_filter_is_one_look() {
    let retained = Retained::default();
    retained.set("", &message("a"), || ());
    for n in 0..STEP * 2 {
        retained.set("", &message(&format!("a/{n}")), || ());
    }
    assert_eq!(replay(&retained, "a", 100), (vec!["a".to_owned()], 1));
}
