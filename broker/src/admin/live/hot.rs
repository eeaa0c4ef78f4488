//! Top lists, for as long as somebody looks (console.md 4.5). What sessions have counted is compared with the look before
//! (`growing`), retained messages are looked at in turns (`biggest`), topics are counted meanwhile (`busiest`), refusals and
//! take-overs are at hand (`history/tops`).
//! Looking costs no more than looking at sessions: `Budget`.

mod biggest;
mod blamed;
mod busiest;
mod growing;

use super::super::query::invalid_value;
use super::super::{Admin, Answer};
use super::difference::Picture;
use crate::core::Core;
use crate::metrics::process::thread_cpu_time;
use std::time::{Duration, Instant};
use vmq_admin::Row;
use vmq_admin::live::{Hot, TOP_ROWS_MAX, TopList};

/// CPU time of the first look, so that it shows something at once.
const FIRST_SLICE: Duration = Duration::from_millis(30);

/// A little less than one hundredth of one core, as for a page of sessions.
const SHARE: u32 = 125;

/// Somebody who looks at a list.
pub(super) struct Source(List);

enum List {
    Growing(growing::Growing),
    Biggest(biggest::Biggest),
    Busiest(busiest::Busiest),
    Blamed(blamed::Blamed),
}

/// What looking may cost: after the first slice one hundredth of the time that has passed, on one core.
#[derive(Debug)]
struct Budget {
    since: Instant,
    spent: Duration,
    /// When the look that is going on has to end, in CPU time of its thread.
    until: Duration,
    began: Duration,
}

impl Source {
    pub(super) fn new(admin: &Admin, wanted: Hot) -> Result<Self, Answer> {
        let Hot { list, limit } = wanted;
        if limit > TOP_ROWS_MAX {
            return Err(invalid_value(&limit.to_string(), "limit"));
        }
        let limit = usize::try_from(limit).unwrap_or(0);
        Ok(Self(match list {
            TopList::MessagesIn
            | TopList::MessagesOut
            | TopList::BytesIn
            | TopList::BytesOut
            | TopList::Drops
            | TopList::OldestMessages => List::Growing(growing::Growing::new(list, limit)),
            TopList::Topics => List::Busiest(busiest::Busiest::new(admin.broker()?.core(), limit)),
            TopList::Retained => List::Biggest(biggest::Biggest::new(limit)),
            TopList::TakeOvers | TopList::RefusedAddresses | TopList::RefusedUsers => {
                List::Blamed(blamed::Blamed::new(list, limit))
            }
            TopList::Unknown => return Err(Answer::alert("This version knows no such list.")),
        }))
    }

    /// The list as it is now. To be called on a thread that may block.
    pub(super) fn look(&mut self, core: &Core) -> Picture {
        let (rows, facts) = match &mut self.0 {
            List::Growing(list) => (list.look(core), Row::default()),
            List::Biggest(list) => (list.look(core), Row::default()),
            List::Blamed(list) => (list.look(core), Row::default()),
            List::Busiest(list) => list.look(core),
        };
        Picture {
            facts,
            rows,
            is_complete: true,
            ..Picture::default()
        }
    }
}

impl Budget {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            spent: Duration::ZERO,
            until: Duration::ZERO,
            began: Duration::ZERO,
        }
    }

    /// A look begins; `false` = it may do nothing.
    fn begin(&mut self) -> bool {
        let allowed = FIRST_SLICE + self.since.elapsed() / SHARE;
        self.began = thread_cpu_time();
        self.until = self.began + allowed.saturating_sub(self.spent).min(FIRST_SLICE);
        self.until > self.began
    }

    fn has_time(&self) -> bool {
        thread_cpu_time() < self.until
    }

    fn end(&mut self) {
        self.spent += thread_cpu_time().saturating_sub(self.began);
    }
}

/// A row, with what tells it from the others.
type Identified = (String, Row);
