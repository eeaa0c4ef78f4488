//! `session unsubscribe` and `session reauthorize` (admin.md 6.3, 6.4): subscriptions change, in the router and on disk,
//! without the client being told; connected or not.

use crate::core::Core;
use crate::hooks::{Identity, Subscribe};
use crate::mailbox::{Mailbox, Recheck};
use crate::queue::Queue;
use crate::registry::SubscriberId;
use crate::store::{CommitState, Op};
use bytestring::ByteString;
use std::sync::Arc;
use vmq_mqtt::Version;

/// Removes one subscription; `false` = there was none, or the disk did not take it. `tell` = plugins hear of it.
pub(super) async fn unsubscribe(
    core: &Core,
    mountpoint: &str,
    client_id: &str,
    filter: &str,
    tell: bool,
) -> bool {
    let Some(queue) = core.registry.get(&SubscriberId::new(mountpoint, client_id)) else {
        return false;
    };
    let removed = core.router.unsubscribe(&queue, filter) && forget(core, &queue, [filter]).await;
    if removed && tell {
        core.hooks.on_topic_unsubscribed(&queue.subscriber, filter);
    }
    removed
}

/// Asks the chain about every subscription and removes those that are refused; `true` = something has changed.
pub(super) async fn reauthorize(
    core: &Core,
    mountpoint: &str,
    client_id: &str,
    username: Option<String>,
) -> bool {
    let Some(queue) = core.registry.get(&SubscriberId::new(mountpoint, client_id)) else {
        return false;
    };
    let owners = queue.owners();
    let owner: Option<&Arc<Mailbox>> = owners.first();
    let facts = owner.and_then(|mailbox| mailbox.facts());
    // A listener may ask plugins of its own.
    let chain = match facts {
        Some(facts) => facts.listener.authz.clone(),
        None => core.hooks.chain(None),
    };
    let identity = Identity {
        subscriber: queue.subscriber.clone(),
        username: username.map(Arc::from),
        peer: owner.map_or_else(|| Arc::from("local"), |mailbox| Arc::clone(&mailbox.peer)),
        m5: facts.is_some_and(|facts| facts.level.version == Version::V5),
    };
    let mut refused = Vec::new();
    for (filter, subscription) in queue.subscriptions.list() {
        let request = Subscribe {
            identity: identity.clone(),
            topics: vec![(ByteString::from(&*filter), subscription.qos)],
        };
        if chain.auth_on_subscribe(&request).await.is_err() && core.router.unsubscribe(&queue, &filter) {
            refused.push(filter);
        }
    }
    if refused.is_empty() {
        return false;
    }
    for mailbox in queue.owners() {
        mailbox.recheck(Recheck::Removed);
    }
    forget(core, &queue, refused.iter().map(|filter| &**filter)).await;
    true
}

/// Deletes subscriptions on disk; deleting what is not there does no harm.
async fn forget(core: &Core, queue: &Queue, filters: impl IntoIterator<Item = &str>) -> bool {
    let delete = |filter: &str| Op::DeleteSubscription {
        queue: queue.id,
        filter: filter.to_owned(),
    };
    let ops = filters.into_iter().map(delete).collect();
    core.store.submit(ops).done().await == CommitState::Durable
}
