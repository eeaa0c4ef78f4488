//! The stored record of a persistent session.

use crate::message::{Message, UnixMillis};
use crate::session::will::ParkedWill;
use crate::store::codec;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use vmq_mqtt::{Properties, QoS};

/// What is kept of a session besides its subscriptions and messages. Encoded with a leading version byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    pub mountpoint: String,
    pub client_id: String,
    pub username: Option<String>,
    /// Session Expiry Interval in seconds; `None` = the session never expires.
    pub expiry_secs: Option<u32>,
    /// Absolute end of an offline session; `None` while connected, or never.
    pub expires_at: Option<UnixMillis>,
    pub last_packet_id: u16,
    pub will: Option<WillRecord>,
}

/// A parked will.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WillRecord {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
    pub fire_at: UnixMillis,
    pub message_expiry_secs: Option<u32>,
    pub payload_format_indicator: Option<u8>,
    pub content_type: Option<String>,
    pub response_topic: Option<String>,
    pub correlation_data: Option<Vec<u8>>,
    pub user_properties: Vec<(String, String)>,
}

/// Version of the encoding.
const FORMAT: u8 = 1;

impl SessionRecord {
    /// The bytes to store.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![FORMAT]).unwrap_or_default()
    }

    /// Reads a stored record; `None` if it is damaged or of an unknown version.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (format, body) = bytes.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let mut record: Self = postcard::from_bytes(body).ok()?;
        record.will = record.will.filter(WillRecord::is_valid);
        Some(record)
    }
}

impl WillRecord {
    /// The record of a parked will.
    #[must_use]
    pub fn from_will(will: &ParkedWill) -> Self {
        let message = &will.message;
        let properties = message.properties.as_deref().cloned().unwrap_or_default();
        Self {
            topic: message.topic().to_owned(),
            payload: message.payload().to_vec(),
            qos: message.qos.as_u8(),
            retain: message.retain,
            fire_at: will.fire_at,
            message_expiry_secs: will.message_expiry_secs,
            payload_format_indicator: properties.payload_format_indicator,
            content_type: properties.content_type.map(Into::into),
            response_topic: properties.response_topic.map(Into::into),
            correlation_data: properties.correlation_data.map(Into::into),
            user_properties: properties
                .user_properties
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// Whether its message is one that a client can have left here.
    fn is_valid(&self) -> bool {
        let mut bytes = Vec::new();
        codec::encode_message(&self.to_will().message, &mut bytes);
        codec::decode_message(&bytes).is_some()
    }

    /// The parked will of a record.
    #[must_use]
    pub fn to_will(&self) -> ParkedWill {
        let mut message = Message::new(
            &self.topic,
            &self.payload,
            QoS::from_u8(self.qos).unwrap_or_default(),
            self.retain,
        );
        let properties = Properties {
            payload_format_indicator: self.payload_format_indicator,
            content_type: self.content_type.as_deref().map(Into::into),
            response_topic: self.response_topic.as_deref().map(Into::into),
            correlation_data: self.correlation_data.clone().map(Into::into),
            user_properties: self
                .user_properties
                .iter()
                .map(|(name, value)| (name, value))
                .collect(),
            ..Properties::default()
        };
        if properties != Properties::default() {
            message.properties = Some(Box::new(properties));
        }
        ParkedWill {
            message: Arc::new(message),
            fire_at: self.fire_at,
            message_expiry_secs: self.message_expiry_secs,
        }
    }
}

#[cfg(test)]
mod tests;
