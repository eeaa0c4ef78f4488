//! Reasons that take long, or a machine in need: hooks that do not answer, a session that does not leave, memory that is short.
//! Nobody waits for them: the clock of the test jumps, and the figures of the machine are files.

use super::inside::{Inside, jump};
use super::{Witness as _, refused};
use harness::{Packet, QOS0, ReasonCode, TestBroker, V5, eventually, options, publish};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use vmq_broker::hooks::{Answer, DecidedBy, Provider, Publish, Register, Subscribe, Verdict};
use vmq_broker::mailbox::Mailbox;
use vmq_broker::queue::AttachOutcome;
use vmq_broker::registry::SubscriberId;
use vmq_config::Plugin;

/// Does not answer what is about `slow`.
#[derive(Default)]
struct Silent {
    asked: AtomicUsize,
}

impl Silent {
    fn answer(&self, about: Option<&str>) -> Option<Answer<DecidedBy>> {
        if about != Some("slow") {
            return Some(Answer::Now(Verdict::Allow(DecidedBy::default())));
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        Some(Answer::Later(Box::pin(std::future::pending())))
    }

    /// Waits until it was asked so often, and until nobody waits for it any longer.
    async fn gives_up(&self, asked: usize) {
        eventually("the hook to be asked", async || {
            self.asked.load(Ordering::Relaxed) == asked
        })
        .await;
        jump(Duration::from_secs(11)).await;
    }
}

impl Provider for Silent {
    fn plugin(&self) -> Plugin {
        Plugin::Webhooks
    }

    fn auth_on_register(&self, request: &Register) -> Option<Answer<DecidedBy>> {
        self.answer(request.identity.username.as_deref())
    }

    fn auth_on_publish(&self, request: &Publish<'_>) -> Option<Answer<DecidedBy>> {
        self.answer(Some(request.topic))
    }

    fn auth_on_subscribe(&self, request: &Subscribe) -> Option<Answer<DecidedBy>> {
        self.answer(request.topics.first().map(|(filter, _)| &**filter))
    }
}

/// hooks.md: a provider that does not answer within ten seconds refuses.
#[tokio::test]
async fn hooks_that_do_not_answer() {
    let silent = Arc::new(Silent::default());
    let provider: Arc<dyn Provider> = Arc::clone(&silent) as _;
    let Inside { broker, seen } = Inside::start(TestBroker::builder().closed().provider(provider)).await;
    let (reason, text) = ("hook_timeout", "due to hook_timeout");

    let mut waits = broker.client(V5, "waits").username("slow").send().await;
    silent.gives_up(1).await;
    waits.expect_connect_refused().await;
    let by = "vmq_webhooks auth_on_register";
    refused("connect_refused", "waits", reason, text, by)
        .agrees_inside(&seen)
        .await;

    let mut client = broker.connect(V5, "c").await;
    client.send(&Packet::Publish(publish("slow", "m"))).await;
    silent.gives_up(2).await;
    let by = "vmq_webhooks auth_on_publish";
    refused("publish_refused", "c", reason, text, by)
        .agrees_inside(&seen)
        .await;

    let filters = [("slow", options(QOS0))];
    let (codes, ()) = tokio::join!(client.subscribe_all(&filters), silent.gives_up(3));
    assert!(codes[0].is_error(), "{codes:?}");
    let by = "vmq_webhooks auth_on_subscribe";
    refused("subscribe_refused", "c", reason, text, by)
        .agrees_inside(&seen)
        .await;
}

/// The session that has the client id is told to go and does not.
#[tokio::test]
async fn a_session_that_does_not_leave() {
    let Inside { broker, seen } = Inside::start(TestBroker::builder()).await;
    let limits = seen.core.queue_limits();
    let (queue, _) = seen
        .core
        .registry
        .get_or_create(&SubscriberId::new("", "held"), limits);
    let holder = Arc::new(Mailbox::at(Arc::from("192.0.2.9:5000")));
    assert!(matches!(
        queue.attach(&holder, limits),
        AttachOutcome::Attached(_)
    ));
    let mut client = broker.client(V5, "held").send().await;
    eventually("the holder to be told", async || holder.kicked().is_some()).await;
    jump(Duration::from_secs(61)).await;
    client.expect_connect_refused().await;
    let reason = "register_subscriber_retry_exhausted";
    let (text, by) = (
        "due to register_subscriber_retry_exhausted",
        "connection from 192.0.2.9:5000",
    );
    refused("connect_refused", "held", reason, text, by)
        .agrees_inside(&seen)
        .await;
}

/// `overload.memory_high_watermark`. The connection ends with the CONNECT: that is counted, and not told twice.
#[tokio::test]
async fn memory_that_is_short() {
    let builder = TestBroker::builder().conf("overload.memory_high_watermark = 80%");
    let machine = builder.home().join("machine");
    fs::create_dir_all(machine.join("proc/self")).unwrap();
    fs::write(machine.join("proc/meminfo"), "MemTotal: 1000 kB\n").unwrap();
    fs::write(machine.join("proc/self/status"), "VmRSS: 900 kB\n").unwrap();
    let Inside { broker, seen } = Inside::start(builder).await;
    seen.core.overload.look_below(&machine);
    eventually("the look", async || seen.core.overload.is_over()).await;
    broker.client(V5, "late").refused(ReasonCode::ServerBusy).await;
    let text = "refused due to overload";
    let by = "overload.memory_high_watermark=80%";
    refused("connect_refused", "late", "overload", text, by)
        .agrees_inside(&seen)
        .await;
    assert!(seen.entries("late", "disconnected").is_empty());
    assert_eq!(seen.metric("connection_closed", "overload"), 1);
}
