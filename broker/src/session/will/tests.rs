//! When a will is published, and with which deadline.

use super::{SessionWill, WillOutcome};
use crate::store::tests::support::message;
use crate::store::unix_millis;
use std::time::Duration;

fn will(delay_secs: u64, message_expiry_secs: Option<u32>) -> SessionWill {
    SessionWill {
        message: message("w"),
        delay: Duration::from_secs(delay_secs),
        message_expiry_secs,
    }
}

#[test]
fn a_will_without_delay_is_published_at_once() {
    for persistent in [true, false] {
        let WillOutcome::Publish(published) = will(0, None).end(persistent) else {
            panic!("published")
        };
        assert_eq!(published.expires_at, None);
    }
}

#[test]
fn a_delay_waits_only_as_long_as_there_is_a_session() {
    assert!(matches!(will(10, None).end(false), WillOutcome::Publish(_)));
    let before = unix_millis();
    let WillOutcome::Park(parked) = will(10, Some(3)).end(true) else {
        panic!("parked")
    };
    assert!((before + 10_000..=unix_millis() + 10_000).contains(&parked.fire_at));
    assert_eq!(parked.message_expiry_secs, Some(3));
    assert_eq!(parked.message.expires_at, None, "the interval has not started");
}

#[test]
fn the_expiry_interval_starts_at_publication() {
    let before = unix_millis();
    let WillOutcome::Publish(published) = will(0, Some(3)).end(false) else {
        panic!("published")
    };
    let deadline = published.expires_at.unwrap();
    assert!((before + 3000..=unix_millis() + 3000).contains(&deadline));
    let WillOutcome::Park(parked) = will(5, Some(3)).end(true) else {
        panic!("parked")
    };
    assert!(parked.publish().expires_at.unwrap() >= deadline);
    assert_eq!(parked.publish().payload(), b"w");
}

#[test]
fn the_longest_delay_does_not_overflow() {
    let will = SessionWill {
        message: message("w"),
        delay: Duration::MAX,
        message_expiry_secs: Some(u32::MAX),
    };
    let WillOutcome::Park(parked) = will.end(true) else {
        panic!("parked")
    };
    assert_eq!(parked.fire_at, u64::MAX);
    assert!(parked.publish().expires_at.is_some());
}
