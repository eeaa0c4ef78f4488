//! Page: a window on the sessions that a filter finds, in some order, looked at again and again (console.md 1, 5).
//!
//! What it may cost is a rule and not a hope: apart from the first picture, which is made at once, looking takes at most
//! one hundredth of the time that has passed since, on one core. So the rows of the window are read afresh at every look,
//! while the search that says which rows those are goes on in steps through the parts of the registry, as far as the rule
//! lets it: with some ten thousand sessions all of them at every look, with a million once in a quarter of a minute. No
//! lock is held but for the copy of one part.

use super::super::Answer;
use super::super::query::invalid_value;
use super::growing::Growing;
use super::order::{self, Key};
use super::plan::Plan;
use super::row::{count_rows, each_row};
use crate::core::Core;
use crate::metrics::process::thread_cpu_time;
use crate::queue::Queue;
use std::cmp::{Ordering, Reverse};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vmq_admin::Row;
use vmq_admin::command::query::Query;
use vmq_admin::command::session::fields::Group;
use vmq_admin::live::{PAGE_ROWS_MAX, Sessions};

/// The first picture is shown after this, as far as it has come by then; and the next one as well.
const FIRST_SLICE: Duration = Duration::from_millis(30);

/// Less than half of a hundredth of one core: what was seen has to be sent as well, and what takes a hundredth of the time at
/// once can be seen in the hundredth of the messages that wait longest.
const SHARE: u32 = 250;

/// A search that goes on takes the processor for so long and then leaves it for so long: a message that comes meanwhile does not
/// wait for the whole of it.
const SLICE: Duration = Duration::from_micros(300);
const PAUSE: Duration = Duration::from_millis(1);

/// Sessions that are kept behind the window, for when some of it go before the next search has ended.
const SPARE: usize = 64;

/// The window and how it is found.
pub(in crate::admin) struct Page {
    plan: Plan,
    offset: u64,
    limit: usize,
    /// The first ones in order, as the last search has found them.
    order: Vec<Candidate>,
    /// Rows that it has found in all.
    found: u64,
    search: Search,
    /// The first search has ended.
    is_complete: bool,
    since: Option<Instant>,
    spent: Duration,
    /// Where the order is that of what a counter grows by.
    growing: Option<Growing>,
}

/// A search that is under way.
#[derive(Default)]
struct Search {
    next_part: usize,
    /// The first ones in order, and some more.
    candidates: Vec<Candidate>,
    /// No candidate behind this one is wanted.
    bound: Option<Candidate>,
    rows: u64,
}

/// A queue that has rows.
#[derive(Clone)]
struct Candidate {
    key: Option<Key>,
    queue: Arc<Queue>,
    rows: u64,
}

/// What a look has shown.
#[derive(Debug)]
pub(in crate::admin) struct Seen {
    /// Those of the window, each with what tells it from the others.
    pub rows: Vec<(String, Row)>,
    /// Rows that match.
    pub found: u64,
    /// Sessions there are.
    pub all: u64,
    /// Over which time rates were measured that they are ordered by; none inside = not known yet.
    pub measured: Option<Option<Duration>>,
    /// `false` = the first search goes on; the next look has more.
    pub is_complete: bool,
}

impl Page {
    /// A window.
    ///
    /// # Errors
    /// The alert that says what is wrong with it.
    pub(in crate::admin) fn new(node: &str, wanted: Sessions) -> Result<Self, Answer> {
        let Sessions {
            filter,
            sort,
            by_rate,
            columns,
            offset,
            limit,
        } = wanted;
        if limit > PAGE_ROWS_MAX {
            return Err(invalid_value(&limit.to_string(), "limit"));
        }
        if let Some(field) = columns.iter().find(|field| field.group() == Group::Message) {
            return Err(invalid_value(field.name(), "columns"));
        }
        let has_order = |group| matches!(group, Group::Queue | Group::Session);
        if let Some(sort) = sort.filter(|sort| !has_order(sort.field.group())) {
            return Err(invalid_value(sort.field.name(), "sort"));
        }
        let query = Query {
            columns,
            conditions: Vec::new(),
            limit: u64::MAX,
            rowtimeout_ms: 0,
        };
        let filter = Some(filter.trim()).filter(|filter| !filter.is_empty());
        Ok(Self {
            plan: Plan::new(node, query, filter)?.sorted(sort),
            offset,
            limit: usize::try_from(limit).unwrap_or(0),
            order: Vec::new(),
            found: 0,
            search: Search::default(),
            is_complete: false,
            since: None,
            spent: Duration::ZERO,
            growing: Growing::of(sort, by_rate)?,
        })
    }

