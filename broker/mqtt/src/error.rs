//! Why bytes were refused.

use crate::ReasonCode;

/// A fault in received bytes. The session turns it into a close (3.x, or before CONNACK) or a DISCONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DecodeError {
    /// The reason code a version 5 peer is told: malformed packet, protocol error, packet too large, ...
    pub reason: ReasonCode,
    /// A word for the log, such as `cant_parse_fixed_header` or `packet_exceeds_max_size`.
    pub what: &'static str,
    /// The protocol level of a CONNECT whose version is not supported: the answer is a CONNACK, not a close.
    pub refused_level: Option<RefusedLevel>,
}

impl DecodeError {
    /// Bytes that cannot be a packet: 0x81.
    #[must_use]
    pub const fn malformed(what: &'static str) -> Self {
        Self {
            reason: ReasonCode::MalformedPacket,
            what,
            refused_level: None,
        }
    }

    /// A readable packet that the protocol forbids: 0x82.
    #[must_use]
    pub const fn protocol(what: &'static str) -> Self {
        Self {
            reason: ReasonCode::ProtocolError,
            what,
            refused_level: None,
        }
    }
}

/// How an unsupported protocol level is answered (mqtt.md 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedLevel {
    /// CONNACK return code 1 in 3.x format.
    V3Format,
    /// CONNACK 0x84 in version 5 format.
    V5Format,
}
