//! Addresses: numeric IP and port, Unix socket, host and port.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::sections::AddressRange;

/// An IP address, with or without brackets.
pub(super) fn ip(text: &str) -> Option<IpAddr> {
    let text = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    text.parse().ok()
}

/// An address, or a network as `10.0.0.0/8`.
pub(super) fn range(text: &str) -> Option<AddressRange> {
    let Some((host, prefix)) = text.split_once('/') else {
        return Some(AddressRange::from(ip(text)?));
    };
    let is_decimal = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    AddressRange::new(ip(host)?, prefix.parse().ok().filter(|_| is_decimal)?)
}

/// Address and port, cut at the last colon: IPv6 needs no brackets.
pub(crate) fn ip_port(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.rsplit_once(':')?;
    Some(SocketAddr::new(ip(host)?, decimal_port(port)?))
}

/// `local:<path>:0` or `unix:<path>:0`; the path has no colon.
pub(crate) fn unix(text: &str) -> Option<PathBuf> {
    let rest = text
        .strip_prefix("local:")
        .or_else(|| text.strip_prefix("unix:"))?;
    let path = rest.strip_suffix(":0")?;
    (!path.is_empty() && !path.contains(':')).then(|| PathBuf::from(path))
}

/// A host that is not empty, and a port that is not 0.
pub(super) fn is_host_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && !host.contains(char::is_whitespace)
            && decimal_port(port).is_some_and(|port| port > 0)
    })
}

fn decimal_port(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}
