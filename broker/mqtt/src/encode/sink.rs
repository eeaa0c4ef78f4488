//! Where encoded fields go: into a buffer, or into a counter that tells how many bytes there will be. One description
//! of a packet serves both, so that length and content cannot disagree.

use crate::varint;
use bytes::{BufMut, BytesMut};

/// The longest string or binary field.
const FIELD_MAX: usize = 65_535;

/// Takes fields in wire order.
pub(super) trait Sink {
    fn raw(&mut self, bytes: &[u8]);

    fn u8(&mut self, value: u8) {
        self.raw(&[value]);
    }

    fn u16(&mut self, value: u16) {
        self.raw(&value.to_be_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    fn varint(&mut self, value: u32) {
        let (bytes, len) = varint::write(value);
        self.raw(&bytes[..len]);
    }

    /// A field with a two-byte length, cut to the longest possible one.
    fn binary(&mut self, bytes: &[u8]) {
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.u16(len);
        self.raw(&bytes[..usize::from(len)]);
    }

    /// Like `binary`, but a long string is cut between two characters.
    fn string(&mut self, string: &str) {
        self.binary(cut(string.as_bytes()));
    }
}

impl Sink for BytesMut {
    fn raw(&mut self, bytes: &[u8]) {
        self.put_slice(bytes);
    }
}

/// Counts bytes.
#[derive(Debug, Default)]
pub(super) struct Counter(usize);

impl Counter {
    pub(super) fn bytes(&self) -> usize {
        self.0
    }
}

impl Sink for Counter {
    fn raw(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

/// The part of a UTF-8 string that fits into a field.
pub(crate) fn cut(utf8: &[u8]) -> &[u8] {
    if utf8.len() <= FIELD_MAX {
        return utf8;
    }
    let is_continuation = |&end: &usize| utf8[end] & 0xC0 == 0x80;
    let end = (0..=FIELD_MAX)
        .rev()
        .find(|end| !is_continuation(end))
        .unwrap_or(0);
    &utf8[..end]
}
