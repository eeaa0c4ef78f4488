//! The command lines of `vmq-admin session`: keys, flags, help.

use super::fields::{FIELDS, Field, Group};
use super::{Session, Sort, Who, inspect};
use crate::argv::ArgumentFault;
use crate::command::query::{self, LIMIT, Query, ROWTIMEOUT};
use crate::command::values::{list, mountpoint, required, text};
use crate::command::{Command, Entry, FlagSpec, Given};

pub(in crate::command) const FILTER: FlagSpec = FlagSpec {
    long: "filter",
    short: None,
    about: "an expression: words, field=value, field!=value, field~regex, field>n, field<n, online, offline",
};
pub(in crate::command) const SORT: FlagSpec = FlagSpec {
    long: "sort",
    short: None,
    about: "order by a field of the queue or the session; -<field> = largest first",
};
const OWN_FLAGS: [FlagSpec; 4] = [LIMIT, ROWTIMEOUT, FILTER, SORT];
const SHOW_FLAGS: [FlagSpec; OWN_FLAGS.len() + FIELDS.len()] = query::flags(&OWN_FLAGS, FIELDS);

const CLEANUP: FlagSpec = FlagSpec {
    long: "cleanup",
    short: Some('c'),
    about: "also delete subscriptions, waiting messages and the queue",
};
const MOUNTPOINT: FlagSpec = FlagSpec {
    long: "mountpoint",
    short: Some('m'),
    about: "the mountpoint, default none",
};
const NEWEST: FlagSpec = FlagSpec {
    long: "limit",
    short: None,
    about: "only so many, the newest of them",
};
const VERBOSE: FlagSpec = FlagSpec {
    long: "verbose",
    short: None,
    about: "tell how many sessions were disconnected",
};
const DRY_RUN: FlagSpec = FlagSpec {
    long: "dry-run",
    short: None,
    about: "with --filter: only tell who would be disconnected",
};
const EXCEPT: FlagSpec = FlagSpec {
    long: "filter-client-ids",
    short: Some('f'),
    about: "client ids that are spared, separated by commas",
};
const NODES: FlagSpec = FlagSpec {
    long: "node",
    short: Some('n'),
    about: "only on these nodes, separated by commas",
};
const PLUGIN: FlagSpec = FlagSpec {
    long: "plugin",
    short: Some('p'),
    about: "also run the hook on_topic_unsubscribed",
};
const ANONYMOUS: FlagSpec = FlagSpec {
    long: "anonymous",
    short: None,
    about: "the client has no user name",
};

pub(in crate::command) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["session", "show"],
        keys: &[],
        flags: &SHOW_FLAGS,
        syntax: "vmq-admin session show [--<field>] [--<field>=<value>] [--<field>=~<regex>]",
        about: "Shows sessions. A field adds a column, a field with a value shows only the rows that have it.",
        example: "vmq-admin session show --client_id --is_online=true --user=~^pump",
        build: |given| {
            Ok(Command::Session(Session::Show {
                query: Query::of(given, FIELDS)?,
                filter: filter(given)?,
                sort: sort(given)?,
            }))
        },
    },
    Entry {
        words: &["session", "history"],
        keys: &["client-id"],
        flags: &[MOUNTPOINT, NEWEST],
        syntax: "vmq-admin session history client-id=<id>",
        about: "Shows what happened to a client since the broker started, connected or not: the newest last.",
        example: "vmq-admin session history client-id=pump-17 --limit=10",
        build: history,
    },
    inspect::INSPECT,
    inspect::WHY,
    inspect::MESSAGES,
    Entry {
        words: &["session", "disconnect"],
        keys: &["client-id"],
        flags: &[CLEANUP, MOUNTPOINT, VERBOSE, FILTER, DRY_RUN],
        syntax: "vmq-admin session disconnect client-id=<id> | --filter=<expression>",
        about: "Disconnects a client, or all that an expression finds.",
        example: "vmq-admin session disconnect client-id=pump-17 --cleanup",
        build: |given| disconnect(given, one_or_filter(given)?),
    },
    Entry {
        words: &["session", "disconnect", "clients"],
        keys: &["client-ids"],
        flags: &[CLEANUP, MOUNTPOINT, VERBOSE],
        syntax: "vmq-admin session disconnect clients client-ids=<id,id,...>",
        about: "Disconnects several clients.",
        example: "vmq-admin session disconnect clients client-ids=a,b",
        build: |given| {
            let text = required(given, "client-ids", &["session", "disconnect", "clients"])?;
            match list(text) {
                ids if ids.is_empty() => Err(ArgumentFault::BadKeyValue(text.to_owned())),
                ids => disconnect(given, Who::Clients(ids)),
            }
        },
    },
    Entry {
        words: &["session", "disconnect", "batch"],
        keys: &["count"],
        flags: &[CLEANUP, MOUNTPOINT, EXCEPT, NODES, VERBOSE],
        syntax: "vmq-admin session disconnect batch count=<n>",
        about: "Disconnects so many clients of each node, no matter which.",
        example: "vmq-admin session disconnect batch count=100 --filter-client-ids=a,b",
        build: |given| {
            let count = required(given, "count", &["session", "disconnect", "batch"])?;
            let names = |spec| list(text(given, spec).flatten().unwrap_or_default());
            let who = Who::Batch {
                count: count
                    .parse()
                    .map_err(|_| ArgumentFault::BadKeyValue(count.to_owned()))?,
                except: names(&EXCEPT),
                nodes: names(&NODES),
            };
            disconnect(given, who)
        },
    },
    Entry {
        words: &["session", "unsubscribe"],
        keys: &["client-id", "topic"],
        flags: &[PLUGIN, MOUNTPOINT],
        syntax: "vmq-admin session unsubscribe client-id=<id> topic=<filter>",
        about: "Removes one subscription of a client.",
        example: "vmq-admin session unsubscribe client-id=pump-17 topic=a/#",
        build: unsubscribe,
    },
    Entry {
        words: &["session", "reauthorize"],
        keys: &["username", "client-id"],
        flags: &[MOUNTPOINT, ANONYMOUS],
        syntax: "vmq-admin session reauthorize username=<user> client-id=<id>",
        about: "Authorises the subscriptions of a client again and removes those that are refused.",
        example: "vmq-admin session reauthorize username=joe client-id=pump-17",
        build: reauthorize,
    },
];

