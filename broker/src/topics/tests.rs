//! Live topics: what is noted, what it is summed up to, and that it is bounded.

use super::*;
use vmq_mqtt::QoS;

fn message(topic: &str, payload: &[u8]) -> Arc<Message> {
    Arc::new(Message::new(topic, payload, QoS::AtMostOnce, false))
}

fn names(level: &Level) -> Vec<(&str, u64, bool)> {
    let child = |(name, child): (&'static str, &Child)| (name, child.topics, child.is_topic);
    let children = level.children.iter();
    children
        .map(|(name, own)| child((Box::leak(name.clone().into_boxed_str()), own)))
        .collect()
}

#[test]
fn nothing_is_noted_when_nobody_looks() {
    let topics = Arc::new(LiveTopics::default());
    let mountpoint: Arc<str> = Arc::from("");
    topics.saw(&mountpoint, &[message("a", b"")]);
    assert!(topics.seen.lock().is_none());
    let watching = topics.watch();
    topics.saw(&mountpoint, &[message("a", b"")]);
    assert_eq!(names(&watching.level("", None)), [("a", 1, true)]);
    drop(watching);
    // The next level is looked at by somebody else, and finds what is known.
    let watching = topics.watch();
    assert_eq!(names(&watching.level("", None)), [("a", 1, true)]);
    drop(watching);
    topics.note(&mountpoint, &[message("a", b"")], Instant::now() + LINGER);
    assert!(topics.seen.lock().is_none());
    assert!(!topics.is_watched.load(Ordering::Relaxed));
}

#[test]
fn a_level_sums_up_what_is_below() {
    let topics = Arc::new(LiveTopics::default());
    let watching = topics.watch();
    let mountpoint: Arc<str> = Arc::from("");
    let all = ["plant/a/temp", "plant/a/rpm", "plant/a", "plant b", "/x", "plant"];
    let batch: Vec<_> = all.iter().map(|topic| message(topic, b"1234")).collect();
    topics.saw(&mountpoint, &batch);
    topics.saw(&Arc::from("other"), &[message("hidden", b"")]);
    let top = watching.level("", None);
    assert_eq!(
        names(&top),
        [("", 1, false), ("plant", 4, true), ("plant b", 1, true)]
    );
    let plant = top.children["plant"];
    assert!((plant.bytes / plant.rate - 4.0).abs() < 1e-6, "{plant:?}");
    assert_eq!(names(&watching.level("", Some("plant"))), [("a", 3, true)]);
    assert_eq!(
        names(&watching.level("", Some("plant/a"))),
        [("rpm", 1, true), ("temp", 1, true)]
    );
    assert_eq!(names(&watching.level("", Some(""))), [("x", 1, true)]);
    assert_eq!(watching.level("", Some("nothing")).children.len(), 0);
}

/// Out of all mountpoints, and no more of them than somebody wants.
#[test]
fn the_fastest_come_first() {
    let topics = Arc::new(LiveTopics::default());
    let watching = topics.watch();
    let now = Instant::now();
    for nth in 1..=50_u8 {
        let batch = [message(&format!("t/{nth}"), b"1234")];
        let mountpoint: Arc<str> = Arc::from(if nth % 2 == 0 { "" } else { "odd" });
        for _ in 0..nth {
            topics.note(&mountpoint, &batch, now);
        }
    }
    let found = watching.fastest(3);
    let names: Vec<_> = found
        .topics
        .iter()
        .map(|busy| (&*busy.mountpoint, &*busy.topic))
        .collect();
    assert_eq!(names, [("", "t/50"), ("odd", "t/49"), ("", "t/48")]);
    let first = &found.topics[0];
    assert!((first.bytes / first.rate - 4.0).abs() < 1e-6, "{first:?}");
    assert_eq!(watching.fastest(0).topics, []);
    assert_eq!(watching.fastest(1000).topics.len(), 50);
}

/// A batch of a thousand is looked at sixteen times, and counts as a thousand.
#[test]
fn some_of_a_batch_stand_for_all_of_it() {
    let topics = Arc::new(LiveTopics::default());
    let watching = topics.watch();
    let mountpoint: Arc<str> = Arc::from("");
    let batch: Vec<_> = (0..1000)
        .map(|n| message(if n % 4 == 0 { "rare" } else { "often" }, b""))
        .collect();
    for _ in 0..50 {
        topics.saw(&mountpoint, &batch);
    }
    let level = watching.level("", None);
    let (rare, often) = (level.children["rare"].rate, level.children["often"].rate);
    assert!((2.0..4.5).contains(&(often / rare)), "{often} {rare}");
    let seen = topics.seen.lock();
    let all = seen.as_ref().unwrap().all.now(Instant::now(), Instant::now());
    assert!(((often + rare) / all - 1.0).abs() < 0.2);
}

#[test]
fn what_finds_the_table_taken_is_counted() {
    let topics = Arc::new(LiveTopics::default());
    let watching = topics.watch();
    let mountpoint: Arc<str> = Arc::from("");
    let one = [message("a", b"")];
    topics.saw(&mountpoint, &one);
    let taken = topics.seen.lock();
    topics.saw(&mountpoint, &one);
    drop(taken);
    let before = watching.level("", None).children["a"].rate;
    topics.saw(&mountpoint, &one);
    let after = watching.level("", None).children["a"].rate;
    // One and nothing missed, then two and one missed.
    assert!((2.5..3.5).contains(&(after / before)), "{after} {before}");
}

#[test]
fn names_are_bounded_and_make_room() {
    let topics = Arc::new(LiveTopics::default());
    let watching = topics.watch();
    let mountpoint: Arc<str> = Arc::from("");
    let now = Instant::now();
    for n in 0..=TOPICS_MAX {
        topics.note(&mountpoint, &[message(&n.to_string(), b"")], now);
    }
    let level = watching.level("", None);
    assert_eq!(level.children.len(), TOPICS_MAX);
    assert!(level.unlisted > 0.0);
    let later = now + ALIVE + Duration::from_secs(1);
    if let Some(seen) = &mut *topics.seen.lock() {
        seen.sweep(later);
        assert_eq!((seen.topics, seen.name_bytes), (0, 0));
    }
    let long = "x".repeat(60_000);
    for n in 0..200 {
        topics.note(&mountpoint, &[message(&format!("{long}{n}"), b"")], later);
    }
    if let Some(seen) = &*topics.seen.lock() {
        assert!(seen.name_bytes <= NAME_BYTES_MAX && seen.topics < 100);
    }
}
