//! Publish: what happens to the accepted messages of a batch, in one straight line: retained copy, matching, queues,
//! store. Connections, wills and `$SYS` all come this way.

use crate::core::Core;
use crate::events::{Decider, DropReason, Happening, Told, Who};
use crate::message::Message;
use crate::metrics::Counter;
use crate::queue::{Queue, Staged};
use crate::router::{Deliveries, Publisher};
use crate::store::{Commit, EntryOp, Op};
use crate::trace::routing::Routing;
use smallvec::SmallVec;
use std::sync::Arc;

/// Messages of one publisher that were accepted and not yet routed. Kept and used again by its connection.
#[derive(Debug, Default)]
pub struct Batch {
    messages: Vec<Arc<Message>>,
    deliveries: Deliveries,
    /// What a trace of a topic wants to know; set before a flush and taken after it.
    pub routing: Option<Box<Routing>>,
}

impl Batch {
    /// Adds an accepted message.
    pub fn add(&mut self, message: Arc<Message>) {
        self.messages.push(message);
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Routes everything that was added, and stores it together with the publisher's own changes (`ops`). The returned
    /// commit must be durable before any of it is acknowledged; `None` = there was nothing to store.
    pub fn flush(
        &mut self,
        core: &Core,
        mountpoint: &Arc<str>,
        publisher: Publisher,
        ops: Vec<Op>,
    ) -> Option<Commit> {
        if self.messages.is_empty() {
            return core.submit(ops);
        }
        let mut retained = None;
        for message in self.messages.iter().filter(|message| message.retain) {
            retained = retain(core, mountpoint, message).or(retained);
        }
        let matched = core
            .router
            .route(mountpoint, &self.messages, publisher, &mut self.deliveries);
        core.metrics.add(Counter::RouterMatchesLocal, matched);
        core.topics.saw(mountpoint, &self.messages);
        if let Some(routing) = &mut self.routing {
            routing.matched(&self.messages, &self.deliveries);
        }
        // Commits are completed in order: the last one covers those before.
        let commit = self.deliver(core, ops).or(retained);
        self.messages.clear();
        commit
    }

    /// A queue was full.
    #[cold]
    fn tell_dropped(&mut self, core: &Core, queue: &Arc<Queue>, staged: &Staged) {
        if let Some(routing) = &mut self.routing {
            routing.dropped(queue, staged.dropped);
        }
        core.traces.dropped(queue, staged.dropped);
        let Some(full) = staged.full else { return };
        let message = full
            .message_index
            .and_then(|index| self.messages.get(index as usize));
        let owners = queue.owners();
        let owner = owners.first();
        let told = Told {
            who: Who {
                peer: owner.map(|mailbox| &mailbox.peer),
                mailbox: owner.map(|mailbox| &**mailbox),
                ..Who::offline(&queue.subscriber)
            },
            what: Happening::MessagesDropped {
                reason: DropReason::QueueFull,
                count: staged.dropped,
                topic: message.map(|message| message.topic()),
            },
            by: match full.online {
                true => Decider::limit("max_online_messages", full.limit as u64),
                false => Decider::limit("max_offline_messages", full.limit as u64),
            },
        };
        told.tell(core);
    }

    /// Stages every group, gives the store what must survive, then lets the receivers see it.
    fn deliver(&mut self, core: &Core, mut ops: Vec<Op>) -> Option<Commit> {
        let mut entries: Vec<SmallVec<[EntryOp; 1]>> = Vec::new();
        let mut released = Vec::new();
        // A full lifo queue may give up an entry of this very batch: deletions follow insertions.
        let mut deletions = Vec::new();
        let (mut accepted, mut unhandled) = (0, 0);
        for group in self.deliveries.take() {
            let mut staged = group.queue.stage(group.items);
            accepted += staged.accepted;
            if staged.dropped > 0 {
                self.tell_dropped(core, &group.queue, &staged);
            }
            unhandled += staged.unhandled;
            deletions.append(&mut staged.ops);
            if !staged.entries.is_empty() {
                entries.resize_with(self.messages.len(), SmallVec::new);
                for (index, entry) in staged.entries.drain(..) {
                    entries[index as usize].push(entry);
                }
                released.push((group.queue, staged));
            }
        }
        core.metrics.add(Counter::QueueMessageIn, accepted);
        core.metrics.add(Counter::QueueMessageUnhandled, unhandled);
        for (message, entries) in self.messages.iter().zip(entries) {
            if !entries.is_empty() {
                ops.push(Op::PutEntries {
                    message: Arc::clone(message),
                    entries: entries.into_vec(),
                });
            }
        }
        ops.append(&mut deletions);
        let commit = core.submit(ops);
        for (queue, staged) in released {
            drop(core.submit(queue.release(&staged)));
        }
        commit
    }
}

/// Sets or clears the retained message of a topic (mqtt.md 10.1). `None` = there was nothing to clear.
fn retain(core: &Core, mountpoint: &Arc<str>, message: &Arc<Message>) -> Option<Commit> {
    let mountpoint_text = mountpoint.to_string();
    if message.payload().is_empty() {
        let topic = message.topic().to_owned();
        return core.retained.delete(mountpoint, message.topic_bytes(), || {
            core.store.submit(vec![Op::DeleteRetained {
                mountpoint: mountpoint_text,
                topic,
            }])
        });
    }
    let put = Op::PutRetained {
        mountpoint: mountpoint_text,
        message: Arc::clone(message),
    };
    Some(
        core.retained
            .set(mountpoint, message, || core.store.submit(vec![put])),
    )
}

/// Deletes a retained message that has expired or was revoked, unless it was replaced meanwhile. `true` = it is gone.
pub fn forget_retained(core: &Core, mountpoint: &str, message: &Arc<Message>) -> bool {
    let delete = Op::DeleteRetained {
        mountpoint: mountpoint.to_owned(),
        topic: message.topic().to_owned(),
    };
    core.retained
        .delete_same(mountpoint, message, || drop(core.store.submit(vec![delete])))
}

/// Publishes one message in the broker's own name.
pub fn publish_own(core: &Core, mountpoint: &Arc<str>, message: Arc<Message>) {
    let mut batch = Batch::default();
    batch.add(message);
    // Nobody waits for an acknowledgement, so nobody waits for the commit.
    drop(batch.flush(core, mountpoint, core.own_publisher(), Vec::new()));
}

#[cfg(test)]
mod tests;
