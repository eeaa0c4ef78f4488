//! Filling: admit a group of deliveries, number those that must be stored, and release them once the store has them.

use super::members::Owners;
use super::{Delivery, Queue, State};
use crate::store::{EntryOp, Op, QueueId, Seq};
use smallvec::SmallVec;
use std::sync::atomic::Ordering;
use vmq_config::QueueKind;
use vmq_mqtt::QoS;

/// A delivery of a batch, with the position of its message in that batch.
#[derive(Clone, Debug)]
pub struct StagedItem {
    pub message_index: u32,
    pub delivery: Delivery,
}

/// What became of a staged group.
#[derive(Debug, Default)]
pub struct Staged {
    /// Entries to store: position of the message in the batch, and the entry.
    pub entries: SmallVec<[(u32, EntryOp); 1]>,
    /// Deletions that follow from the group (lifo overflow).
    pub ops: Vec<Op>,
    /// Accepted deliveries.
    pub accepted: u64,
    /// Refused because of a limit.
    pub dropped: u64,
    /// The limit that was reached, if any was.
    pub full: Option<Full>,
    /// Refused because QoS 0 is not kept for an offline client, or the queue is gone.
    pub unhandled: u64,
    /// Numbers to give to `release`; `None` = visible already.
    range: Option<(Seq, Seq)>,
}

/// A limit of a queue that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// `max_online_messages`, else `max_offline_messages`.
    pub online: bool,
    pub limit: usize,
    /// Position of the last message that was refused; `None` = an older one was given up for it.
    pub message_index: Option<u32>,
}

impl Queue {
    /// Admits a group in order. Deliveries that need no storing are visible at once and their owner is woken; the
    /// others become visible with `release`.
    pub fn stage(&self, items: Vec<StagedItem>) -> Staged {
        let mut staged = Staged::default();
        let wake = {
            let mut guard = self.state.lock();
            let state = &mut *guard;
            if state.terminated {
                staged.unhandled = items.len() as u64;
                return staged;
            }
            let first = state.next_seq;
            for item in items {
                state.admit(self.id, item, &mut staged);
            }
            if state.next_seq > first {
                staged.range = Some((first, state.next_seq));
                state.staged.push((first, state.next_seq));
                Owners::new()
            } else if staged.accepted > 0 {
                state.owners()
            } else {
                Owners::new()
            }
        };
        if staged.dropped > 0 {
            self.dropped.fetch_add(staged.dropped, Ordering::Relaxed);
            self.dropped_ever.fetch_add(staged.dropped, Ordering::Relaxed);
        }
        wake.iter().for_each(|mailbox| mailbox.wake());
        staged
    }

    /// The store has been given the group's entries: makes them visible and wakes the owner. What a clean start has wiped
    /// meanwhile must be deleted from the store again: these operations are returned.
    #[must_use]
    pub fn release(&self, staged: &Staged) -> Vec<Op> {
        let Some(range) = staged.range else {
            return Vec::new();
        };
        let (owners, wiped) = {
            let mut state = self.state.lock();
            state.staged.retain(|staged| *staged != range);
            let wiped = state.wiped.contains(&range);
            state.wiped.retain(|wiped| *wiped != range);
            (state.owners(), wiped)
        };
        owners.iter().for_each(|mailbox| mailbox.wake());
        let orphans = if wiped { range.0..range.1 } else { 0..0 };
        orphans
            .map(|seq| Op::DeleteEntry { queue: self.id, seq })
            .collect()
    }
}

impl State {
    fn admit(&mut self, queue: QueueId, item: StagedItem, staged: &mut Staged) {
        let StagedItem {
            message_index,
            mut delivery,
        } = item;
        let online = self.attached.is_some();
        if !online && (delivery.qos == QoS::AtMostOnce || !self.persistent) {
            staged.unhandled += 1;
            return;
        }
        if let Some(limit) = self.reached_limit(online) {
            let makes_room = self.make_room(queue, staged);
            staged.full = Some(Full {
                online,
                limit,
                message_index: (!makes_room).then_some(message_index),
            });
            if !makes_room {
                staged.dropped += 1;
                return;
            }
        }
        staged.accepted += 1;
        if delivery.qos == QoS::AtMostOnce || !self.persistent {
            self.push_online(delivery);
            return;
        }
        delivery.seq = self.next_seq;
        self.next_seq += 1;
        staged.entries.push((
            message_index,
            EntryOp {
                queue,
                seq: delivery.seq,
                qos: delivery.qos,
                retain: delivery.retain,
                subscription_id: delivery.subscription_id,
            },
        ));
        match &mut self.backlog {
            Some(backlog) if !online => {
                backlog.waiting += 1;
                if self.limits.kind == QueueKind::Lifo {
                    backlog.positions.push_back(delivery.seq);
                }
            }
            _ => self.push_online(delivery),
        }
    }

    /// The limit of a queue that is full.
    fn reached_limit(&self, online: bool) -> Option<usize> {
        let (limit, used) = if online {
            (self.limits.online, self.waiting_count())
        } else {
            (
                self.limits.offline,
                self.waiting_count() + self.flights.len() as u64,
            )
        };
        limit.filter(|limit| used >= *limit as u64)
    }

    /// A full lifo queue gives up its oldest message for the new one; a fifo queue refuses the new one.
    fn make_room(&mut self, queue: QueueId, staged: &mut Staged) -> bool {
        if self.limits.kind == QueueKind::Fifo {
            return false;
        }
        // The front may belong to a group that the store has not been given yet.
        let visible_below = self.visible_below();
        if self
            .memory
            .front()
            .is_some_and(|front| front.seq >= visible_below)
        {
            return false;
        }
        let oldest = match (self.memory.pop_front(), &mut self.backlog) {
            (Some(oldest), _) => oldest.seq,
            (None, Some(backlog)) if self.attached.is_none() => match backlog.drop_oldest(visible_below) {
                Some(seq) => seq,
                None => return false,
            },
            _ => return false,
        };
        if oldest != 0 {
            staged.ops.push(Op::DeleteEntry { queue, seq: oldest });
        }
        staged.dropped += 1;
        true
    }
}
