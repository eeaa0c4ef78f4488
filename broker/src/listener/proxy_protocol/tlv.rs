//! The type-length-values of version 2 (proxy-protocol, 2.2.1 to 2.2.8). All lengths are checked; only the checksum and the
//! client's certificate are used. One pass, one level of nesting, no recursion.

use super::ProxyFault;
use super::crc32c::Crc32c;

const CRC32C: u8 = 0x03;
const UNIQUE_ID: u8 = 0x05;
const SSL: u8 = 0x20;
const SSL_COMMON_NAME: u8 = 0x22;

const UNIQUE_ID_BYTES_MAX: usize = 128;
const CHECKSUM_BYTES: usize = 4;

/// Bits of the client field: TLS at all, and a certificate on this connection or earlier in its TLS session.
const CLIENT_SSL: u8 = 0x01;
const CLIENT_CERTIFICATE: u8 = 0x02 | 0x04;

/// X.520 gives a common name 64 characters. More than this is not a name.
const COMMON_NAME_BYTES_MAX: usize = 256;

/// What is used of them.
#[derive(Debug, Default)]
pub(super) struct Tlvs {
    /// Where the checksum stands in the header.
    checksum_at: Option<usize>,
    /// Of a verified client certificate.
    pub common_name: Option<String>,
}

impl Tlvs {
    /// Reads all that stand in `header` from `at` on.
    pub(super) fn parse(header: &[u8], at: usize) -> Result<Self, ProxyFault> {
        let mut parsed = Self::default();
        let mut has_ssl = false;
        let mut values = Values::new(header, at)?;
        while let Some(Tlv { kind, at, value }) = values.next()? {
            match kind {
                CRC32C if value.len() != CHECKSUM_BYTES => return Err(ProxyFault::Length),
                // Two cannot both be right: each is computed with itself as zero.
                CRC32C if parsed.checksum_at.is_some() => return Err(ProxyFault::Checksum),
                CRC32C => parsed.checksum_at = Some(at),
                UNIQUE_ID if value.len() > UNIQUE_ID_BYTES_MAX => return Err(ProxyFault::Length),
                SSL => {
                    let name = verified_common_name(value)?;
                    // The first one counts.
                    if !has_ssl {
                        parsed.common_name = name;
                    }
                    has_ssl = true;
                }
                // ALPN, authority, padding, name space, and what is not known.
                _ => {}
            }
        }
        Ok(parsed)
    }
}

/// Compares the checksum, if the header has one.
pub(super) fn verify_checksum(header: &[u8], values: &Tlvs) -> Result<(), ProxyFault> {
    let Some(at) = values.checksum_at else {
        return Ok(());
    };
    let (before, rest) = header.split_at_checked(at).ok_or(ProxyFault::Length)?;
    let (told, after) = rest
        .split_first_chunk::<CHECKSUM_BYTES>()
        .ok_or(ProxyFault::Length)?;
    let computed = Crc32c::new()
        .update(before)
        .update(&[0; CHECKSUM_BYTES])
        .update(after)
        .value();
    if computed == u32::from_be_bytes(*told) {
        Ok(())
    } else {
        Err(ProxyFault::Checksum)
    }
}

/// The common name in an SSL value, if the certificate was verified. The lengths are checked in any case.
fn verified_common_name(ssl: &[u8]) -> Result<Option<String>, ProxyFault> {
    let (fixed, _) = ssl.split_first_chunk::<5>().ok_or(ProxyFault::Length)?;
    let [client, verify @ ..] = fixed;
    let is_verified =
        client & CLIENT_SSL != 0 && client & CLIENT_CERTIFICATE != 0 && u32::from_be_bytes(*verify) == 0;
    let mut name = None;
    let mut values = Values::new(ssl, fixed.len())?;
    while let Some(Tlv { kind, value, .. }) = values.next()? {
        if kind == SSL_COMMON_NAME && name.is_none() {
            name = Some(value);
        }
    }
    Ok(name.filter(|_| is_verified).and_then(usable_name))
}

/// A name that can be a username: not empty, UTF-8 without the null character [MQTT-1.5.4-2], of sane length.
fn usable_name(bytes: &[u8]) -> Option<String> {
    let is_usable = !bytes.is_empty() && bytes.len() <= COMMON_NAME_BYTES_MAX && !bytes.contains(&0);
    std::str::from_utf8(bytes)
        .ok()
        .filter(|_| is_usable)
        .map(str::to_owned)
}

/// One of them, and where its value stands.
struct Tlv<'a> {
    kind: u8,
    at: usize,
    value: &'a [u8],
}

/// Walks over them.
struct Values<'a> {
    header: &'a [u8],
    at: usize,
}

impl<'a> Values<'a> {
    fn new(header: &'a [u8], at: usize) -> Result<Self, ProxyFault> {
        if at > header.len() {
            return Err(ProxyFault::Length);
        }
        Ok(Self { header, at })
    }

    /// `None` at the end.
    fn next(&mut self) -> Result<Option<Tlv<'a>>, ProxyFault> {
        let rest = self.header.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let ([kind, high, low], rest) = rest.split_first_chunk::<3>().ok_or(ProxyFault::Length)?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let value = rest.get(..length).ok_or(ProxyFault::Length)?;
        let at = self.at + 3;
        self.at = at + length;
        Ok(Some(Tlv {
            kind: *kind,
            at,
            value,
        }))
    }
}