    /// What is in the window now. To be called on a thread that may block.
    pub(in crate::admin) fn look(&mut self, core: &Core) -> Seen {
        let started = thread_cpu_time();
        match self.since {
            None => self.step(core, FIRST_SLICE),
            Some(since) => {
                let allowed = since.elapsed() / SHARE;
                if let Some(left) = allowed.checked_sub(self.spent) {
                    self.step(core, left);
                }
            }
        }
        let rows = self.rows(core);
        if self.since.is_some() {
            self.spent += thread_cpu_time().saturating_sub(started);
        } else if self.is_complete {
            self.since = Some(Instant::now());
        }
        Seen {
            rows,
            found: self.found.max(self.search.rows),
            all: core.registry.len() as u64,
            measured: self.growing.as_ref().map(Growing::measured),
            is_complete: self.is_complete,
        }
    }

    /// Goes on with the search, for about this long. Once the first picture is there nobody waits for it, and it leaves the
    /// processor to others again and again.
    fn step(&mut self, core: &Core, budget: Duration) {
        let is_gentle = self.since.is_some();
        let (mut worked, mut began) = (Duration::ZERO, Instant::now());
        if let Some(client_id) = self.plan.client_id() {
            // An index finds it.
            let queues = core.registry.named(client_id);
            let kept = self.kept();
            self.search.take(&self.plan, queues, kept, self.growing.as_mut());
            self.end();
            return;
        }
        let kept = self.kept();
        loop {
            let Some(queues) = core.registry.part(self.search.next_part) else {
                self.end();
                return;
            };
            self.search.take(&self.plan, queues, kept, self.growing.as_mut());
            self.search.next_part += 1;
            let slice = began.elapsed();
            if worked + slice >= budget {
                return;
            }
            if is_gentle && slice >= SLICE {
                std::thread::sleep(PAUSE);
                worked += slice;
                began = Instant::now();
            }
        }
    }

    /// What was found is in force; the next search begins.
    fn end(&mut self) {
        let mut search = std::mem::take(&mut self.search);
        let kept = self.kept();
        sort_first(&mut search.candidates, kept, self.is_descending());
        search.candidates.truncate(kept);
        search.candidates.shrink_to_fit();
        self.order = search.candidates;
        self.found = search.rows;
        self.is_complete = true;
        self.growing.iter_mut().for_each(Growing::end);
    }

    /// The rows of the window. Those before it are counted as they were found, those in it are read.
    fn rows(&mut self, core: &Core) -> Vec<(String, Row)> {
        let (end, is_descending) = (self.window_end(), self.is_descending());
        let candidates = match self.is_complete {
            true => &self.order,
            false => {
                sort_first(&mut self.search.candidates, end, is_descending);
                &self.search.candidates
            }
        };
        let mut before = self.offset;
        let mut rows = Vec::new();
        for candidate in candidates {
            if rows.len() >= self.limit {
                break;
            }
            if candidate.rows <= before {
                before -= candidate.rows;
                continue;
            }
            if !candidate.is_there(core) {
                continue;
            }
            let read = each_row(&self.plan, &*core.store, &candidate.queue, &mut |context| {
                if before > 0 {
                    before -= 1;
                } else {
                    rows.push((context.identity(), self.plan.row(context)));
                }
                rows.len() < self.limit
            });
            // Only reading messages can fail, and those are not shown here.
            drop(read);
        }
        rows
    }

