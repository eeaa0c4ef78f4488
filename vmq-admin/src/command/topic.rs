//! `vmq-admin topic show`: what is subscribed to, and how often (admin.md 19, 14).

use super::query::{self, FieldSpec, Kind, LIMIT, Query};
use super::session::Session;
use super::values::text;
use super::{Command, Entry, FlagSpec, Given};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topics {
    pub query: Query<Field>,
    /// Other than by mountpoint and topic.
    #[serde(default)]
    pub sort: Option<Sort>,
}

/// A field of `topic show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Mountpoint,
    Node,
    Subscriptions,
    Topic,
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    pub field: Field,
    pub descending: bool,
}

/// All fields, in the order of the help.
pub const FIELDS: &[FieldSpec<Field>] = &[
    FieldSpec {
        field: Field::Mountpoint,
        name: "mountpoint",
        kind: Kind::Text,
        about: "the mountpoint",
    },
    FieldSpec {
        field: Field::Node,
        name: "node",
        kind: Kind::Text,
        about: "the node that has the subscriptions",
    },
    FieldSpec {
        field: Field::Subscriptions,
        name: "subscriptions",
        kind: Kind::Number,
        about: "how many there are",
    },
    FieldSpec {
        field: Field::Topic,
        name: "topic",
        kind: Kind::Text,
        about: "the filter, with $share/<group>/ where it is shared",
    },
];

const SORT: FlagSpec = FlagSpec {
    long: "sort",
    short: None,
    about: "order by a field; -subscriptions = most first",
};
const OWN_FLAGS: [FlagSpec; 2] = [LIMIT, SORT];
const FLAGS: [FlagSpec; OWN_FLAGS.len() + FIELDS.len()] = query::flags(&OWN_FLAGS, FIELDS);

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["topic", "show"],
    keys: &[],
    flags: &FLAGS,
    syntax: "vmq-admin topic show [--<field>] [--<field>=<value>] [--<field>=~<regex>]",
    about: "Shows the topics that are subscribed to, and how many subscriptions each has.",
    example: "vmq-admin topic show --sort=-subscriptions --limit=10",
    build: |given| {
        Ok(Command::Session(Session::Topics(Topics {
            query: Query::of(given, FIELDS)?,
            sort: sort(given)?,
        })))
    },
}];

fn sort(given: &Given<'_>) -> Result<Option<Sort>, ArgumentFault> {
    let Some(value) = text(given, &SORT) else {
        return Ok(None);
    };
    let value = value.unwrap_or_default();
    let name = value.strip_prefix('-').unwrap_or(value);
    let spec = FIELDS.iter().find(|spec| spec.name == name);
    let spec = spec.ok_or_else(|| ArgumentFault::BadFlagValue {
        value: value.to_owned(),
        flag: SORT.long.to_owned(),
    })?;
    Ok(Some(Sort {
        field: spec.field,
        descending: value.starts_with('-'),
    }))
}

impl Field {
    /// The name that operators type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mountpoint => "mountpoint",
            Self::Node => "node",
            Self::Subscriptions => "subscriptions",
            Self::Topic => "topic",
        }
    }
}

impl Topics {
    pub(super) fn line(&self) -> String {
        let sort = self.sort.map(|sort| {
            let sign = if sort.descending { "-" } else { "" };
            format!(" --sort={sign}{}", sort.field.name())
        });
        format!(
            "topic show{}{}",
            self.query.line(FIELDS),
            sort.unwrap_or_default()
        )
    }
}
