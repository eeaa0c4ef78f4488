//! How publishes were routed, for traces of a topic (monitoring.md 8.6): a batch notes it only while one of them matches its
//! publisher. Wills and `$SYS` have no session that a trace could match.

use crate::message::Message;
use crate::queue::Queue;
use crate::router::Deliveries;
use std::sync::Arc;

/// What became of one batch.
#[derive(Debug, Default)]
pub struct Routing {
    /// Its messages, each with the number of local subscriptions that match.
    pub(super) matched: Vec<(Arc<Message>, u64)>,
    /// Queues that had no room, and how many messages each dropped.
    pub(super) dropped: Vec<(Arc<Queue>, u64)>,
}

impl Routing {
    /// Notes the matches.
    pub(crate) fn matched(&mut self, messages: &[Arc<Message>], deliveries: &Deliveries) {
        let counts = deliveries.counts(messages.len());
        self.matched = messages.iter().cloned().zip(counts).collect();
    }

    /// Notes what a queue dropped.
    pub(crate) fn dropped(&mut self, queue: &Arc<Queue>, count: u64) {
        self.dropped.push((Arc::clone(queue), count));
    }
}
