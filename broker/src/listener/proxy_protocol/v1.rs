//! Version 1: one line of text (proxy-protocol, 2.1). Strict: what is not written exactly as the protocol says is refused,
//! since two readers of one address must never read two addresses.

use super::{ProxyFault, ProxyHeader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt};

pub(super) const SIGNATURE: &[u8] = b"PROXY ";

/// The longest line, with its end.
const LINE_BYTES_MAX: usize = 107;

/// Reads the rest of the line that begins with `start`.
pub(super) async fn read<R: AsyncRead + Unpin>(
    stream: &mut R,
    start: &[u8],
) -> Result<ProxyHeader, ProxyFault> {
    let mut line = [0; LINE_BYTES_MAX];
    let mut filled = start.len();
    line[..filled].copy_from_slice(start);
    loop {
        if let Some(end) = line[..filled].iter().position(|byte| *byte == b'\n') {
            let header = parse(line[..end].strip_suffix(b"\r").ok_or(ProxyFault::Line)?)?;
            // Only a line shorter than any good one ends before the last byte that was read.
            return if end + 1 == filled {
                Ok(header)
            } else {
                Err(ProxyFault::Line)
            };
        }
        if filled == LINE_BYTES_MAX {
            return Err(ProxyFault::Line);
        }
        // Two bytes end a line: so many are missing at least, unless the first of them is there.
        let missing = if line[filled - 1] == b'\r' { 1 } else { 2 };
        let until = LINE_BYTES_MAX.min(filled + missing);
        match stream.read(&mut line[filled..until]).await? {
            0 => return Err(ProxyFault::Line),
            count => filled += count,
        }
    }
}

/// The line without its end.
fn parse(line: &[u8]) -> Result<ProxyHeader, ProxyFault> {
    let mut words = line
        .strip_prefix(SIGNATURE)
        .unwrap_or_default()
        .splitn(2, |byte| *byte == b' ');
    let protocol = words.next().unwrap_or_default();
    let rest = words.next();
    let source = match protocol {
        // Whatever follows is ignored, as the protocol asks for.
        b"UNKNOWN" => None,
        b"TCP4" => Some(endpoints(rest, |text| ipv4(text).map(IpAddr::V4))?),
        b"TCP6" => Some(endpoints(rest, |text| ipv6(text).map(IpAddr::V6))?),
        _ => return Err(ProxyFault::Protocol),
    };
    Ok(ProxyHeader {
        source,
        common_name: None,
    })
}

/// `source destination source-port destination-port`; gives the source.
fn endpoints(
    text: Option<&[u8]>,
    address: impl Fn(&str) -> Result<IpAddr, ProxyFault>,
) -> Result<SocketAddr, ProxyFault> {
    let text = std::str::from_utf8(text.ok_or(ProxyFault::Line)?).map_err(|_| ProxyFault::Line)?;
    let mut words = text.split(' ');
    let mut next = || {
        words
            .next()
            .filter(|word| !word.is_empty())
            .ok_or(ProxyFault::Line)
    };
    let (source, destination, source_port, destination_port) = (next()?, next()?, next()?, next()?);
    if words.next().is_some() {
        return Err(ProxyFault::Line);
    }
    let source = address(source)?;
    address(destination)?;
    let source_port = port(source_port)?;
    port(destination_port)?;
    Ok(SocketAddr::new(source, source_port))
}

/// The standard parser refuses leading zeros, signs and everything but four numbers.
fn ipv4(text: &str) -> Result<Ipv4Addr, ProxyFault> {
    text.parse().map_err(|_| ProxyFault::Ipv4Address)
}

/// Mapped IPv4 in dotted form is accepted as well: proxies write it.
fn ipv6(text: &str) -> Result<Ipv6Addr, ProxyFault> {
    text.parse().map_err(|_| ProxyFault::Ipv6Address)
}

/// 1..=65535 in plain digits; the standard parser would accept `+1` and `01`.
fn port(text: &str) -> Result<u16, ProxyFault> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain).ok_or(ProxyFault::Port)
}
