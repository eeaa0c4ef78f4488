//! A bounded view of bytes that are being decoded, and the variable-length number both directions share.

/// Longest variable-length form of a u64.
const VARINT_BYTES_MAX: usize = 10;

/// Takes fields off the front of a slice; every method returns `None` instead of reading past the end.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What has not been taken yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    /// A number of seven bits a byte, lowest first, in its shortest form.
    pub fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for index in 0..VARINT_BYTES_MAX {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7F);
            if index == VARINT_BYTES_MAX - 1 && bits > 1 {
                return None;
            }
            value |= bits << (7 * index);
            if byte & 0x80 == 0 {
                let padded = index > 0 && byte == 0;
                return (!padded).then_some(value);
            }
        }
        None
    }

    /// Bytes preceded by their number.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.varint()?).ok()?;
        self.take(len)
    }
}

/// Appends a number of seven bits a byte, lowest first.
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(0x80 | (value & 0x7F) as u8);
        value >>= 7;
    }
    out.push((value & 0x7F) as u8);
}

/// Appends bytes preceded by their number.
pub fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_come_back_and_have_one_form() {
        for value in [
            0,
            1,
            0x7F,
            0x80,
            0x3FFF,
            0x4000,
            u64::from(u32::MAX),
            u64::MAX - 1,
            u64::MAX,
        ] {
            let mut out = Vec::new();
            put_varint(value, &mut out);
            let mut cursor = Cursor::new(&out);
            assert_eq!(cursor.varint(), Some(value));
            assert!(cursor.rest().is_empty());
        }
        for wrong in [&[][..], &[0x80], &[0x80, 0], &[0xFF; 10], &[0xFF; 11]] {
            assert_eq!(Cursor::new(wrong).varint(), None, "{wrong:?}");
        }
        let mut too_large = vec![0xFF; 9];
        too_large.push(2);
        assert_eq!(Cursor::new(&too_large).varint(), None);
    }

    #[test]
    fn an_announced_length_is_never_believed() {
        let mut out = Vec::new();
        put_varint(u64::MAX, &mut out);
        out.extend_from_slice(b"abc");
        assert_eq!(Cursor::new(&out).bytes(), None);
    }
}
