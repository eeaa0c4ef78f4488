//! SUBSCRIBE and UNSUBSCRIBE: filters, options, retained replay, revoked rights.

use super::granted;
use crate::retain::Retained;
use crate::router::Subscription;
use crate::session::Session;
use crate::session::tests::{VERSIONS, connect, session, violation};
use crate::store::tests::support::{id, message};
use std::sync::Arc;
use vmq_mqtt::{
    Connect, Level, QoS, ReasonCode, RetainHandling, Subscribe, SubscribeFilter, SubscribeOptions, Version,
};

fn filter(filter: &'static str, options: SubscribeOptions) -> SubscribeFilter {
    SubscribeFilter {
        filter: filter.into(),
        options,
    }
}

fn plain(name: &'static str) -> SubscribeFilter {
    filter(name, SubscribeOptions::default())
}

fn subscribe(filters: Vec<SubscribeFilter>) -> Subscribe {
    Subscribe {
        packet_id: id(1),
        properties: None,
        filters,
    }
}

fn bridge(version: Version) -> Session {
    session(&Connect {
        level: Level {
            version,
            bridge: true,
        },
        ..connect(version)
    })
}

#[test]
fn one_bad_filter_fails_the_packet() {
    for version in VERSIONS {
        let session = session(&connect(version));
        for bad in [
            "",
            "a#",
            "a/#/b",
            "a+",
            "++",
            "a\0",
            "$share/g",
            "$share//a",
            "$share/+/a",
            "1/2/3/4/5/6/7/8/9/10/11",
        ] {
            let reason = session
                .check_subscribe(&subscribe(vec![plain("a"), plain(bad)]))
                .unwrap_err();
            assert_eq!(violation(&reason), ReasonCode::TopicFilterInvalid, "{bad:?}");
            let reason = session.check_unsubscribe(&["a".into(), bad.into()]).unwrap_err();
            assert_eq!(violation(&reason), ReasonCode::TopicFilterInvalid, "{bad:?}");
        }
        let good = [
            "#",
            "+/a",
            "$SYS/#",
            "$share/g/a/#",
            "$queue/a",
            "/",
            "1/2/3/4/5/6/7/8/9/10",
        ];
        session
            .check_subscribe(&subscribe(good.map(plain).into()))
            .unwrap();
        session.check_unsubscribe(&good.map(Into::into)).unwrap();
    }
}

/// [MQTT-3.8.3-4]
#[test]
fn no_local_is_refused_on_a_shared_subscription() {
    let session = session(&connect(Version::V5));
    let no_local = SubscribeOptions {
        no_local: true,
        ..SubscribeOptions::default()
    };
    session
        .check_subscribe(&subscribe(vec![filter("a", no_local)]))
        .unwrap();
    let reason = session
        .check_subscribe(&subscribe(vec![filter("$share/g/a", no_local)]))
        .unwrap_err();
    assert_eq!(violation(&reason), ReasonCode::ProtocolError);
}

#[test]
fn a_subscription_is_what_was_asked_for() {
    let session = session(&connect(Version::V5));
    for no_local in [false, true] {
        for retain_as_published in [false, true] {
            let options = SubscribeOptions {
                qos: QoS::ExactlyOnce,
                no_local,
                retain_as_published,
                ..Default::default()
            };
            let expected = Subscription {
                qos: QoS::ExactlyOnce,
                no_local,
                retain_as_published,
                m5: true,
                id: 3,
            };
            assert_eq!(session.subscription(&filter("a", options), 3), expected);
        }
    }
}

/// mqtt.md 7.1
#[test]
fn bridges_get_no_local_and_retain_as_published() {
    for version in [Version::V3, Version::V4] {
        let subscription = bridge(version).subscription(&plain("a"), 0);
        assert!(subscription.no_local && subscription.retain_as_published);
        let shared = bridge(version).subscription(&plain("$share/g/a"), 0);
        assert!(!shared.no_local && shared.retain_as_published);
    }
}

