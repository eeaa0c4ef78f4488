//! Bytes to packets. (interface fixed; body below to be written)

use crate::{DecodeError, Packet, Version};
use bytes::{Bytes, BytesMut};

/// One complete packet as received: first byte and body (everything after the fixed header).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Type nibble and flags.
    pub first_byte: u8,
    /// Remaining Length bytes.
    pub body: Bytes,
}

/// Splits the next complete packet off `buffer`. `Ok(None)` = more bytes are needed. `size_max` bounds the Remaining
/// Length (bytes; 0 = the protocol's 268435455): a longer packet is refused as soon as its length is known.
///
/// # Errors
/// A length of more than four bytes or a non-minimal one, a length over the bound.
pub fn next_frame(buffer: &mut BytesMut, size_max: u32) -> Result<Option<Frame>, DecodeError> {
    let _unused = (buffer, size_max);
    Ok(None)
}

/// Decodes one frame. `version` is `None` until CONNECT has been seen (only CONNECT is accepted then).
///
/// # Errors
/// Whatever makes the packet malformed or a protocol error for that version.
pub fn decode(frame: &Frame, version: Option<Version>) -> Result<Packet, DecodeError> {
    let _unused = (frame, version);
    Ok(Packet::PingReq)
}
