//! MQTT 3.1, 3.1.1 and 5: packets, codec, topic names and filters. Pure: no I/O, no clock, no tokio.
//!
//! One set of packet types serves every version: the codec lifts 3.1 and 3.1.1 into the shape of version 5, so
//! that everything above it treats the version as data. Decoding borrows from the received bytes (`Bytes` slices),
//! never allocates by an announced length and never recurses.

pub mod version;
pub mod qos;
pub mod reason;
pub mod properties;
pub mod user_properties;
mod property;
pub mod packet;
pub mod error;
pub mod varint;
pub mod decode;
pub mod encode;
pub mod topic;

pub use decode::{Frame, decode, next_ack, next_frame};
pub use encode::encode;
pub use error::DecodeError;
pub use packet::*;
pub use properties::Properties;
pub use qos::QoS;
pub use reason::ReasonCode;
pub use user_properties::UserProperties;
pub use version::{Level, Version};
