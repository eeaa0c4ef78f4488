//! Who may send a PROXY header. Whoever may is believed every word of it.

use std::net::IpAddr;
use vmq_config::AddressRange;

/// The bits before the IPv4 address in an IPv6 address that is mapped from one.
const MAPPED_BITS: u8 = 96;

/// Whether the peer of a socket is in one of the ranges; without ranges everybody is. IPv4 stays IPv4 in whatever form
/// it comes, as on a listener that serves both.
#[must_use]
pub fn is_trusted(ranges: &[AddressRange], peer: IpAddr) -> bool {
    ranges.is_empty() || ranges.iter().any(|range| contains(*range, peer.to_canonical()))
}

fn contains(range: AddressRange, peer: IpAddr) -> bool {
    let (network, prefix_len) = match (range.address, range.address.to_canonical()) {
        (IpAddr::V6(_), IpAddr::V4(mapped)) if range.prefix_len >= MAPPED_BITS => {
            (IpAddr::V4(mapped), range.prefix_len - MAPPED_BITS)
        }
        (address, _) => (address, range.prefix_len),
    };
    match (network, peer) {
        (IpAddr::V4(network), IpAddr::V4(peer)) => {
            let differing = network.to_bits() ^ peer.to_bits();
            differing.leading_zeros() >= u32::from(prefix_len).min(u32::BITS)
        }
        (IpAddr::V6(network), IpAddr::V6(peer)) => {
            let differing = network.to_bits() ^ peer.to_bits();
            differing.leading_zeros() >= u32::from(prefix_len).min(u128::BITS)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_trusted;
    use vmq_config::AddressRange;

    fn range(address: &str, prefix_len: u8) -> AddressRange {
        AddressRange {
            address: address.parse().unwrap(),
            prefix_len,
        }
    }

    fn trusts(ranges: &[AddressRange], peer: &str) -> bool {
        is_trusted(ranges, peer.parse().unwrap())
    }

    #[test]
    fn without_ranges_everybody_is_trusted() {
        assert!(trusts(&[], "192.0.2.1"));
        assert!(trusts(&[], "2001:db8::1"));
    }

    #[test]
    fn a_range_is_its_leading_bits() {
        let ranges = [
            range("10.1.2.3", 12),
            range("2001:db8::", 33),
            range("192.0.2.7", 32),
        ];
        for peer in [
            "10.0.0.0",
            "10.15.255.255",
            "2001:db8:7fff::1",
            "192.0.2.7",
            "::ffff:10.2.0.1",
        ] {
            assert!(trusts(&ranges, peer), "{peer}");
        }
        for peer in [
            "10.16.0.0",
            "11.0.0.1",
            "2001:db8:8000::",
            "192.0.2.6",
            "::ffff:10.16.0.0",
            "::1",
        ] {
            assert!(!trusts(&ranges, peer), "{peer}");
        }
    }

    #[test]
    fn the_ends_of_the_scale() {
        assert!(trusts(&[range("0.0.0.0", 0)], "203.0.113.9"));
        assert!(!trusts(&[range("0.0.0.0", 0)], "::1"));
        assert!(trusts(&[range("::", 0)], "2001:db8::1"));
        assert!(!trusts(&[range("::", 0)], "::ffff:203.0.113.9"));
        assert!(trusts(&[range("::1", 128)], "::1"));
        // More bits than there are mean all of them.
        assert!(trusts(&[range("192.0.2.1", 99)], "192.0.2.1"));
        assert!(!trusts(&[range("192.0.2.1", 99)], "192.0.2.0"));
    }

    #[test]
    fn a_mapped_range_is_one_of_ipv4() {
        let ranges = [range("::ffff:10.0.0.0", 104)];
        assert!(trusts(&ranges, "10.9.9.9"));
        assert!(trusts(&ranges, "::ffff:10.9.9.9"));
        assert!(!trusts(&ranges, "11.0.0.0"));
    }
}
