//! What the tests of the session share, and what belongs to the session as a whole: packets it refuses, DISCONNECT,
//! AUTH, what becomes of the will.

use super::connect::{self, NewSession};
use super::{Effects, Expiry, Session, Step};
use crate::events::CloseReason;
use crate::hooks::Identity;
use crate::registry::SubscriberId;
use crate::session::will::WillOutcome;
use crate::store::tests::support::id;
use crate::store::{QueueId, StoredFlights};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;
use vmq_config::SessionConfig;
use vmq_mqtt::{
    Ack, Auth, ConnAck, Connect, Disconnect, Level, Packet, Properties, Publish, QoS, ReasonCode, SubAck,
    Subscribe, Unsubscribe, Version, Will,
};

pub(super) const VERSIONS: [Version; 3] = [Version::V3, Version::V4, Version::V5];

/// The settings of an empty configuration file.
pub(super) fn config() -> SessionConfig {
    vmq_config::load_str("", &|_| None).unwrap().config.session
}

/// A CONNECT without anything special: client id `c`, clean, keep-alive 60.
pub(super) fn connect(version: Version) -> Connect {
    Connect {
        level: Level {
            version,
            bridge: false,
        },
        clean_start: true,
        keep_alive_secs: 60,
        client_id: "c".into(),
        will: None,
        username: None,
        password: None,
        properties: None,
    }
}

/// A CONNECT of version 5 with properties.
pub(super) fn connect_v5(properties: Properties) -> Connect {
    Connect {
        properties: Some(Box::new(properties)),
        ..connect(Version::V5)
    }
}

/// A CONNECT whose session outlives the connection.
pub(super) fn connect_persistent(version: Version) -> Connect {
    let properties = Properties {
        session_expiry_secs: Some(100),
        ..Properties::default()
    };
    Connect {
        clean_start: false,
        properties: (version == Version::V5).then(|| Box::new(properties)),
        ..connect(version)
    }
}

pub(super) fn will(topic: &'static str) -> Will {
    Will {
        topic: topic.into(),
        payload: Bytes::from_static(b"gone"),
        qos: QoS::AtLeastOnce,
        retain: true,
        properties: None,
    }
}

pub(super) fn session_with(connect: &Connect, config: SessionConfig, resumed: StoredFlights) -> Session {
    let will = connect::will(connect, &config);
    let new = NewSession {
        identity: Identity {
            subscriber: SubscriberId::new("", "c"),
            username: None,
            peer: Arc::from("1.2.3.4:5"),
            m5: connect.level.version == Version::V5,
        },
        queue_id: QueueId(7),
        config: Arc::new(config),
        will,
        last_packet_id: 0,
        resumed,
        first_order: 1,
        stored: false,
    };
    Session::new(connect, new)
}

pub(super) fn session(connect: &Connect) -> Session {
    session_with(connect, config(), StoredFlights::default())
}

pub(super) fn ack(packet_id: u16) -> Ack {
    ack_with(packet_id, ReasonCode::Success)
}

pub(super) fn ack_with(packet_id: u16, reason: ReasonCode) -> Ack {
    Ack {
        packet_id: id(packet_id),
        reason,
        properties: None,
    }
}

pub(super) fn publish(topic: &'static str, qos: QoS, packet_id: u16) -> Publish {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: topic.into(),
        packet_id: (qos != QoS::AtMostOnce).then(|| id(packet_id)),
        properties: None,
        payload: Bytes::from_static(b"x"),
    }
}

/// Takes a packet that must be accepted.
pub(super) fn receive(session: &mut Session, packet: Packet) -> (Step, Effects) {
    let mut effects = Effects::default();
    let step = session.receive(packet, Instant::now(), &mut effects).unwrap();
    (step, effects)
}

/// Takes a packet that must end the connection.
pub(super) fn refuse(session: &mut Session, packet: Packet) -> CloseReason {
    session
        .receive(packet, Instant::now(), &mut Effects::default())
        .unwrap_err()
}

/// The reason code of a violation.
pub(super) fn violation(reason: &CloseReason) -> ReasonCode {
    match reason {
        CloseReason::Violation(violation) => violation.reason,
        other => panic!("not a violation: {other:?}"),
    }
}

fn disconnect(reason: ReasonCode, session_expiry_secs: Option<u32>) -> Packet {
    let properties = session_expiry_secs.map(|secs| {
        Box::new(Properties {
            session_expiry_secs: Some(secs),
            ..Properties::default()
        })
    });
    Packet::Disconnect(Disconnect { reason, properties })
}

fn auth(method: Option<&'static str>) -> Packet {
    let properties = Properties {
        authentication_method: method.map(Into::into),
        ..Properties::default()
    };
    Packet::Auth(Auth {
        reason: ReasonCode::ReAuthenticate,
        properties: Some(Box::new(properties)),
    })
}

#[test]
fn packets_that_only_a_server_sends_are_refused() {
    let reply = SubAck {
        packet_id: id(1),
        properties: None,
        reasons: vec![],
    };
    let connack = ConnAck {
        session_present: false,
        reason: ReasonCode::Success,
        properties: None,
    };
    for version in VERSIONS {
        for packet in [
            Packet::ConnAck(connack.clone()),
            Packet::SubAck(reply.clone()),
            Packet::UnsubAck(reply.clone()),
            Packet::PingResp,
            Packet::Connect(Box::new(connect(version))),
        ] {
            let reason = refuse(&mut session(&connect(version)), packet);
            assert_eq!(violation(&reason), ReasonCode::ProtocolError);
        }
    }
}

