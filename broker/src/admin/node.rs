//! `vmq-admin node`: the figures of this node, and what its stored state allows (admin.md 5.1).

use super::{Admin, Answer, Control, blocking, durability};
use crate::Broker;
use tokio::sync::oneshot;
use vmq_admin::command::node::Node;
use vmq_admin::{Element, Row, State, Value};

const NO_UPGRADE: &str =
    "Hot code upgrade is not supported. Install the new package and run 'vernemq restart'.";

const VERSION: &str = "version";

/// The names of `node status` (admin.md 5.1).
const STATUS: [&str; 13] = [
    "num_online",
    "num_offline",
    "msg_in",
    "msg_out",
    "queue_in",
    "queue_out",
    "queue_drop",
    "queue_unhandled",
    "num_subscriptions",
    "num_retained",
    "matches_local",
    "matches_remote",
    VERSION,
];

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Node) -> Result<Answer, Answer> {
    match command {
        Node::Start => Ok(ask(admin, Control::StartNode).await),
        Node::Stop => Ok(ask(admin, Control::StopNode).await),
        Node::Status if admin.state() == State::Stopped => {
            Ok(Answer::of(vec![Element::Table(rows(|name| match name {
                VERSION => env!("CARGO_PKG_VERSION").into(),
                "num_online" => 0_u64.into(),
                // Nobody counts.
                _ => Value::Undefined,
            }))]))
        }
        Node::Status => {
            let broker = admin.broker()?;
            // It looks at every queue.
            let rows = blocking(move || status(&broker)).await?;
            Ok(Answer::of(vec![Element::Table(rows)]))
        }
        Node::History => {
            let broker = admin.broker()?;
            let is_empty = has_no_history(&broker);
            let state = if is_empty { "empty_state" } else { "existing_state" };
            Ok(Answer::of(vec![Element::text(state)]))
        }
        Node::SwcSyncStatus => {
            admin.broker()?;
            // One store, one partition; a node alone has nobody to be out of step with.
            let row = Row::default()
                .with("SWC Partition", "meta1")
                .with("InitSynced", true);
            Ok(Answer::of(vec![Element::Table(vec![row])]))
        }
        Node::FlagAsInitSynced => {
            admin.broker()?;
            Ok(Answer::done())
        }
        Node::Durability => Ok(durability::show(&admin.settings()?.config)),
        Node::Upgrade => Err(Answer::alert(NO_UPGRADE)),
    }
}

/// Nothing was ever stored for a session, and no retained message is there. Queue ids are never used again, so the
/// last one tells of sessions that have gone.
fn has_no_history(broker: &Broker) -> bool {
    let core = broker.core();
    core.store.last_queue_id() == 0 && core.retained.is_empty() && core.router.subscription_count() == 0
}

fn status(broker: &Broker) -> Vec<Row> {
    let (mut all, mut online) = (0_u64, 0_u64);
    let core = broker.core();
    core.registry.for_each(|queue| {
        all += 1;
        online += u64::from(queue.is_online());
    });
    rows(|name| match name {
        "num_online" => online.into(),
        "num_offline" => (all - online).into(),
        "msg_in" => broker.metric("mqtt_publish_received").into(),
        "msg_out" => broker.metric("mqtt_publish_sent").into(),
        "queue_in" => broker.metric("queue_message_in").into(),
        "queue_out" => broker.metric("queue_message_out").into(),
        "queue_drop" => broker.metric("queue_message_drop").into(),
        "queue_unhandled" => broker.metric("queue_message_unhandled").into(),
        "num_subscriptions" => (core.router.subscription_count() as u64).into(),
        "num_retained" => (core.retained.len() as u64).into(),
        "matches_local" => broker.metric("router_matches_local").into(),
        "matches_remote" => broker.metric("router_matches_remote").into(),
        VERSION => env!("CARGO_PKG_VERSION").into(),
        _ => Value::Undefined,
    })
}

/// The rows of `node status`, in their order.
fn rows(value: impl Fn(&str) -> Value) -> Vec<Row> {
    let row = |name: &&str| Row::default().with("Status", *name).with("Value", value(name));
    STATUS.iter().map(row).collect()
}

/// Asks the main loop, which alone starts and stops the broker.
async fn ask(admin: &Admin, control: fn(oneshot::Sender<Answer>) -> Control) -> Answer {
    let (answer, answered) = oneshot::channel();
    if admin.controls.send(control(answer)).await.is_err() {
        return Answer::alert("node is stopping");
    }
    answered
        .await
        .unwrap_or_else(|_| Answer::alert("node is stopping"))
}
