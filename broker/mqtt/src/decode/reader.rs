//! A cursor over a packet's body. Every read is checked against the end; strings are checked for UTF-8 and U+0000
//! and stay slices of the body.

use crate::{DecodeError, PacketId, varint};
use bytes::Bytes;
use bytestring::ByteString;

const ENDS_EARLY: DecodeError = DecodeError::malformed("field_ends_early");

/// Reads fields from `at` up to `end` of `body`.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    body: &'a Bytes,
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a Bytes) -> Self {
        Self {
            body,
            at: 0,
            end: body.len(),
        }
    }

    /// Bytes not yet read.
    pub(super) fn remaining(&self) -> usize {
        self.end - self.at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at == self.end
    }

    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(super) fn varint(&mut self) -> Result<u32, DecodeError> {
        let (value, size) = varint::read(&self.body[self.at..self.end])?.ok_or(ENDS_EARLY)?;
        self.at += size;
        Ok(value)
    }

    /// A packet identifier; 0 is a protocol error [MQTT-2.2.1-3].
    pub(super) fn packet_id(&mut self) -> Result<PacketId, DecodeError> {
        PacketId::new(self.u16()?).ok_or(DecodeError::protocol("packet_id_zero"))
    }

    /// Binary data with its two-byte length.
    pub(super) fn binary(&mut self) -> Result<Bytes, DecodeError> {
        let len = usize::from(self.u16()?);
        self.slice(len)
    }

    /// A UTF-8 string with its two-byte length: no surrogates [MQTT-1.5.4-1], no U+0000 [MQTT-1.5.4-2]; a byte order
    /// mark is kept [MQTT-1.5.4-3].
    pub(super) fn string(&mut self) -> Result<ByteString, DecodeError> {
        let bytes = self.binary()?;
        if bytes.contains(&0) {
            return Err(DecodeError::malformed("string_contains_nul"));
        }
        ByteString::try_from(bytes).map_err(|_| DecodeError::malformed("string_not_utf8"))
    }

    /// The same, to look at only.
    fn text(&mut self) -> Result<&'a str, DecodeError> {
        let len = usize::from(self.u16()?);
        if len > self.remaining() {
            return Err(ENDS_EARLY);
        }
        let bytes = &self.body[self.at..self.at + len];
        self.at += len;
        if bytes.contains(&0) {
            return Err(DecodeError::malformed("string_contains_nul"));
        }
        std::str::from_utf8(bytes).map_err(|_| DecodeError::malformed("string_not_utf8"))
    }

    /// Two such strings as they stand there, each behind its length.
    pub(super) fn pair(&mut self) -> Result<&'a [u8], DecodeError> {
        let from = self.at;
        self.text()?;
        self.text()?;
        Ok(&self.body[from..self.at])
    }

    /// A reader over the next `len` bytes, which this one skips.
    pub(super) fn section(&mut self, len: usize) -> Result<Reader<'a>, DecodeError> {
        if len > self.remaining() {
            return Err(ENDS_EARLY);
        }
        let section = Reader {
            body: self.body,
            at: self.at,
            end: self.at + len,
        };
        self.at += len;
        Ok(section)
    }

    /// Bytes after the last field are a fault.
    pub(super) fn finish(&self) -> Result<(), DecodeError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::malformed("bytes_after_last_field"))
        }
    }

    fn slice(&mut self, len: usize) -> Result<Bytes, DecodeError> {
        if len > self.remaining() {
            return Err(ENDS_EARLY);
        }
        let slice = self.body.slice(self.at..self.at + len);
        self.at += len;
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let array = self.body[self.at..self.end]
            .first_chunk::<N>()
            .ok_or(ENDS_EARLY)?;
        self.at += N;
        Ok(*array)
    }
}
