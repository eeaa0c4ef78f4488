//! What the values of keys and flags are, by their names: completion offers what fits, the manual and the description of
//! the commands say it. A name that is not here takes any text.

use super::listener;
use super::log::LEVELS;
use super::metrics::labels::LABELS;
use super::query::{self, FieldSpec};
use super::{Entry, FlagSpec, retain, session};
use serde::{Deserialize, Serialize};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, `true` or `false`: alone it means on.
    Switch,
    ClientId,
    /// Several of them, separated by commas.
    ClientIds,
    Username,
    /// A topic or topic filter.
    Topic,
    Mountpoint,
    /// What `--filter` takes.
    Expression,
    /// The address of a listener.
    Address,
    /// The port of a listener.
    Port,
    /// The name of a listener.
    Listener,
    /// An address or a network.
    Network,
    Plugin,
    Hook,
    Node,
    /// A key of `vernemq.conf`.
    Setting,
    /// `vmq_server`, or a plugin.
    App,
    Logger,
    /// A number of `trace list`.
    TraceId,
    /// A field of `session show` that there is an order of.
    SortField,
    File,
    Folder,
    Number,
    /// One of these.
    Words(&'static [&'static str]),
    Text,
}

/// Whether a flag has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// It may, and usually has none.
    Nothing,
    /// Without it the flag means something else.
    Either,
    Value,
}

const TRUTH: &[&str] = &["true", "false"];
const STATES: &[&str] = &["online", "offline", "wait_for_offline", "drain"];
const FORMATS: &[&str] = &["human", "json", "jsonl", "csv", "raw"];
const SCOPES: &[&str] = &["status", "mgmt", "metrics", "health", "api2", "httppub"];
const TOPIC_ORDERS: &[&str] = &["-subscriptions", "mountpoint", "node", "subscriptions", "topic"];
const SCOPES_OR_ALL: &[&str] = &["all", "status", "mgmt", "metrics", "health", "api2", "httppub"];

/// What every command takes besides its own flags (admin.md 2.3).
pub const GLOBAL_FLAGS: &[FlagSpec] = &[
    global("help", Some('h'), "tell how the command is used"),
    global("format", None, "human (default), json, jsonl, csv or raw"),
    global(
        "watch",
        None,
        "ask again every 2 seconds, or as many as are given, until ^C: commands that show something and do not stream",
    ),
    global("no-color", None, "nothing bold on a terminal"),
    global("socket", None, "the admin socket of the broker"),
    global(
        "timeout-rpc",
        None,
        "how long to wait, as 30s, 1500ms or infinity; 60s unless the command streams",
    ),
];

const fn global(long: &'static str, short: Option<char>, about: &'static str) -> FlagSpec {
    FlagSpec { long, short, about }
}

impl Kind {
    /// What the value of a key or flag of a command is; `words` are the command's.
    #[must_use]
    pub fn of(words: &[&str], name: &str) -> Self {
        let field = match words {
            ["session" | "subscription", "show"] => of_field(session::fields::FIELDS, name),
            ["topic", "show"] if name == "sort" => Some(Self::Words(TOPIC_ORDERS)),
            ["retain", "show"] => of_field(retain::FIELDS, name),
            ["metrics", "show"] => of_label(name),
            ["listener", "start"] => listener::start::kind(name),
            ["api-key", "show"] if name == "scope" => Some(Self::Words(SCOPES_OR_ALL)),
            ["config", _] if name == "key" => Some(Self::Setting),
            ["session", "unsubscribe"] if name == "plugin" => Some(Self::Switch),
            ["session", "messages"] if name == "payload" => Some(Self::Switch),
            _ => None,
        };
        field.unwrap_or_else(|| by_name(name))
    }

    /// The name in the description of the commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Switch => "switch",
            Self::ClientId => "client_id",
            Self::ClientIds => "client_ids",
            Self::Username => "username",
            Self::Topic => "topic",
            Self::Mountpoint => "mountpoint",
            Self::Expression => "expression",
            Self::Address => "address",
            Self::Port => "port",
            Self::Listener => "listener",
            Self::Network => "network",
            Self::Plugin => "plugin",
            Self::Hook => "hook",
            Self::Node => "node",
            Self::Setting => "setting",
            Self::App => "app",
            Self::Logger => "logger",
            Self::TraceId => "trace_id",
            Self::SortField => "sort_field",
            Self::File => "file",
            Self::Folder => "folder",
            Self::Number => "number",
            Self::Words(_) => "words",
            Self::Text => "text",
        }
    }

    /// The values there are, where they are known beforehand.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Switch => TRUTH.to_vec(),
            Self::Words(words) => words.to_vec(),
            Self::SortField => session::Field::sortable().collect(),
            _ => Vec::new(),
        }
    }
}

