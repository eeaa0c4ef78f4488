//! CONNECT: client ids, wills, expiry, limits of the session, CONNACK.

use super::{ClientId, ConnectFault, check, connack, expiry, packet_size, will};
use crate::session::Expiry;
use crate::session::tests::{
    VERSIONS, config, connect, connect_v5, session, session_with, violation, will as will_of,
};
use crate::store::StoredFlights;
use bytes::Bytes;
use std::time::Duration;
use vmq_config::SessionConfig;
use vmq_mqtt::{Connect, Properties, ReasonCode, Version};

fn refused(connect: &Connect, config: &SessionConfig) -> ReasonCode {
    match check(connect, config).unwrap_err() {
        ConnectFault::Refuse(reason) => reason,
        fault @ ConnectFault::Close(_) => panic!("{fault:?}"),
    }
}

fn named(id: &str) -> ClientId {
    ClientId {
        id: id.into(),
        assigned: false,
    }
}

/// mqtt.md 2.5
#[test]
fn empty_client_ids() {
    for (version, clean_start, allowed) in [
        (Version::V3, true, false),
        (Version::V3, false, false),
        (Version::V4, true, true),
        (Version::V4, false, false),
        (Version::V5, true, true),
        (Version::V5, false, true),
    ] {
        let connect = Connect {
            client_id: "".into(),
            clean_start,
            ..connect(version)
        };
        match check(&connect, &config()) {
            Ok(given) => {
                assert!(allowed && given.assigned, "{version:?} {clean_start}");
                let random = given.id.strip_prefix("anon-").unwrap();
                assert_eq!(random.len(), 28);
                assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            }
            Err(fault) => {
                assert!(!allowed, "{version:?} {clean_start}");
                assert_eq!(fault, ConnectFault::Refuse(ReasonCode::ClientIdNotValid));
            }
        }
    }
}

#[test]
fn generated_client_ids_differ() {
    let connect = Connect {
        client_id: "".into(),
        ..connect(Version::V5)
    };
    assert_ne!(
        check(&connect, &config()).unwrap().id,
        check(&connect, &config()).unwrap().id
    );
}

#[test]
fn the_length_of_a_client_id_is_counted_in_bytes() {
    let config = SessionConfig {
        max_client_id_bytes: 4,
        ..config()
    };
    for version in VERSIONS {
        for (id, fits) in [
            ("abcd", true),
            ("abcde", false),
            ("éé", true),
            ("ééa", false),
            ("a/#$", true),
        ] {
            let connect = Connect {
                client_id: id.into(),
                ..connect(version)
            };
            if fits {
                assert_eq!(check(&connect, &config), Ok(named(id)));
            } else {
                assert_eq!(refused(&connect, &config), ReasonCode::ClientIdNotValid);
            }
        }
    }
}

#[test]
fn the_topic_of_a_will_is_checked() {
    let config = SessionConfig {
        topic_max_depth: 2,
        ..config()
    };
    for (topic, code) in [
        ("", ReasonCode::ProtocolError),
        ("a/+", ReasonCode::TopicNameInvalid),
        ("#", ReasonCode::TopicNameInvalid),
        ("a/b/c", ReasonCode::TopicNameInvalid),
        ("a\0", ReasonCode::MalformedPacket),
    ] {
        for version in VERSIONS {
            let connect = Connect {
                will: Some(will_of(topic)),
                ..connect(version)
            };
            match check(&connect, &config).unwrap_err() {
                ConnectFault::Close(reason) => assert_eq!(violation(&reason), code, "{topic:?}"),
                fault @ ConnectFault::Refuse(_) => panic!("{fault:?}"),
            }
        }
    }
    let hidden = Connect {
        will: Some(will_of("$SYS/x")),
        ..connect(Version::V5)
    };
    assert_eq!(refused(&hidden, &config), ReasonCode::NotAuthorized);
    let good = Connect {
        will: Some(will_of("a/b")),
        ..connect(Version::V5)
    };
    assert_eq!(check(&good, &config), Ok(named("c")));
}

