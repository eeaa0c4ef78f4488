//! Our own addresses, to connect from: one address has no more than 64,000 ports to one broker.

use std::net::{IpAddr, Ipv4Addr};

/// Those that begin so, as in `10.0.0.`; all of 127/8 is ours. `Err`: what is there instead.
pub(crate) fn beginning_with(prefix: &str) -> Result<Vec<IpAddr>, String> {
    let loopback = (1..=50)
        .map(|last| Ipv4Addr::new(127, 0, 0, last))
        .filter(|_| "127.0.0.".starts_with(prefix));
    let own = addresses();
    let found: Vec<_> = loopback
        .chain(
            own.iter()
                .copied()
                .filter(|address| address.to_string().starts_with(prefix)),
        )
        .map(IpAddr::V4)
        .collect();
    if prefix.is_empty() || found.is_empty() {
        let known: Vec<_> = own.iter().map(ToString::to_string).collect();
        return Err(format!(
            "no local address begins so; there are 127.0.0.*, {}",
            known.join(", ")
        ));
    }
    Ok(found)
}

/// Addresses of this machine other than loopback's, from the kernel's routing table.
fn addresses() -> Vec<Ipv4Addr> {
    let table = std::fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let lines: Vec<_> = table.lines().collect();
    let mut found: Vec<Ipv4Addr> = lines
        .windows(2)
        .filter(|pair| pair[1].contains("/32 host LOCAL"))
        .filter_map(|pair| pair[0].trim_start_matches([' ', '|', '-']).parse().ok())
        .filter(|address: &Ipv4Addr| !address.is_loopback())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_ours_and_strangers_are_not() {
        assert_eq!(beginning_with("127.0.0.").map(|found| found.len()), Ok(50));
        for stranger in ["203.0.113.", ""] {
            assert!(
                beginning_with(stranger).unwrap_err().contains("127.0.0.*"),
                "{stranger:?}"
            );
        }
    }
}
