//! The lines of one trace.

use super::*;

const RATE: Rate = Rate {
    events_max: 10,
    window: Duration::from_secs(3600),
    sample: false,
    total_max: None,
};

async fn all(feed: &Feed) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(line) = feed.next().await {
        lines.push(line.text.split_once(' ').unwrap().1.to_owned());
    }
    lines
}

#[tokio::test]
async fn the_eleventh_event_is_shown_and_ends_the_trace() {
    let feed = Feed::new(RATE, Form::Text, "first");
    for n in 1..=20 {
        feed.event(&Event::info(&n));
    }
    let lines = all(&feed).await;
    assert_eq!(lines.len(), 1 + 11 + 1);
    assert_eq!(
        [&lines[0], &lines[11], &lines[12]],
        ["first", "11", "Trace rate limit triggered."]
    );
    assert_eq!(feed.events(), 11);
}

#[tokio::test]
async fn the_event_that_opens_a_window_is_not_counted() {
    let feed = Feed::new(RATE, Form::Text, "first");
    feed.state.lock().window = Instant::now() - 2 * RATE.window;
    for n in 1..=20 {
        feed.event(&Event::info(&n));
    }
    assert_eq!(all(&feed).await[12], "12");
}

#[tokio::test]
async fn a_sample_goes_on_and_says_what_it_left_out() {
    let feed = Feed::new(Rate { sample: true, ..RATE }, Form::Text, "first");
    let open_window = || {
        feed.state.lock().window = Instant::now() - 2 * RATE.window;
        feed.full_until.store(0, Ordering::Relaxed);
    };
    for n in 1..=20 {
        feed.event(&Event::info(&n));
    }
    feed.report();
    assert_eq!(feed.state.lock().dropped, 10, "the window is not over");
    open_window();
    feed.event(&Event::info(&21));
    feed.event(&Event::info(&22));
    feed.state.lock().counted = 10;
    feed.event(&Event::info(&23));
    open_window();
    feed.report();
    feed.terminate();
    let lines = all(&feed).await;
    let end = [
        "10",
        "(10 trace messages dropped)",
        "21",
        "22",
        "(1 trace messages dropped)",
        "Trace terminated by external action.",
    ];
    assert_eq!(lines[10..], end);
}

/// What is left out in a full window counts as everything else does.
#[tokio::test]
async fn a_full_window_leaves_out_and_counts() {
    let rate = Rate { sample: true, ..RATE };
    let feed = Feed::new(rate, Form::Text, "first");
    let tell = |n: u64| {
        if !feed.leaves_out(Kind::Received) {
            feed.event(&Event::info(&n));
        }
    };
    (1..=10).for_each(tell);
    assert!(!feed.is_full());
    (11..=20).for_each(tell);
    assert!(feed.is_full());
    feed.left_out(5);
    assert_eq!((feed.events(), feed.state.lock().dropped), (25, 15));
    feed.full_until.store(1, Ordering::Relaxed);
    feed.state.lock().window = Instant::now() - 2 * RATE.window;
    tell(21);
    feed.terminate();
    let end = all(&feed).await;
    assert_eq!(end[11..13], ["(15 trace messages dropped)", "21"]);
    // A trace that ends after a number of events has to see each of them, and so has one that ends at its limit.
    for rate in [
        Rate {
            total_max: Some(99),
            ..rate
        },
        RATE,
    ] {
        let feed = Feed::new(rate, Form::Text, "first");
        (1..=20).for_each(|n| feed.event(&Event::info(&n)));
        assert!(!feed.is_full());
    }
}

#[tokio::test]
async fn a_watcher_that_does_not_read_costs_no_more_than_the_bound() {
    for sample in [false, true] {
        let events_max = u32::MAX;
        let feed = Feed::new(
            Rate {
                events_max,
                sample,
                ..RATE
            },
            Form::Text,
            "first",
        );
        for _ in 0..10_000 {
            feed.event(&Event::info(&"x".repeat(1000)));
        }
        assert!(feed.state.lock().bytes < WAITING_BYTES_MAX + 100);
        assert_eq!(feed.has_ended(), !sample);
        assert_eq!(feed.state.lock().dropped > 8000, sample);
        feed.close();
        assert_eq!(feed.next().await, None);
    }
}
