//! The one table of settings: each setting once, with key, type, bounds, default and prose.
//!
//! Parser, checks, the shipped file, `describe`, `vmq-admin set/show` and the manual read it; nothing else knows a
//! key's properties. Rows are static data in one file for each part of the broker; keys that repeat for every
//! listener kind, database or bridge are spelled out by code when the table is first used.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::key::Key;
use crate::sections::ListenerKind;

mod row;
pub(crate) use row::TLS_VERSION_WORDS as TLS_VERSIONS;
pub use row::{Applies, Area, Check, Feature, Row, Status, Type};

mod access;
mod bridge;
mod cluster;
mod database;
mod history;
mod http;
mod legacy;
mod listener;
mod log;
mod metrics;
mod plugin;
mod session;
mod store;
mod tls;
mod vm;
mod webhooks;

/// Every row, by area; inside an area in the order of the manual.
pub fn rows() -> &'static [Row] {
    &TABLE.rows
}

/// The row of a key, and the word that stands for `$name` in it.
pub(crate) fn find(key: &Key) -> Option<Found> {
    let text = key.to_string();
    if let Some(row) = TABLE.exact.get(&text) {
        return Some(Found {
            row: &TABLE.rows[*row],
            name: None,
        });
    }
    let candidates = TABLE.patterns.get(&(key.words().len(), key.words()[0].clone()))?;
    candidates.iter().find_map(|index| {
        let row = &TABLE.rows[*index];
        let name = is_match(row, key)?;
        let is_option = is_listener(row) && is_listener_option(&name);
        (!is_option).then_some(Found {
            row,
            name: Some(name),
        })
    })
}

/// The row of exactly this key or pattern.
pub(crate) fn row(pattern: &str) -> Option<&'static Row> {
    TABLE.exact.get(pattern).map(|index| &TABLE.rows[*index])
}

/// The word is an option of some kind of listener, and no name of one.
pub(crate) fn is_listener_option(word: &str) -> bool {
    TABLE.options.contains(word)
}

/// A key of this spelling has a row.
pub(crate) fn find_text(key: &str) -> bool {
    Key::parse(key).is_some_and(|key| find(&key).is_some())
}

/// What `find` answers.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) row: &'static Row,
    /// The word in the place of the first `$` word.
    pub(crate) name: Option<String>,
}

/// The words that listener keys use for a kind.
pub(crate) const LISTENER_KINDS: [(&str, ListenerKind); 8] = [
    ("tcp", ListenerKind::Tcp),
    ("ssl", ListenerKind::Ssl),
    ("ws", ListenerKind::Ws),
    ("wss", ListenerKind::Wss),
    ("http", ListenerKind::Http),
    ("https", ListenerKind::Https),
    ("vmq", ListenerKind::Vmq),
    ("vmqs", ListenerKind::Vmqs),
];

struct Table {
    rows: Vec<Row>,
    /// Every key as it stands, patterns included.
    exact: HashMap<String, usize>,
    /// Rows with placeholders, by number of words and first word.
    patterns: HashMap<(usize, String), Vec<usize>>,
    /// Words that are options of listeners and cannot be their names: an option that a kind does not have must not
    /// pass for an address.
    options: HashSet<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    fn build() -> Self {
        let mut rows = Vec::new();
        for (area, part) in parts() {
            rows.extend(part.into_iter().map(|row| Row { area, ..row }));
        }
        let exact = rows
            .iter()
            .enumerate()
            .map(|(index, row)| (row.key.to_string(), index))
            .collect();
        let mut patterns: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.is_pattern()) {
            let words: Vec<&str> = row.words().collect();
            patterns
                .entry((words.len(), words[0].to_owned()))
                .or_default()
                .push(index);
        }
        for candidates in patterns.values_mut() {
            // More fixed words first: a pattern must not hide a narrower one.
            candidates.sort_by_key(|index| rows[*index].words().filter(|word| word.starts_with('$')).count());
        }
        Self {
            options: rows
                .iter()
                .filter_map(listener_option)
                .map(str::to_owned)
                .collect(),
            rows,
            exact,
            patterns,
        }
    }
}

/// The address line of a kind of listener.
fn is_listener(row: &Row) -> bool {
    row.key.starts_with("listener.") && row.key.ends_with(".$name")
}

/// The option that a row of one listener is about, if its key ends with that.
fn listener_option(row: &Row) -> Option<&str> {
    let (_, option) = row.key.strip_prefix("listener.")?.split_once(".$name.")?;
    (!option.contains('.')).then_some(option)
}

fn parts() -> Vec<(Area, Vec<Row>)> {
    vec![
        (Area::Access, access::ROWS.to_vec()),
        (Area::Session, session::ROWS.to_vec()),
        (Area::Queue, session::QUEUE_ROWS.to_vec()),
        (Area::Listener, listener::rows()),
        (Area::Tls, tls::rows()),
        (Area::Http, http::rows()),
        (Area::Metrics, metrics::ROWS.to_vec()),
        (Area::Plugin, plugin::ROWS.to_vec()),
        (Area::Store, store::ROWS.to_vec()),
        (Area::Cluster, cluster::ROWS.to_vec()),
        (Area::Log, log::ROWS.to_vec()),
        (Area::Log, history::ROWS.to_vec()),
        (Area::Database, database::rows()),
        (Area::Webhooks, webhooks::ROWS.to_vec()),
        (Area::Bridge, bridge::rows()),
        (Area::HttpPub, http::publish_rows()),
        (Area::WebUi, http::WEB_UI_ROWS.to_vec()),
        (Area::Vm, vm::ROWS.to_vec()),
        (Area::Legacy, legacy::ROWS.to_vec()),
    ]
}

/// The first placeholder's word if the row's pattern fits.
fn is_match(row: &Row, key: &Key) -> Option<String> {
    let mut name = None;
    for (pattern, word) in row.words().zip(key.words()) {
        if pattern.starts_with('$') {
            name.get_or_insert_with(|| word.clone());
        } else if pattern != word {
            return None;
        }
    }
    name
}

/// Both halves joined at a point; for rows that repeat.
fn dotted(prefix: &str, rest: &str) -> Cow<'static, str> {
    Cow::Owned(format!("{prefix}.{rest}"))
}

#[cfg(test)]
mod tests;