#[test]
fn a_ping_is_answered() {
    let (step, effects) = receive(&mut session(&connect(Version::V4)), Packet::PingReq);
    assert!(matches!(step, Step::Done));
    assert_eq!(effects.replies, [Packet::PingResp]);
    assert!(effects.ops.is_empty());
}

#[test]
fn subscriptions_are_left_to_the_connection() {
    let mut session = session(&connect(Version::V5));
    let subscribe = Subscribe {
        packet_id: id(1),
        properties: None,
        filters: vec![],
    };
    let unsubscribe = Unsubscribe {
        packet_id: id(1),
        properties: None,
        filters: vec![],
    };
    assert!(matches!(
        receive(&mut session, Packet::Subscribe(subscribe)).0,
        Step::Subscribe(_)
    ));
    assert!(matches!(
        receive(&mut session, Packet::Unsubscribe(unsubscribe)).0,
        Step::Unsubscribe(_)
    ));
}

#[test]
fn expiry_intervals() {
    assert_eq!(Expiry::from_secs(0), Expiry::WithConnection);
    assert_eq!(Expiry::from_secs(u32::MAX), Expiry::Never);
    assert!(Expiry::from_secs(1).is_persistent() && Expiry::Never.is_persistent());
    assert!(!Expiry::WithConnection.is_persistent());
}

#[test]
fn a_normal_disconnect_discards_the_will() {
    for version in VERSIONS {
        let mut session = session(&Connect {
            will: Some(will("w")),
            ..connect(version)
        });
        let reason = refuse(&mut session, disconnect(ReasonCode::Success, None));
        assert_eq!(reason, CloseReason::ClientDisconnect);
        assert!(matches!(session.end_will(&reason), WillOutcome::Nothing));
    }
}

#[test]
fn a_disconnect_with_another_reason_publishes_the_will() {
    for code in [ReasonCode::DisconnectWithWill, ReasonCode::UnspecifiedError] {
        let mut session = session(&Connect {
            will: Some(will("w")),
            ..connect(Version::V5)
        });
        let reason = refuse(&mut session, disconnect(code, None));
        assert_eq!(reason, CloseReason::ClientDisconnectWithWill);
        assert!(matches!(session.end_will(&reason), WillOutcome::Publish(_)));
        assert!(matches!(session.end_will(&reason), WillOutcome::Nothing), "once");
    }
}

/// mqtt.md 12.1: everything but a normal DISCONNECT.
#[test]
fn every_other_end_publishes_the_will() {
    for reason in [
        CloseReason::PeerClosed,
        CloseReason::KeepAlive,
        CloseReason::TakenOver,
        CloseReason::Administrative,
        CloseReason::ServerShutdown,
        CloseReason::LifetimeReached,
        CloseReason::PublishNotAuthorized,
        CloseReason::violation(ReasonCode::ProtocolError, "x"),
    ] {
        let mut session = session(&Connect {
            will: Some(will("w")),
            ..connect(Version::V4)
        });
        assert!(
            matches!(session.end_will(&reason), WillOutcome::Publish(_)),
            "{reason:?}"
        );
    }
}

#[test]
fn a_take_over_may_suppress_the_will() {
    let config = SessionConfig {
        suppress_lwt_on_session_takeover: true,
        ..config()
    };
    let connect = Connect {
        will: Some(will("w")),
        ..connect(Version::V4)
    };
    let mut suppressed = session_with(&connect, config.clone(), StoredFlights::default());
    assert!(matches!(
        suppressed.end_will(&CloseReason::TakenOver),
        WillOutcome::Nothing
    ));
    let mut lost = session_with(&connect, config, StoredFlights::default());
    assert!(matches!(
        lost.end_will(&CloseReason::PeerClosed),
        WillOutcome::Publish(_)
    ));
}

/// [MQTT-3.14.2-2]
#[test]
fn a_session_that_ends_with_its_connection_cannot_be_kept() {
    let mut session = session(&connect(Version::V5));
    let reason = refuse(&mut session, disconnect(ReasonCode::Success, Some(5)));
    assert_eq!(violation(&reason), ReasonCode::ProtocolError);
    assert_eq!(session.expiry, Expiry::WithConnection);
    let reason = refuse(&mut session, disconnect(ReasonCode::Success, Some(0)));
    assert_eq!(reason, CloseReason::ClientDisconnect);
}

#[test]
fn a_disconnect_changes_the_expiry() {
    for (secs, expiry) in [
        (0, Expiry::WithConnection),
        (5, Expiry::from_secs(5)),
        (u32::MAX, Expiry::Never),
    ] {
        let mut session = session(&connect_persistent(Version::V5));
        assert!(session.is_persistent());
        refuse(&mut session, disconnect(ReasonCode::Success, Some(secs)));
        assert_eq!(session.expiry, expiry);
    }
}

/// [MQTT-4.12.1-1]
#[test]
fn authentication_goes_on_with_its_own_method_only() {
    let method = Properties {
        authentication_method: Some("m".into()),
        ..Properties::default()
    };
    let mut session = session(&connect_v5(method));
    assert!(matches!(
        receive(&mut session, auth(Some("m"))).0,
        Step::Authenticate(_)
    ));
    for other in [Some("n"), None] {
        assert_eq!(
            violation(&refuse(&mut session, auth(other))),
            ReasonCode::ProtocolError
        );
    }
    let mut without = super::tests::session(&connect(Version::V5));
    for any in [Some("m"), None] {
        assert_eq!(
            violation(&refuse(&mut without, auth(any))),
            ReasonCode::ProtocolError
        );
    }
}
