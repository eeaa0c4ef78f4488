//! Reasons that need a plugin which exists only here, and the end of the broker itself: the broker runs in the process of
//! the test, so that metric and history are compared, and not the log.

use harness::{QOS0, ReasonCode, TestBroker, V4, V5, eventually, options};
use std::sync::Arc;
use vmq_broker::history::{Entry, Known};
use vmq_broker::hooks::{
    Answer, AuthStep, Authenticate, DecidedBy, Provider, Publish, Refusal, Register, Subscribe, Verdict,
};
use vmq_broker::registry::SubscriberId;
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

fn entries(broker: &TestBroker, client: &str) -> Vec<Entry> {
    match broker.core().histories.clients.of(&SubscriberId::new("", client)) {
        Known::Entries { entries, .. } => entries,
        Known::Nothing { .. } => Vec::new(),
    }
}

/// Metric and history of a reason agree.
async fn agree(broker: &TestBroker, client: &str, event: &str, reason: &str, by: &str) {
    let of_reason = || {
        let entries = entries(broker, client).into_iter();
        entries
            .filter(|entry| entry.kind.word() == event && entry.reason == reason)
            .collect::<Vec<_>>()
    };
    eventually(&format!("{event} {reason}"), async || !of_reason().is_empty()).await;
    let told: u64 = of_reason().iter().map(|entry| entry.count).sum();
    assert_eq!(broker.metric_of(event, reason), told, "{event} {reason}");
    for entry in of_reason() {
        assert_eq!(entry.by.unwrap().to_string(), by, "{event} {reason}");
    }
}

#[tokio::test]
async fn words_of_plugins() {
    let builder = TestBroker::builder().closed().provider(Arc::new(Refuses));
    let broker = builder.start().await;
    for (user, reason) in [("refused", "not_authorized"), ("banned", "other")] {
        broker
            .client(V4, user)
            .username(user)
            .refused(ReasonCode::NotAuthorized)
            .await;
        agree(
            &broker,
            user,
            "connect_refused",
            reason,
            "vmq_webhooks auth_on_register",
        )
        .await;
    }
    // The word that no list has is told beside it.
    assert_eq!(entries(&broker, "banned")[0].detail.as_deref(), Some("banned"));
    let mut client = broker.connect(V5, "c").await;
    for (topic, reason) in [("a", "not_authorized"), ("b", "other")] {
        client.publish(topic, QOS0, "m").await;
        client.subscribe_all(&[(topic, options(QOS0))]).await;
        agree(
            &broker,
            "c",
            "publish_refused",
            reason,
            "vmq_webhooks auth_on_publish",
        )
        .await;
        agree(
            &broker,
            "c",
            "subscribe_refused",
            reason,
            "vmq_webhooks auth_on_subscribe",
        )
        .await;
    }
}

#[tokio::test]
async fn a_broken_exchange() {
    let builder = TestBroker::builder().closed().provider(Arc::new(Refuses));
    let broker = builder.start().await;
    let mut client = broker
        .client(V5, "c")
        .props(|properties| properties.authentication_method = Some("m".into()))
        .send()
        .await;
    client.recv().await;
    client.send_raw(&harness::hex("C0 00")).await;
    client.expect_connect_refused().await;
    agree(&broker, "c", "connect_refused", "protocol_error", "protocol").await;
}

/// The history ends with the process; until then it says why.
#[tokio::test]
async fn a_broker_that_stops() {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(V5, "c").await;
    let core = Arc::clone(broker.core());
    broker.stop().await;
    client.expect_end(ReasonCode::ServerShuttingDown).await;
    let Known::Entries { entries, .. } = core.histories.clients.of(&SubscriberId::new("", "c")) else {
        panic!("known");
    };
    let kinds: Vec<_> = entries
        .iter()
        .map(|entry| (entry.kind.word(), entry.reason))
        .collect();
    assert_eq!(
        kinds,
        [("connected", ""), ("disconnected", "server_shutting_down")]
    );
    let counter = vmq_broker::metrics::Counter::ClosedShutdown;
    assert_eq!(core.metrics.value(counter), 1);
}
