//! One topic: who would get a message to it, and what is retained.

use super::super::Answer;
use super::difference::Picture;
use crate::core::Core;
use crate::message::Message;
use crate::queue::Queue;
use crate::router::Subscription;
use crate::store::unix_millis;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use vmq_admin::live::{OneTopic, TOPIC_PAYLOAD_MAX, TOPIC_ROWS_MAX};
use vmq_admin::{Access, Row, Value};
use vmq_mqtt::topic;

/// Somebody who looks at it.
pub(super) struct Source {
    wanted: OneTopic,
    /// Payloads are not for who may only look.
    with_payload: bool,
}

impl Source {
    pub(super) fn new(wanted: OneTopic, granted: Access) -> Result<Self, Answer> {
        if topic::check_name(&wanted.name, usize::MAX).is_err() {
            return Err(Answer::alert("No valid topic given."));
        }
        if !(1..=TOPIC_ROWS_MAX).contains(&wanted.limit) {
            return Err(Answer::alert(format!(
                "Invalid value: \"{}\" for limit, it must be 1 to {TOPIC_ROWS_MAX}",
                wanted.limit
            )));
        }
        Ok(Self {
            wanted,
            with_payload: granted == Access::Full,
        })
    }

    pub(super) fn look(&self, core: &Core) -> Picture {
        let OneTopic {
            mountpoint,
            name,
            limit,
        } = &self.wanted;
        let (found, count) = core.router.matching(mountpoint, name, *limit as usize);
        let mut queues: Vec<Arc<Queue>> = found.into_iter().map(|found| found.queue).collect();
        // Several filters of one client may match.
        queues.sort_unstable_by_key(|queue| queue.id);
        queues.dedup_by_key(|queue| queue.id);
        let mut rows: Vec<(String, Row)> = queues.iter().flat_map(|queue| rows(queue, name)).collect();
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        rows.truncate(*limit as usize);
        let facts = Row::default().with("rows", count as u64);
        let message = core.retained.get(mountpoint, name.as_bytes());
        let message = message.filter(|message| !message.is_expired(unix_millis()));
        Picture {
            facts: match message {
                Some(message) => self.retained(facts, &message),
                None => nothing_retained(facts),
            },
            rows,
            is_complete: true,
            ..Picture::default()
        }
    }

    fn retained(&self, facts: Row, message: &Message) -> Row {
        let payload = message.payload();
        let shown = || STANDARD.encode(&payload[..payload.len().min(TOPIC_PAYLOAD_MAX)]);
        let left_secs = |at: u64| at.saturating_sub(unix_millis()) / 1000;
        let age = message.received_at.map(|at| at.elapsed().as_secs());
        let publisher = message.author.as_ref().map(|author| author.client_id.to_string());
        facts
            .with("retained", true)
            .with("bytes", payload.len() as u64)
            .with("qos", u64::from(message.qos.as_u8()))
            .with("age_secs", age.map_or(Value::Null, Value::from))
            .with(
                "expires_in_secs",
                message.expires_at.map(left_secs).map_or(Value::Null, Value::from),
            )
            .with("publisher", publisher.map_or(Value::Null, Value::Text))
            .with(
                "payload",
                if self.with_payload {
                    Value::Text(shown())
                } else {
                    Value::Null
                },
            )
    }
}

/// Every fact has a value, so that one that was told before does not stay.
fn nothing_retained(facts: Row) -> Row {
    const FACTS: [&str; 6] = [
        "bytes",
        "qos",
        "age_secs",
        "expires_in_secs",
        "publisher",
        "payload",
    ];
    let facts = facts.with("retained", false);
    FACTS
        .iter()
        .fold(facts, |facts, name| facts.with(name, Value::Null))
}

/// A row for each filter of a client that matches.
fn rows(queue: &Queue, name: &str) -> Vec<(String, Row)> {
    let owners = queue.owners();
    let user = owners
        .first()
        .and_then(|mailbox| mailbox.facts()?.username.clone());
    let row = |(filter, subscription): (Arc<str>, Subscription)| {
        let (kind, inner) = match topic::split_shared(&filter) {
            Some((_, inner)) => ("shared", inner),
            None if *filter == *name => ("exact", &*filter),
            None => ("wildcard", &*filter),
        };
        if inner != name && !topic::matches(inner, name) {
            return None;
        }
        let row = Row::default()
            .with("client_id", &*queue.subscriber.client_id)
            .with(
                "user",
                user.as_ref()
                    .map_or(Value::Null, |user| Value::Text(user.to_string())),
            )
            .with("filter", &*filter)
            .with("kind", kind)
            .with("qos", u64::from(subscription.qos.as_u8()))
            .with("online", queue.is_online());
        // Those who mean exactly this topic come first.
        Some((format!("{kind}\0{}\0{filter}", queue.subscriber.client_id), row))
    };
    queue.subscriptions.list().into_iter().filter_map(row).collect()
}
