//! `topic show`: the filters that are subscribed to, with their numbers (admin.md 19, 14). Counted from the subscriptions of
//! the queues, a shard of the registry at a time: the routing table is not walked through and nobody who publishes waits.

use super::super::Answer;
use super::super::query::{self, Cell, Wanted};
use super::super::table::TableMaker;
use super::order::smallest;
use super::scan::cut_note;
use crate::core::Core;
use ahash::AHashMap;
use std::cmp::Ordering;
use std::sync::Arc;
use vmq_admin::Row;
use vmq_admin::command::topic::{Field, Sort, Topics};

/// Different topics that are counted; a topic costs less than a hundred bytes here.
const TOPICS_MAX: usize = 200_000;

/// A topic and how many have subscribed to it.
struct Counted {
    mountpoint: Arc<str>,
    topic: Arc<str>,
    subscriptions: u64,
}

/// `topic show`, looked at.
pub(super) struct Show {
    node: String,
    /// Sorted by name.
    columns: Vec<Field>,
    conditions: Vec<Wanted<Field>>,
    sort: Option<Sort>,
    pub(super) limit: u64,
}

impl Show {
    /// # Errors
    /// The alert for an expression that is none.
    pub(super) fn new(node: &str, topics: Topics) -> Result<Self, Answer> {
        let conditions = query::prepare(&topics.query.conditions, Field::name)?;
        let mut columns = match topics.query.columns {
            none if none.is_empty() => {
                vec![Field::Mountpoint, Field::Node, Field::Subscriptions, Field::Topic]
            }
            columns => columns,
        };
        columns.sort_unstable_by_key(|field| field.name());
        Ok(Self {
            node: node.to_owned(),
            columns,
            conditions,
            sort: topics.sort,
            limit: topics.query.limit,
        })
    }

    /// Makes the table.
    pub(super) fn run(&self, core: &Core, maker: &mut TableMaker) {
        let (counted, further) = self.count(core, &|| maker.is_closed());
        let of_number = |counted: &Counted| self.passes(&[Field::Subscriptions], counted);
        let counted: Vec<Counted> = counted.into_iter().filter(of_number).collect();
        let found = counted.len() as u64;
        let wanted = usize::try_from(self.limit).unwrap_or(usize::MAX);
        for counted in smallest(counted, wanted, |a, b| self.order(a, b)) {
            maker.push(self.row(&counted));
        }
        if found > self.limit {
            maker.note(cut_note(self.limit, Some(found)));
        }
        if further > 0 {
            maker.note(format!(
                "{further} subscriptions to more than {TOPICS_MAX} topics are left out, use --topic=~<regex>"
            ));
        }
    }

    /// The topics that are wanted, and how many subscriptions there was no room for.
    fn count(&self, core: &Core, is_closed: &dyn Fn() -> bool) -> (Vec<Counted>, u64) {
        let mut counts: AHashMap<(Arc<str>, Arc<str>), u64> = AHashMap::new();
        let mut further = 0;
        core.registry.for_each(|queue| {
            if is_closed() {
                return;
            }
            for (topic, _) in queue.subscriptions.list() {
                let counted = Counted {
                    mountpoint: Arc::clone(&queue.subscriber.mountpoint),
                    topic,
                    subscriptions: 0,
                };
                if !self.passes(&[Field::Mountpoint, Field::Node, Field::Topic], &counted) {
                    continue;
                }
                let key = (counted.mountpoint, counted.topic);
                if let Some(count) = counts.get_mut(&key) {
                    *count += 1;
                } else if counts.len() < TOPICS_MAX {
                    counts.insert(key, 1);
                } else {
                    further += 1;
                }
            }
        });
        let counted = counts.into_iter().map(|((mountpoint, topic), count)| Counted {
            mountpoint,
            topic,
            subscriptions: count,
        });
        (counted.collect(), further)
    }

    /// Whether the conditions on these fields hold.
    fn passes(&self, fields: &[Field], counted: &Counted) -> bool {
        self.conditions
            .iter()
            .filter(|condition| fields.contains(&condition.field))
            .all(|condition| condition.holds(&self.cell(counted, condition.field)))
    }

    fn order(&self, a: &Counted, b: &Counted) -> Ordering {
        let by_name = || (&a.mountpoint, &a.topic).cmp(&(&b.mountpoint, &b.topic));
        let Some(sort) = self.sort else { return by_name() };
        let by_field = match sort.field {
            Field::Node => Ordering::Equal,
            Field::Mountpoint => a.mountpoint.cmp(&b.mountpoint),
            Field::Topic => a.topic.cmp(&b.topic),
            Field::Subscriptions => a.subscriptions.cmp(&b.subscriptions),
        };
        let directed = if sort.descending {
            by_field.reverse()
        } else {
            by_field
        };
        directed.then_with(by_name)
    }

    fn row(&self, counted: &Counted) -> Row {
        let cell = |field: &Field| (field.name().to_owned(), self.cell(counted, *field).value());
        Row(self.columns.iter().map(cell).collect())
    }

    fn cell<'a>(&'a self, counted: &'a Counted, field: Field) -> Cell<'a> {
        match field {
            Field::Mountpoint => Cell::Text((&*counted.mountpoint).into()),
            Field::Node => Cell::Text((&*self.node).into()),
            Field::Subscriptions => Cell::Number(counted.subscriptions),
            Field::Topic => Cell::Text((&*counted.topic).into()),
        }
    }
}
