//! The broker's own tasks: session expiry and parked wills, rule files, the sweep of expired retained messages, metrics.
//! Each ends when the broker stops.

use super::{RuleFiles, revoke};
use crate::core::Core;
use crate::events::{Decider, Happening, SessionReason, Told, Who};
use crate::hooks::acl::AclRules;
use crate::hooks::rule_file::RuleFile;
use crate::metrics::{Counter, Snapshot, graphite, systree};
use crate::overload;
use crate::publish::{forget_retained, publish_own};
use crate::queue::Queue;
use crate::queue::life::Expired;
use crate::registry::SessionRecord;
use crate::store::{Op, unix_millis};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{info, warn};
use vmq_config::Config;

/// The first round of `$SYS` values comes this long after the start.
const FIRST_SYSTREE: Duration = Duration::from_secs(1);

/// How often the load of the worker threads is looked at (monitoring.md 1.7), and a second of the history ends.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);

/// How often a live interval is looked at; a new one takes effect within this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often files of keys and certificates are looked at (config.md 8.3).
const LOOK_AT_CERTIFICATES: Duration = Duration::from_secs(10);

/// No background work runs more often.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

/// Starts the tasks.
pub(super) fn spawn(core: &Arc<Core>, files: &RuleFiles) {
    until_stopped(core, watch_deadlines(Arc::clone(core)));
    until_stopped(core, publish_systree(Arc::clone(core)));
    until_stopped(core, graphite::reporter::run(Arc::clone(core)));
    until_stopped(core, keep_history(Arc::clone(core)));
    let surveyor = Arc::clone(core);
    let work = move || surveyor.survey.look(&surveyor);
    until_stopped(core, at_intervals(Arc::clone(core), |_| Some(SAMPLE_EVERY), work));
    let (acl, revoker) = (Arc::clone(&files.acl), Arc::clone(core));
    let work = move || reload_acl(&revoker, &acl);
    until_stopped(
        core,
        at_intervals(Arc::clone(core), |config| config.acl.reload_interval, work),
    );
    let passwords = Arc::clone(&files.passwords);
    let work = move || drop(passwords.reload_if_changed());
    until_stopped(
        core,
        at_intervals(Arc::clone(core), |config| config.passwd.reload_interval, work),
    );
    let keeper = Arc::clone(core);
    let work = move || drop(keeper.listeners.refresh_certificates(false));
    until_stopped(
        core,
        at_intervals(Arc::clone(core), |_| Some(LOOK_AT_CERTIFICATES), work),
    );
    let keeper = Arc::clone(core);
    let work = move || drop(keeper.listeners.refresh_revocations(false));
    until_stopped(
        core,
        at_intervals(Arc::clone(core), |config| config.crl_refresh_interval, work),
    );
    until_stopped(core, watch_memory(Arc::clone(core)));
    let sweeper = Arc::clone(core);
    let work = move || sweep_retained(&sweeper);
    until_stopped(
        core,
        at_intervals(Arc::clone(core), |config| config.retain.expire_interval, work),
    );
}

/// `$SYS` (monitoring.md 2.3): every metric, labels summed away.
async fn publish_systree(core: Arc<Core>) {
    tokio::time::sleep(FIRST_SYSTREE.min(core.config().systree.interval)).await;
    loop {
        let config = core.config();
        let systree = &config.systree;
        if systree.enabled && !systree.interval.is_zero() {
            match Snapshot::read(&core).await {
                Some(snapshot) => systree::publish(&core, systree, &snapshot),
                None => tracing::error!("reading the metrics for $SYS failed; the next round is tried"),
            }
        }
        // Switched off is looked at again, since the key may be set at run time.
        let wait = if systree.interval.is_zero() {
            FIRST_SYSTREE
        } else {
            systree.interval
        };
        tokio::time::sleep(wait).await;
    }
}

