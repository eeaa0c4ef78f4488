//! Delivery: one message on its way to one client, with what the subscription adds to it.

use crate::message::Message;
use crate::store::{Entry, Seq};
use std::sync::Arc;
use vmq_mqtt::QoS;

/// One delivery. Small, because a fan-out makes many of them.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub message: Arc<Message>,
    /// Position in the store; 0 = not stored.
    pub seq: Seq,
    /// Subscription identifier; 0 = none.
    pub subscription_id: u32,
    /// Effective QoS.
    pub qos: QoS,
    /// RETAIN flag of the outgoing PUBLISH.
    pub retain: bool,
}

impl Delivery {
    /// The delivery of a stored entry.
    #[must_use]
    pub fn from_entry(entry: Entry) -> Self {
        Self {
            message: entry.message,
            seq: entry.seq,
            subscription_id: entry.subscription_id,
            qos: entry.qos,
            retain: entry.retain,
        }
    }

    /// The entry to store for this delivery.
    #[must_use]
    pub fn to_entry(&self) -> Entry {
        Entry {
            seq: self.seq,
            message: Arc::clone(&self.message),
            qos: self.qos,
            retain: self.retain,
            subscription_id: self.subscription_id,
        }
    }
}
