//! `vmq-admin retain`: retained messages are shown, and deleted in memory and on disk together (admin.md 6.5, 6.6).

use super::dispatch::Reaction;
use super::query::{self, Cell, Wanted};
use super::session::cut_note;
use super::table::{self, TableMaker};
use super::{Admin, Answer, blocking};
use crate::core::Core;
use crate::message::{Message, UnixMillis};
use crate::publish::forget_retained;
use crate::store::{Op, unix_millis};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::warn;
use vmq_admin::command::query::Query;
use vmq_admin::command::retain::{Field, Retain};
use vmq_admin::{Element, Row};
use vmq_mqtt::topic;

/// Messages looked at under one lock.
const PAGE: usize = 500;

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Retain) -> Reaction {
    match react(admin, command).await {
        Ok(reaction) => reaction,
        Err(answer) => answer.into(),
    }
}

async fn react(admin: &Admin, command: Retain) -> Result<Reaction, Answer> {
    let core = Arc::clone(admin.broker()?.core());
    match command {
        Retain::Show { query } => {
            let show = Show::new(query)?;
            let (mut maker, parts) = table::table(show.limit);
            // It ends with its table.
            tokio::task::spawn_blocking(move || {
                show.run(&core, &mut maker);
                maker.finish();
            });
            Ok(Reaction::Table(parts))
        }
        Retain::Delete {
            topic,
            mountpoint,
            all_matching,
            dry_run,
        } => {
            let topic = topic.ok_or_else(|| Answer::alert("No valid topic given."))?;
            if is_filter(&topic) && !all_matching && !dry_run {
                return Err(Answer::alert("A topic with wildcards needs --all-matching."));
            }
            let store = Arc::clone(&core.store);
            let work = move || match (is_filter(&topic), dry_run) {
                (false, false) => {
                    delete_one(&core, &mountpoint, &topic);
                    "Done".to_owned()
                }
                (_, true) => format!("Would delete {}", matching(&core, &mountpoint, &topic, |_| true)),
                (true, false) => {
                    let delete = |message: &Arc<Message>| forget_retained(&core, &mountpoint, message);
                    format!("Deleted {}", matching(&core, &mountpoint, &topic, delete))
                }
            };
            let text = blocking(work).await?;
            store.submit(Vec::new()).done().await;
            Ok(Answer::of(vec![Element::text(text)]).into())
        }
        Retain::DeleteExpired => {
            let store = Arc::clone(&core.store);
            let expired = blocking(move || delete_expired(&core)).await?;
            store.submit(Vec::new()).done().await;
            let row = Row::default().with("expired", expired);
            Ok(Answer::of(vec![Element::Table(vec![row])]).into())
        }
    }
}

fn delete_one(core: &Core, mountpoint: &str, topic: &str) {
    let delete = Op::DeleteRetained {
        mountpoint: mountpoint.to_owned(),
        topic: topic.to_owned(),
    };
    // Nothing is there to delete: that is what was wanted.
    core.retained.delete(mountpoint, topic.as_bytes(), || {
        drop(core.store.submit(vec![delete]));
    });
}

fn delete_expired(core: &Core) -> u64 {
    let expired = core.retained.expired(unix_millis());
    let forgotten = expired
        .iter()
        .filter(|(mountpoint, message)| forget_retained(core, mountpoint, message));
    forgotten.count() as u64
}

/// How many messages a topic or filter matches and `each` says yes to.
fn matching(core: &Core, mountpoint: &str, filter: &str, mut each: impl FnMut(&Arc<Message>) -> bool) -> u64 {
    let (mut count, now) = (0, unix_millis());
    each_message(core, mountpoint, prefix_of(filter), |message| {
        if !message.is_expired(now) && topic::matches(filter, message.topic()) {
            count += u64::from(each(message));
        }
        true
    });
    count
}

/// Calls `each` for every message whose topic begins with `prefix`, in the order of topics, until it says `false`. No
/// lock is held during a call.
fn each_message(core: &Core, mountpoint: &str, prefix: &str, mut each: impl FnMut(&Arc<Message>) -> bool) {
    let mut last: Option<Arc<Message>> = None;
    loop {
        let after = last.as_ref().map(|message| message.topic_bytes());
        let page = core.retained.page(mountpoint, prefix.as_bytes(), after, PAGE);
        for message in &page {
            if !each(message) {
                return;
            }
        }
        if page.len() < PAGE {
            return;
        }
        last = page.into_iter().next_back();
    }
}

