//! Entry: one thing that happened, or several equal ones in a row.

use crate::events::decider::Decider;
use crate::events::happening::Kind;
use crate::message::UnixMillis;
use std::sync::Arc;

/// Bytes of the text beside the reason; a topic may be longer and is cut.
const DETAIL_BYTES_MAX: usize = 256;

/// Stands behind what was cut.
const CUT: &str = "...";

/// When, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub at: UnixMillis,
    pub count: u64,
}

/// What happened, why, who decided, from when to when and how often. Peer and detail are those of the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub first: UnixMillis,
    pub last: UnixMillis,
    pub count: u64,
    pub kind: Kind,
    /// From the closed list of the kind; empty for a connect.
    pub reason: &'static str,
    /// `None` = nobody had to.
    pub by: Option<Decider>,
    /// `1.2.3.4:5678`, `[::1]:5678` or `local`.
    pub peer: Option<Arc<str>>,
    /// A topic, a word of the codec, ...; hostile text, to be escaped by whoever shows it.
    pub detail: Option<Box<str>>,
}

impl Entry {
    /// An entry that says no more than this.
    #[must_use]
    pub const fn new(sighting: Sighting, kind: Kind, reason: &'static str) -> Self {
        Self {
            first: sighting.at,
            last: sighting.at,
            count: sighting.count,
            kind,
            reason,
            by: None,
            peer: None,
            detail: None,
        }
    }

    /// With who decided.
    #[must_use]
    pub fn by(self, by: Decider) -> Self {
        Self { by: Some(by), ..self }
    }

    /// With the address.
    #[must_use]
    pub fn from(self, peer: Option<Arc<str>>) -> Self {
        Self { peer, ..self }
    }

    /// With a text; what is too long is cut.
    #[must_use]
    pub fn with(self, detail: &str) -> Self {
        let detail: Option<Box<str>> = match detail {
            "" => None,
            short if short.len() <= DETAIL_BYTES_MAX => Some(short.into()),
            long => {
                let end = long.floor_char_boundary(DETAIL_BYTES_MAX - CUT.len());
                Some(format!("{}{CUT}", &long[..end]).into())
            }
        };
        Self { detail, ..self }
    }

    /// Whether `next` is the same thing again.
    pub(super) fn is_same(&self, next: &Self) -> bool {
        self.kind == next.kind && self.reason == next.reason && self.by == next.by
    }

    /// It happened again.
    pub(super) fn again(&mut self, next: Self) {
        self.last = self.last.max(next.last);
        self.count = self.count.saturating_add(next.count);
        self.by = next.by;
        self.peer = next.peer;
        self.detail = next.detail;
    }

    /// Bytes beside the entry itself, roughly; what it shares counts as its own.
    pub(super) fn heap_bytes(&self) -> usize {
        let by = self.by.as_ref().map_or(0, Decider::heap_bytes);
        let peer = self.peer.as_ref().map_or(0, |peer| peer.len() + 16);
        by + peer + self.detail.as_ref().map_or(0, |detail| detail.len())
    }
}
