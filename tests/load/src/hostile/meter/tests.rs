//! What the measured latencies become.

use super::*;

const MS: u64 = 1_000_000;

/// Two pairs; messages are due at 1000 ms, 1100 ms, ... and at 1050 ms, 1150 ms, ...
fn meter() -> Meter {
    Meter::new((0..2).map(|number| Schedule::spread(1000 * MS, 10, number, 2)))
}

fn stamp(publisher: u32, sequence: u64) -> Option<Stamp> {
    Some(Stamp {
        publisher,
        sequence,
        sent_nanos: 1,
    })
}

fn near(nanos: u64, expected: u64) -> bool {
    nanos.abs_diff(expected) <= expected / 100
}

#[test]
fn latency_counts_from_the_moment_a_message_was_due() {
    let meter = meter();
    meter.open(1000 * MS..1200 * MS);
    meter.delivered(0, stamp(0, 0), 1003 * MS);
    meter.delivered(1, stamp(1, 0), 1053 * MS);
    // Held up for half a second, together with the one that is due after the window.
    meter.delivered(0, stamp(0, 1), 1600 * MS);
    meter.delivered(0, stamp(0, 2), 1600 * MS);
    meter.delivered(1, stamp(1, 1), 1153 * MS);
    let latencies = meter.close_at(1700 * MS);
    assert_eq!((latencies.histogram.len(), latencies.undelivered), (4, 0));
    assert!(near(latencies.histogram.max(), 500 * MS));
    assert!(near(latencies.histogram.value_at_quantile(0.5), 3 * MS));
}

#[test]
fn what_does_not_come_counts_as_waited_for() {
    let meter = meter();
    meter.open(1000 * MS..1200 * MS);
    meter.delivered(0, stamp(0, 0), 1003 * MS);
    let latencies = meter.close_at(11_150 * MS);
    assert_eq!((latencies.histogram.len(), latencies.undelivered), (4, 3));
    assert!(near(latencies.histogram.max(), 10_100 * MS));
    assert!(near(latencies.histogram.min(), 3 * MS));

    // The next window does not count what comes for the last one.
    meter.open(1200 * MS..1300 * MS);
    meter.delivered(0, stamp(0, 1), 11_160 * MS);
    meter.delivered(0, stamp(0, 2), 11_160 * MS);
    let latencies = meter.close_at(11_200 * MS);
    assert_eq!((latencies.histogram.len(), latencies.undelivered), (2, 1));
}

#[test]
fn gaps_repetitions_and_strangers_are_harm() {
    let meter = meter();
    for (sequence, now) in [(0, 1001), (3, 1301), (3, 1302)] {
        meter.delivered(0, stamp(0, sequence), now * MS);
    }
    meter.delivered(0, stamp(1, 0), 1400 * MS);
    meter.delivered(0, None, 1400 * MS);
    for _ in 0..10 {
        meter.disconnected("subscriber 0", &anyhow::anyhow!("broker closed the connection"));
    }
    let harm = meter.harm();
    assert_eq!(
        (harm.missing, harm.repeated, harm.wrong, harm.disconnects),
        (2, 1, 2, 10)
    );
    assert_eq!(harm.errors.len(), ERRORS_MAX);
    assert_eq!(harm.errors[0], "subscriber 0: broker closed the connection");
}

#[tokio::test]
async fn a_window_whose_messages_have_come_closes_at_once() {
    let meter = meter();
    meter.open(1000 * MS..1100 * MS);
    meter.delivered(0, stamp(0, 0), 1001 * MS);
    meter.delivered(1, stamp(1, 0), 1051 * MS);
    let start = Instant::now();
    assert_eq!(meter.close().await.undelivered, 0);
    assert!(start.elapsed() < PATIENCE);
}
