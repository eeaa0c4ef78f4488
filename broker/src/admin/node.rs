//! `vmq-admin node`: the figures of this node, and what its stored state allows (admin.md 5.1).

use super::{Admin, Answer, blocking};
use crate::Broker;
use std::sync::Arc;
use vmq_admin::command::node::Node;
use vmq_admin::{Element, Row, Value};

const NO_UPGRADE: &str =
    "Hot code upgrade is not supported. Install the new package and run 'vernemq restart'.";

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Node) -> Result<Answer, Answer> {
    match command {
        Node::Status => {
            let broker = Arc::clone(admin.broker()?);
            // It looks at every queue.
            let rows = blocking(move || status(&broker)).await?;
            Ok(Answer::of(vec![Element::Table(rows)]))
        }
        Node::History => {
            let is_empty = has_no_history(admin.broker()?);
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
    broker.core().registry.for_each(|queue| {
        all += 1;
        online += u64::from(queue.is_online());
    });
    let row = |name: &str, value: Value| Row::default().with("Status", name).with("Value", value);
    let metric = |name: &str, metric: &str| row(name, broker.metric(metric).into());
    vec![
        row("num_online", online.into()),
        row("num_offline", (all - online).into()),
        metric("msg_in", "mqtt_publish_received"),
        metric("msg_out", "mqtt_publish_sent"),
        metric("queue_in", "queue_message_in"),
        metric("queue_out", "queue_message_out"),
        metric("queue_drop", "queue_message_drop"),
        metric("queue_unhandled", "queue_message_unhandled"),
        row(
            "num_subscriptions",
            (broker.core().router.subscription_count() as u64).into(),
        ),
        row("num_retained", (broker.core().retained.len() as u64).into()),
        metric("matches_local", "router_matches_local"),
        metric("matches_remote", "router_matches_remote"),
        row("version", env!("CARGO_PKG_VERSION").into()),
    ]
}
