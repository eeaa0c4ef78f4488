//! `vmq-admin subscription show`: who has subscribed to what (admin.md 19, 14). It is `session show` with a row for each
//! subscription, other columns, and nothing of messages.

use super::query::{self, FieldSpec, LIMIT, Query};
use super::session::Session;
use super::session::entries::{FILTER, SORT, filter, sort};
use super::session::fields::{FIELDS, Field, Group, MESSAGE_FIELDS};
use super::{Command, Entry, FlagSpec};

/// The fields of messages come last, and are none of its business.
const OWN_FIELDS: &[FieldSpec<Field>] = FIELDS.split_at(FIELDS.len() - MESSAGE_FIELDS).0;
const OWN_FLAGS: [FlagSpec; 3] = [LIMIT, FILTER, SORT];
const FLAGS: [FlagSpec; OWN_FLAGS.len() + OWN_FIELDS.len()] = query::flags(&OWN_FLAGS, OWN_FIELDS);

/// The columns when none is asked for.
const COLUMNS: [Field; 5] = [
    Field::ClientId,
    Field::Mountpoint,
    Field::Node,
    Field::Qos,
    Field::Topic,
];

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["subscription", "show"],
    keys: &[],
    flags: &FLAGS,
    syntax: "vmq-admin subscription show [--<field>] [--<field>=<value>] [--<field>=~<regex>]",
    about: "Shows subscriptions: who has subscribed to what. Fields and filters are those of session show.",
    example: "vmq-admin subscription show --topic=~^sensors/ --limit=1000",
    build: |given| {
        let mut query = Query::of(given, OWN_FIELDS)?;
        if query.columns.is_empty() {
            query.columns = COLUMNS.to_vec();
        }
        // There is a row for each subscription, whatever is shown of it.
        if !query
            .columns
            .iter()
            .any(|field| field.group() == Group::Subscription)
        {
            query.columns.push(Field::Topic);
        }
        Ok(Command::Session(Session::Show {
            query,
            filter: filter(given)?,
            sort: sort(given)?,
        }))
    },
}];
