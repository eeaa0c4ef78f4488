//! Several sessions on one queue (`allow_multiple_sessions`, deprecated): the first one owns the queue, the others are
//! members with a share of their own. In-flight state and will are each session's; the last one out takes the queue
//! offline (decisions 15).

use super::{Delivery, Queue, State};
use crate::mailbox::{ConnectionId, Mailbox};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;
use vmq_config::DeliverMode;

/// A further session.
#[derive(Debug)]
pub(super) struct Member {
    pub mailbox: Arc<Mailbox>,
    pub memory: VecDeque<Delivery>,
}

/// The mailboxes to wake; one, nearly always.
pub(super) type Owners = SmallVec<[Arc<Mailbox>; 1]>;

impl Queue {
    /// Whether more than one session is attached.
    #[must_use]
    pub fn has_members(&self) -> bool {
        !self.state.lock().members.is_empty()
    }
}

impl State {
    /// Everybody who is attached.
    pub(super) fn owners(&self) -> Owners {
        self.attached
            .iter()
            .chain(self.members.iter().map(|member| &member.mailbox))
            .map(Arc::clone)
            .collect()
    }

    /// Adds a further session.
    pub(super) fn join(&mut self, mailbox: &Arc<Mailbox>) {
        self.members.push(Member {
            mailbox: Arc::clone(mailbox),
            memory: VecDeque::new(),
        });
    }

    /// Where a delivery waits while sessions are attached: with the owner, with everybody, or with a random one.
    pub(super) fn push_online(&mut self, delivery: Delivery) {
        if self.members.is_empty() {
            self.memory.push_back(delivery);
            return;
        }
        if self.limits.sessions == Some(DeliverMode::Balance) {
            let chosen = crate::router::shared::random_below(self.members.len() + 1);
            match self.members.get_mut(chosen) {
                Some(member) => member.memory.push_back(delivery),
                None => self.memory.push_back(delivery),
            }
            return;
        }
        for member in &mut self.members {
            if self.limits.online.is_none_or(|limit| member.memory.len() < limit) {
                member.memory.push_back(delivery.clone());
            }
        }
        self.memory.push_back(delivery);
    }

    /// The messages that wait for one session.
    pub(super) fn memory_of(&mut self, connection: ConnectionId) -> Option<&mut VecDeque<Delivery>> {
        if self
            .attached
            .as_ref()
            .is_some_and(|mailbox| mailbox.connection == connection)
        {
            return Some(&mut self.memory);
        }
        let member = self
            .members
            .iter_mut()
            .find(|member| member.mailbox.connection == connection)?;
        Some(&mut member.memory)
    }

    /// One of several sessions leaves; what only it had goes to the owner. `false` = it is the last one.
    pub(super) fn leave_others(&mut self, connection: ConnectionId, untaken: &mut Vec<Delivery>) -> bool {
        let balance = self.limits.sessions == Some(DeliverMode::Balance);
        if let Some(position) = self
            .members
            .iter()
            .position(|member| member.mailbox.connection == connection)
        {
            let member = self.members.remove(position);
            if balance {
                self.memory.extend(untaken.drain(..).chain(member.memory));
            }
            return true;
        }
        if self.members.is_empty() {
            return false;
        }
        let heir = self.members.remove(0);
        self.attached = Some(heir.mailbox);
        let left = std::mem::replace(&mut self.memory, heir.memory);
        if balance {
            self.memory.extend(untaken.drain(..).chain(left));
        }
        true
    }
}
