//! Proxies before a listener, and which of them are believed.

use std::net::IpAddr;

/// PROXY protocol on a tcp, ws or http listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyConfig {
    /// The common name of a verified client certificate, told by the proxy, replaces the username.
    pub cn_as_username: bool,
    /// Who may send a header (ours); empty = everybody who reaches the listener.
    pub trusted: Vec<AddressRange>,
}

/// The client's address from `X-Forwarded-For` (config.md 7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardedForConfig {
    /// Proxies that may say it; not empty.
    pub trusted: Vec<IpAddr>,
    /// `Some`: the header, in lower case, whose value is the username.
    pub cn_header: Option<String>,
}

/// An address, or a network in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    /// Bits after the prefix are 0.
    pub address: IpAddr,
    /// Leading bits that must agree: at most 32 or 128.
    pub prefix_len: u8,
}

impl AddressRange {
    /// A network; `None` if an address has fewer bits than that.
    pub fn new(address: IpAddr, prefix_len: u8) -> Option<Self> {
        // A listener at `::` sees IPv4 clients in IPv6 form; 96 bits of it say only that they are.
        let (address, prefix_len) = match (address, address.to_canonical()) {
            (IpAddr::V6(_), v4 @ IpAddr::V4(_)) if (96..=128).contains(&prefix_len) => (v4, prefix_len - 96),
            _ => (address, prefix_len),
        };
        let address = masked(address, prefix_len)?;
        Some(Self { address, prefix_len })
    }

    /// The address is in the network; IPv4 in IPv6 form counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.address.is_ipv4() == address.is_ipv4() && masked(address, self.prefix_len) == Some(self.address)
    }
}

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let prefix_len = if address.is_ipv4() { 32 } else { 128 };
        Self { address, prefix_len }
    }
}

/// The first bits of an address, the others 0; `None` if it has not so many.
fn masked(address: IpAddr, prefix_len: u8) -> Option<IpAddr> {
    let host_bits = |width: u32| width.checked_sub(u32::from(prefix_len));
    Some(match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(host_bits(32)?).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(host_bits(128)?).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn networks_contain_their_addresses() {
        for (network, prefix_len, inside, outside) in [
            ("10.0.0.0", 8, "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3", 8, "10.9.9.9", "9.0.0.0"),
            ("10.1.2.3", 32, "10.1.2.3", "10.1.2.4"),
            ("10.1.2.3", 32, "::ffff:10.1.2.3", "::ffff:10.1.2.4"),
            ("::ffff:10.0.0.0", 104, "10.1.1.1", "11.1.1.1"),
            ("0.0.0.0", 0, "255.1.1.1", "::1"),
            ("::", 0, "2001:db8::1", "10.0.0.1"),
            ("2001:db8::", 32, "2001:db8:1::", "2001:db9::"),
        ] {
            let range = AddressRange::new(ip(network), prefix_len).expect("a network");
            assert!(range.contains(ip(inside)), "{network}/{prefix_len} {inside}");
            assert!(!range.contains(ip(outside)), "{network}/{prefix_len} {outside}");
        }
        assert_eq!(AddressRange::new(ip("10.0.0.0"), 33), None);
        assert_eq!(AddressRange::new(ip("::"), 129), None);
        assert!(AddressRange::from(ip("::1")).contains(ip("::1")));
        assert!(AddressRange::from(ip("::ffff:1.2.3.4")).contains(ip("1.2.3.4")));
    }
}
