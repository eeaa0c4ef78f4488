//! Version 2: a binary header of a fixed part, an address block and type-length-values (proxy-protocol, 2.2).

use super::tlv::{self, Tlvs};
use super::{HEADER_BYTES_MIN, ProxyFault, ProxyHeader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt};

pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Signature, version and command, family and transport, length of what follows.
const FIXED_BYTES: usize = 16;

/// Room made at first for what follows: addresses and the values that proxies usually send. It grows with what really
/// arrives, at most to twice of it.
const FIRST_ROOM_BYTES: usize = 256;

/// What the address block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Addresses {
    Ipv4,
    Ipv6,
    Unix,
    /// Family or transport unspecified: whatever is there is no address. Its length is what the family would have.
    Unspecified {
        bytes: usize,
    },
}

/// Reads the rest of the header that begins with `start`.
pub(super) async fn read<R: AsyncRead + Unpin>(
    stream: &mut R,
    start: &[u8; HEADER_BYTES_MIN],
) -> Result<ProxyHeader, ProxyFault> {
    let is_local = is_local(start[12])?;
    let mut header = Vec::with_capacity(FIRST_ROOM_BYTES);
    header.extend_from_slice(start);
    // The fields before the length are judged first: a bad one is not worth waiting for what it announces.
    let addresses = if is_local {
        None
    } else {
        Some(Addresses::of(start[13])?)
    };
    read_up_to(stream, &mut header, FIXED_BYTES).await?;
    let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
    if addresses.is_some_and(|addresses| addresses.bytes_min() > length) {
        return Err(ProxyFault::Length);
    }
    read_up_to(stream, &mut header, FIXED_BYTES + length).await?;
    // The proxy's own connection: nothing in the header counts.
    addresses.map_or_else(
        || Ok(ProxyHeader::default()),
        |addresses| addresses.interpret(&header),
    )
}

/// Version 2, and LOCAL or PROXY.
fn is_local(version_and_command: u8) -> Result<bool, ProxyFault> {
    if version_and_command >> 4 != 2 {
        return Err(ProxyFault::Version);
    }
    match version_and_command & 0xf {
        0 => Ok(true),
        1 => Ok(false),
        _ => Err(ProxyFault::Command),
    }
}

/// Reads until `header` has `total` bytes. Memory follows what arrived, not what was announced.
async fn read_up_to<R: AsyncRead + Unpin>(
    stream: &mut R,
    header: &mut Vec<u8>,
    total: usize,
) -> Result<(), ProxyFault> {
    while header.len() < total {
        let missing = total - header.len();
        if header.len() == header.capacity() {
            header.reserve_exact(missing.min(header.len()));
        }
        let mut limited = (&mut *stream).take(u64::try_from(missing).unwrap_or(u64::MAX));
        if limited.read_buf(header).await? == 0 {
            return Err(ProxyFault::MissingData);
        }
    }
    Ok(())
}

impl Addresses {
    fn of(family_and_transport: u8) -> Result<Self, ProxyFault> {
        let known = match family_and_transport >> 4 {
            0 => Self::Unspecified { bytes: 0 },
            1 => Self::Ipv4,
            2 => Self::Ipv6,
            3 => Self::Unix,
            _ => return Err(ProxyFault::AddressFamily),
        };
        match family_and_transport & 0xf {
            0 => Ok(Self::Unspecified { bytes: known.bytes() }),
            // Stream and datagram.
            1 | 2 => Ok(known),
            _ => Err(ProxyFault::TransportProtocol),
        }
    }

    /// Length of the block: two addresses, and two ports where there are ports.
    const fn bytes(self) -> usize {
        match self {
            Self::Ipv4 => 12,
            Self::Ipv6 => 36,
            Self::Unix => 216,
            Self::Unspecified { bytes } => bytes,
        }
    }

    /// What must be there. A sender that does not know the addresses may leave them out.
    const fn bytes_min(self) -> usize {
        match self {
            Self::Unspecified { .. } => 0,
            known => known.bytes(),
        }
    }

    /// Reads a complete header, its fixed part included: the checksum covers all of it.
    fn interpret(self, header: &[u8]) -> Result<ProxyHeader, ProxyFault> {
        let values_at = FIXED_BYTES + self.bytes();
        let values = match (Tlvs::parse(header, values_at), self) {
            // Bytes of an unspecified kind need not be type-length-values.
            (Err(ProxyFault::Length), Self::Unspecified { .. }) => return Ok(ProxyHeader::default()),
            (parsed, _) => parsed?,
        };
        tlv::verify_checksum(header, &values)?;
        Ok(ProxyHeader {
            source: self.source(&header[FIXED_BYTES..]),
            common_name: values.common_name,
        })
    }

    fn source(self, block: &[u8]) -> Option<SocketAddr> {
        let (address, port_at): (IpAddr, usize) = match self {
            Self::Ipv4 => (Ipv4Addr::from(*block.first_chunk::<4>()?).into(), 8),
            Self::Ipv6 => (Ipv6Addr::from(*block.first_chunk::<16>()?).into(), 32),
            Self::Unix | Self::Unspecified { .. } => return None,
        };
        let port = block.get(port_at..)?.first_chunk::<2>()?;
        Some(SocketAddr::new(address, u16::from_be_bytes(*port)))
    }
}
