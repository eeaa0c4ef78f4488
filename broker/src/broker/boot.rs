//! Boot: what the store holds becomes queues, subscriptions and retained messages. Messages stay on disk.

use super::background::look_at;
use crate::core::Core;
use crate::metrics::Counter;
use crate::queue::Queue;
use crate::registry::SessionRecord;
use crate::router::Subscription;
use crate::store::{Op, StoreError, StoredSession, unix_millis};
use std::sync::Arc;
use tracing::{info, warn};
use vmq_config::QueueKind;

/// Loads everything; blocks on the disk.
///
/// # Errors
/// The store cannot be read.
pub fn load(core: &Arc<Core>) -> Result<(), StoreError> {
    let mut counts = Counts::default();
    core.store
        .load_sessions(&mut |stored| restore(core, stored, &mut counts))?;
    info!(
        "loaded {} local subscriptions and 0 remote subscriptions into vmq_reg_trie",
        counts.subscriptions
    );
    info!(
        "indexed {} offline messages of {} sessions",
        counts.messages, counts.sessions
    );
    if counts.damaged > 0 {
        warn!("{} damaged session records were dropped", counts.damaged);
    }
    let now = unix_millis();
    let mut expired = Vec::new();
    core.store.load_retained(&mut |mountpoint, message| {
        if message.is_expired(now) {
            let topic = message.topic().to_owned();
            expired.push(Op::DeleteRetained { mountpoint, topic });
        } else {
            core.retained.set(&mountpoint, &Arc::new(message), || ());
        }
    })?;
    drop(core.submit(expired));
    // Sessions and wills whose time came while the broker was down.
    for queue in core.registry.deadlines.take_due(unix_millis()) {
        look_at(core, &queue);
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    sessions: u64,
    subscriptions: u64,
    messages: u64,
    damaged: u64,
}

fn restore(core: &Arc<Core>, stored: StoredSession, counts: &mut Counts) {
    let Some(record) = SessionRecord::decode(&stored.record) else {
        counts.damaged += 1;
        drop(core.store.submit(vec![Op::DeleteSession { queue: stored.queue }]));
        return;
    };
    let subscriber = core.registry.restored(&record.mountpoint, &record.client_id);
    let queue = Arc::new(Queue::new(stored.queue, subscriber, core.queue_limits()));
    // A session that was connected when the broker went down is offline from now on.
    let expires_at = record.expires_at.or_else(|| {
        record
            .expiry_secs
            .map(|secs| unix_millis() + u64::from(secs) * 1000)
    });
    let will = record
        .will
        .as_ref()
        .map(crate::registry::record::WillRecord::to_will);
    let fire_at = will.as_ref().map(|will| will.fire_at);
    queue.restore(stored.waiting, stored.range, expires_at, will);
    queue.set_last_packet_id(record.last_packet_id);
    if core.queue_limits().kind == QueueKind::Lifo && stored.waiting > 0 {
        match core.store.read_entries(stored.queue, 0, usize::MAX) {
            Ok(waiting) => queue.set_positions(waiting.iter().map(|entry| entry.seq).collect()),
            Err(error) => warn!("the lifo queue of {} is not trimmed: {error}", record.client_id),
        }
    }
    for (filter, options) in &stored.subscriptions {
        if let Some(subscription) = Subscription::decode(options) {
            core.router.subscribe(&queue, filter, subscription);
            counts.subscriptions += 1;
        }
    }
    counts.sessions += 1;
    counts.messages += stored.waiting;
    core.metrics.bump(Counter::QueueSetup);
    core.metrics.bump(Counter::QueueInitializedFromStorage);
    for at in expires_at.into_iter().chain(fire_at) {
        core.registry.deadlines.add(at, &queue);
    }
    core.registry.insert(queue);
}