fn one_or_filter(given: &Given<'_>) -> Result<Who, ArgumentFault> {
    match text(given, &FILTER) {
        Some(Some(filter)) if given.0.keys.is_empty() => Ok(Who::Filter {
            filter: filter.to_owned(),
            dry_run: given.flag(&DRY_RUN)?,
        }),
        Some(value) => Err(bad_filter(value.unwrap_or_default())),
        None if given.flag(&DRY_RUN)? => Err(ArgumentFault::UnknownKey(DRY_RUN.long.to_owned())),
        None => {
            let id = required(given, "client-id", &["session", "disconnect"])?;
            Ok(Who::Client(id.to_owned()))
        }
    }
}

/// The expression, if one is given.
pub(in crate::command) fn filter(given: &Given<'_>) -> Result<Option<String>, ArgumentFault> {
    match text(given, &FILTER) {
        Some(None) => Err(bad_filter("")),
        filter => Ok(filter.flatten().map(str::to_owned)),
    }
}

/// The order, if one is given.
pub(in crate::command) fn sort(given: &Given<'_>) -> Result<Option<Sort>, ArgumentFault> {
    let Some(value) = text(given, &SORT) else {
        return Ok(None);
    };
    let value = value.unwrap_or_default();
    let (descending, name) = match value.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, value),
    };
    Field::parse(name)
        .filter(|field| matches!(field.group(), Group::Queue | Group::Session))
        .map(|field| Some(Sort { field, descending }))
        .ok_or_else(|| ArgumentFault::BadFlagValue {
            value: value.to_owned(),
            flag: SORT.long.to_owned(),
        })
}

fn bad_filter(value: &str) -> ArgumentFault {
    ArgumentFault::BadFlagValue {
        value: value.to_owned(),
        flag: FILTER.long.to_owned(),
    }
}

fn disconnect(given: &Given<'_>, who: Who) -> Result<Command, ArgumentFault> {
    Ok(Command::Session(Session::Disconnect {
        who,
        cleanup: given.flag(&CLEANUP)?,
        mountpoint: mountpoint(given, &MOUNTPOINT)?,
        verbose: given.flag(&VERBOSE)?,
    }))
}

fn history(given: &Given<'_>) -> Result<Command, ArgumentFault> {
    let client_id = required(given, "client-id", &["session", "history"])?.to_owned();
    let limit = match text(given, &NEWEST) {
        None => None,
        given => Some(query::number(NEWEST.long, given.flatten())?),
    };
    Ok(Command::Session(Session::History {
        client_id,
        mountpoint: mountpoint(given, &MOUNTPOINT)?,
        limit,
    }))
}

fn unsubscribe(given: &Given<'_>) -> Result<Command, ArgumentFault> {
    let words = &["session", "unsubscribe"];
    let client_id = required(given, "client-id", words)?.to_owned();
    let topic = required(given, "topic", words)?.to_owned();
    Ok(Command::Session(Session::Unsubscribe {
        client_id,
        topic,
        mountpoint: mountpoint(given, &MOUNTPOINT)?,
        tell_plugins: given.flag(&PLUGIN)?,
    }))
}

fn reauthorize(given: &Given<'_>) -> Result<Command, ArgumentFault> {
    let words = &["session", "reauthorize"];
    let client_id = required(given, "client-id", words)?.to_owned();
    let username = match given.flag(&ANONYMOUS)? {
        true if given.key("username").is_ok() => {
            return Err(ArgumentFault::UnknownKey(ANONYMOUS.long.to_owned()));
        }
        true => None,
        false => Some(required(given, "username", words)?.to_owned()),
    };
    Ok(Command::Session(Session::Reauthorize {
        client_id,
        username,
        mountpoint: mountpoint(given, &MOUNTPOINT)?,
    }))
}
