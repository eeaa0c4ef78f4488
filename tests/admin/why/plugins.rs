//! Reasons that need a plugin which exists only here, and the end of the broker itself.

use super::inside::Inside;
use super::{closed, refused};
use harness::{QOS0, ReasonCode, TestBroker, V4, V5, options};
use std::sync::Arc;
use vmq_broker::hooks::{
    Answer, AuthStep, Authenticate, DecidedBy, Provider, Publish, Refusal, Register, Subscribe, Verdict,
};
use vmq_config::Plugin;

/// Refuses with the user name as its word, or with one that no list has.
struct Refuses;

fn refuse<T>(word: &'static str) -> Option<Answer<T>> {
    Some(Answer::Now(Verdict::Refuse(Refusal {
        reason: None,
        word,
        by: DecidedBy {
            plugin: Some(Plugin::Webhooks),
            line: None,
        },
    })))
}

impl Provider for Refuses {
    fn plugin(&self) -> Plugin {
        Plugin::Webhooks
    }

    fn auth_on_register(&self, request: &Register) -> Option<Answer<DecidedBy>> {
        match request.identity.username.as_deref() {
            Some("refused") => refuse("not_authorized"),
            Some("banned") => refuse("banned"),
            _ => Some(Answer::Now(Verdict::Allow(DecidedBy::default()))),
        }
    }

    fn auth_on_publish(&self, request: &Publish<'_>) -> Option<Answer<DecidedBy>> {
        refuse(if request.topic == "a" {
            "not_authorized"
        } else {
            "banned"
        })
    }

    fn auth_on_subscribe(&self, request: &Subscribe) -> Option<Answer<DecidedBy>> {
        let is_a = request.topics.iter().any(|(filter, _)| filter == "a");
        refuse(if is_a { "not_authorized" } else { "banned" })
    }

    fn on_auth(&self, _request: &Authenticate) -> Option<Answer<AuthStep>> {
        Some(Answer::Now(Verdict::Allow(AuthStep::Continue(None))))
    }
}

#[tokio::test]
async fn words_of_plugins() {
    let builder = TestBroker::builder().closed().provider(Arc::new(Refuses));
    let Inside { broker, seen } = Inside::start(builder).await;
    // The log has the word of the plugin in its text.
    let reasons = [
        ("refused", "a", "not_authorized", "due to not_authorized"),
        ("banned", "b", "other", "due to banned"),
    ];
    for (user, _, reason, text) in reasons {
        broker
            .client(V4, user)
            .username(user)
            .refused(ReasonCode::NotAuthorized)
            .await;
        let by = "vmq_webhooks auth_on_register";
        refused("connect_refused", user, reason, text, by)
            .agrees_inside(&seen)
            .await;
    }
    // The word that no list has is told beside it.
    assert_eq!(seen.history("banned")[0].detail.as_deref(), Some("banned"));
    let mut client = broker.connect(V5, "c").await;
    for (_, topic, reason, text) in reasons {
        client.publish(topic, QOS0, "m").await;
        client.subscribe_all(&[(topic, options(QOS0))]).await;
        let by = "vmq_webhooks auth_on_publish";
        refused("publish_refused", "c", reason, text, by)
            .agrees_inside(&seen)
            .await;
        let by = "vmq_webhooks auth_on_subscribe";
        refused("subscribe_refused", "c", reason, text, by)
            .agrees_inside(&seen)
            .await;
    }
}

#[tokio::test]
async fn a_broken_exchange() {
    let builder = TestBroker::builder().closed().provider(Arc::new(Refuses));
    let Inside { broker, seen } = Inside::start(builder).await;
    let mut client = broker
        .client(V5, "c")
        .props(|properties| properties.authentication_method = Some("m".into()))
        .send()
        .await;
    client.recv().await;
    client.send_raw(&harness::hex("C0 00")).await;
    client.expect_connect_refused().await;
    let text = "due to protocol_error";
    refused("connect_refused", "c", "protocol_error", text, "protocol")
        .agrees_inside(&seen)
        .await;
}

/// The history ends with the process; until then it says why.
#[tokio::test]
async fn a_broker_that_stops() {
    let Inside { broker, seen } = Inside::start(TestBroker::builder()).await;
    let mut client = broker.connect(V5, "c").await;
    // With its directory goes its log.
    let _directory = broker.stop().await;
    client.expect_end(ReasonCode::ServerShuttingDown).await;
    let text = "session stopped due to shutdown";
    closed("c", "server_shutting_down", text, "shutdown")
        .agrees_inside(&seen)
        .await;
    let history = seen.history("c");
    let kinds: Vec<_> = history.iter().map(|entry| entry.kind.word()).collect();
    assert_eq!(kinds, ["connected", "disconnected"]);
}
