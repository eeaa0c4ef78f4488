//! Counters: names, labels, codes, sums over threads, resets; and the faces of one snapshot.

mod faces;
mod packets;

use super::families::{self, Kind};
use super::{Counter, Metrics, Reasoned};
use std::collections::BTreeSet;
use vmq_mqtt::{ReasonCode, Version};

#[test]
fn every_counter_has_a_name_of_its_own() {
    let names: BTreeSet<_> = Counter::ALL
        .iter()
        .map(|counter| (counter.family().name, counter.label()))
        .collect();
    assert_eq!(names.len(), Counter::COUNT);
}

#[test]
fn counters_are_numbered_as_they_are_listed() {
    assert!(
        Counter::ALL
            .iter()
            .map(|counter| *counter as usize)
            .eq(0..Counter::COUNT)
    );
}

#[test]
fn names_and_labels_are_well_formed() {
    let is_word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    for counter in Counter::ALL {
        if counter.label().is_empty() {
            let alone = Counter::ALL
                .iter()
                .filter(|other| other.family() == counter.family())
                .count()
                == 1;
            assert!(alone, "{} has a member without a label", counter.family().name);
            continue;
        }
        let (label, value) = counter.label().split_once('=').unwrap();
        assert!(is_word(label) && !value.is_empty(), "{}", counter.label());
    }
    for group in Reasoned::ALL {
        assert!(
            group.codes().iter().all(|code| is_word(group.word(*code))),
            "{group:?}"
        );
    }
}

/// monitoring.md 2.1: one line, no backslash.
#[test]
fn families_are_named_and_described_once() {
    let names: BTreeSet<_> = families::ALL.iter().map(|family| family.name).collect();
    assert_eq!(names.len(), families::ALL.len());
    for family in families::ALL {
        let text = family.description;
        assert!(
            !text.is_empty() && !text.contains(['\\', '\n']),
            "{}",
            family.name
        );
        assert!(
            family
                .name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{}",
            family.name
        );
    }
}

#[test]
fn what_counts_is_a_counter() {
    let plain = Counter::ALL.iter().map(|counter| counter.family());
    let coded = Reasoned::ALL.iter().map(|group| group.family());
    for family in plain.chain(coded) {
        assert_eq!(family.kind, Kind::Counter, "{}", family.name);
    }
}

#[test]
fn every_code_has_a_series_of_its_own() {
    let mut series = Vec::new();
    for group in Reasoned::ALL {
        series.extend(group.codes().iter().map(|code| group.series(*code)));
    }
    assert!(series.into_iter().eq(0..Reasoned::SERIES));
}

/// monitoring.md 1.1: never a crash, never a new series.
#[test]
fn unlisted_codes_count_as_the_nearest() {
    for group in Reasoned::ALL {
        for code in ReasonCode::ALL {
            assert!(group.series(*code) < Reasoned::SERIES);
        }
    }
    let unspecified = Reasoned::PubackSent.series(ReasonCode::UnspecifiedError);
    assert_eq!(Reasoned::PubackSent.series(ReasonCode::ServerBusy), unspecified);
    let unknown_id = Reasoned::PubrelReceived.series(ReasonCode::PacketIdNotFound);
    assert_eq!(
        Reasoned::PubrelReceived.series(ReasonCode::UnspecifiedError),
        unknown_id
    );
}

/// monitoring.md 1.4
#[test]
fn a_reset_is_about_what_is_shown() {
    let metrics = Metrics::default();
    metrics.add(Counter::BytesSent, 7);
    metrics.bump(Counter::NetsplitDetected);
    metrics.add_coded(Reasoned::AuthSent, ReasonCode::Success, 3);
    metrics.reset();
    assert_eq!(
        (metrics.value(Counter::BytesSent), metrics.sum("mqtt_auth_sent")),
        (0, 0)
    );
    assert_eq!(metrics.value(Counter::NetsplitDetected), 1);
    metrics.add(Counter::BytesSent, 2);
    assert_eq!(
        (
            metrics.value(Counter::BytesSent),
            metrics.total(Counter::BytesSent)
        ),
        (2, 9)
    );
}

#[test]
fn the_counter_of_a_version() {
    let pick = |version| Counter::for_version(version, Counter::PublishSent4, Counter::PublishSent5);
    assert_eq!(pick(Version::V3), Counter::PublishSent4);
    assert_eq!(pick(Version::V4), Counter::PublishSent4);
    assert_eq!(pick(Version::V5), Counter::PublishSent5);
}

#[test]
fn values_add_up_over_threads_and_labels() {
    let metrics = Metrics::default();
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                metrics.bump(Counter::PublishSent4);
                metrics.add(Counter::PublishSent5, 2);
                metrics.add(Counter::SocketOpen, 0);
            });
        }
    });
    assert_eq!(
        (
            metrics.value(Counter::PublishSent4),
            metrics.value(Counter::PublishSent5)
        ),
        (40, 80)
    );
    assert_eq!(
        (metrics.sum("mqtt_publish_sent"), metrics.sum("socket_open")),
        (120, 0)
    );
    assert_eq!(metrics.sum("no_such_metric"), 0);
}
