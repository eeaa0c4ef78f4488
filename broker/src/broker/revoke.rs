//! What follows when rules change and `vmq_acl.revoke_on_reload` is on: subscriptions are authorised again, and retained
//! messages whose author may not write them any more are removed.

use crate::core::Core;
use crate::hooks::rule_file::Reload;
use crate::hooks::{Identity, Publish};
use crate::mailbox::Recheck;
use crate::message::Message;
use crate::publish::forget_retained;
use crate::registry::SubscriberId;
use std::sync::Arc;

/// Acts on what a look at the ACL file brought. Must be called within the runtime.
pub(super) fn follow(core: &Arc<Core>, reload: &Reload) {
    let replaced = matches!(reload, Reload::Replaced);
    if !replaced || !core.config().acl.revoke_on_reload {
        return;
    }
    core.registry.for_each(|queue| {
        for mailbox in queue.owners() {
            mailbox.recheck(Recheck::Ask);
        }
    });
    let core = Arc::clone(core);
    tokio::spawn(async move { revoke_retained(&core).await });
}

/// Asks the global chain again for every retained message with a known author.
async fn revoke_retained(core: &Core) {
    let chain = core.hooks.chain(None);
    let mut removed = 0_u64;
    for (mountpoint, message) in core.retained.list(|message| message.author.is_some()) {
        let Some(identity) = author(&mountpoint, &message) else {
            continue;
        };
        let request = Publish {
            identity: &identity,
            topic: message.topic(),
            payload: message.payload(),
            qos: message.qos,
            retain: true,
        };
        if chain.auth_on_publish(&request).await.is_err() {
            removed += u64::from(forget_retained(core, &mountpoint, &message));
        }
    }
    if removed > 0 {
        tracing::info!("removed {removed} retained messages whose authors may not write them any more");
    }
}

fn author(mountpoint: &str, message: &Message) -> Option<Identity> {
    let author = message.author.as_ref()?;
    Some(Identity {
        subscriber: SubscriberId::new(mountpoint, &author.client_id),
        username: author.username.as_deref().map(Arc::from),
        peer: Arc::from("local"),
        m5: false,
    })
}
