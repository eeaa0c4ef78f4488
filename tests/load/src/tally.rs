//! What the subscribers and publishers of one run have counted, shared by all of them.
//!
//! Counters are plain atomics that one task each writes; latencies go through a lock once per batch that holds a
//! sampled message, and only while the interval is measured.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hdrhistogram::Histogram;

/// Longest latency told apart; longer ones count as this. One minute.
const LATENCY_NANOS_MAX: u64 = 60_000_000_000;

/// What one subscriber has seen. It is the only writer.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// Messages seen for the first time and in order, or after a gap.
    pub(crate) messages: AtomicU64,
    /// Sequence numbers that were jumped over.
    pub(crate) missing: AtomicU64,
    /// Messages whose number had passed already: duplicates, or order broken.
    pub(crate) late: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct Tally {
    /// One per subscriber.
    pub(crate) received: Vec<Received>,
    /// Acks with an error code (MQTT 5).
    pub(crate) refused: AtomicU64,
    measuring: AtomicBool,
    delivery: Mutex<Histogram<u64>>,
    ack: Mutex<Histogram<u64>>,
}

impl Tally {
    pub(crate) fn new(subscribers: usize) -> Tally {
        Tally {
            received: (0..subscribers).map(|_| Received::default()).collect(),
            refused: AtomicU64::new(0),
            measuring: AtomicBool::new(false),
            delivery: Mutex::new(latency_histogram()),
            ack: Mutex::new(latency_histogram()),
        }
    }

    /// Latencies count from now on, and those of a measurement before no more; or they count no longer.
    pub(crate) fn measure(&self, on: bool) {
        if on {
            for histogram in [&self.delivery, &self.ack] {
                histogram
                    .lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner())
                    .reset();
            }
        }
        self.measuring.store(on, Ordering::Relaxed);
    }

    /// Publish-to-receive latencies of one batch. `sent` is emptied.
    pub(crate) fn record_delivery(&self, sent: &mut Vec<u64>, now_nanos: u64) {
        self.record(&self.delivery, sent, now_nanos);
    }

    /// Latencies from PUBLISH to the end of its exchange (PUBACK or PUBCOMP). `sent` is emptied.
    pub(crate) fn record_ack(&self, sent: &mut Vec<u64>, now_nanos: u64) {
        self.record(&self.ack, sent, now_nanos);
    }

    fn record(&self, histogram: &Mutex<Histogram<u64>>, sent: &mut Vec<u64>, now_nanos: u64) {
        if self.measuring.load(Ordering::Relaxed) {
            let mut histogram = histogram.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            for sent_nanos in sent.iter() {
                histogram.saturating_record(now_nanos.saturating_sub(*sent_nanos));
            }
        }
        sent.clear();
    }

    /// Messages all subscribers have received, each counted once.
    pub(crate) fn messages(&self) -> u64 {
        self.received
            .iter()
            .map(|received| received.messages.load(Ordering::Relaxed))
            .sum()
    }

    pub(crate) fn missing(&self) -> u64 {
        self.received
            .iter()
            .map(|received| received.missing.load(Ordering::Relaxed))
            .sum()
    }

    pub(crate) fn late(&self) -> u64 {
        self.received
            .iter()
            .map(|received| received.late.load(Ordering::Relaxed))
            .sum()
    }

    pub(crate) fn delivery_latency(&self) -> Histogram<u64> {
        self.delivery
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }

    pub(crate) fn ack_latency(&self) -> Histogram<u64> {
        self.ack
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }
}

/// Nanoseconds, two significant digits: below one percent of error.
pub(crate) fn latency_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_NANOS_MAX, 2).expect("the bounds are constants that fit")
}
