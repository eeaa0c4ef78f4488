//! `vmq-admin authz`: walks the chain that a client's packet would take, and tells who says what. Nothing is counted,
//! logged or delivered.

mod outcome;
mod rule_text;

use super::{Admin, Answer};
use crate::Broker;
use crate::core::Core;
use crate::events::Decider;
use crate::events::reasons::{PublishReason, SubscribeReason};
use crate::hooks::chain::explain::{Asked, Explained, Said};
use crate::hooks::{Chain, DecidedBy, Identity, Publish, Subscribe};
use crate::mailbox::Mailbox;
use crate::queue::Queue;
use crate::registry::SubscriberId;
use bytestring::ByteString;
use outcome::Outcome;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vmq_admin::command::authz::{Action, Authz, Check};
use vmq_admin::{Element, Row, Value};
use vmq_config::Plugin;
use vmq_mqtt::{QoS, ReasonCode, Version, topic};

/// Runs the command. Denied is an answer like allowed: the exit code is 0.
///
/// # Errors
/// The topic is none.
pub(super) async fn run(admin: &Admin, command: Authz) -> Result<Answer, Answer> {
    let broker = admin.broker()?;
    let Authz::Check(check) = command;
    check_topic(broker.core(), &check)?;
    let asker = Asker::of(broker.core(), &check);
    let explained = asker.explain(&check).await;
    let lines = rule_text::of(&broker, &asker.identity, &check, &explained).await;
    let outcome = asker.outcome(broker.core(), &check, &explained);
    let mut elements = vec![Element::Table(vec![verdict(&asker, &outcome, &lines)])];
    let asked = explained
        .asked
        .iter()
        .map(|asked| asked_row(&broker, asked, &lines));
    elements.push(Element::Table(asked.collect()));
    if explained.decision.is_err() && explained.asked.iter().all(|asked| asked.said == Said::NoHook) {
        let hook = hook(check.action);
        elements.push(Element::text(format!(
            "No enabled plugin of the chain has the hook {hook}: by default everything is refused."
        )));
    }
    if let Err(denied) = &outcome {
        let sees = outcome::seen_by_clients(broker.core(), &check, denied);
        elements.push(Element::Table(sees));
    }
    Ok(Answer::of(elements))
}

/// What a client may do now, who says so, and how long it took to find out.
pub(super) struct Decided {
    /// `Err` = denied, with the reason.
    pub answer: Result<(), &'static str>,
    pub by: Decider,
    pub took: Duration,
}

/// Asks the chain as a client's packet would. `None` = that is no topic.
pub(super) async fn decide(core: &Core, check: &Check) -> Option<Decided> {
    check_topic(core, check).ok()?;
    let asker = Asker::of(core, check);
    let begun = Instant::now();
    let explained = asker.explain(check).await;
    let took = begun.elapsed();
    let (answer, by) = match asker.outcome(core, check, &explained) {
        Ok(by) => (Ok(()), by),
        Err(denied) => (Err(denied.reason), denied.by),
    };
    Some(Decided { answer, by, took })
}

/// The client that the question is about.
struct Asker {
    identity: Identity,
    chain: Chain,
    /// The listener whose chain it is; `None` = the global one.
    listener: Option<String>,
    queue: Option<Arc<Queue>>,
}

impl Asker {
    /// The connected client, or one that would connect.
    fn of(core: &Core, check: &Check) -> Self {
        let subscriber = SubscriberId::new(&check.mountpoint, &check.client_id);
        let queue = core.registry.get(&subscriber);
        let owner: Option<Arc<Mailbox>> = queue.as_ref().and_then(|queue| queue.owners().into_iter().next());
        let facts = owner.as_ref().and_then(|mailbox| mailbox.facts());
        let asked_for = check.username.as_deref().map(Arc::from);
        Self {
            identity: Identity {
                subscriber,
                username: asked_for.or_else(|| facts?.username.clone()),
                peer: owner
                    .as_ref()
                    .map_or_else(|| Arc::from("local"), |owner| Arc::clone(&owner.peer)),
                m5: facts.is_some_and(|facts| facts.level.version == Version::V5),
            },
            chain: facts.map_or_else(|| core.hooks.chain(None), |facts| facts.listener.authz.clone()),
            listener: facts.map(|facts| facts.listener.name.clone()),
            queue,
        }
    }

    async fn explain(&self, check: &Check) -> Explained {
        let qos = QoS::from_u8(check.qos).unwrap_or_default();
        match check.action {
            Action::Publish => {
                let request = Publish {
                    identity: &self.identity,
                    topic: &check.topic,
                    payload: b"",
                    qos,
                    retain: check.retain,
                };
                self.chain.explain_publish(&request).await
            }
            Action::Subscribe => {
                let request = Subscribe {
                    identity: self.identity.clone(),
                    topics: vec![(ByteString::from(check.topic.as_str()), qos)],
                };
                self.chain.explain_subscribe(&request).await
            }
        }
    }