    /// Rows up to the end of the window; each candidate has one at least.
    fn window_end(&self) -> usize {
        usize::try_from(self.offset)
            .unwrap_or(usize::MAX)
            .saturating_add(self.limit)
    }

    /// Candidates that are kept.
    fn kept(&self) -> usize {
        self.window_end().saturating_add(SPARE)
    }

    fn is_descending(&self) -> bool {
        self.plan.is_descending()
    }
}

impl Search {
    /// Looks at further queues. Of all candidates so far the first ones in order are kept, so many and as many again at most.
    fn take(&mut self, plan: &Plan, queues: Vec<Arc<Queue>>, kept: usize, mut growing: Option<&mut Growing>) {
        let is_whole = plan.looks();
        let touched = queues.iter().map(|queue| queue.touch(is_whole));
        std::hint::black_box(touched.fold(0, usize::wrapping_add));
        let is_descending = plan.is_descending();
        let mut seen = growing.as_mut().map(|growing| growing.begin(self.next_part));
        for queue in queues {
            let rows = match plan.finds_all() {
                true => queue_rows(plan, &queue),
                false => count_rows(plan, &queue),
            };
            if rows == 0 {
                continue;
            }
            self.rows += rows;
            let candidate = Candidate {
                key: match (&mut seen, &growing) {
                    (Some(seen), Some(growing)) => Some(growing.key(&queue, seen)),
                    _ => plan.sort.map(|sort| order::key(plan, sort, &queue)),
                },
                queue,
                rows,
            };
            let is_behind = |bound: &Candidate| candidate.cmp(bound, is_descending).is_gt();
            if !self.bound.as_ref().is_some_and(is_behind) {
                self.candidates.push(candidate);
            }
        }
        if self.candidates.len() / 2 >= kept {
            sort_first(&mut self.candidates, kept, is_descending);
            self.candidates.truncate(kept);
            self.bound = self.candidates.last().cloned();
        }
        if let (Some(growing), Some(seen)) = (growing, seen) {
            growing.keep(self.next_part, seen);
        }
    }
}

/// Without a condition every queue has its rows, one for each session; nearly always, and always where one session is
/// the rule, that is one, which nothing has to be looked at for.
fn queue_rows(plan: &Plan, queue: &Queue) -> u64 {
    match plan.per_session && queue.is_online() && queue.has_members() {
        true => count_rows(plan, queue),
        false => 1,
    }
}

impl Candidate {
    /// The queue has not ended since.
    fn is_there(&self, core: &Core) -> bool {
        let present = core.registry.get(&self.queue.subscriber);
        present.is_some_and(|present| Arc::ptr_eq(&present, &self.queue))
    }

    fn cmp(&self, other: &Self, is_descending: bool) -> Ordering {
        let by_key = match is_descending {
            true => Reverse(&self.key).cmp(&Reverse(&other.key)),
            false => self.key.cmp(&other.key),
        };
        // Byte by byte: a comparison of the system reads beyond short names, into a line of the cache that nobody has touched.
        let (own, others) = (&self.queue.subscriber, &other.queue.subscriber);
        by_key
            .then_with(|| own.mountpoint.bytes().cmp(others.mountpoint.bytes()))
            .then_with(|| own.client_id.bytes().cmp(others.client_id.bytes()))
    }
}

/// Puts the first ones in front, in order.
fn sort_first(candidates: &mut [Candidate], count: usize, is_descending: bool) {
    let order = |a: &Candidate, b: &Candidate| a.cmp(b, is_descending);
    if count < candidates.len() {
        candidates.select_nth_unstable_by(count, order);
    }
    let count = count.min(candidates.len());
    candidates[..count].sort_unstable_by(order);
}

#[cfg(test)]
mod tests;