impl Entry {
    /// What the values of a key are.
    #[must_use]
    pub fn key_kind(&self, key: &str) -> Kind {
        Kind::of(self.words, key)
    }

    /// What the values of a flag are, and whether it has one.
    #[must_use]
    pub fn flag_kind(&self, flag: &FlagSpec) -> (Kind, Needs) {
        let kind = Kind::of(self.words, flag.long);
        let is_query = self.syntax.contains("[--<field>]");
        let is_field = is_query && !matches!(flag.long, "limit" | "rowtimeout" | "filter" | "sort");
        let needs = match kind {
            _ if is_field => Needs::Either,
            Kind::Switch => Needs::Nothing,
            _ => Needs::Value,
        };
        (kind, needs)
    }

    /// Whether the command cannot be without this key or flag: its syntax has it outside of brackets, and nothing
    /// in its place.
    #[must_use]
    pub fn is_required(&self, name: &str) -> bool {
        let mut depth = 0_usize;
        let outside: String = self
            .syntax
            .chars()
            .filter(|letter| {
                match letter {
                    '[' => depth += 1,
                    ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && *letter != ']'
            })
            .collect();
        let is_it = |word: &str| {
            word.split_once('=')
                .is_some_and(|(own, _)| own.trim_start_matches('-') == name)
        };
        !outside.split(' ').any(|word| word == "|") && outside.split(' ').any(is_it)
    }
}

fn by_name(name: &str) -> Kind {
    match name {
        "client-id" | "client_id" => Kind::ClientId,
        "client-ids" | "filter-client-ids" => Kind::ClientIds,
        "username" | "user" => Kind::Username,
        "topic" => Kind::Topic,
        "mountpoint" => Kind::Mountpoint,
        "filter" => Kind::Expression,
        "address" => Kind::Address,
        "port" => Kind::Port,
        "listener" => Kind::Listener,
        "peer" => Kind::Network,
        "plugin" | "name" => Kind::Plugin,
        "hook" => Kind::Hook,
        "node" | "discovery-node" => Kind::Node,
        "app" => Kind::App,
        "logger" => Kind::Logger,
        "sort" => Kind::SortField,
        "id" => Kind::TraceId,
        "instruction-file" | "config-file" | "output" | "socket" => Kind::File,
        "path" => Kind::Folder,
        "limit" | "rowtimeout" | "count" | "qos" | "rate-max" | "rate-interval" | "subscriptions"
        | "trunc-payload" | "validity" | "arity" => Kind::Number,
        "level" => Kind::Words(&LEVELS),
        "scope" => Kind::Words(SCOPES),
        "action" => Kind::Words(&["publish", "subscribe"]),
        "aggregate" => Kind::Words(TRUTH),
        "on-limit" => Kind::Words(&["stop", "sample"]),
        "format" => Kind::Words(FORMATS),
        "all" | "all-matching" | "anonymous" | "cleanup" | "dry-run" | "global" | "help" | "hex"
        | "internal" | "json" | "kill_sessions" | "local" | "mqtt" | "no-color" | "no-payload" | "pcapng"
        | "persist" | "rates" | "raw" | "retain" | "show-labels" | "structured" | "tls" | "upgrade-now"
        | "verbose" | "watch" | "with-descriptions" | "with-logs" => Kind::Switch,
        _ => Kind::Text,
    }
}

fn of_field<F>(fields: &[FieldSpec<F>], name: &str) -> Option<Kind> {
    let field = fields.iter().find(|field| field.name == name)?;
    Some(match field.kind {
        _ if name == "statename" => Kind::Words(STATES),
        query::Kind::Flag => Kind::Words(TRUTH),
        query::Kind::Number => Kind::Number,
        query::Kind::Text => by_name(name),
    })
}

fn of_label(name: &str) -> Option<Kind> {
    let label = LABELS.iter().find(|label| label.name == name)?;
    Some(match label.values {
        [] => Kind::Text,
        values => Kind::Words(values),
    })
}
