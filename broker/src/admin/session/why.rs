//! `session why`: who has let a client in, what it was refused, and what it may do. Decisions that let something pass are not
//! kept, since every message has one: the chain is asked again, for what the client has subscribed to, for its will and for
//! what it was refused. Each row says which of the two it is.

use super::super::Answer;
use super::super::authz::{self, Decided};
use super::super::happened;
use crate::core::Core;
use crate::events::Decider;
use crate::events::happening::Kind;
use crate::history::{Entry, Known};
use crate::mailbox::Facts;
use crate::registry::SubscriberId;
use crate::store::unix_millis;
use std::collections::BTreeSet;
use std::sync::Arc;
use vmq_admin::command::authz::{Action, Check};
use vmq_admin::command::session::inspect::Inspect;
use vmq_admin::{Element, Row, Value};
use vmq_mqtt::QoS;

/// Topics that the chain is asked about.
const ASKED_MAX: usize = 100;

/// How a row is known.
const RECORDED: &str = "recorded";
const ASKED: &str = "asked now";

/// The decisions about a client, the login first.
pub(super) async fn run(core: &Arc<Core>, wanted: &Inspect) -> Answer {
    let subscriber = SubscriberId::new(&wanted.mountpoint, &wanted.client_id);
    let queue = core.registry.get(&subscriber);
    let owner = queue.as_ref().and_then(|queue| queue.owners().into_iter().next());
    let facts = owner.as_ref().and_then(|mailbox| mailbox.facts());
    let mut rows: Vec<Row> = facts.map(|facts| login(core, facts)).into_iter().collect();
    let refused = refusals(core, &subscriber);
    rows.extend(refused.iter().rev().map(refusal));
    let look = match &owner {
        Some(mailbox) => core.inquiries.ask(mailbox, 0).await,
        None => None,
    };
    let mut questions = BTreeSet::new();
    if let Some(will) = look.as_ref().and_then(|look| look.will.as_ref()) {
        let message = &will.message;
        questions.insert(Question::publish(
            "will",
            message.topic(),
            message.qos,
            message.retain,
        ));
    }
    for entry in &refused {
        questions.extend(Question::of_refusal(entry));
    }
    let subscriptions = queue.map_or_else(Vec::new, |queue| queue.subscriptions.list());
    for (filter, subscription) in &subscriptions {
        questions.insert(Question::subscribe(filter, subscription.qos));
    }
    let in_all = questions.len();
    for question in questions.into_iter().take(ASKED_MAX) {
        let check = question.check(wanted);
        if let Some(decided) = authz::decide(core, &check).await {
            rows.push(asked(&question, &decided));
        }
    }
    let answer = Answer::of(vec![Element::Table(rows)]);
    match in_all > ASKED_MAX {
        true => answer.with_notes(vec![format!(
            "asked about the first {ASKED_MAX} of {in_all} topics"
        )]),
        false => answer,
    }
}

/// Something the chain is asked about.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    /// `publish`, `subscribe` or `will`.
    what: &'static str,
    topic: String,
    qos: u8,
    retain: bool,
}

impl Question {
    fn publish(what: &'static str, topic: &str, qos: QoS, retain: bool) -> Self {
        Self {
            what,
            topic: topic.to_owned(),
            qos: qos.as_u8(),
            retain,
        }
    }

    fn subscribe(filter: &str, qos: QoS) -> Self {
        Self::publish("subscribe", filter, qos, false)
    }

    /// What was refused last, if the history has one whole topic.
    fn of_refusal(entry: &Entry) -> Option<Self> {
        let topic = entry.detail.as_deref()?;
        let is_whole = !topic.ends_with("...") && !topic.contains(", ");
        let question = match entry.kind {
            Kind::PublishRefused => Self::publish("publish", topic, QoS::AtMostOnce, false),
            Kind::SubscribeRefused => Self::subscribe(topic, QoS::AtMostOnce),
            _ => return None,
        };
        is_whole.then_some(question)
    }

    fn check(&self, wanted: &Inspect) -> Check {
        Check {
            client_id: wanted.client_id.clone(),
            username: None,
            topic: self.topic.clone(),
            action: match self.what {
                "subscribe" => Action::Subscribe,
                _ => Action::Publish,
            },
            qos: self.qos,
            retain: self.retain,
            mountpoint: wanted.mountpoint.clone(),
        }
    }
}

/// What the client was refused, as far as it is remembered, the oldest first.
fn refusals(core: &Core, subscriber: &SubscriberId) -> Vec<Entry> {
    let is_refusal = |entry: &Entry| {
        matches!(
            entry.kind,
            Kind::ConnectRefused | Kind::PublishRefused | Kind::SubscribeRefused
        )
    };
    match core.histories.clients.of(subscriber) {
        Known::Entries { entries, .. } => entries.into_iter().filter(is_refusal).collect(),
        Known::Nothing { .. } => Vec::new(),
    }
}

fn login(core: &Core, facts: &Facts) -> Row {
    let (by, micros) = match facts.login {
        Some(login) => (
            Decider::of_hook(core, "auth_on_register", login.by).to_string(),
            Value::from(u64::from(login.micros)),
        ),
        None if facts.listener.allow_anonymous_override => (
            format!("allow_anonymous_override of listener {}", facts.listener.name),
            Value::Null,
        ),
        None => ("allow_anonymous".to_owned(), Value::Null),
    };
    let row = row("login", facts.username.as_deref(), Ok(()), by, micros);
    row.with("known", RECORDED)
        .with("when", happened::time(facts.started_at))
        .with("count", 1_u64)
}

fn refusal(entry: &Entry) -> Row {
    let what = match entry.kind {
        Kind::PublishRefused => "publish",
        Kind::SubscribeRefused => "subscribe",
        _ => "login",
    };
    let by = entry.by.as_ref().map(ToString::to_string).unwrap_or_default();
    // How long it took is not remembered.
    row(what, entry.detail.as_deref(), Err(entry.reason), by, Value::Null)
        .with("known", RECORDED)
        .with("when", happened::time(entry.last))
        .with("count", entry.count)
}

fn asked(question: &Question, decided: &Decided) -> Row {
    let micros = u64::try_from(decided.took.as_micros()).unwrap_or(u64::MAX);
    let by = decided.by.to_string();
    row(
        question.what,
        Some(&question.topic),
        decided.answer,
        by,
        micros.into(),
    )
    .with("known", ASKED)
    .with("when", happened::time(unix_millis()))
    .with("count", Value::Null)
}

fn row(what: &str, topic: Option<&str>, answer: Result<(), &'static str>, by: String, micros: Value) -> Row {
    Row::default()
        .with("what", what)
        .with("topic", topic.map_or(Value::Null, Value::from))
        .with("answer", if answer.is_ok() { "allow" } else { "deny" })
        .with("reason", answer.map_or_else(Value::from, |()| Value::Null))
        .with("decided_by", by)
        .with("micros", micros)
}
