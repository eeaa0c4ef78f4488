//! The properties of version 5. One struct serves every packet; the codec checks which are allowed where
//! (table 2-4 of the standard).

use crate::UserProperties;
use bytes::Bytes;
use bytestring::ByteString;

/// All properties; `None` or empty means absent. Durations are in seconds, sizes in bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    pub payload_format_indicator: Option<u8>,
    pub message_expiry_secs: Option<u32>,
    pub content_type: Option<ByteString>,
    pub response_topic: Option<ByteString>,
    pub correlation_data: Option<Bytes>,
    /// Several only in a PUBLISH from server to client.
    pub subscription_ids: Vec<u32>,
    pub session_expiry_secs: Option<u32>,
    pub assigned_client_id: Option<ByteString>,
    pub server_keep_alive_secs: Option<u16>,
    pub authentication_method: Option<ByteString>,
    pub authentication_data: Option<Bytes>,
    pub request_problem_information: Option<bool>,
    pub will_delay_secs: Option<u32>,
    pub request_response_information: Option<bool>,
    pub response_information: Option<ByteString>,
    pub server_reference: Option<ByteString>,
    pub reason_string: Option<ByteString>,
    pub receive_maximum: Option<u16>,
    pub topic_alias_maximum: Option<u16>,
    pub topic_alias: Option<u16>,
    pub maximum_qos: Option<u8>,
    pub retain_available: Option<bool>,
    pub user_properties: UserProperties,
    pub maximum_packet_size: Option<u32>,
    pub wildcard_subscription_available: Option<bool>,
    pub subscription_ids_available: Option<bool>,
    pub shared_subscription_available: Option<bool>,
}