/// mqtt.md 4.1
#[test]
fn how_long_a_session_lives() {
    let week = SessionConfig {
        persistent_client_expiration: Some(Duration::from_secs(604_800)),
        ..config()
    };
    for version in [Version::V3, Version::V4] {
        let mut connect = connect(version);
        assert_eq!(expiry(&connect, &week), Expiry::WithConnection);
        connect.clean_start = false;
        assert_eq!(
            expiry(&connect, &week),
            Expiry::After(Duration::from_secs(604_800))
        );
        assert_eq!(expiry(&connect, &config()), Expiry::Never);
    }
    for clean_start in [true, false] {
        let with = |session_expiry_secs| {
            let properties = Properties {
                session_expiry_secs,
                ..Properties::default()
            };
            expiry(
                &Connect {
                    clean_start,
                    ..connect_v5(properties)
                },
                &week,
            )
        };
        assert_eq!(with(None), Expiry::WithConnection);
        assert_eq!(with(Some(0)), Expiry::WithConnection);
        assert_eq!(with(Some(7)), Expiry::After(Duration::from_secs(7)));
        assert_eq!(with(Some(u32::MAX)), Expiry::Never);
    }
}

#[test]
fn a_will_keeps_what_is_forwarded() {
    let properties = Properties {
        will_delay_secs: Some(10),
        message_expiry_secs: Some(20),
        content_type: Some("text".into()),
        correlation_data: Some(Bytes::from_static(b"id")),
        user_properties: [("k", "v")].into_iter().collect(),
        ..Properties::default()
    };
    let mut connect = connect(Version::V5);
    connect.will = Some(vmq_mqtt::Will {
        properties: Some(Box::new(properties.clone())),
        ..will_of("w")
    });
    let found = will(&connect, &config()).unwrap();
    assert_eq!(
        (found.delay, found.message_expiry_secs),
        (Duration::from_secs(10), Some(20))
    );
    assert_eq!(
        (found.message.topic(), found.message.payload()),
        ("w", &b"gone"[..])
    );
    assert!(found.message.retain && found.message.expires_at.is_none());
    let forwarded = Properties {
        will_delay_secs: None,
        message_expiry_secs: None,
        ..properties
    };
    assert_eq!(found.message.properties.as_deref(), Some(&forwarded));
}

#[test]
fn the_delay_of_a_will_is_capped() {
    let mut connect = connect(Version::V5);
    let properties = Properties {
        will_delay_secs: Some(u32::MAX),
        ..Properties::default()
    };
    connect.will = Some(vmq_mqtt::Will {
        properties: Some(Box::new(properties)),
        ..will_of("w")
    });
    for cap in [0, 60] {
        let cap = Duration::from_secs(cap);
        let config = SessionConfig {
            max_last_will_delay: Some(cap),
            ..config()
        };
        let found = will(&connect, &config).unwrap();
        assert_eq!(found.delay, cap);
        assert!(found.message.properties.is_none());
    }
}

#[test]
fn there_is_no_will_without_one() {
    assert!(will(&connect(Version::V4), &config()).is_none());
}

/// mqtt.md 6.2
#[test]
fn the_window_towards_the_client() {
    let room = |connect: &Connect, config: SessionConfig| {
        session_with(connect, config, StoredFlights::default())
            .window
            .room()
    };
    let with = |max_inflight_messages, receive_max_client| SessionConfig {
        max_inflight_messages,
        receive_max_client,
        ..config()
    };
    for version in [Version::V3, Version::V4] {
        assert_eq!(room(&connect(version), config()), 20);
        assert_eq!(room(&connect(version), with(7, 3)), 7);
        assert_eq!(room(&connect(version), with(0, 3)), 65_535);
    }
    let receive = |receive_maximum| {
        connect_v5(Properties {
            receive_maximum,
            ..Properties::default()
        })
    };
    assert_eq!(room(&receive(None), with(7, 65_535)), 65_535);
    assert_eq!(room(&receive(Some(9)), with(7, 65_535)), 9);
    assert_eq!(room(&receive(Some(9)), with(7, 4)), 4);
    assert_eq!(room(&receive(None), with(7, 4)), 4);
}