fn is_filter(topic: &str) -> bool {
    topic.contains(['+', '#'])
}

/// What every topic that a filter matches begins with: `a/#` matches `a` too.
fn prefix_of(filter: &str) -> &str {
    let wildcard = filter.find(['+', '#']).unwrap_or(filter.len());
    filter[..wildcard].trim_end_matches('/')
}

/// `retain show`, looked at.
struct Show {
    mountpoint: String,
    columns: Vec<Field>,
    conditions: Vec<Wanted<Field>>,
    limit: u64,
    /// What looking at one message may take.
    rowtimeout: Duration,
}

impl Show {
    fn new(query: Query<Field>) -> Result<Self, Answer> {
        let conditions = query::prepare(&query.conditions, Field::name)?;
        let exact = |field| {
            let mut of_field = conditions
                .iter()
                .filter(move |condition| condition.field == field);
            of_field.find_map(Wanted::exact).map(str::to_owned)
        };
        // One mountpoint is looked at: the named one, else the default one.
        let mountpoint = exact(Field::Mountpoint).unwrap_or_default();
        let mut columns = match query.columns {
            none if none.is_empty() => vec![Field::Payload, Field::Topic],
            columns => columns,
        };
        columns.sort_unstable_by_key(|field| field.name());
        columns.dedup();
        Ok(Self {
            mountpoint,
            columns,
            limit: query.limit,
            rowtimeout: Duration::from_millis(query.rowtimeout_ms),
            conditions,
        })
    }

    fn run(&self, core: &Core, maker: &mut TableMaker) {
        let (mut found, mut skipped, now) = (0_u64, 0_u64, unix_millis());
        let topic = self
            .conditions
            .iter()
            .filter(|condition| condition.field == Field::Topic)
            .find_map(Wanted::exact);
        let mut look_at = |message: &Arc<Message>| {
            let begun = Instant::now();
            let row = self.wants(message, now).then(|| self.row(message));
            match row {
                Some(_) if begun.elapsed() >= self.rowtimeout => skipped += 1,
                Some(row) => {
                    found += 1;
                    maker.push(row);
                }
                None => {}
            }
            !maker.is_closed()
        };
        match topic {
            Some(topic) if !is_filter(topic) => {
                if let Some(message) = core.retained.get(&self.mountpoint, topic.as_bytes()) {
                    look_at(&message);
                }
            }
            topic => {
                let prefix = topic.map_or("", prefix_of);
                each_message(core, &self.mountpoint, prefix, look_at);
            }
        }
        if found > self.limit {
            maker.note(cut_note(self.limit, Some(found)));
        }
        if skipped > 0 {
            warn!("Subquery failed due to timeout");
            maker.note(format!("{skipped} rows skipped (timeout)"));
        }
    }

    fn wants(&self, message: &Message, now: UnixMillis) -> bool {
        let holds = |condition: &Wanted<Field>| match (condition.field, condition.exact()) {
            (Field::Topic, Some(filter)) if is_filter(filter) => topic::matches(filter, message.topic()),
            (field, _) => condition.holds(&self.cell(message, field)),
        };
        !message.is_expired(now) && self.conditions.iter().all(holds)
    }

    fn row(&self, message: &Message) -> Row {
        let cell = |field: &Field| (field.name().to_owned(), self.cell(message, *field).value());
        Row(self.columns.iter().map(cell).collect())
    }

    fn cell<'a>(&'a self, message: &'a Message, field: Field) -> Cell<'a> {
        match field {
            Field::Payload => Cell::Bytes(message.payload()),
            Field::Topic => Cell::Text(Cow::Borrowed(message.topic())),
            Field::Mountpoint => Cell::Text(Cow::Borrowed(&self.mountpoint)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_leaves_nothing_out() {
        for (filter, prefix) in [
            ("a/#", "a"),
            ("a/+/b", "a"),
            ("#", ""),
            ("a/b", "a/b"),
            ("+/a", ""),
        ] {
            assert_eq!(prefix_of(filter), prefix, "{filter}");
        }
    }
}
