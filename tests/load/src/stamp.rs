//! The first bytes of every payload: who sent it, its number, and for a sample of the messages when.
//!
//! Numbers let a subscriber see loss, duplicates and disorder per publisher; the time gives the publish-to-receive
//! latency. The clock is monotonic and of this process: stamps mean nothing to another one.

use std::sync::LazyLock;
use std::time::Instant;

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

/// Nanoseconds since the first call in this process; never 0, which means "not sampled".
pub(crate) fn now_nanos() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos())
        .unwrap_or(u64::MAX)
        .max(1)
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
