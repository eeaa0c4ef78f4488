//! `vmq-admin retain`: the retained messages of this node (admin.md 6.5, 6.6).

use super::query::{self, FieldSpec, Kind, LIMIT, Query, ROWTIMEOUT};
use super::values::{mountpoint, text};
use super::{Access, Command, Entry, FlagSpec, Given};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};

/// What is asked, or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retain {
    /// A table of retained messages of one mountpoint.
    Show { query: Query<Field> },
    Delete {
        /// `None` = none was given.
        topic: Option<String>,
        mountpoint: String,
        /// The topic is a filter, and everything it matches goes.
        all_matching: bool,
        /// Only tells how many.
        dry_run: bool,
    },
    /// Deletes those whose Message Expiry Interval has passed.
    DeleteExpired,
}

/// A field of `retain show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Payload,
    Topic,
    Mountpoint,
}

/// All fields, in the order of the help.
pub const FIELDS: &[FieldSpec<Field>] = &[
    FieldSpec {
        field: Field::Payload,
        name: "payload",
        kind: Kind::Text,
        about: "the payload",
    },
    FieldSpec {
        field: Field::Topic,
        name: "topic",
        kind: Kind::Text,
        about: "the topic; a value with + or # is a filter",
    },
    FieldSpec {
        field: Field::Mountpoint,
        name: "mountpoint",
        kind: Kind::Text,
        about: "the mountpoint that is looked at, default none",
    },
];

const OWN_FLAGS: [FlagSpec; 2] = [
    LIMIT,
    FlagSpec {
        about: "milliseconds that one message may take, default 100",
        ..ROWTIMEOUT
    },
];
const SHOW_FLAGS: [FlagSpec; OWN_FLAGS.len() + FIELDS.len()] = query::flags(&OWN_FLAGS, FIELDS);

const TOPIC: FlagSpec = FlagSpec {
    long: "topic",
    short: Some('t'),
    about: "the topic, or with --all-matching a filter",
};
const MOUNTPOINT: FlagSpec = FlagSpec {
    long: "mountpoint",
    short: Some('m'),
    about: "the mountpoint, default none",
};
const ALL_MATCHING: FlagSpec = FlagSpec {
    long: "all-matching",
    short: None,
    about: "delete every topic that the filter matches",
};
const DRY_RUN: FlagSpec = FlagSpec {
    long: "dry-run",
    short: None,
    about: "only tell how many would be deleted",
};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["retain", "show"],
        keys: &[],
        flags: &SHOW_FLAGS,
        syntax: "vmq-admin retain show [--<field>] [--<field>=<value>] [--<field>=~<regex>]",
        about: "Shows retained messages of one mountpoint.",
        example: "vmq-admin retain show --topic=a/#",
        build: |given| {
            Ok(Command::Retain(Retain::Show {
                query: Query::of(given, FIELDS)?,
            }))
        },
    },
    Entry {
        words: &["retain", "delete"],
        keys: &[],
        flags: &[TOPIC, MOUNTPOINT, ALL_MATCHING, DRY_RUN],
        syntax: "vmq-admin retain delete --topic=<topic>",
        about: "Deletes the retained message of a topic, or of all topics that a filter matches.",
        example: "vmq-admin retain delete --topic=a/# --all-matching",
        build: delete,
    },
    Entry {
        words: &["retain", "delete-expired"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin retain delete-expired",
        about: "Deletes the retained messages whose expiry interval has passed.",
        example: "vmq-admin retain delete-expired",
        build: |_| Ok(Command::Retain(Retain::DeleteExpired)),
    },
];

fn delete(given: &Given<'_>) -> Result<Command, ArgumentFault> {
    Ok(Command::Retain(Retain::Delete {
        topic: text(given, &TOPIC).flatten().map(str::to_owned),
        mountpoint: mountpoint(given, &MOUNTPOINT)?,
        all_matching: given.flag(&ALL_MATCHING)?,
        dry_run: given.flag(&DRY_RUN)?,
    }))
}

impl Field {
    /// The name that operators type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Topic => "topic",
            Self::Mountpoint => "mountpoint",
        }
    }
}

impl Retain {
    pub(super) const fn access(&self) -> Access {
        Access::Full
    }

    pub(super) const fn only_shows(&self) -> bool {
        matches!(self, Self::Show { .. } | Self::Delete { dry_run: true, .. })
    }

    pub(super) fn line(&self) -> String {
        let flag = |given: bool, text: &'static str| if given { text } else { "" };
        match self {
            Self::Show { query } => format!("retain show{}", query.line(FIELDS)),
            Self::Delete {
                topic,
                mountpoint,
                all_matching,
                dry_run,
            } => {
                let topic = topic.as_ref().map(|topic| format!(" --topic={topic}"));
                let mountpoint = match mountpoint.as_str() {
                    "" => String::new(),
                    named => format!(" --mountpoint={named}"),
                };
                format!(
                    "retain delete{}{mountpoint}{}{}",
                    topic.unwrap_or_default(),
                    flag(*all_matching, " --all-matching"),
                    flag(*dry_run, " --dry-run")
                )
            }
            Self::DeleteExpired => "retain delete-expired".to_owned(),
        }
    }
}
