//! Variable byte integers: at most four bytes, minimal form [MQTT-1.5.5-1]. Remaining Length, property lengths and
//! Subscription Identifiers have this form.

use crate::DecodeError;

/// The largest value, 268 435 455.
pub const MAX: u32 = 0x0FFF_FFFF;

/// Reads the integer at the start of `bytes`: its value and the bytes it takes. `Ok(None)` = more bytes are needed.
///
/// # Errors
/// More than four bytes, or leading zeroes (a longer form than the value needs).
pub fn read(bytes: &[u8]) -> Result<Option<(u32, usize)>, DecodeError> {
    // Most integers are one byte.
    if let Some(&byte @ 0..=0x7F) = bytes.first() {
        return Ok(Some((u32::from(byte), 1)));
    }
    let mut value = 0u32;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            if byte == 0 {
                return Err(DecodeError::malformed("variable_byte_integer_not_minimal"));
            }
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() < 4 {
        return Ok(None);
    }
    Err(DecodeError::malformed("variable_byte_integer_too_long"))
}

/// Bytes that `value` takes on the wire, 1 to 4.
#[must_use]
pub const fn size(value: u32) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}

/// The wire form of `value` (at most [`MAX`], higher bits are lost): the first `.1` bytes of `.0`.
#[must_use]
pub const fn write(value: u32) -> ([u8; 4], usize) {
    let mut bytes = [0u8; 4];
    let len = size(value);
    let mut index = 0;
    while index < len {
        bytes[index] = ((value >> (7 * index)) & 0x7F) as u8;
        if index + 1 < len {
            bytes[index] |= 0x80;
        }
        index += 1;
    }
    (bytes, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_every_length() {
        for (value, len) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (16_383, 2),
            (16_384, 3),
            (2_097_151, 3),
            (2_097_152, 4),
            (MAX, 4),
        ] {
            let (bytes, written) = write(value);
            assert_eq!(written, len, "{value}");
            assert_eq!(size(value), len, "{value}");
            assert_eq!(read(&bytes[..written]), Ok(Some((value, len))));
            for cut in 0..written {
                assert_eq!(read(&bytes[..cut]), Ok(None), "{value} cut at {cut}");
            }
        }
    }

    #[test]
    fn hostile_forms_are_refused() {
        for bytes in [
            &[0x80, 0x00][..],
            &[0xFF, 0x80, 0x00],
            &[0x80, 0x80, 0x80, 0x00],
            &[0x81, 0x80, 0x00],
        ] {
            assert!(read(bytes).is_err(), "{bytes:02x?}");
        }
        // Five bytes are refused before the fifth arrives.
        assert!(read(&[0x80, 0x80, 0x80, 0x80]).is_err());
        assert!(read(&[0xFF, 0xFF, 0xFF, 0xFF, 0x01]).is_err());
    }
}
