//! The will of a session (mqtt.md 12): when it is published, discarded or parked.

use crate::message::{Message, UnixMillis};
use crate::store::unix_millis;
use std::sync::Arc;
use std::time::Duration;

/// A will as accepted at CONNECT, possibly rewritten by a hook.
#[derive(Clone, Debug)]
pub struct SessionWill {
    pub message: Arc<Message>,
    /// Will Delay Interval, capped by `max_last_will_delay`.
    pub delay: Duration,
    /// Message Expiry Interval; starts when the will is published.
    pub message_expiry_secs: Option<u32>,
}

/// A will that waits on the queue for its delay to pass.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkedWill {
    pub message: Arc<Message>,
    pub fire_at: UnixMillis,
    pub message_expiry_secs: Option<u32>,
}

/// What happens to the will when the connection ends.
#[derive(Debug)]
pub enum WillOutcome {
    /// There is none, or it is discarded.
    Nothing,
    Publish(Arc<Message>),
    Park(ParkedWill),
}

impl SessionWill {
    /// The outcome when the session outlives the connection (`persistent`) or not [MQTT-3.1.3-9].
    #[must_use]
    pub fn end(self, persistent: bool) -> WillOutcome {
        if self.delay.is_zero() || !persistent {
            return WillOutcome::Publish(with_expiry(&self.message, self.message_expiry_secs));
        }
        let delay_ms = u64::try_from(self.delay.as_millis()).unwrap_or(u64::MAX);
        WillOutcome::Park(ParkedWill {
            message: self.message,
            fire_at: unix_millis().saturating_add(delay_ms),
            message_expiry_secs: self.message_expiry_secs,
        })
    }
}

impl ParkedWill {
    /// The message to publish now.
    #[must_use]
    pub fn publish(&self) -> Arc<Message> {
        with_expiry(&self.message, self.message_expiry_secs)
    }
}

/// The expiry interval of a will starts counting at publication.
fn with_expiry(message: &Arc<Message>, expiry_secs: Option<u32>) -> Arc<Message> {
    let Some(secs) = expiry_secs else {
        return Arc::clone(message);
    };
    let mut message = Message::clone(message);
    message.expires_at = Some(unix_millis() + u64::from(secs) * 1000);
    Arc::new(message)
}

#[cfg(test)]
mod tests;
