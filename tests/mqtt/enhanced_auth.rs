//! Enhanced authentication, with a provider that exists only here: a challenge of two rounds.

use bytes::Bytes;
use bytestring::ByteString;
use harness::*;
use std::sync::Arc;
use vmq_broker::hooks::{Answer, AuthStep, Authenticate, DecidedBy, Provider, Refusal, Verdict};
use vmq_config::Plugin;
use vmq_mqtt::{Auth, Packet, Properties, ReasonCode};

/// Knows the method `PING-PONG`: `ping` is challenged with `again`, `pong` is right, everything else is refused.
struct PingPong;

impl Provider for PingPong {
    fn plugin(&self) -> Plugin {
        Plugin::Diversity
    }

    fn on_auth(&self, request: &Authenticate) -> Option<Answer<AuthStep>> {
        let verdict = match (&*request.method, request.data.as_deref()) {
            ("PING-PONG", Some(b"ping")) => {
                Verdict::Allow(AuthStep::Continue(Some(Bytes::from_static(b"again"))))
            }
            ("PING-PONG", Some(b"pong")) => {
                Verdict::Allow(AuthStep::Success(Some(Bytes::from_static(b"welcome"))))
            }
            _ => Verdict::Refuse(Refusal {
                reason: Some(ReasonCode::NotAuthorized),
                word: "not_authorized",
                by: DecidedBy::default(),
            }),
        };
        // As a provider that asks somebody else would: not at once.
        Some(Answer::Later(Box::pin(async move {
            tokio::task::yield_now().await;
            verdict
        })))
    }
}

async fn broker() -> TestBroker {
    TestBroker::builder().provider(Arc::new(PingPong)).start().await
}

fn method(method: &str, data: &'static [u8]) -> Properties {
    Properties {
        authentication_method: Some(ByteString::from(method)),
        authentication_data: Some(Bytes::from_static(data)),
        ..Properties::default()
    }
}

fn auth(reason: ReasonCode, properties: Properties) -> Packet {
    Packet::Auth(Auth {
        reason,
        properties: Some(Box::new(properties)),
    })
}

async fn connecting(broker: &TestBroker, data: &'static [u8]) -> RawClient {
    let fill = |properties: &mut Properties| *properties = method("PING-PONG", data);
    broker.client(V5, "c").props(fill).send().await
}

async fn expect_challenge(client: &mut RawClient) {
    let expected = auth(ReasonCode::ContinueAuthentication, method("PING-PONG", b"again"));
    assert_eq!(client.recv().await, expected);
}

async fn authenticated(broker: &TestBroker) -> RawClient {
    let mut client = connecting(broker, b"ping").await;
    expect_challenge(&mut client).await;
    let answer = auth(ReasonCode::ContinueAuthentication, method("PING-PONG", b"pong"));
    client.send(&answer).await;
    match client.recv().await {
        Packet::ConnAck(ack) => {
            assert_eq!(ack.reason, ReasonCode::Success);
            assert_eq!(ack.properties.as_deref(), Some(&method("PING-PONG", b"welcome")));
        }
        other => panic!("expected CONNACK, got {other:?}"),
    }
    client
}

/// [MQTT5-4.12.0-5] 20.8 #144
async fn c144_auth_and_connack_repeat_the_method(_: Version) {
    let broker = broker().await;
    let mut client = authenticated(&broker).await;
    // Re-authentication, in one round and in two.
    client
        .send(&auth(ReasonCode::ReAuthenticate, method("PING-PONG", b"pong")))
        .await;
    let done = auth(ReasonCode::Success, method("PING-PONG", b"welcome"));
    assert_eq!(client.recv().await, done);
    client
        .send(&auth(ReasonCode::ReAuthenticate, method("PING-PONG", b"ping")))
        .await;
    expect_challenge(&mut client).await;
    client
        .send(&auth(
            ReasonCode::ContinueAuthentication,
            method("PING-PONG", b"pong"),
        ))
        .await;
    assert_eq!(client.recv().await, done);
    client.expect_silence().await;
}
versions!(c144_auth_and_connack_repeat_the_method: V5);

/// [MQTT5-3.1.2-30] 20.8 #145
async fn c145_other_packets_during_enhanced_authentication_are_refused(_: Version) {
    let broker = broker().await;
    let wrong_method = auth(ReasonCode::ContinueAuthentication, method("OTHER", b"pong"));
    for packet in [Packet::PingReq, wrong_method] {
        let mut client = connecting(&broker, b"ping").await;
        expect_challenge(&mut client).await;
        client.send(&packet).await;
        match client.recv().await {
            Packet::ConnAck(ack) => assert_eq!(ack.reason, ReasonCode::ProtocolError),
            other => panic!("expected CONNACK, got {other:?}"),
        }
        client.expect_close().await;
    }
    // A refusal at the first step, and a method nobody knows: told by CONNACK, never by DISCONNECT [MQTT5-3.14.0-1].
    let mut client = connecting(&broker, b"nonsense").await;
    match client.recv().await {
        Packet::ConnAck(ack) => assert_eq!(ack.reason, ReasonCode::NotAuthorized),
        other => panic!("expected CONNACK, got {other:?}"),
    }
    client.expect_close().await;
}
versions!(c145_other_packets_during_enhanced_authentication_are_refused: V5);

/// mqtt.md 2.11
async fn a_method_without_a_hook_is_refused(_: Version) {
    let broker = TestBroker::start().await;
    let mut client = connecting(&broker, b"ping").await;
    match client.recv().await {
        Packet::ConnAck(ack) => assert_eq!(ack.reason, ReasonCode::BadAuthenticationMethod),
        other => panic!("expected CONNACK, got {other:?}"),
    }
    client.expect_close().await;
}
versions!(a_method_without_a_hook_is_refused: V5);

/// [MQTT5-4.12.1-2] 20.8 #146
async fn c146_a_failed_reauthentication_disconnects(_: Version) {
    let broker = broker().await;
    let mut client = authenticated(&broker).await;
    client
        .send(&auth(
            ReasonCode::ReAuthenticate,
            method("PING-PONG", b"nonsense"),
        ))
        .await;
    client.expect_end(ReasonCode::NotAuthorized).await;
    let mut client = authenticated(&broker).await;
    client
        .send(&auth(ReasonCode::ReAuthenticate, method("OTHER", b"pong")))
        .await;
    client.expect_end(ReasonCode::ProtocolError).await;
    // Without enhanced authentication at CONNECT there is nothing to repeat.
    let mut client = broker.connect(V5, "plain").await;
    client
        .send(&auth(ReasonCode::ReAuthenticate, method("PING-PONG", b"pong")))
        .await;
    client.expect_end(ReasonCode::ProtocolError).await;
}
versions!(c146_a_failed_reauthentication_disconnects: V5);
