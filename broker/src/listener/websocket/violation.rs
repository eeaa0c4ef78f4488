//! What a client can do wrong once it speaks WebSocket, and the close code that tells it so.

use std::io;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// A frame that ends the connection. It travels inside an `io::Error` of the kind `InvalidData`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// [MQTT-6.0.0-1]
    #[error("WebSocket text frame; MQTT travels in binary frames")]
    TextFrame,
    #[error(
        "WebSocket frame or message above {limit_bytes} bytes; send less at once or raise max_ws_frame_size"
    )]
    TooBig { limit_bytes: u64 },
    #[error("WebSocket frame without mask; clients mask what they send")]
    Unmasked,
    #[error("WebSocket frame with reserved bits; no extension was agreed on")]
    ReservedBits,
    #[error("WebSocket frame with a reserved opcode")]
    Opcode,
    #[error("WebSocket frame with a length that is not in its shortest form, or above 63 bits")]
    Length,
    #[error("WebSocket continuation without a message, or a new message inside another")]
    Fragments,
    #[error("WebSocket control frame in fragments, or above 125 bytes")]
    Control,
    #[error("WebSocket close frame with a bad code")]
    CloseCode,
    #[error("WebSocket close frame whose reason is not UTF-8")]
    CloseReason,
}

impl Violation {
    /// The word for a metric's label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TextFrame => "text_frame",
            Self::TooBig { .. } => "too_big",
            Self::Unmasked => "unmasked",
            Self::ReservedBits => "reserved_bits",
            Self::Opcode => "opcode",
            Self::Length => "length",
            Self::Fragments => "fragments",
            Self::Control => "control_frame",
            Self::CloseCode => "close_code",
            Self::CloseReason => "close_reason",
        }
    }

    /// The violation inside an error of `poll_read`, if it is one.
    #[must_use]
    pub fn of_io(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }

    /// What the close frame says.
    pub(super) fn close_code(self) -> u16 {
        u16::from(match self {
            Self::TextFrame => CloseCode::Unsupported,
            Self::TooBig { .. } => CloseCode::Size,
            Self::CloseReason => CloseCode::Invalid,
            _ => CloseCode::Protocol,
        })
    }
}

impl From<Violation> for io::Error {
    fn from(violation: Violation) -> Self {
        Self::new(io::ErrorKind::InvalidData, violation)
    }
}
