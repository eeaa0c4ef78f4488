//! Values that only a running broker knows: client ids, listeners, plugins, settings, traces. One connection, within a
//! time that nobody notices, and silence when it fails. It asks only what changes nothing.

use super::values::{self, Source};
use super::{Candidate, candidate};
use crate::client::Client;
use crate::command::Command;
use crate::command::cluster::Cluster;
use crate::command::kind::Kind;
use crate::command::listener::Listener;
use crate::command::log::Log;
use crate::command::plugin::Plugin;
use crate::command::query::{Condition, Query, ROWTIMEOUT_DEFAULT, Test};
use crate::command::session::{Field, Session};
use crate::command::settings::{Scope, Settings};
use crate::command::trace::Trace;
use crate::element::{Element, Row};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// For all that one completion asks (packaging.md 7).
pub(super) const PATIENCE: Duration = Duration::from_millis(300);

/// Most values of one kind.
const VALUES_MAX: u64 = 100;

/// Plugins that every broker has, running or not.
const BUILT_IN: [&str; 2] = ["vmq_acl", "vmq_passwd"];

/// The settings of the broker itself, among those of its plugins.
const SERVER: &str = "vmq_server";

/// A broker that is asked when it is needed.
pub(super) struct Broker {
    socket: PathBuf,
    connection: Option<(Client, Instant)>,
}

impl Broker {
    pub(super) const fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            connection: None,
        }
    }

    /// The rows of a command's table.
    fn rows(&mut self, command: Command) -> Vec<Row> {
        self.try_rows(command).unwrap_or_default()
    }

    fn try_rows(&mut self, command: Command) -> Option<Vec<Row>> {
        if self.connection.is_none() {
            let deadline = Instant::now() + PATIENCE;
            self.connection = Some((Client::connect_within(&self.socket, PATIENCE).ok()?, deadline));
        }
        let (client, deadline) = self.connection.as_mut()?;
        let patience = deadline.saturating_duration_since(Instant::now());
        let outcome = client.exec(command, Some(patience)).ok()?;
        let rows = outcome.elements.into_iter().filter_map(|element| match element {
            Element::Table(rows) => Some(rows),
            _ => None,
        });
        Some(rows.flatten().collect())
    }

    /// Every different value of a column, with the value of another as what it is about.
    fn column(&mut self, command: Command, column: &str, about: Option<&str>) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        for row in self.rows(command) {
            let text = cell(&row, column);
            if !text.is_empty() && found.iter().all(|known| known.text != text) {
                found.push(candidate(
                    text,
                    about.map_or_else(String::new, |about| cell(&row, about)),
                ));
            }
        }
        found
    }

    /// Values of a field of sessions that begin with `typed`.
    fn of_sessions(&mut self, field: Field, typed: &str) -> Vec<Candidate> {
        let test = match typed {
            "" => None,
            typed => Some(Test::Like(format!("^{}", literally(typed)))),
        };
        let query = Query {
            columns: vec![field, Field::Statename],
            conditions: test.map(|test| Condition { field, test }).into_iter().collect(),
            limit: VALUES_MAX,
            rowtimeout_ms: ROWTIMEOUT_DEFAULT,
        };
        let show = Session::Show {
            query,
            filter: None,
            sort: None,
        };
        let about = matches!(field, Field::ClientId).then_some("statename");
        self.column(Command::Session(show), field.name(), about)
    }

    fn of_listeners(&mut self, column: &str, address: Option<&str>) -> Vec<Candidate> {
        let show = Command::Listener(Listener::Show {
            tls: false,
            mqtt: false,
        });
        let mut found: Vec<Candidate> = Vec::new();
        for row in self.rows(show) {
            let fits = address.is_none_or(|address| cell(&row, "address") == address);
            let text = cell(&row, column);
            if fits && !text.is_empty() && found.iter().all(|known| known.text != text) {
                found.push(candidate(text, cell(&row, "type")));
            }
        }
        found
    }

    fn plugins(&mut self, column: &str) -> Vec<Candidate> {
        let show = Plugin::Show {
            plugin: None,
            hook: None,
            internal: true,
        };
        self.column(Command::Plugin(show), column, None)
    }

    /// Plugins that the command can be meant for: `enable` wants one that is off.
    fn plugins_for(&mut self, before: &[String]) -> Vec<Candidate> {
        let running = self.plugins("Plugin");
        if !before.iter().any(|word| word == "enable") {
            return running;
        }
        let is_off = |name: &&str| running.iter().all(|plugin| plugin.text != **name);
        let off = BUILT_IN.iter().copied().filter(|name| is_off(name));
        off.map(|name| candidate(name, "")).collect()
    }

    /// Keys of `vernemq.conf`; with `app=` before, those of that part without its name.
    fn settings(&mut self, before: &[String]) -> Vec<Candidate> {
        if let Some(app) = values::given(before, "app") {
            return self.settings_of(app);
        }
        let mut found = self.settings_of(SERVER);
        for plugin in self.plugins("Plugin") {
            for mut setting in self.settings_of(&plugin.text) {
                setting.text.insert_str(0, &format!("{}.", plugin.text));
                found.push(setting);
            }
        }
        found
    }

    fn settings_of(&mut self, app: &str) -> Vec<Candidate> {
        let show = Settings::ConfigShow {
            app: Some(app.to_owned()),
            key: None,
        };
        self.column(Command::Settings(show), "Config", None)
    }
}