#[test]
fn codes_of_granted_and_refused_filters() {
    assert_eq!(granted(QoS::AtMostOnce).as_u8(), 0);
    assert_eq!(granted(QoS::AtLeastOnce).as_u8(), 1);
    assert_eq!(granted(QoS::ExactlyOnce).as_u8(), 2);
    for (version, code) in [(Version::V3, 0x80), (Version::V4, 0x80), (Version::V5, 0x97)] {
        assert_eq!(
            session(&connect(version))
                .refused_filter(ReasonCode::QuotaExceeded)
                .as_u8(),
            code
        );
    }
}

/// mqtt.md 7.2
#[test]
fn when_retained_messages_are_sent() {
    for (handling, existed, replayed) in [
        (RetainHandling::Send, false, true),
        (RetainHandling::Send, true, true),
        (RetainHandling::SendIfNew, false, true),
        (RetainHandling::SendIfNew, true, false),
        (RetainHandling::Never, false, false),
        (RetainHandling::Never, true, false),
    ] {
        for (name, unshared) in [("a/#", true), ("$share/g/a/#", false)] {
            let mut session = session(&connect(Version::V5));
            let options = SubscribeOptions {
                retain_handling: handling,
                ..Default::default()
            };
            session.start_replay(&filter(name, options), Subscription::default(), existed);
            assert_eq!(
                session.replay().is_some(),
                replayed && unshared,
                "{handling:?} {existed} {name}"
            );
        }
    }
}

#[test]
fn each_filter_has_a_replay_of_its_own_in_order() {
    let retained = Retained::default();
    for topic in ["a/1", "a/2", "b"] {
        retained.set("", &message(topic), || ());
    }
    let mut session = session(&connect(Version::V4));
    for (name, id) in [("b", 1), ("a/+", 2), ("#", 3)] {
        let subscription = Subscription {
            qos: QoS::AtLeastOnce,
            id,
            ..Subscription::default()
        };
        session.start_replay(&plain(name), subscription, false);
    }
    while let Some(replay) = session.replay() {
        let step = retained.step(&mut replay.cursor, 100, 0);
        session.park_retained(step.messages, step.finished);
    }
    let parked: Vec<_> = session
        .parked()
        .iter()
        .map(|delivery| (delivery.message.topic().to_owned(), delivery.subscription_id))
        .collect();
    let expected = [("b", 1), ("a/1", 2), ("a/2", 2), ("a/1", 3), ("a/2", 3), ("b", 3)];
    assert_eq!(parked, expected.map(|(topic, id)| (topic.to_owned(), id)));
}

#[test]
fn a_replay_that_has_not_begun_is_not_started_twice() {
    let retained = Retained::default();
    ["a", "b"]
        .into_iter()
        .for_each(|topic| retained.set("", &message(topic), || ()));
    let mut session = session(&connect(Version::V4));
    for _ in 0..3 {
        session.start_replay(&plain("#"), Subscription::default(), true);
    }
    let step = retained.step(&mut session.replay().unwrap().cursor, 1, 0);
    session.park_retained(step.messages, step.finished);
    session.start_replay(&plain("#"), Subscription::default(), true);
    let mut replays = 0;
    while let Some(replay) = session.replay() {
        let step = retained.step(&mut replay.cursor, 100, 0);
        replays += usize::from(step.finished);
        session.park_retained(step.messages, step.finished);
    }
    assert_eq!(
        (replays, session.parked().len()),
        (2, 4),
        "the one that has begun, and the newest"
    );
}

#[test]
fn revoked_rights_hold_back_what_no_filter_allows() {
    let mut session = session(&connect(Version::V5));
    assert!(session.is_permitted(&message("b")));
    session.permit("a");
    assert!(session.is_permitted(&message("b")), "nothing was revoked yet");
    session.restrict(vec![Arc::from("a/#"), Arc::from("$share/g/s/+")]);
    for (topic, permitted) in [
        ("a", true),
        ("a/b", true),
        ("s/x", true),
        ("s", false),
        ("b", false),
    ] {
        assert_eq!(session.is_permitted(&message(topic)), permitted, "{topic}");
    }
    session.permit("b");
    assert!(session.is_permitted(&message("b")));
}
