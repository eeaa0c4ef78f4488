//! The buckets of source addresses: a table of fixed size, so that no flood makes it grow or slow. Addresses are spread
//! over small sets by a keyed hash, which nobody outside can aim at; a source is looked for in its set only.

use ahash::RandomState;
use std::net::IpAddr;

/// Entries of one set: what is looked at for one connection.
const WAYS: usize = 8;

/// A power of two. With [`WAYS`], 16,384 sources.
const SETS: usize = 2048;

/// What counts as one source: an IPv4 address, or an IPv6 /64, since whoever has one address of it has all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Source {
    #[default]
    None,
    V4(u32),
    V6(u64),
}

/// A source, and when its bucket is full again. A bucket that is full is as good as none.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    source: Source,
    full_at: u64,
}

/// The table.
pub(super) struct Sources {
    hasher: RandomState,
    sets: Box<[[Entry; WAYS]]>,
}

impl Sources {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            sets: vec![[Entry::default(); WAYS]; SETS].into_boxed_slice(),
        }
    }

    /// Changes the bucket of an address: from the moment it is full to a new one, or `None` to leave it as it is. A source
    /// that is not known has a full bucket, and takes the place of the one in its set that is full first: a bucket that is
    /// full already, if there is one, else that of the least offender.
    pub(super) fn update(&mut self, address: IpAddr, change: impl FnOnce(u64) -> Option<u64>) -> Option<()> {
        let source = Source::of(address);
        let [low, high, ..] = self.hasher.hash_one(source).to_le_bytes();
        let set = &mut self.sets[usize::from(u16::from_le_bytes([low, high])) % SETS];
        let known = set.iter_mut().find(|entry| entry.source == source);
        if let Some(entry) = known {
            entry.full_at = change(entry.full_at)?;
            return Some(());
        }
        let full_at = change(0)?;
        if let Some(entry) = set.iter_mut().min_by_key(|entry| entry.full_at) {
            *entry = Entry { source, full_at };
        }
        Some(())
    }
}

impl Source {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SETS, Source, Sources, WAYS};
    use std::net::{IpAddr, Ipv4Addr};

    fn v4(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(number))
    }

    /// The moment that is kept for an address.
    fn full_at(sources: &mut Sources, address: IpAddr) -> u64 {
        let mut found = 0;
        sources.update(address, |full_at| {
            found = full_at;
            None
        });
        found
    }

    fn kept(sources: &Sources) -> usize {
        sources
            .sets
            .iter()
            .flatten()
            .filter(|entry| entry.source != Source::None)
            .count()
    }

    #[test]
    fn keeps_what_it_was_told() {
        let mut sources = Sources::new();
        assert_eq!(full_at(&mut sources, v4(7)), 0);
        assert_eq!(kept(&sources), 0, "a look leaves nothing");
        sources.update(v4(7), |_| Some(99));
        assert_eq!(full_at(&mut sources, v4(7)), 99);
        sources.update(v4(7), |full_at| Some(full_at + 1));
        assert_eq!(full_at(&mut sources, v4(7)), 100);
        assert_eq!(kept(&sources), 1);
    }

    #[test]
    fn never_holds_more_than_its_size_and_uses_it() {
        let mut sources = Sources::new();
        for number in 0..200_000 {
            sources.update(v4(number), |_| Some(u64::from(number) + 1));
        }
        assert_eq!(kept(&sources), SETS * WAYS);
        // A set forgets the bucket that is full first: here the oldest.
        assert_eq!(full_at(&mut sources, v4(199_999)), 200_000);
        let recent = (180_000..200_000)
            .filter(|number| full_at(&mut sources, v4(*number)) != 0)
            .count();
        assert!(recent > 12_000, "only {recent} of the last 20,000 are known");
    }

    #[test]
    fn an_ipv6_network_of_sixty_four_bits_is_one_source() {
        let source = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(
            source("2001:db8:1:2::1"),
            source("2001:db8:1:2:ffff:ffff:ffff:ffff")
        );
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        assert_ne!(source("::1"), source("0.0.0.0"));
    }
}
