//! The broker's own tasks: session expiry and parked wills, rule files, the sweep of expired retained messages. Each ends
//! when the broker stops.

use super::RuleFiles;
use crate::core::Core;
use crate::hooks::acl::AclRules;
use crate::hooks::rule_file::{Reload, RuleFile};
use crate::metrics::Counter;
use crate::publish::publish_own;
use crate::queue::Queue;
use crate::registry::SessionRecord;
use crate::store::{Op, unix_millis};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// The first round of `$SYS` values comes this long after the start.
const FIRST_SYSTREE: Duration = Duration::from_secs(1);

/// Starts the tasks.
pub(super) fn spawn(core: &Arc<Core>, files: &RuleFiles) {
    until_stopped(core, watch_deadlines(Arc::clone(core)));
    until_stopped(core, publish_systree(Arc::clone(core)));
    let config = core.config();
    if let Some(every) = config.acl.reload_interval {
        let (acl, revoker) = (Arc::clone(&files.acl), Arc::clone(core));
        until_stopped(core, at_intervals(every, move || reload_acl(&revoker, &acl)));
    }
    if let Some(every) = config.passwd.reload_interval {
        let passwords = Arc::clone(&files.passwords);
        until_stopped(
            core,
            at_intervals(every, move || drop(passwords.reload_if_changed())),
        );
    }
    if let Some(every) = config.retain.expire_interval {
        let sweeper = Arc::clone(core);
        until_stopped(core, at_intervals(every, move || sweep_retained(&sweeper)));
    }
}

/// `$SYS` (monitoring.md 2.3): every metric, labels summed away.
async fn publish_systree(core: Arc<Core>) {
    tokio::time::sleep(FIRST_SYSTREE.min(core.config().systree.interval)).await;
    loop {
        let config = core.config();
        let systree = &config.systree;
        if systree.enabled && !systree.interval.is_zero() {
            crate::metrics::systree::publish(&core, systree);
        }
        // Switched off is looked at again, since the key may be set at run time.
        let wait = if systree.interval.is_zero() { FIRST_SYSTREE } else { systree.interval };
        tokio::time::sleep(wait).await;
    }
}

fn until_stopped(core: &Arc<Core>, task: impl Future<Output = ()> + Send + 'static) {
    let mut stopping = core.stopping.subscribe();
    tokio::spawn(async move {
        tokio::select! {
            () = task => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    });
}

/// Runs something that may block on the disk, again and again.
async fn at_intervals(every: Duration, work: impl Fn() + Send + Sync + 'static) {
    let work = Arc::new(work);
    let mut ticks = tokio::time::interval(every.max(Duration::from_millis(10)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let work = Arc::clone(&work);
        if tokio::task::spawn_blocking(move || work()).await.is_err() {
            tracing::error!("a background task panicked; it runs again at the next interval");
        }
    }
}

async fn watch_deadlines(core: Arc<Core>) {
    loop {
        for queue in core.registry.deadlines.due().await {
            look_at(&core, &queue);
        }
    }
}

/// Publishes a will that is due and ends a session whose time is over (mqtt.md 4.3, 12.2).
fn look_at(core: &Core, queue: &Arc<Queue>) {
    let now = unix_millis();
    let mountpoint = &queue.subscriber.mountpoint;
    if let Some(will) = queue.due_will(now) {
        publish_own(core, mountpoint, will.publish());
        forget_will(core, queue);
    }
    let Some(expired) = queue.expire(now) else { return };
    core.router.unsubscribe_all(queue);
    drop(core.store.submit(vec![Op::DeleteSession { queue: queue.id }]));
    core.registry.remove(queue);
    core.metrics.bump(Counter::QueueTeardown);
    core.metrics
        .add(Counter::QueueMessageUnhandled, expired.unhandled);
    if let Some(will) = expired.will {
        publish_own(core, mountpoint, will.publish());
    }
    tracing::debug!(client_id = &*queue.subscriber.client_id, "session expired");
}

/// A published will must not be published again after a restart.
fn forget_will(core: &Core, queue: &Arc<Queue>) {
    let info = queue.info();
    if info.persistent && !info.online {
        let record = SessionRecord {
            mountpoint: queue.subscriber.mountpoint.to_string(),
            client_id: queue.subscriber.client_id.to_string(),
            username: None,
            expiry_secs: None,
            expires_at: info.expires_at,
            last_packet_id: info.last_packet_id,
            will: None,
        };
        drop(core.store.submit(vec![Op::PutSession {
            queue: queue.id,
            record: record.encode(),
        }]));
    }
}

/// Reads the ACL file if it has changed; live subscriptions follow with `vmq_acl.revoke_on_reload`.
fn reload_acl(core: &Core, acl: &RuleFile<AclRules>) {
    let replaced = matches!(acl.reload_if_changed(), Reload::Replaced);
    if !replaced || !core.config().acl.revoke_on_reload {
        return;
    }
    core.registry.for_each(|queue| {
        if let Some(mailbox) = queue.owner() {
            mailbox.reauthorize();
        }
    });
}

fn sweep_retained(core: &Core) {
    let expired = core.retained.expired(unix_millis());
    let mut ops = Vec::new();
    for (mountpoint, message) in expired {
        if core.retained.delete(&mountpoint, message.topic_bytes()) {
            ops.push(Op::DeleteRetained {
                mountpoint: mountpoint.to_string(),
                topic: message.topic().to_owned(),
            });
        }
    }
    if !ops.is_empty() {
        drop(core.store.submit(ops));
    }
}
