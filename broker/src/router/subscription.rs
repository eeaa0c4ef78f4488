//! A subscription's options, and the list a client has of its own.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use vmq_mqtt::QoS;

/// What a subscription asks for. No Local and Retain As Published are implied for bridge clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    pub qos: QoS,
    pub no_local: bool,
    pub retain_as_published: bool,
    /// Made by a version 5 client: older versions have no options.
    pub m5: bool,
    /// Subscription identifier; 0 = none.
    pub id: u32,
}

impl Subscription {
    /// The bytes to store: version, QoS, flags, identifier.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let mut bytes = vec![
            1,
            self.qos.as_u8(),
            u8::from(self.no_local) | u8::from(self.retain_as_published) << 1 | u8::from(self.m5) << 2,
        ];
        bytes.extend_from_slice(&self.id.to_be_bytes());
        bytes
    }

    /// Reads stored bytes; `None` if they are damaged.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [1, qos, flags, id @ ..] = bytes else {
            return None;
        };
        let id = u32::from_be_bytes(id.try_into().ok()?);
        if id > vmq_mqtt::varint::MAX {
            return None;
        }
        Some(Self {
            qos: QoS::from_u8(*qos)?,
            no_local: flags & 1 != 0,
            retain_as_published: flags & 2 != 0,
            m5: flags & 4 != 0,
            id,
        })
    }
}

/// The subscriptions of one client, by filter as the client wrote it.
#[derive(Debug, Default)]
pub struct OwnSubscriptions {
    by_filter: Mutex<Filters>,
}

/// Most clients have one or two, and a tree has room for eleven: few are a list in the order of the filters.
#[derive(Debug)]
enum Filters {
    Few(Vec<(Arc<str>, Subscription)>),
    Many(BTreeMap<Arc<str>, Subscription>),
}

impl Default for Filters {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Filters {
    /// A list is never longer.
    const FEW: usize = 8;

    fn insert(&mut self, filter: &str, subscription: Subscription) -> (Arc<str>, Option<Subscription>) {
        let list = match self {
            Self::Many(tree) => {
                let filter = Arc::from(filter);
                return (Arc::clone(&filter), tree.insert(filter, subscription));
            }
            Self::Few(list) => list,
        };
        let filter = match place_of(filter, list) {
            Ok(at) => {
                let (filter, known) = &mut list[at];
                return (Arc::clone(filter), Some(std::mem::replace(known, subscription)));
            }
            Err(at) => {
                let filter: Arc<str> = Arc::from(filter);
                list.reserve_exact(1);
                list.insert(at, (Arc::clone(&filter), subscription));
                filter
            }
        };
        if list.len() > Self::FEW {
            *self = Self::Many(std::mem::take(list).into_iter().collect());
        }
        (filter, None)
    }

    fn remove(&mut self, filter: &str) -> bool {
        match self {
            Self::Many(tree) => tree.remove(filter).is_some(),
            Self::Few(list) => place_of(filter, list).map(|at| list.remove(at)).is_ok(),
        }
    }

    fn contains(&self, filter: &str) -> bool {
        match self {
            Self::Many(tree) => tree.contains_key(filter),
            Self::Few(list) => place_of(filter, list).is_ok(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Many(tree) => tree.len(),
            Self::Few(list) => list.len(),
        }
    }

    fn list(&self) -> Vec<(Arc<str>, Subscription)> {
        match self {
            Self::Many(tree) => tree
                .iter()
                .map(|(filter, subscription)| (Arc::clone(filter), *subscription))
                .collect(),
            Self::Few(list) => list.clone(),
        }
    }
}

/// Where a filter stands in a sorted list, or belongs.
fn place_of(filter: &str, list: &[(Arc<str>, Subscription)]) -> Result<usize, usize> {
    list.binary_search_by(|(known, _)| (**known).cmp(filter))
}

impl OwnSubscriptions {
    /// Adds or replaces a subscription. Returns the filter, to be shared with the table, and what was replaced.
    pub(super) fn insert(
        &self,
        filter: &str,
        subscription: Subscription,
    ) -> (Arc<str>, Option<Subscription>) {
        self.by_filter.lock().insert(filter, subscription)
    }

    pub(super) fn remove(&self, filter: &str) -> bool {
        self.by_filter.lock().remove(filter)
    }

    pub(super) fn clear(&self) -> Vec<Arc<str>> {
        let filters = std::mem::take(&mut *self.by_filter.lock());
        filters.list().into_iter().map(|(filter, _)| filter).collect()
    }

    /// Whether the client has this filter.
    #[must_use]
    pub fn contains(&self, filter: &str) -> bool {
        self.by_filter.lock().contains(filter)
    }

    /// Number of filters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_filter.lock().len()
    }

    /// Whether the client has subscribed to nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All filters with their options, sorted.
    #[must_use]
    pub fn list(&self) -> Vec<(Arc<str>, Subscription)> {
        self.by_filter.lock().list()
    }
}