#[test]
fn the_keep_alive_of_a_session() {
    let keep_alive = |version, asked, max_keepalive_secs| {
        let connect = Connect {
            keep_alive_secs: asked,
            ..connect(version)
        };
        let config = SessionConfig {
            max_keepalive_secs,
            ..config()
        };
        let told = connack(&connect, &config, &named("c"), false)
            .properties
            .and_then(|properties| properties.server_keep_alive_secs);
        let session = session_with(&connect, config, StoredFlights::default());
        (session.keep_alive_secs, told)
    };
    assert_eq!(keep_alive(Version::V5, 60, 0), (60, None));
    assert_eq!(keep_alive(Version::V5, 0, 0), (0, None));
    assert_eq!(keep_alive(Version::V5, 0, 30), (30, Some(30)));
    assert_eq!(keep_alive(Version::V5, 60, 30), (30, Some(30)));
    assert_eq!(keep_alive(Version::V5, 30, 30), (30, None));
    assert_eq!(keep_alive(Version::V4, 60, 30), (60, None));
    assert_eq!(keep_alive(Version::V4, 0, 30), (0, None));
}

#[test]
fn the_largest_packet_for_a_client() {
    let size = |maximum_packet_size, m5_max_packet_size| {
        let connect = connect_v5(Properties {
            maximum_packet_size,
            ..Properties::default()
        });
        let config = SessionConfig {
            m5_max_packet_size,
            ..config()
        };
        session_with(&connect, config, StoredFlights::default()).packet_size_max()
    };
    assert_eq!(size(None, 0), u32::MAX);
    assert_eq!(size(Some(100), 0), 100);
    assert_eq!(size(Some(100), 50), 50);
    assert_eq!(size(Some(100), 500), 100);
    assert_eq!(size(None, 500), 500);
}

#[test]
fn problem_information() {
    let wanted = |request_problem_information| {
        session(&connect_v5(Properties {
            request_problem_information,
            ..Properties::default()
        }))
        .problem_information()
    };
    assert!(wanted(None) && wanted(Some(true)) && !wanted(Some(false)));
}

#[test]
fn aliases_towards_the_client_need_both_sides() {
    for (client, broker, used) in [
        (None, 5, false),
        (Some(0), 5, false),
        (Some(5), 0, false),
        (Some(1), 5, true),
    ] {
        let connect = connect_v5(Properties {
            topic_alias_maximum: client,
            ..Properties::default()
        });
        let config = SessionConfig {
            topic_alias_max_broker: broker,
            ..config()
        };
        let session = session_with(&connect, config, StoredFlights::default());
        assert_eq!(
            session.outbound_aliases.form_of(b"x") != super::super::alias::TopicForm::Full,
            used,
            "{client:?} {broker}"
        );
    }
}

/// With default settings a CONNACK has no properties; test suites of clients compare bytes (mqtt.md 2.9).
#[test]
fn a_connack_says_nothing_that_needs_no_saying() {
    for version in VERSIONS {
        for present in [true, false] {
            let connack = connack(&connect(version), &config(), &named("c"), present);
            assert_eq!(
                (connack.session_present, connack.reason),
                (present, ReasonCode::Success)
            );
            assert_eq!(connack.properties, None);
        }
    }
}

#[test]
fn a_connack_tells_what_differs() {
    let config = SessionConfig {
        receive_max_broker: 10,
        topic_alias_max_client: 3,
        max_message_size: 1000,
        ..config()
    };
    let given = ClientId {
        id: "anon-x".into(),
        assigned: true,
    };
    let found = connack(&connect(Version::V5), &config, &given, false)
        .properties
        .unwrap();
    let expected = Properties {
        assigned_client_id: Some("anon-x".into()),
        receive_maximum: Some(10),
        topic_alias_maximum: Some(3),
        maximum_packet_size: Some(1003),
        ..Properties::default()
    };
    assert_eq!(*found, expected);
    assert_eq!(
        connack(&connect(Version::V4), &config, &given, false).properties,
        None
    );
}

/// L + 1 + the bytes of the length field.
#[test]
fn packet_sizes() {
    for (remaining, size) in [
        (0, 2),
        (127, 129),
        (128, 131),
        (16_383, 16_386),
        (16_384, 16_388),
        (2_097_151, 2_097_155),
        (2_097_152, 2_097_157),
        (268_435_455, 268_435_460),
    ] {
        assert_eq!(packet_size(remaining), size);
    }
}
