//! `vmq-admin session`: the sessions of clients, connected or not (admin.md 6.1-6.4).

pub mod fields;
pub mod inspect;
pub(super) mod entries;

use super::Access;
use super::query::Query;
use super::topic::Topics;
pub(super) use entries::ENTRIES;
pub use fields::Field;
use inspect::{Inspect, Messages};
use serde::{Deserialize, Serialize};

/// What is asked, or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Session {
    /// A table of sessions (admin.md 6.1).
    Show {
        query: Query<Field>,
        /// An expression of console.md 5 that must hold as well.
        filter: Option<String>,
        /// Other than by mountpoint and client id.
        sort: Option<Sort>,
    },
    /// A table of what is subscribed to (admin.md 19, 14).
    Topics(Topics),
    /// Closes sessions (admin.md 6.2).
    Disconnect {
        who: Who,
        /// Also ends what would outlive the connection, of clients that are offline too.
        cleanup: bool,
        mountpoint: String,
        /// Answers how many instead of `Done`.
        verbose: bool,
    },
    /// Removes one subscription (admin.md 6.3).
    Unsubscribe {
        client_id: String,
        topic: String,
        mountpoint: String,
        /// Also runs the hook `on_topic_unsubscribed`.
        #[serde(default)]
        tell_plugins: bool,
    },
    /// What happened to a client, the newest last.
    History {
        client_id: String,
        mountpoint: String,
        /// Most entries, the newest of them; `None` = all.
        limit: Option<u64>,
    },
    /// One session from near.
    Inspect(Inspect),
    /// Who has let a client in, and what it may do.
    Why(Inspect),
    /// The messages on their way to a client.
    Messages(Messages),
    /// Authorises the subscriptions of a client again (admin.md 6.4).
    Reauthorize {
        client_id: String,
        /// `None` = without a user name.
        username: Option<String>,
        mountpoint: String,
    },
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// None of subscriptions or messages: those have an order of their own.
    pub field: Field,
    pub descending: bool,
}

/// Whose sessions are closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Client(String),
    Clients(Vec<String>),
    Batch {
        count: u64,
        /// Client ids that are spared.
        except: Vec<String>,
        /// Only on these nodes; none = on all.
        nodes: Vec<String>,
    },
    /// Those that an expression of console.md 5 finds, in every mountpoint.
    Filter {
        filter: String,
        /// Only tells who they are.
        dry_run: bool,
    },
}

impl Session {
    pub(super) fn access(&self) -> Access {
        match self {
            Self::Show { query, .. } if !query.uses(Field::Payload) => Access::Read,
            Self::Topics(_) => Access::Read,
            Self::History { .. } | Self::Inspect(_) | Self::Why(_) => Access::Read,
            Self::Messages(messages) => messages.access(),
            _ => Access::Full,
        }
    }

    pub(super) const fn only_shows(&self) -> bool {
        match self {
            Self::Show { .. }
            | Self::Topics(_)
            | Self::History { .. }
            | Self::Inspect(_)
            | Self::Why(_)
            | Self::Messages(_) => true,
            Self::Disconnect { who, .. } => matches!(who, Who::Filter { dry_run: true, .. }),
            Self::Unsubscribe { .. } | Self::Reauthorize { .. } => false,
        }
    }

    pub(super) fn line(&self) -> String {
        match self {
            Self::Show { query, filter, sort } => {
                let filter = filter.as_ref().map(|filter| format!(" --filter={filter}"));
                format!(
                    "session show{}{}{}",
                    query.line(fields::FIELDS),
                    filter.unwrap_or_default(),
                    sort.map(Sort::line).unwrap_or_default()
                )
            }
            Self::Topics(topics) => topics.line(),
            Self::Inspect(inspect) => inspect.line("inspect"),
            Self::Why(inspect) => inspect.line("why"),
            Self::Messages(messages) => messages.line(),
            Self::Disconnect {
                who,
                cleanup,
                mountpoint,
                verbose,
            } => {
                let flag = |given: bool, text: &'static str| if given { text } else { "" };
                format!(
                    "session disconnect{}{}{}{}",
                    who.line(),
                    in_mountpoint(mountpoint),
                    flag(*cleanup, " --cleanup"),
                    flag(*verbose, " --verbose")
                )
            }
            Self::History {
                client_id,
                mountpoint,
                limit,
            } => {
                let limit = limit.map(|limit| format!(" --limit={limit}"));
                format!(
                    "session history client-id={client_id}{}{}",
                    in_mountpoint(mountpoint),
                    limit.unwrap_or_default()
                )
            }
            Self::Unsubscribe {
                client_id,
                topic,
                mountpoint,
                tell_plugins,
            } => format!(
                "session unsubscribe client-id={client_id} topic={topic}{}{}",
                if *tell_plugins { " --plugin" } else { "" },
                in_mountpoint(mountpoint)
            ),
            Self::Reauthorize {
                client_id,
                username,
                mountpoint,
            } => {
                let mountpoint = in_mountpoint(mountpoint);
                match username {
                    Some(name) => {
                        format!("session reauthorize username={name} client-id={client_id}{mountpoint}")
                    }
                    None => format!("session reauthorize client-id={client_id} --anonymous{mountpoint}"),
                }
            }
        }
    }
}

impl Sort {
    fn line(self) -> String {
        let sign = if self.descending { "-" } else { "" };
        format!(" --sort={sign}{}", self.field.name())
    }
}

impl Who {
    fn line(&self) -> String {
        match self {
            Self::Client(id) => format!(" client-id={id}"),
            Self::Clients(ids) => format!(" clients client-ids={}", ids.join(",")),
            Self::Batch { count, except, nodes } => format!(
                " batch count={count}{}{}",
                list("filter-client-ids", except),
                list("node", nodes)
            ),
            Self::Filter { filter, dry_run } => {
                let dry_run = if *dry_run { " --dry-run" } else { "" };
                format!(" --filter={filter}{dry_run}")
            }
        }
    }
}

fn list(flag: &str, values: &[String]) -> String {
    match values {
        [] => String::new(),
        values => format!(" --{flag}={}", values.join(",")),
    }
}

fn in_mountpoint(mountpoint: &str) -> String {
    match mountpoint {
        "" => String::new(),
        named => format!(" --mountpoint={named}"),
    }
}
