//! `session disconnect` (admin.md 6.2): who is meant, and what happens to them.

use super::super::{Answer, blocking};
use super::plan::Plan;
use super::scan;
use crate::broker::background::{end_session, tell_session_end};
use crate::core::Core;
use crate::events::{Decider, SessionReason};
use crate::mailbox::{ConnectionId, Kick};
use crate::queue::Queue;
use crate::registry::SubscriberId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use vmq_admin::command::session::Who;

/// How long the answer waits for the sessions to have gone.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);

/// Queues handled at one go.
const STEP: usize = 100;

/// How often that is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The queues that are meant.
///
/// # Errors
/// The alert for an expression that is none.
pub(super) async fn choose(
    core: &Arc<Core>,
    node: &str,
    who: Who,
    mountpoint: &str,
    cleanup: bool,
) -> Result<Vec<Arc<Queue>>, Answer> {
    let named = |id: &String| core.registry.get(&SubscriberId::new(mountpoint, id));
    match who {
        Who::Client(id) => Ok(named(&id).into_iter().collect()),
        Who::Clients(ids) => Ok(ids.iter().filter_map(named).collect()),
        Who::Batch { nodes, .. } if !nodes.is_empty() && !nodes.iter().any(|name| name == node) => {
            Ok(Vec::new())
        }
        Who::Batch { count, except, .. } => {
            let (core, mountpoint) = (Arc::clone(core), mountpoint.to_owned());
            blocking(move || batch(&core, count, &except, &mountpoint, cleanup)).await
        }
        Who::Filter { filter, .. } => {
            let plan = Plan::of_filter(node, &filter, mountpoint)?;
            let core = Arc::clone(core);
            blocking(move || scan::find(&core, &plan, &|| false).queues).await
        }
    }
}

/// So many clients, no matter which. An offline one counts only when there is something to do to it.
fn batch(core: &Core, count: u64, except: &[String], mountpoint: &str, cleanup: bool) -> Vec<Arc<Queue>> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut chosen = Vec::new();
    core.registry.for_each(|queue| {
        let subscriber = &queue.subscriber;
        let wanted = chosen.len() < count
            && *subscriber.mountpoint == *mountpoint
            && (cleanup || queue.is_online())
            && !except.iter().any(|id| **id == *subscriber.client_id);
        if wanted {
            chosen.push(Arc::clone(queue));
        }
    });
    chosen
}

/// Closes the sessions of the queues and, with `cleanup`, ends what would outlive them. Returns when they have gone, or
/// after some seconds; gives the number of sessions.
pub(super) async fn run(core: &Core, queues: Vec<Arc<Queue>>, cleanup: bool, uid: u32) -> u64 {
    let mut sessions = 0;
    let mut leaving: Vec<(Arc<Queue>, ConnectionId)> = Vec::new();
    for (index, queue) in queues.into_iter().enumerate() {
        // Many at a time must neither keep the thread from others nor pile up work for the disk.
        if index % STEP == STEP - 1 {
            core.store.submit(Vec::new()).done().await;
            tokio::task::yield_now().await;
        }
        let owners = queue.owners();
        sessions += owners.len() as u64;
        for mailbox in &owners {
            let why = match cleanup {
                true => Kick::AdministrativeForget,
                false => Kick::Administrative,
            };
            mailbox.kick_for(why, Some(uid));
            leaving.push((Arc::clone(&queue), mailbox.connection));
        }
        if cleanup
            && owners.is_empty()
            && let Some(ended) = queue.terminate()
        {
            end_session(core, &queue, ended);
            let by = Decider::Admin { uid: Some(uid) };
            tell_session_end(core, &queue, SessionReason::Administrative, by);
        }
    }
    let deadline = Instant::now() + LEAVE_PATIENCE;
    loop {
        leaving.retain(|(queue, connection)| {
            queue
                .owners()
                .iter()
                .any(|mailbox| mailbox.connection == *connection)
        });
        if leaving.is_empty() || Instant::now() >= deadline {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    // What has ended does not come back after a crash.
    core.store.submit(Vec::new()).done().await;
    sessions
}
