//! `session inspect`: one session from near. What its CONNECT said is in its mailbox, the rest its connection tells when it
//! is asked; of a client that is offline there is its queue.

use super::super::Admin;
use super::super::Answer;
use super::limits::{self, Limited};
use super::messages::no_session;
use crate::core::Core;
use crate::mailbox::asked::usual_clean_start;
use crate::mailbox::{Facts, Mailbox};
use crate::message::Message;
use crate::queue::Waiting;
use crate::registry::SubscriberId;
use crate::session::Expiry;
use crate::session::look::SessionLook;
use crate::session::will::SessionWill;
use crate::store::unix_millis;
use std::sync::Arc;
use std::time::Duration;
use vmq_admin::command::session::inspect::Inspect;
use vmq_admin::{Element, Row, Value};
use vmq_mqtt::Version;

/// Whose word a row is.
const CLIENT: &str = "client";

/// The rows of a session.
///
/// # Errors
/// There is none.
pub(super) async fn run(admin: &Admin, core: &Arc<Core>, wanted: &Inspect) -> Result<Answer, Answer> {
    let subscriber = SubscriberId::new(&wanted.mountpoint, &wanted.client_id);
    let Some(queue) = core.registry.get(&subscriber) else {
        return Err(no_session(&wanted.client_id));
    };
    let owners = queue.owners();
    let waiting = queue.waiting(0);
    let (mut rows, mut notes) = (Vec::new(), Vec::new());
    let owner = owners.first();
    let look = match owner {
        Some(mailbox) => core.inquiries.ask(mailbox, 0).await,
        None => None,
    };
    let facts = owner.and_then(|mailbox| mailbox.facts());
    match (owner, facts) {
        (Some(mailbox), Some(facts)) => of_connect(&mut rows, mailbox, facts, look.as_ref()),
        _ => of_offline(&mut rows, &waiting),
    }
    if owner.is_some() && look.is_none() {
        notes.push("the connection does not answer at the moment: will and window are not shown".to_owned());
    }
    if owners.len() > 1 {
        notes.push(format!("the first of {} sessions of this client", owners.len()));
    }
    let limited = Limited {
        loaded: &*admin.settings()?,
        core,
        facts,
        look: look.as_ref(),
        queue: waiting.limits,
        subscriptions: queue.subscriptions.len(),
    };
    rows.extend(limits::rows(&limited));
    Ok(Answer::of(vec![Element::Table(rows)]).with_notes(notes))
}

/// A row of the answer.
pub(super) fn row(part: &str, name: &str, value: impl Into<Value>, from: &str) -> Row {
    Row::default()
        .with("part", part)
        .with("name", name)
        .with("value", value)
        .with("from", from)
}

fn of_connect(rows: &mut Vec<Row>, mailbox: &Mailbox, facts: &Facts, look: Option<&SessionLook>) {
    let asked = facts.asked.as_deref();
    let mut said = |name: &str, value: Value| rows.push(row("connect", name, value, CLIENT));
    said("protocol", protocol(facts).into());
    said(
        "user",
        facts.username.as_deref().map_or(Value::Undefined, Value::from),
    );
    let is_five = facts.level.version == Version::V5;
    let clean = match asked {
        Some(asked) => asked.clean_start,
        None => usual_clean_start(Expiry::from_secs(facts.expiry_secs)),
    };
    said(
        if is_five { "clean_start" } else { "clean_session" },
        clean.into(),
    );
    let keep_alive = asked.map_or(facts.keep_alive_secs, |asked| asked.keep_alive_secs);
    said("keep_alive", u64::from(keep_alive).into());
    if is_five {
        said("session_expiry_interval", u64::from(facts.expiry_secs).into());
    }
    let properties = asked.map_or("", |asked| &asked.properties);
    for (name, value) in properties.lines().filter_map(|line| line.split_once('=')) {
        said(name, value.into());
    }
    let listener = format!("listener {}", facts.listener.name);
    let mut seen = |name: &str, value: Value| rows.push(row("transport", name, value, &listener));
    seen("peer", (&*mailbox.peer).into());
    seen(
        "tls",
        asked.and_then(|asked| asked.tls).map_or(Value::Null, Value::from),
    );
    seen(
        "certificate",
        facts
            .tls_cn()
            .map(|name| &**name)
            .map_or(Value::Null, Value::from),
    );
    if let Some(will) = look.and_then(|look| look.will.as_ref()) {
        of_will(rows, will);
    }
}

fn of_will(rows: &mut Vec<Row>, will: &SessionWill) {
    of_message(rows, &will.message);
    rows.push(row("will", "delay", will.delay.as_secs(), CLIENT));
    if let Some(secs) = will.message_expiry_secs {
        rows.push(row("will", "message_expiry_interval", u64::from(secs), CLIENT));
    }
}

fn of_message(rows: &mut Vec<Row>, message: &Message) {
    let mut said = |name: &str, value: Value| rows.push(row("will", name, value, CLIENT));
    said("topic", message.topic().into());
    said("qos", u64::from(message.qos.as_u8()).into());
    said("retain", message.retain.into());
    said("payload_bytes", (message.payload().len() as u64).into());
    let Some(properties) = message.properties.as_deref() else {
        return;
    };
    let texts = [
        ("content_type", properties.content_type.as_deref()),
        ("response_topic", properties.response_topic.as_deref()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            said(name, text.into());
        }
    }
    if !properties.user_properties.is_empty() {
        said(
            "user_properties",
            (properties.user_properties.len() as u64).into(),
        );
    }
}

/// What is left of a client that has gone.
fn of_offline(rows: &mut Vec<Row>, waiting: &Waiting) {
    let left = |until: u64| Duration::from_millis(until.saturating_sub(unix_millis())).as_secs();
    if let Some(until) = waiting.expires_at {
        rows.push(row("offline", "ends_in", left(until), CLIENT));
    }
    if let Some(will) = &waiting.will {
        of_message(rows, &will.message);
        rows.push(row("will", "published_in", left(will.fire_at), CLIENT));
    }
}

fn protocol(facts: &Facts) -> String {
    let version = match facts.level.version {
        Version::V3 => "MQTT 3.1",
        Version::V4 => "MQTT 3.1.1",
        Version::V5 => "MQTT 5",
    };
    let bridge = if facts.level.bridge { ", as a bridge" } else { "" };
    format!("{version}{bridge}")
}
