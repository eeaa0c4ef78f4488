//! The window of `max_message_rate`.

use super::{RateWindow, WINDOW};
use std::time::{Duration, Instant};

#[test]
fn pauses_until_the_window_ends_once_it_is_used_up() {
    let start = Instant::now();
    let mut rate = RateWindow::default();
    for _ in 0..2 {
        rate.count(start);
        assert_eq!(rate.paused_until(3, start), None);
    }
    rate.count(start + Duration::from_millis(900));
    assert_eq!(rate.paused_until(3, start), Some(start + WINDOW));
    assert_eq!(rate.paused_until(3, start + WINDOW), None);
}

#[test]
fn a_new_window_starts_with_the_first_publish_after_the_old_one() {
    let start = Instant::now();
    let mut rate = RateWindow::default();
    rate.count(start);
    let later = start + Duration::from_millis(1500);
    rate.count(later);
    assert_eq!(rate.paused_until(1, later), Some(later + WINDOW));
    assert_eq!(
        rate.paused_until(2, later),
        None,
        "the old window does not count any more"
    );
}

#[test]
fn zero_is_no_limit() {
    let now = Instant::now();
    let mut rate = RateWindow::default();
    assert_eq!(rate.paused_until(0, now), None);
    for _ in 0..1000 {
        rate.count(now);
    }
    assert_eq!(rate.paused_until(0, now), None);
}

#[test]
fn nothing_was_published_yet() {
    assert_eq!(RateWindow::default().paused_until(1, Instant::now()), None);
}
