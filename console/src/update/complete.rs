//! Completion of the command line: names of views and nodes, the words, keys and flags of every command, and values that are
//! a closed list or stand on the screen. The tables of `vmq-admin` say what there is.

use crate::app::{App, View};
use crate::pane;
use crate::place::Place;
use crate::text::shell;
use vmq_admin::command::kind::{Kind, Needs};
use vmq_admin::command::{self, Entry};
use vmq_admin::{Row, Value};

/// Values that are offered.
const VALUES_MAX: usize = 50;

/// Commands whose words are settings.
const OF_SETTINGS: [&str; 3] = ["set", "show", "describe"];

/// The line with the word at its end completed as far as there is one way to go on.
pub(super) fn complete(app: &App, line: &str) -> String {
    let candidates = candidates(app, line);
    let Some(first) = candidates.first() else {
        return line.to_owned();
    };
    let common = candidates.iter().skip(1).fold(first.clone(), |common, other| {
        common
            .chars()
            .zip(other.chars())
            .take_while(|(left, right)| left == right)
            .map(|(left, _)| left)
            .collect()
    });
    let begin = line.rfind(' ').map_or(0, |at| at + 1);
    let mut completed = line.get(..begin).unwrap_or_default().to_owned() + &common;
    if candidates.len() == 1 && !common.ends_with('=') {
        completed.push(' ');
    }
    completed
}

/// How the last word of a line can go on.
#[must_use]
pub fn candidates(app: &App, line: &str) -> Vec<String> {
    let mut words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let last = match line.ends_with(' ') || line.is_empty() {
        true => "",
        false => words.pop().unwrap_or_default(),
    };
    words.retain(|word| *word != "vmq-admin");
    let mut found: Vec<String> = Vec::new();
    let mut add = |candidate: String| {
        if candidate.starts_with(last) && candidate != last && !found.contains(&candidate) {
            found.push(candidate);
        }
    };
    let is_plain = |word: &&&str| !word.contains('=') && !word.starts_with('-');
    let plain: Vec<&str> = words.iter().filter(is_plain).copied().collect();
    if words.is_empty() {
        View::ALL
            .iter()
            .for_each(|view| add(view.title().to_ascii_lowercase()));
        add("quit".to_owned());
    }
    if plain == ["node"] {
        app.settings.sockets.keys().for_each(|name| add(name.clone()));
    }
    if plain.first().is_some_and(|word| OF_SETTINGS.contains(word)) {
        settings(app, plain[0] == "set", last)
            .into_iter()
            .for_each(&mut add);
    }
    for entry in command::entries() {
        if plain.len() == words.len() && entry.words.len() > plain.len() && entry.words.starts_with(&plain) {
            add(entry.words[plain.len()].to_owned());
        } else if entry.words == plain.as_slice() {
            match last.split_once('=') {
                Some((name, typed)) => values(app, entry, name, typed).into_iter().for_each(&mut add),
                None => names(entry).into_iter().for_each(&mut add),
            }
        }
    }
    found
}

/// Whether a line is a command about settings, whose names the broker has to tell.
#[must_use]
pub fn is_about_settings(line: &str) -> bool {
    let mut words = line
        .split(' ')
        .filter(|word| !word.is_empty() && *word != "vmq-admin");
    let first = words.next().unwrap_or_default();
    OF_SETTINGS.contains(&first) || first == "config"
}

/// Names of settings, and of one that is named what it may be.
fn settings(app: &App, sets: bool, typed: &str) -> Vec<String> {
    let rows = app
        .picture(Place::Settings)
        .map_or(&[][..], |picture| &picture.rows);
    let text = |row: &Row, column: &str| row.get(column).map(Value::cell).unwrap_or_default();
    let names = rows.iter().map(|row| (row, text(row, "key")));
    match typed.split_once('=') {
        Some((name, _)) if sets => {
            let mut named = names.filter(|(_, key)| key == name);
            let words = named
                .next()
                .map(|(row, _)| text(row, "values"))
                .unwrap_or_default();
            words
                .split_whitespace()
                .map(|word| format!("{name}={word}"))
                .collect()
        }
        Some(_) => Vec::new(),
        None => names
            .map(|(_, key)| if sets { format!("{key}=") } else { key })
            .collect(),
    }
}

/// Keys and flags of a command.
fn names(entry: &Entry) -> Vec<String> {
    let keys = entry.keys.iter().map(|key| format!("{key}="));
    let flags = entry.flags.iter().map(|flag| {
        let mark = if entry.flag_kind(flag).1 == Needs::Value {
            "="
        } else {
            ""
        };
        format!("--{}{mark}", flag.long)
    });
    keys.chain(flags).collect()
}

/// What may stand behind `NAME=`, of which so much is typed.
fn values(app: &App, entry: &Entry, name: &str, typed: &str) -> Vec<String> {
    let kind = match name.strip_prefix("--") {
        None if entry.keys.contains(&name) => entry.key_kind(name),
        Some(long) => match entry.flags.iter().find(|flag| flag.long == long) {
            Some(flag) => entry.flag_kind(flag).0,
            None => return Vec::new(),
        },
        None => return Vec::new(),
    };
    let values = match kind {
        Kind::Words(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        Kind::ClientId => on_screen(app, "client_id"),
        Kind::Username => on_screen(app, "user"),
        Kind::Topic => topics(app),
        Kind::Setting => settings(app, false, ""),
        _ => Vec::new(),
    };
    let values = values
        .into_iter()
        .filter(|value| value.starts_with(typed.trim_start_matches('\'')))
        .take(VALUES_MAX);
    values.map(|value| shell(&[format!("{name}={value}")])).collect()
}

fn topics(app: &App) -> Vec<String> {
    let selected = pane::selected(app).filter(|_| app.view == View::Topics);
    selected
        .map(|line| line.id)
        .into_iter()
        .chain(on_screen(app, "topic"))
        .collect()
}

/// Texts of a column of what is shown here.
fn on_screen(app: &App, column: &str) -> Vec<String> {
    let pictures = [Place::View(app.view), Place::Beside]
        .into_iter()
        .filter_map(|place| app.picture(place));
    let text = |row: &Row| match row.get(column) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    pictures
        .flat_map(|picture| picture.rows.iter().filter_map(text))
        .collect()
}
