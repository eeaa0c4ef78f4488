//! Biggest: the retained messages with the largest payloads. All of them are looked at in turns, a page under each lock.

use super::{Budget, Identified};
use crate::core::Core;
use crate::message::Message;
use std::cmp::Reverse;
use std::sync::Arc;
use vmq_admin::Row;

/// Messages of one page.
const PAGE: usize = 500;

/// The list, and how far looking has come.
pub(super) struct Biggest {
    limit: usize,
    budget: Budget,
    /// Mountpoints of this round that are still to be looked at, and the last message of the one that is.
    mountpoints: Vec<Arc<str>>,
    last: Option<Arc<Message>>,
    found: Vec<(Arc<str>, Arc<Message>)>,
    shown: Vec<Identified>,
    has_shown: bool,
}

impl Biggest {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            budget: Budget::new(),
            mountpoints: Vec::new(),
            last: None,
            found: Vec::new(),
            shown: Vec::new(),
            has_shown: false,
        }
    }

    pub(super) fn look(&mut self, core: &Core) -> Vec<Identified> {
        if self.budget.begin() {
            if self.mountpoints.is_empty() {
                self.mountpoints = core.retained.mountpoints();
            }
            while self.step(core) && self.budget.has_time() {}
            self.budget.end();
        }
        if !self.has_shown {
            self.show();
        }
        self.shown.clone()
    }

    /// Looks at a page; `false` = the round has ended.
    fn step(&mut self, core: &Core) -> bool {
        let Some(mountpoint) = self.mountpoints.last().cloned() else {
            self.show();
            self.has_shown = true;
            self.found.clear();
            return false;
        };
        let after = self.last.as_ref().map(|message| message.topic_bytes());
        let page = core.retained.page(&mountpoint, b"", after, PAGE);
        self.last = match page.len() < PAGE {
            true => {
                self.mountpoints.pop();
                None
            }
            false => page.last().cloned(),
        };
        self.found
            .extend(page.into_iter().map(|message| (Arc::clone(&mountpoint), message)));
        self.sort();
        true
    }

    fn sort(&mut self) {
        self.found
            .sort_by_key(|(_, message)| Reverse(message.payload().len()));
        self.found.truncate(self.limit);
    }

    fn show(&mut self) {
        self.sort();
        self.shown = self
            .found
            .iter()
            .map(|(mountpoint, message)| row(mountpoint, message))
            .collect();
    }
}

fn row(mountpoint: &str, message: &Message) -> Identified {
    let row = Row::default()
        .with("topic", message.topic())
        .with("mountpoint", mountpoint)
        .with("bytes", message.payload().len() as u64);
    (format!("{mountpoint}\0{}", message.topic()), row)
}