impl Source for Broker {
    fn choices(&mut self, setting: &str) -> Vec<Candidate> {
        let show = Settings::Show {
            keys: vec![setting.to_owned()],
            scope: Scope::Local,
            raw: false,
            verbose: true,
        };
        let words = self.column(Command::Settings(show), "values", None);
        let words = words.iter().flat_map(|words| words.text.split(' '));
        words.map(|word| candidate(word, "")).collect()
    }

    fn values(&mut self, kind: Kind, typed: &str, before: &[String]) -> Vec<Candidate> {
        match kind {
            Kind::ClientId => self.of_sessions(Field::ClientId, typed),
            Kind::Username => self.of_sessions(Field::User, typed),
            Kind::Listener => self.of_sessions(Field::Listener, typed),
            Kind::Address => self.of_listeners("address", None),
            Kind::Port => self.of_listeners("port", values::given(before, "address")),
            Kind::Mountpoint => self.of_listeners("mountpoint", None),
            Kind::Plugin => self.plugins_for(before),
            Kind::Hook => split_lines(self.plugins("Hook(s)")),
            Kind::App => {
                let mut apps = vec![candidate(SERVER, "")];
                apps.extend(self.plugins("Plugin"));
                apps
            }
            Kind::Setting => self.settings(before),
            Kind::Node => self.column(Command::Cluster(Cluster::Show), "Node", None),
            Kind::Logger => self.column(Command::Log(Log::ShowConfig), "logger", Some("level")),
            Kind::TraceId => self.column(Command::Trace(Trace::List), "id", Some("filter")),
            Kind::Switch
            | Kind::ClientIds
            | Kind::Topic
            | Kind::Expression
            | Kind::Network
            | Kind::SortField
            | Kind::File
            | Kind::Folder
            | Kind::Number
            | Kind::Words(_)
            | Kind::Text => Vec::new(),
        }
    }
}

/// A text cell; what is empty, or is not there, is no value.
fn cell(row: &Row, column: &str) -> String {
    match row.0.iter().find(|(name, _)| name == column) {
        Some((_, value)) if !matches!(value, crate::Value::Null | crate::Value::Undefined) => value.cell(),
        _ => String::new(),
    }
}

fn split_lines(cells: Vec<Candidate>) -> Vec<Candidate> {
    let mut lines: Vec<String> = cells
        .iter()
        .flat_map(|cell| cell.text.lines())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines.dedup();
    lines.into_iter().map(|line| candidate(line, "")).collect()
}

/// A text as the regular expression that is this text and no other.
fn literally(text: &str) -> String {
    let mut expression = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_punctuation() {
            expression.push('\\');
        }
        expression.push(letter);
    }
    expression
}
