//! The first bytes of every payload: who sent it, its number, and for a sample of the messages when.
//!
//! Numbers let a subscriber see loss, duplicates and disorder per publisher; the time gives the publish-to-receive
//! latency. The clock is the machine's: stamps mean nothing to another machine.

use rustix::time::{ClockId, clock_gettime};

/// Bytes of a stamp: the least payload of a load test.
pub(crate) const STAMP_BYTES: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) publisher: u32,
    /// Counts from 0 without gaps, per publisher.
    pub(crate) sequence: u64,
    /// `now_nanos` at encoding; 0 = this message is not in the sample.
    pub(crate) sent_nanos: u64,
}

impl Stamp {
    /// Writes into the first `STAMP_BYTES` of `payload`, which must be there.
    #[inline]
    pub(crate) fn write(self, payload: &mut [u8]) {
        payload[..4].copy_from_slice(&self.publisher.to_be_bytes());
        payload[4..12].copy_from_slice(&self.sequence.to_be_bytes());
        payload[12..20].copy_from_slice(&self.sent_nanos.to_be_bytes());
    }

    /// `None`: the payload is too short to be ours.
    #[inline]
    pub(crate) fn read(payload: &[u8]) -> Option<Stamp> {
        let (publisher, rest) = payload.split_first_chunk::<4>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let sent_nanos = rest.first_chunk::<8>()?;
        Some(Stamp {
            publisher: u32::from_be_bytes(*publisher),
            sequence: u64::from_be_bytes(*sequence),
            sent_nanos: u64::from_be_bytes(*sent_nanos),
        })
    }
}

/// Nanoseconds of the kernel's monotonic clock, which all processes of a machine share; never 0, which means "not sampled".
pub(crate) fn now_nanos() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let secs = u64::try_from(now.tv_sec).unwrap_or(0);
    (secs * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_the_payload() {
        let stamp = Stamp {
            publisher: 99,
            sequence: u64::MAX - 1,
            sent_nanos: now_nanos(),
        };
        let mut payload = [0; 64];
        stamp.write(&mut payload);
        assert_eq!(Stamp::read(&payload), Some(stamp));
        assert_eq!(Stamp::read(&payload[..STAMP_BYTES - 1]), None);
    }
}