async fn keep_history(core: Arc<Core>) {
    let mut seconds = tokio::time::interval(SAMPLE_EVERY);
    // What a stalled process has missed is one long second, not many short ones.
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        seconds.tick().await;
        core.process.sample();
        core.history.record(&core);
    }
}

/// Decides whether new clients are taken (`overload.memory_high_watermark`).
async fn watch_memory(core: Arc<Core>) {
    loop {
        let mark = core.config().overload.memory_high_watermark_percent;
        match core.overload.look(mark) {
            Some(change) if change.is_warning() => warn!("{change}"),
            Some(change) => info!("{change}"),
            None => {}
        }
        tokio::time::sleep(overload::LOOK_EVERY).await;
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

/// Runs something that may block on the disk, again and again. The interval may change, or come and go, while the broker
/// runs; `None` = not at all.
async fn at_intervals(
    core: Arc<Core>,
    interval: fn(&Config) -> Option<Duration>,
    work: impl Fn() + Send + Sync + 'static,
) {
    let work = Arc::new(work);
    let mut last = Instant::now();
    loop {
        let every = interval(&core.config()).map(|every| every.max(SHORTEST_INTERVAL));
        let look_again = Instant::now() + LOOK_AGAIN;
        let due = every.map(|every| last + every);
        tokio::time::sleep_until(due.map_or(look_again, |due| due.min(look_again))).await;
        if due.is_none_or(|due| Instant::now() < due) {
            continue;
        }
        let work = Arc::clone(&work);
        if tokio::task::spawn_blocking(move || work()).await.is_err() {
            tracing::error!("a background task panicked; it runs again at the next interval");
        }
        last = Instant::now();
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
pub(crate) fn look_at(core: &Core, queue: &Arc<Queue>) {
    let now = unix_millis();
    let mountpoint = &queue.subscriber.mountpoint;
    let will = queue.due_will(now, |expires_at, last_packet_id| {
        let record = SessionRecord {
            mountpoint: queue.subscriber.mountpoint.to_string(),
            client_id: queue.subscriber.client_id.to_string(),
            username: None,
            expiry_secs: None,
            expires_at,
            last_packet_id,
            will: None,
        };
        // A published will must not be published again after a restart.
        drop(core.store.submit(vec![Op::PutSession {
            queue: queue.id,
            record: record.encode(),
        }]));
    });
    if let Some(will) = will {
        publish_own(core, mountpoint, will.publish());
    }
    let Some(expired) = queue.expire(now) else {
        if let Some(at) = queue.next_deadline() {
            core.registry.deadlines.add(at, queue);
        }
        return;
    };
    end_session(core, queue, expired);
    tell_session_end(core, queue, SessionReason::Expired, Decider::SessionExpiry);
}

/// Tells the end of a session that had no connection.
pub(crate) fn tell_session_end(core: &Core, queue: &Queue, reason: SessionReason, by: Decider) {
    let told = Told {
        who: Who::offline(&queue.subscriber),
        what: Happening::SessionEnded(reason),
        by,
    };
    told.tell(core);
}

/// What an ended queue leaves to do: its subscriptions, what is stored of it, its place in the registry, its will.
pub(crate) fn end_session(core: &Core, queue: &Arc<Queue>, ended: Expired) {
    core.router.unsubscribe_all(queue);
    drop(core.store.submit(vec![Op::DeleteSession { queue: queue.id }]));
    core.registry.remove(queue);
    core.metrics.bump(Counter::QueueTeardown);
    core.metrics.add(Counter::QueueMessageUnhandled, ended.unhandled);
    if let Some(will) = ended.will {
        publish_own(core, &queue.subscriber.mountpoint, will.publish());
    }
}

/// Reads the ACL file if it has changed.
fn reload_acl(core: &Arc<Core>, acl: &RuleFile<AclRules>) {
    revoke::follow(core, &acl.reload_if_changed());
}

fn sweep_retained(core: &Core) {
    for (mountpoint, message) in core.retained.expired(unix_millis()) {
        forget_retained(core, &mountpoint, &message);
    }
}
