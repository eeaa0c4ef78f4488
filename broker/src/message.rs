//! Message: what travels once a packet is decoded. Immutable and shared; topic and payload lie in one allocation of
//! exactly their size, so that a queued message never pins the read buffer it came from.

use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;
use vmq_mqtt::{Properties, QoS};

/// An absolute deadline in wall-clock milliseconds since the Unix epoch.
pub type UnixMillis = u64;

/// The client that set a retained message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    pub client_id: Box<str>,
    pub username: Option<Box<str>>,
}

/// A message. Cheap to share (`Arc<Message>`); never changed after it was built.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Topic bytes (valid UTF-8), then the payload.
    body: Box<[u8]>,
    topic_len: u16,
    /// As published; the effective QoS of a delivery is in the delivery.
    pub qos: QoS,
    /// The RETAIN flag as published.
    pub retain: bool,
    /// Message Expiry Interval made absolute when the broker received the message.
    pub expires_at: Option<UnixMillis>,
    /// When the read came that it was in; not known of what was stored, and of what the broker publishes itself.
    pub received_at: Option<Instant>,
    /// Who published it; known of retained messages, which are removed when their author loses the right to write them.
    pub author: Option<Arc<Author>>,
    /// Only what is forwarded: payload format, content type, response topic, correlation data, user properties.
    pub properties: Option<Box<Properties>>,
}

impl Message {
    /// Builds a message from its parts. A topic longer than 65535 bytes cannot come from the codec; it is cut.
    #[must_use]
    pub fn new(topic: &str, payload: &[u8], qos: QoS, retain: bool) -> Self {
        let topic = &topic.as_bytes()[..topic.len().min(usize::from(u16::MAX))];
        let mut body = Vec::with_capacity(topic.len() + payload.len());
        body.extend_from_slice(topic);
        body.extend_from_slice(payload);
        Self {
            topic_len: u16::try_from(topic.len()).unwrap_or(u16::MAX),
            body: body.into_boxed_slice(),
            qos,
            retain,
            expires_at: None,
            received_at: None,
            author: None,
            properties: None,
        }
    }

    /// The topic's bytes; valid UTF-8.
    #[must_use]
    pub fn topic_bytes(&self) -> &[u8] {
        &self.body[..usize::from(self.topic_len)]
    }

    /// The topic for texts (logs, hooks): checked again, so not for the data path.
    #[must_use]
    pub fn topic(&self) -> &str {
        std::str::from_utf8(self.topic_bytes()).unwrap_or_default()
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.body[usize::from(self.topic_len)..]
    }

    /// The payload as shared bytes (a copy).
    #[must_use]
    pub fn payload_bytes(&self) -> Bytes {
        Bytes::copy_from_slice(self.payload())
    }

    /// Bytes of memory this message holds, for bounds and metrics.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.body.len() + size_of::<Self>() + self.properties.as_ref().map_or(0, |_| size_of::<Properties>())
    }

    /// Whether the deadline has passed. A message with interval 0 lives for the millisecond it arrived in.
    #[must_use]
    pub fn is_expired(&self, now: UnixMillis) -> bool {
        self.expires_at.is_some_and(|deadline| deadline < now)
    }
}
