//! PROXY protocol, versions 1 and 2: who the client behind a proxy is (config.md 7.1). Reads exactly the header from a
//! fresh connection, and not one byte more: what follows belongs to MQTT or HTTP. The entrance of a listener calls it,
//! gives it its time (dropping the future stops it), and logs what went wrong.

mod crc32c;
mod tlv;
mod trust;
mod v1;
mod v2;
#[cfg(test)]
mod tests;

pub use trust::is_trusted;

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The shortest header of version 1 (`PROXY UNKNOWN` and its line end); one of version 2 has a byte more. So many bytes can
/// be read before the version is known.
const HEADER_BYTES_MIN: usize = 15;

/// What a header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyHeader {
    /// The client; `None` = the header names none (a health check, an unknown or a Unix address): the peer of the socket
    /// counts.
    pub source: Option<SocketAddr>,
    /// The common name of the client's certificate, if the proxy says that it verified it.
    pub common_name: Option<String>,
}

/// Why a header is refused. The texts are what operators know from the original.
#[derive(Debug, thiserror::Error)]
pub enum ProxyFault {
    #[error("The PROXY protocol header signature was not recognized. (PP 2.1, PP 2.2)")]
    Signature,
    #[error("The INET protocol and family string was not recognized. (PP 2.1)")]
    Protocol,
    #[error("Malformed or incomplete PROXY protocol header line. (PP 2.1)")]
    Line,
    #[error("Failed to parse an IPv4 address in the PROXY protocol header line. (PP 2.1)")]
    Ipv4Address,
    #[error("Failed to parse an IPv6 address in the PROXY protocol header line. (PP 2.1)")]
    Ipv6Address,
    #[error("Failed to parse a port number in the PROXY protocol header line. (PP 2.1)")]
    Port,
    #[error("Missing data in the PROXY protocol binary header. (PP 2.2)")]
    MissingData,
    #[error("Invalid version in the PROXY protocol binary header. (PP 2.2)")]
    Version,
    #[error("Invalid command in the PROXY protocol binary header. (PP 2.2)")]
    Command,
    #[error("Invalid address family in the PROXY protocol binary header. (PP 2.2)")]
    AddressFamily,
    #[error("Invalid transport protocol in the PROXY protocol binary header. (PP 2.2)")]
    TransportProtocol,
    #[error("Invalid length in the PROXY protocol binary header. (PP 2.2)")]
    Length,
    #[error("Failed CRC32C verification in PROXY protocol binary header. (PP 2.2)")]
    Checksum,
    /// Not a single byte came: somebody who only looked whether the port is open.
    #[error("the peer closed the connection before the PROXY protocol header")]
    PeerClosed,
    #[error("cannot read the PROXY protocol header: {0}")]
    Io(#[from] io::Error),
}

/// Which of the two versions has begun.
enum Signature {
    V1,
    V2,
    /// Too few bytes to tell.
    Unclear,
}

/// Reads the header that every connection behind a proxy starts with. There is no time-out here.
///
/// # Errors
/// The bytes are no header, as soon as that is plain; the peer is gone; the socket failed.
pub async fn read_header<R: AsyncRead + Unpin>(stream: &mut R) -> Result<ProxyHeader, ProxyFault> {
    let mut start = [0; HEADER_BYTES_MIN];
    let mut filled = 0;
    loop {
        let count = stream.read(&mut start[filled..]).await?;
        let ended = count == 0;
        filled += count;
        match Signature::of(&start[..filled])? {
            Signature::Unclear if ended && filled == 0 => return Err(ProxyFault::PeerClosed),
            Signature::Unclear if ended => return Err(ProxyFault::Signature),
            Signature::V1 if ended => return Err(ProxyFault::Line),
            Signature::V2 if ended => return Err(ProxyFault::MissingData),
            // A line that ends early is too short, but its sender waits for the answer.
            Signature::V1 if filled == HEADER_BYTES_MIN || start[..filled].contains(&b'\n') => {
                return v1::read(stream, &start[..filled]).await;
            }
            Signature::V2 if filled == HEADER_BYTES_MIN => return v2::read(stream, &start).await,
            Signature::Unclear | Signature::V1 | Signature::V2 => {}
        }
    }
}

impl Signature {
    /// Looks at the first bytes; refuses at the first wrong one, so that a client that speaks something else is not left
    /// waiting for its time-out.
    fn of(start: &[u8]) -> Result<Self, ProxyFault> {
        for (signature, version) in [(v1::SIGNATURE, Self::V1), (v2::SIGNATURE, Self::V2)] {
            if start.starts_with(signature) {
                return Ok(version);
            }
            if signature.starts_with(start) {
                return Ok(Self::Unclear);
            }
        }
        Err(ProxyFault::Signature)
    }
}
