//! Growing: the sessions of which a counter grows fastest. The counters are those that sessions keep anyway; what they grow
//! by is known only while somebody looks (`admin/growth`).

use super::super::super::growth::{Counted, Counter, Growth};
use super::{Budget, Identified};
use crate::core::Core;
use crate::mailbox::Mailbox;
use crate::queue::Queue;
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vmq_admin::live::TopList;
use vmq_admin::{Row, Value};

/// Two looks at a session that are closer than this say nothing about a second.
const APART: Duration = Duration::from_millis(400);

/// The list, and how far looking has come.
pub(super) struct Growing {
    list: TopList,
    limit: usize,
    budget: Budget,
    /// The part of the registry that is next.
    next: usize,
    growth: Growth,
    /// The best ones of the round that goes on.
    found: Vec<Candidate>,
    shown: Vec<Identified>,
    has_shown: bool,
}

struct Candidate {
    /// Per second, in thousandths; `None` = it was seen once so far.
    rate: Option<u64>,
    total: u64,
    queue: Arc<Queue>,
    session: Option<Arc<Mailbox>>,
}

impl Growing {
    pub(super) fn new(list: TopList, limit: usize) -> Self {
        Self {
            list,
            limit,
            budget: Budget::new(),
            next: 0,
            growth: Growth::default(),
            found: Vec::new(),
            shown: Vec::new(),
            has_shown: false,
        }
    }

    /// Goes on, and gives the rows of the last round that has ended; of the first one as far as it has come.
    pub(super) fn look(&mut self, core: &Core) -> Vec<Identified> {
        if self.budget.begin() {
            while self.step(core) && self.budget.has_time() {}
            self.budget.end();
        }
        if !self.has_shown {
            self.shown = self.rows();
        }
        self.shown.clone()
    }

    /// Looks at a part; `false` = the round has ended, or the part is not due yet.
    fn step(&mut self, core: &Core) -> bool {
        let now = Instant::now();
        if self.growth.age(self.next, now).is_some_and(|age| age < APART) {
            return false;
        }
        let Some(queues) = core.registry.part(self.next) else {
            self.shown = self.rows();
            self.has_shown = true;
            self.found.clear();
            self.next = 0;
            return false;
        };
        let mut look = self.growth.begin(self.next, now);
        for queue in queues {
            let Some(counted) = self.counted(&queue, now) else {
                continue;
            };
            self.found.push(Candidate {
                // An age is what it is.
                rate: match self.list {
                    TopList::OldestMessages => None,
                    _ => look.rate(&counted),
                },
                total: counted.total,
                queue,
                session: counted.session,
            });
        }
        self.growth.keep(self.next, look);
        self.next += 1;
        self.keep_best();
        true
    }

    /// What a session has counted; `None` = nothing that the list is about.
    fn counted(&self, queue: &Arc<Queue>, now: Instant) -> Option<Counted> {
        let counter = match self.list {
            TopList::MessagesIn => Counter::MessagesIn,
            TopList::MessagesOut => Counter::MessagesOut,
            TopList::BytesIn => Counter::BytesIn,
            TopList::BytesOut => Counter::BytesOut,
            TopList::Drops => Counter::Drops,
            _ => return oldest(queue, now),
        };
        let is_meant = counter == Counter::Drops || queue.is_online();
        let counted = counter.of(queue).filter(|_| is_meant)?;
        (counted.total > 0).then_some(counted)
    }

    fn keep_best(&mut self) {
        if self.found.len() > self.limit {
            self.found.sort_unstable_by_key(Candidate::order);
            self.found.truncate(self.limit);
        }
    }

    fn rows(&mut self) -> Vec<Identified> {
        self.found.sort_by_key(Candidate::order);
        let first = self.found.iter().take(self.limit);
        first.map(|candidate| candidate.row(self.list)).collect()
    }
}

impl Candidate {
    fn order(&self) -> (Reverse<Option<u64>>, Reverse<u64>) {
        (Reverse(self.rate), Reverse(self.total))
    }

    fn row(&self, list: TopList) -> Identified {
        let subscriber = &self.queue.subscriber;
        let facts = self.session.as_ref().and_then(|session| session.facts());
        let user = facts.and_then(|facts| facts.username.as_deref());
        let peer = self.session.as_ref().map(|session| &*session.peer);
        let row = Row::default()
            .with("client_id", &*subscriber.client_id)
            .with("mountpoint", &*subscriber.mountpoint)
            .with("user", user.map_or(Value::Null, Value::from))
            .with("peer", peer.map_or(Value::Null, Value::from));
        let row = match list {
            TopList::OldestMessages => {
                let waiting = self.queue.unacknowledged();
                row.with("oldest_ms", self.total)
                    .with("waiting", waiting.online + waiting.offline)
            }
            _ => {
                #[expect(clippy::cast_precision_loss, reason = "it is shown with three digits")]
                let rate = |thousandths: u64| Value::Float(thousandths as f64 / 1000.0);
                row.with("rate", self.rate.map_or(Value::Null, rate))
                    .with("total", self.total)
            }
        };
        (
            format!("{}\0{}", subscriber.mountpoint, subscriber.client_id),
            row,
        )
    }
}

/// How old the oldest message is that waits for a client that is connected, in milliseconds.
fn oldest(queue: &Queue, now: Instant) -> Option<Counted> {
    let session = queue.owners().first().filter(|_| queue.is_online()).cloned()?;
    let total = millis(now.saturating_duration_since(queue.oldest()?));
    (total > 0).then_some(Counted {
        number: session.connection,
        total,
        session: Some(session),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
