//! CRC-32C (Castagnoli), as RFC 4960, appendix B, defines it: the checksum that a proxy may put into its header.

/// The polynomial, lowest bit first.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// What one byte does to the register; computed when the program is built.
static TABLE: [u32; 256] = table();

/// A checksum that is being computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc32c(u32);

impl Crc32c {
    pub(super) const fn new() -> Self {
        Self(u32::MAX)
    }

    /// Goes on with these bytes.
    pub(super) fn update(self, bytes: &[u8]) -> Self {
        let step = |register: u32, byte: &u8| {
            let [low, ..] = register.to_le_bytes();
            TABLE[usize::from(low ^ byte)] ^ (register >> 8)
        };
        Self(bytes.iter().fold(self.0, step))
    }

    pub(super) const fn value(self) -> u32 {
        !self.0
    }
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte: u8 = 0;
    loop {
        let mut register = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            let carry = register & 1;
            register = (register >> 1) ^ (carry * POLYNOMIAL);
            bit += 1;
        }
        table[byte as usize] = register;
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Crc32c;

    fn of(bytes: &[u8]) -> u32 {
        Crc32c::new().update(bytes).value()
    }

    #[test]
    fn agrees_with_the_published_vectors() {
        // The check value of the catalogue of CRCs, and RFC 3720, B.4.
        assert_eq!(of(b"123456789"), 0xe306_9283);
        assert_eq!(of(&[0; 32]), 0x8a91_36aa);
        assert_eq!(of(&[0xff; 32]), 0x62a8_ab43);
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(of(&ascending), 0x46dd_794e);
    }

    #[test]
    fn goes_on_over_parts() {
        let parts = Crc32c::new().update(b"1234").update(b"").update(b"56789");
        assert_eq!(parts.value(), of(b"123456789"));
    }
}
