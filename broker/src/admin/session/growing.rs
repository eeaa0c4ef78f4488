//! Growing: the order of a page by what a counter of its sessions grows by (console.md 5). Every search notes how the
//! counter of each session that it finds stands, and compares it with the search before: so the order is known from the
//! second search on, and is that of the time between the last two.

use super::super::Answer;
use super::super::growth::{Counter, Growth, Look};
use super::super::query::invalid_value;
use super::order::Key;
use crate::queue::Queue;
use std::time::{Duration, Instant};
use vmq_admin::command::session::{Field, Sort};

/// What such an order is made of.
pub(super) struct Growing {
    counter: Counter,
    growth: Growth,
    /// When the last search ended, and how long after the one before.
    ended: Option<Instant>,
    measured: Option<Duration>,
}

impl Growing {
    /// The order by the rate of the field that is sorted by; `None` = it is sorted by the field itself.
    ///
    /// # Errors
    /// The alert that says that it is no counter.
    pub(super) fn of(sort: Option<Sort>, by_rate: bool) -> Result<Option<Self>, Answer> {
        if !by_rate {
            return Ok(None);
        }
        let counter = match sort.map(|sort| sort.field) {
            Some(Field::MessagesIn) => Counter::MessagesIn,
            Some(Field::MessagesOut) => Counter::MessagesOut,
            Some(Field::BytesIn) => Counter::BytesIn,
            Some(Field::BytesOut) => Counter::BytesOut,
            Some(Field::DroppedMessages) => Counter::Drops,
            other => return Err(invalid_value(other.map_or("", Field::name), "sort")),
        };
        Ok(Some(Self {
            counter,
            growth: Growth::default(),
            ended: None,
            measured: None,
        }))
    }

    /// A search comes to a part of the registry; to be put back with `keep`.
    pub(super) fn begin(&mut self, part: usize) -> Look {
        self.growth.begin(part, Instant::now())
    }

    /// What a queue is sorted by.
    pub(super) fn key(&self, queue: &Queue, look: &mut Look) -> Key {
        let rate = self.counter.of(queue).and_then(|counted| look.rate(&counted));
        rate.map_or(Key::Missing, Key::Number)
    }

    /// The part has been looked at.
    pub(super) fn keep(&mut self, part: usize, look: Look) {
        self.growth.keep(part, look);
    }

    /// A search has ended.
    pub(super) fn end(&mut self) {
        let now = Instant::now();
        self.measured = self.ended.map(|before| now.saturating_duration_since(before));
        self.ended = Some(now);
    }

    /// Over which time the rates are those that the order is of; `None` = they are not known yet.
    pub(super) const fn measured(&self) -> Option<Duration> {
        self.measured
    }
}
