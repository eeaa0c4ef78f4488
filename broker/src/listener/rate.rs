//! Connect rate: how many new connections a second a listener takes, and how many from one source address. The accept
//! loop asks before it spawns anything; behind a proxy the entrance asks for the source once the header has told it.
//!
//! Both are token buckets that hold one second's worth. A bucket is one moment: when it will be full again. It is better
//! than a count per calendar second, which lets twice the rate through around each turn of the second, and then nothing
//! until the next one; and it is smaller than a log of arrivals.

mod sources;

use parking_lot::Mutex;
use sources::Sources;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// The limits of one listener.
pub struct ConnectRate {
    /// Moments are nanoseconds since then.
    epoch: Instant,
    /// `None` = no limit.
    listener: Option<Cost>,
    listener_full_at: AtomicU64,
    source: Option<PerSource>,
}

struct PerSource {
    cost: Cost,
    sources: Mutex<Sources>,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateRefusal {
    /// The listener has had its share of this second.
    Listener,
    /// The source address has.
    Source,
}

/// Nanoseconds in which a bucket earns one connection.
#[derive(Clone, Copy, Debug)]
struct Cost(u64);

// === impl ConnectRate ===

impl ConnectRate {
    /// New connections a second, for the listener and for one source; 0 = no limit. With a limit per source, the table of
    /// sources takes some 400 kB at once and never more.
    #[must_use]
    pub fn new(per_listener: u32, per_source: u32) -> Self {
        Self {
            epoch: Instant::now(),
            listener: Cost::of(per_listener),
            listener_full_at: AtomicU64::new(0),
            source: Cost::of(per_source).map(|cost| PerSource {
                cost,
                sources: Mutex::new(Sources::new()),
            }),
        }
    }

    /// Both limits. The source is asked first: one address that floods is refused without using up what the listener has
    /// for others. `None` = a connection without an address, such as on a Unix socket.
    ///
    /// # Errors
    /// Too many within a second.
    pub fn admit(&self, source: Option<IpAddr>, now: Instant) -> Result<(), RateRefusal> {
        if let Some(source) = source {
            self.admit_source(source, now)?;
        }
        self.admit_connection(now)
    }

    /// The limit of the listener alone, for a connection whose source is not known yet.
    ///
    /// # Errors
    /// Too many within a second.
    pub fn admit_connection(&self, now: Instant) -> Result<(), RateRefusal> {
        let Some(cost) = self.listener else { return Ok(()) };
        let now = self.nanos(now);
        self.listener_full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
                cost.take(full_at, now)
            })
            .map(|_| ())
            .map_err(|_| RateRefusal::Listener)
    }

    /// The limit of one source alone.
    ///
    /// # Errors
    /// Too many within a second.
    pub fn admit_source(&self, source: IpAddr, now: Instant) -> Result<(), RateRefusal> {
        let Some(limit) = &self.source else { return Ok(()) };
        let now = self.nanos(now);
        limit
            .sources
            .lock()
            .update(source, |full_at| limit.cost.take(full_at, now))
            .ok_or(RateRefusal::Source)
    }

    /// Enough for five centuries.
    fn nanos(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.epoch);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

// === impl RateRefusal ===

impl RateRefusal {
    /// The word used as metric label and log field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listener => "connect_rate",
            Self::Source => "connect_rate_per_source",
        }
    }
}

// === impl Cost ===

impl Cost {
    fn of(per_second: u32) -> Option<Self> {
        NANOS_PER_SEC.checked_div(u64::from(per_second)).map(Self)
    }

