//! What a traffic run is worth: figures of the measured interval, faults of the whole run.

use anyhow::{Result, ensure};

use super::{Edge, Outcome};
use crate::measure::{Counter, Latency};
use crate::probe::Interval;
use crate::tally::Tally;

/// `acked`: publishes have a QoS, and their acks a latency.
pub(super) fn of_interval(tally: &Tally, start: &Edge, end: &Edge, acked: bool) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let interval = start.reading.until(&end.reading);
    let messages = (end.messages - start.messages) as f64;
    ensure!(messages > 0.0, "no message arrived in the measured interval");
    cost(&mut outcome, &interval, messages);
    outcome.push("messages", "1/s", messages / interval.elapsed.as_secs_f64());
    outcome.push_latency(&tally.meter.histogram(Latency::PubToSub), &DELIVERY_NAMES);
    if acked {
        outcome.push_latency(&tally.meter.histogram(Latency::Exchange), &ACK_NAMES);
    }
    let elapsed = interval.elapsed.as_secs_f64();
    outcome.push(
        "generator_cpu",
        "us/message",
        interval.own_cpu.as_secs_f64() * 1e6 / messages,
    );
    outcome.push("softirq", "cores", interval.softirq.as_secs_f64() / elapsed);
    outcome.push_others(&interval);
    Ok(outcome)
}

fn cost(outcome: &mut Outcome, interval: &Interval, messages: f64) {
    outcome.push_cost("broker_cpu", "us/message", interval, messages);
    if let Some(cpu) = interval.broker_cpu {
        let busy = cpu.as_secs_f64() / interval.elapsed.as_secs_f64();
        outcome.push("broker_busy", "cores", busy);
    }
}

const DELIVERY_NAMES: [(&str, f64); 4] = [
    ("latency_p50", 0.50),
    ("latency_p90", 0.90),
    ("latency_p99", 0.99),
    ("latency_max", 1.0),
];
const ACK_NAMES: [(&str, f64); 2] = [("ack_p50", 0.50), ("ack_p99", 0.99)];

/// `wanted`: deliveries a second. A rate that was asked for and not reached is no measurement of that rate.
pub(super) fn check_rate(outcome: &mut Outcome, wanted: f64) {
    let reached = outcome.figure("messages").unwrap_or(0.0);
    if reached < 0.98 * wanted {
        let fault = format!("{reached:.0} deliveries a second instead of {wanted:.0}");
        outcome.faults.push(fault);
    }
}

/// Every message exactly once and in order, or it is told.
pub(in crate::scenario) fn check(tally: &Tally, expected: u64, outcome: &mut Outcome) {
    let messages = tally.messages();
    outcome.fault(
        expected.saturating_sub(messages),
        &format!("of {expected} deliveries lost"),
    );
    outcome.fault(
        messages.saturating_sub(expected),
        "deliveries more than were sent",
    );
    outcome.fault(tally.late(), "deliveries twice or out of order");
    outcome.fault(
        tally.meter.get(Counter::Refused),
        "publishes refused by the broker",
    );
    // Behind the last that came there is no gap.
    let lost = expected.saturating_sub(messages);
    tally
        .meter
        .add(Counter::Loss, lost.saturating_sub(tally.missing()));
}
