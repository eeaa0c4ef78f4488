//! Blamed: who was refused or taken over most often in the last ten minutes (`history/tops`).

use super::super::super::happened::time;
use super::Identified;
use crate::core::Core;
use crate::history::tops::{self, address_of};
use crate::store::unix_millis;
use vmq_admin::live::TopList;
use vmq_admin::{Row, Value};

/// The list.
pub(super) struct Blamed {
    list: TopList,
    limit: usize,
}

impl Blamed {
    pub(super) const fn new(list: TopList, limit: usize) -> Self {
        Self { list, limit }
    }

    pub(super) fn look(&self, core: &Core) -> Vec<Identified> {
        let tops = &core.histories.tops;
        let top = match self.list {
            TopList::RefusedAddresses => &tops.addresses,
            TopList::RefusedUsers => &tops.users,
            _ => &tops.taken_over,
        };
        let first = top.first(self.limit, unix_millis()).into_iter();
        first
            .map(|(name, blamed)| {
                let row = row(&blamed);
                (name.into(), row)
            })
            .collect()
    }
}

fn row(blamed: &tops::Blamed) -> Row {
    let or_null = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let (entry, subscriber) = (&blamed.entry, blamed.subscriber.as_ref());
    let peer = entry.peer.as_deref();
    Row::default()
        .with("count", entry.count)
        .with("last", time(entry.last))
        .with("event", entry.kind.word())
        .with("reason", entry.reason)
        .with("address", or_null(peer.map(address_of).as_deref()))
        .with("user", or_null(blamed.user.as_deref()))
        .with("client_id", or_null(subscriber.map(|known| &*known.client_id)))
        .with("mountpoint", or_null(subscriber.map(|known| &*known.mountpoint)))
        .with("peer", or_null(peer))
        .with(
            "by",
            or_null(entry.by.as_ref().map(ToString::to_string).as_deref()),
        )
}
