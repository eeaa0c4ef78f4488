//! Counters: names, labels, sums over threads.

use super::{Counter, Metrics};
use std::collections::BTreeSet;
use vmq_mqtt::{PacketType, Version};

const KINDS: [PacketType; 15] = [
    PacketType::Connect,
    PacketType::ConnAck,
    PacketType::Publish,
    PacketType::PubAck,
    PacketType::PubRec,
    PacketType::PubRel,
    PacketType::PubComp,
    PacketType::Subscribe,
    PacketType::SubAck,
    PacketType::Unsubscribe,
    PacketType::UnsubAck,
    PacketType::PingReq,
    PacketType::PingResp,
    PacketType::Disconnect,
    PacketType::Auth,
];

#[test]
fn every_counter_has_a_name_of_its_own() {
    let names: BTreeSet<_> = Counter::ALL
        .iter()
        .map(|counter| (counter.name(), counter.labels()))
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

/// Faces sum or head a family by looking at its neighbours.
#[test]
fn the_counters_of_a_family_stand_together() {
    let mut families = Vec::new();
    for counter in Counter::ALL {
        if families.last() != Some(&counter.name()) {
            families.push(counter.name());
        }
    }
    assert_eq!(families.iter().collect::<BTreeSet<_>>().len(), families.len());
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
        assert!(is_word(counter.name()), "{}", counter.name());
        if counter.labels().is_empty() {
            let alone = Counter::ALL
                .iter()
                .filter(|other| other.name() == counter.name())
                .count()
                == 1;
            assert!(alone, "{} has a member without a label", counter.name());
            continue;
        }
        let (label, value) = counter.labels().split_once('=').unwrap();
        assert!(is_word(label) && !value.is_empty(), "{}", counter.labels());
    }
}

#[test]
fn packets_are_counted_under_their_name_and_version() {
    let mut used = BTreeSet::new();
    for kind in KINDS {
        for version in [Version::V3, Version::V4, Version::V5] {
            let word = format!("{kind:?}").to_lowercase();
            for (counter, direction) in [
                (Counter::received(kind, version), "received"),
                (Counter::sent(kind, version), "sent"),
            ] {
                let Some(counter) = counter else { continue };
                assert_eq!(counter.name(), format!("mqtt_{word}_{direction}"));
                let only_v5 = kind == PacketType::Auth || counter == Counter::DisconnectSent;
                let expected = if version == Version::V5 || only_v5 {
                    "mqtt_version=5"
                } else {
                    "mqtt_version=4"
                };
                assert_eq!(counter.labels(), expected);
                used.insert(counter as usize);
            }
        }
    }
    let packet = |counter: &&Counter| {
        counter.name().starts_with("mqtt_")
            && (counter.name().ends_with("_received") || counter.name().ends_with("_sent"))
    };
    assert_eq!(
        used.len(),
        Counter::ALL.iter().filter(packet).count(),
        "every counter of packets has its packet"
    );
}

#[test]
fn packets_of_one_direction_only() {
    use PacketType::{ConnAck, Connect, PingReq, PingResp, SubAck, Subscribe, UnsubAck, Unsubscribe};
    for kind in KINDS {
        let to_server = matches!(kind, Connect | Subscribe | Unsubscribe | PingReq);
        let to_client = matches!(kind, ConnAck | SubAck | UnsubAck | PingResp);
        assert_eq!(
            Counter::received(kind, Version::V4).is_none(),
            to_client,
            "{kind:?}"
        );
        assert_eq!(Counter::sent(kind, Version::V4).is_none(), to_server, "{kind:?}");
    }
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