    /// Takes one connection from a bucket that is full at `full_at`: the new moment, or `None` if it is empty.
    fn take(self, full_at: u64, now: u64) -> Option<u64> {
        let full_at = full_at.max(now).saturating_add(self.0);
        (full_at <= now.saturating_add(NANOS_PER_SEC)).then_some(full_at)
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectRate, RateRefusal};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, Instant};

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many of a hundred at one moment are admitted.
    fn admitted(admit: impl Fn() -> Result<(), RateRefusal>) -> usize {
        (0..100).filter(|_| admit().is_ok()).count()
    }

    #[test]
    fn zero_is_no_limit() {
        let rate = ConnectRate::new(0, 0);
        let now = Instant::now();
        assert_eq!(admitted(|| rate.admit(Some(address("192.0.2.1")), now)), 100);
        assert!(rate.source.is_none(), "no table without a limit");
        let rate = ConnectRate::new(u32::MAX, u32::MAX);
        assert_eq!(admitted(|| rate.admit(None, now)), 100);
    }

    #[test]
    fn a_listener_takes_its_rate_at_once_and_then_evenly() {
        for limit in [1, 3, 7, 60] {
            let rate = ConnectRate::new(limit, 0);
            let start = Instant::now();
            assert_eq!(admitted(|| rate.admit_connection(start)), limit as usize);
            assert_eq!(rate.admit_connection(start), Err(RateRefusal::Listener));
            let step = Duration::from_secs(1) / limit;
            assert!(rate.admit_connection(start + step / 2).is_err());
            assert_eq!(admitted(|| rate.admit_connection(start + step)), 1);
            // However long nobody came, it holds one second's worth.
            let later = start + Duration::from_secs(3600);
            assert_eq!(admitted(|| rate.admit_connection(later)), limit as usize);
        }
    }

    #[test]
    fn over_any_time_no_more_than_the_rate_and_one_bucket() {
        let rate = ConnectRate::new(10, 0);
        let start = Instant::now();
        let arrivals = (0..10_000).map(|millis| start + Duration::from_millis(millis));
        let admitted = arrivals.filter(|now| rate.admit_connection(*now).is_ok()).count();
        assert!((105..=110).contains(&admitted), "{admitted} in ten seconds");
    }

    #[test]
    fn a_clock_read_earlier_does_not_refill() {
        let rate = ConnectRate::new(2, 0);
        let start = Instant::now() + Duration::from_secs(5);
        assert_eq!(admitted(|| rate.admit_connection(start)), 2);
        assert!(
            rate.admit_connection(start.checked_sub(Duration::from_millis(300)).unwrap())
                .is_err()
        );
    }

    #[test]
    fn each_source_has_its_own_bucket() {
        let rate = ConnectRate::new(0, 5);
        let now = Instant::now();
        for source in ["192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:2::1"] {
            assert_eq!(
                admitted(|| rate.admit_source(address(source), now)),
                5,
                "{source}"
            );
        }
        assert_eq!(
            rate.admit_source(address("192.0.2.1"), now),
            Err(RateRefusal::Source)
        );
        // The rest of a /64 is the same source, and so is IPv4 in its mapped form.
        assert!(rate.admit_source(address("2001:db8:0:1:ffff::9"), now).is_err());
        assert!(rate.admit_source(address("::ffff:192.0.2.2"), now).is_err());
        let later = now + Duration::from_millis(200);
        assert_eq!(admitted(|| rate.admit_source(address("192.0.2.1"), later)), 1);
    }

    #[test]
    fn a_flood_from_one_source_leaves_the_listener_to_others() {
        let rate = ConnectRate::new(20, 5);
        let now = Instant::now();
        assert_eq!(admitted(|| rate.admit(Some(address("192.0.2.1")), now)), 5);
        assert_eq!(
            rate.admit(Some(address("192.0.2.1")), now).unwrap_err().name(),
            "connect_rate_per_source"
        );
        assert_eq!(admitted(|| rate.admit(None, now)), 15);
        assert_eq!(
            rate.admit(Some(address("192.0.2.9")), now).unwrap_err().name(),
            "connect_rate"
        );
    }

    #[test]
    fn an_offender_stays_known_while_random_addresses_pass() {
        let rate = ConnectRate::new(0, 3);
        let now = Instant::now();
        let offender = address("198.51.100.1");
        assert_eq!(admitted(|| rate.admit_source(offender, now)), 3);
        for number in 0..100_000 {
            let passer_by = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number));
            assert!(rate.admit_source(passer_by, now).is_ok());
        }
        assert!(rate.admit_source(offender, now).is_err());
    }

    #[test]
    fn threads_share_one_bucket() {
        let rate = ConnectRate::new(50, 0);
        let now = Instant::now();
        let total: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| admitted(|| rate.admit_connection(now))))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(total, 50);
    }
}