    /// What came of it, and of what the broker decides without asking anybody.
    fn outcome(&self, core: &Core, check: &Check, explained: &Explained) -> Result<Decider, Outcome> {
        if check.action == Action::Publish && check.topic.starts_with('$') {
            return Err(Outcome {
                reason: PublishReason::ReservedTopic.word(),
                code: ReasonCode::TopicNameInvalid,
                by: Decider::Protocol,
                keeps_connection: true,
            });
        }
        let by_hook = |by| Decider::of_hook(core, hook(check.action), by);
        let by = match &explained.decision {
            Ok(by) => by_hook(*by),
            Err(refusal) => {
                return Err(Outcome {
                    reason: refusal.word,
                    code: refusal.reason.unwrap_or(ReasonCode::NotAuthorized),
                    by: by_hook(refusal.by),
                    keeps_connection: false,
                });
            }
        };
        let max = core.session_config().max_subscriptions_per_client;
        let has_too_many = |queue: &Arc<Queue>| {
            let own = &queue.subscriptions;
            own.len() >= max && !own.contains(&check.topic)
        };
        if check.action == Action::Subscribe && max > 0 && self.queue.as_ref().is_some_and(has_too_many) {
            return Err(Outcome {
                reason: SubscribeReason::TooMany.word(),
                code: ReasonCode::QuotaExceeded,
                by: Decider::limit("max_subscriptions_per_client", max as u64),
                keeps_connection: true,
            });
        }
        Ok(by)
    }
}

fn hook(action: Action) -> &'static str {
    match action {
        Action::Publish => "auth_on_publish",
        Action::Subscribe => "auth_on_subscribe",
    }
}

/// A topic that no packet may have leads to the end of the connection, whoever is asked.
fn check_topic(core: &Core, check: &Check) -> Result<(), Answer> {
    let levels_max = core.session_config().topic_max_depth;
    let checked = match check.action {
        Action::Publish => topic::check_name(&check.topic, levels_max),
        Action::Subscribe => topic::check_filter(&check.topic, levels_max),
    };
    let what = match check.action {
        Action::Publish => "topic",
        Action::Subscribe => "filter",
    };
    checked.map_err(|fault| {
        let text = format!(
            "{} is no {what} ({fault}): a client that used it would be disconnected",
            check.topic
        );
        Answer::alert(text)
    })
}

fn verdict(asker: &Asker, outcome: &Result<Decider, Outcome>, lines: &rule_text::Lines) -> Row {
    let (answer, reason, by) = match outcome {
        Ok(by) => ("allow", Value::Null, by),
        Err(denied) => ("deny", Value::from(denied.reason), &denied.by),
    };
    let rule = match by {
        Decider::Plugin(rule) => lines.of(rule.plugin),
        _ => None,
    };
    let username = asker.identity.username.as_deref();
    let chain = asker.listener.as_ref().map(|name| format!("listener {name}"));
    Row::default()
        .with("answer", answer)
        .with("reason", reason)
        .with("decided_by", by.to_string())
        .with("rule", rule.map_or(Value::Null, Value::from))
        .with("user", username.map_or(Value::Undefined, Value::from))
        .with("chain", chain.unwrap_or_else(|| "global".to_owned()))
}

fn asked_row(broker: &Broker, asked: &Asked, lines: &rule_text::Lines) -> Row {
    let (said, by) = match &asked.said {
        Said::NoHook if is_off(broker, asked.plugin) => ("off", None),
        Said::NoHook => ("no hook", None),
        Said::Next => ("next", None),
        Said::NotAsked => ("not asked", None),
        Said::Allow(by) => ("allow", Some(*by)),
        Said::Deny(refusal) => ("deny", Some(refusal.by)),
    };
    let config = broker.core().config();
    let file = match (asked.plugin, &asked.said) {
        (_, Said::NoHook | Said::NotAsked) => None,
        (Plugin::Acl, _) => Some(config.acl.file.display().to_string()),
        (Plugin::Passwd, _) => Some(config.passwd.file.display().to_string()),
        _ => None,
    };
    let line = by.and_then(|by: DecidedBy| by.line);
    let rule = line.and_then(|_| lines.of(asked.plugin));
    Row::default()
        .with("plugin", asked.plugin.name())
        .with("answer", said)
        .with("file", file.map_or(Value::Null, Value::from))
        .with(
            "line",
            line.map_or(Value::Null, |line| Value::from(u64::from(line))),
        )
        .with("rule", rule.map_or(Value::Null, Value::from))
}

fn is_off(broker: &Broker, plugin: Plugin) -> bool {
    !broker.plugins().running().contains(&plugin)
}
