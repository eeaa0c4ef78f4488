//! Every scenario against the reflector: all messages arrive once and in order, and loss is seen when there is some.

use super::*;
use crate::reflector::Reflector;
use std::num::NonZeroU64;

/// A run of a moment.
pub(crate) fn plan(scenario: Scenario) -> Plan {
    Plan {
        scenario,
        version: Version::V311,
        transport: TransportKind::Tcp,
        qos: Qos::AtMostOnce,
        payload_bytes: 64,
        publishers: 4,
        subscribers: 5,
        clients: 8,
        messages: 40,
        window: Window {
            messages: 32,
            batch: 8,
        },
        inflight_max: 10,
        rate: None,
        warmup_secs: 0.02,
        seconds: 0.1,
        sample_every: 3,
    }
}

fn value(outcome: &Outcome, name: &str) -> f64 {
    outcome.figure(name).unwrap_or(0.0)
}

#[tokio::test]
async fn traffic_arrives_whole_with_every_qos_and_version() {
    let reflector = Reflector::start(None).unwrap();
    let target = Target::new(&[reflector.address()], Some(std::process::id()));
    for scenario in [
        Scenario::Pairs,
        Scenario::Fanout,
        Scenario::Fanin,
        Scenario::Shared,
        Scenario::Persistent,
    ] {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            for version in [Version::V311, Version::V5] {
                let plan = Plan {
                    qos,
                    version,
                    ..plan(scenario)
                };
                let outcome = run(&plan, &target).await.unwrap();
                assert_eq!(
                    outcome.faults,
                    Vec::<String>::new(),
                    "{scenario:?} {qos:?} {version:?}"
                );
                assert!(value(&outcome, "messages") > 0.0 && value(&outcome, "latency_p50") > 0.0);
                assert_eq!(value(&outcome, "ack_p50") > 0.0, qos != Qos::AtMostOnce);
            }
        }
    }
}

/// A rate is kept, and one that cannot be is no measurement.
#[tokio::test]
async fn a_rate_is_kept_or_told() {
    let reflector = Reflector::start(None).unwrap();
    let target = Target::new(&[reflector.address()], None);
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce] {
        let mut paced = plan(Scenario::Pairs);
        (paced.qos, paced.rate, paced.seconds) = (qos, Some(500), 0.4);
        let outcome = run(&paced, &target).await.unwrap();
        let rate = value(&outcome, "messages");
        assert!(rate < 1000.0, "{rate} messages a second instead of 500");
        paced.rate = Some(1_000_000_000);
        paced.window.messages = 1;
        let outcome = run(&paced, &target).await.unwrap();
        assert!(
            outcome.faults[0].contains("deliveries a second instead of"),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn connect_and_idle_run() {
    let reflector = Reflector::start(None).unwrap();
    let target = Target::new(&[reflector.address()], Some(std::process::id()));
    let outcome = run(&plan(Scenario::Connect), &target).await.unwrap();
    assert!(value(&outcome, "connects") > 0.0 && value(&outcome, "connack_p99") > 0.0);
    let outcome = run(&plan(Scenario::Idle), &target).await.unwrap();
    assert!(value(&outcome, "broker_rss") > 0.0);
}

/// What stands beside paced pairs does not stop them, and crowds come whole.
#[tokio::test]
async fn storms_and_mixtures_run() {
    let reflector = Reflector::start(None).unwrap();
    let target = Target::new(&[reflector.address()], Some(std::process::id()));
    for (scenario, figure) in [
        (Scenario::ConnectStorm, "connack_max"),
        (Scenario::ReconnectStorm, "p99_ratio"),
        (Scenario::Churn, "visits"),
        (Scenario::Slow, "calm_p99"),
        (Scenario::Mixed, "messages"),
    ] {
        let mut plan = plan(scenario);
        plan.rate = (scenario != Scenario::ConnectStorm).then_some(400);
        plan.seconds = 0.4;
        plan.window = Window {
            messages: 100,
            batch: 1,
        };
        let outcome = run(&plan, &target).await.unwrap();
        assert!(value(&outcome, figure) > 0.0, "{scenario:?}: {outcome:?}");
        let lost = outcome.faults.iter().find(|fault| fault.contains("lost"));
        assert_eq!(lost, None, "{scenario:?}");
    }
}

#[tokio::test]
async fn loss_is_told() {
    let reflector = Reflector::start(NonZeroU64::new(50)).unwrap();
    let target = Target::new(&[reflector.address()], None);
    let outcome = run(&plan(Scenario::Pairs), &target).await.unwrap();
    assert_eq!(outcome.faults.len(), 1);
    assert!(
        outcome.faults[0].ends_with("deliveries lost"),
        "{:?}",
        outcome.faults
    );
}

/// Two processes of 100 and 300 messages a second, of one broker that used 0.6 s of processor time a second.
#[test]
fn figures_of_several_processes_become_one() {
    let of = |messages: f64, p99: f64| {
        let mut outcome = Outcome::default();
        outcome.push("messages", "1/s", messages);
        outcome.push("broker_cpu", "us/message", 6e5 / messages);
        outcome.push("latency_p99", "us", p99);
        outcome
    };
    let mut both = of(100.0, 7.0);
    both.add(of(300.0, 5.0));
    assert_eq!(
        (value(&both, "messages"), value(&both, "latency_p99")),
        (400.0, 7.0)
    );
    assert!((value(&both, "broker_cpu") - 1500.0).abs() < 1e-6, "{both:?}");
}
