//! The last refusals, kept for later explanation: who was refused what, and which plugin and line decided. A bounded
//! ring; the oldest goes.

use super::{DecidedBy, Identity, Refusal};
use crate::message::UnixMillis;
use crate::registry::SubscriberId;
use crate::store::unix_millis;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Refusals that are kept.
const KEPT: usize = 1000;

/// What was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Connect,
    Publish { topic: Arc<str> },
    Subscribe,
    Will { topic: Arc<str> },
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub at: UnixMillis,
    pub subscriber: SubscriberId,
    pub username: Option<Arc<str>>,
    pub peer: Arc<str>,
    pub refused: Request,
    pub word: &'static str,
    pub by: DecidedBy,
}

/// The ring.
#[derive(Debug, Default)]
pub struct Refusals {
    records: Mutex<VecDeque<Record>>,
}

impl Refusals {
    /// Keeps one refusal.
    pub fn keep(&self, identity: &Identity, refused: Request, refusal: &Refusal) {
        let record = Record {
            at: unix_millis(),
            subscriber: identity.subscriber.clone(),
            username: identity.username.clone(),
            peer: Arc::clone(&identity.peer),
            refused,
            word: refusal.word,
            by: refusal.by,
        };
        let mut records = self.records.lock();
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(record);
    }

    /// The refusals of one client, oldest first.
    #[must_use]
    pub fn of(&self, subscriber: &SubscriberId) -> Vec<Record> {
        let records = self.records.lock();
        records
            .iter()
            .filter(|record| record.subscriber == *subscriber)
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vmq_config::Plugin;

    #[test]
    fn the_oldest_goes() {
        let refusals = Refusals::default();
        let refusal = Refusal {
            reason: None,
            word: "invalid_credentials",
            by: DecidedBy {
                plugin: Some(Plugin::Passwd),
                line: Some(7),
            },
        };
        for number in 0..=KEPT {
            let identity = Identity {
                subscriber: SubscriberId::new("", &number.to_string()),
                username: None,
                peer: Arc::from("local"),
                m5: true,
            };
            refusals.keep(&identity, Request::Connect, &refusal);
        }
        assert!(refusals.of(&SubscriberId::new("", "0")).is_empty());
        let last = refusals.of(&SubscriberId::new("", &KEPT.to_string()));
        assert_eq!(last[0].by, refusal.by);
    }
}
