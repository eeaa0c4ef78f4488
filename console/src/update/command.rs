//! The command line: names of views, `node NAME`, `quit`, and every command of `vmq-admin`, with completion from the
//! table that the tool itself is made of.

use super::{Effect, act, complete, trace, typing};
use crate::app::{App, Confirm, Follow, Mode, OpenSession, Output, View};
use crate::deed::{self, Deed};
use crate::edit::Edit;
use crate::keys::Key;
use crate::pane;
use crate::text;
use vmq_admin::{Command, command};

/// Command lines that are remembered.
const REMEMBERED_MAX: usize = 100;

/// A key in the command line.
pub(super) fn key(app: &mut App, mut line: Edit, mut back: usize, key: Key) -> Vec<Effect> {
    match key {
        Key::Esc => return Vec::new(),
        Key::Backspace if line.text().is_empty() => return Vec::new(),
        Key::Enter => return run(app, line.text().trim()),
        Key::Tab => {
            let completed = complete::complete(app, &line.text());
            line = Edit::of(&completed);
        }
        Key::Up | Key::Down => {
            back = match key {
                Key::Up => (back + 1).min(app.commands.len()),
                _ => back.saturating_sub(1),
            };
            let at = app.commands.len().checked_sub(back).filter(|_| back > 0);
            line = Edit::of(at.and_then(|at| app.commands.get(at)).map_or("", String::as_str));
        }
        other => typing::edit(&mut line, other),
    }
    app.mode = Mode::Command { line, back };
    Vec::new()
}

fn run(app: &mut App, line: &str) -> Vec<Effect> {
    if line.is_empty() {
        return Vec::new();
    }
    if app.commands.last().is_none_or(|last| last != line) {
        if app.commands.len() >= REMEMBERED_MAX {
            app.commands.remove(0);
        }
        app.commands.push(line.to_owned());
    }
    let words = match text::words(line) {
        Ok(words) => words,
        Err(fault) => {
            app.say(fault, true);
            return Vec::new();
        }
    };
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["q" | "quit"] => app.is_over = true,
        ["node", name] if app.settings.sockets.contains_key(*name) => {
            let socket = app.settings.sockets[*name].clone();
            leave_node(app);
            return vec![Effect::Switch(socket)];
        }
        ["node", name] if !command::entries().any(|entry| entry.words.starts_with(&["node", name])) => {
            let known: Vec<&str> = app.settings.sockets.keys().map(String::as_str).collect();
            let known = match known.as_slice() {
                [] => "console.toml names none".to_owned(),
                known => format!("known are {}", known.join(", ")),
            };
            app.say(format!("there is no node '{}'; {known}", text::clean(name)), true);
        }
        [name] if View::parse(name).is_some() && !is_command(name) => {
            act::show(app, View::parse(name).unwrap_or_default());
        }
        _ => return admin(app, words),
    }
    Vec::new()
}

/// What was seen of one broker is not of the next; how it was looked at stays.
fn leave_node(app: &mut App) {
    app.shown.clear();
    app.read_only = app.looks_only;
    app.session = None;
    app.topics_path.clear();
    app.mountpoint.clear();
    app.mountpoints.clear();
    app.traces.clear();
    app.log = Follow::default();
    app.tables.values_mut().for_each(|table| table.marked.clear());
}

fn is_command(word: &str) -> bool {
    command::entries().any(|entry| entry.words.first() == Some(&word))
}

fn admin(app: &mut App, mut words: Vec<String>) -> Vec<Effect> {
    words.retain(|word| word != "vmq-admin");
    let title = format!("vmq-admin {}", text::shell(&words));
    let command = match deed::parse(&words) {
        Ok(command) => command,
        Err(fault) => {
            let mut output = Output {
                title,
                failed: 1,
                ..Output::default()
            };
            output.add(&fault);
            app.mode = Mode::Output(output);
            return Vec::new();
        }
    };
    if app.read_only && !deed::only_looks(&command) {
        app.say(app.why_read_only(), true);
        return Vec::new();
    }
    if command.streams() {
        match trace::next_trace(app) {
            Some(number) => {
                if !words.iter().any(|word| word == "--json") {
                    words.push("--json".to_owned());
                }
                trace::begin_trace(app, words, number);
            }
            None => app.say("too many traces run from here; end one first (view 4, d)", true),
        }
        return Vec::new();
    }
    // What reaches clients is asked about, wherever it was typed.
    if matches!(command, Command::Publish(_)) {
        app.mode = Mode::Confirm(Confirm {
            deed: Deed {
                title: "Publish a message to everybody who has subscribed".to_owned(),
                argvs: vec![words],
                count: 1,
                loses: false,
            },
            line: Edit::default(),
        });
        return Vec::new();
    }
    app.mode = Mode::Output(Output {
        title,
        open: 1,
        ..Output::default()
    });
    vec![Effect::Run(vec![words])]
}

/// The name of what is selected.
#[must_use]
pub fn identifier(app: &App) -> Option<String> {
    if app.view == View::Logs {
        let said = app.log.selected()?;
        return Some(said.client_id.clone().unwrap_or_else(|| said.text.clone()));
    }
    if app.view == View::Traces && app.is_tracing {
        return app.traced.selected().map(|said| said.text.clone());
    }
    let id = match (&app.session, pane::selected(app)) {
        (Some(session), None) if app.view_has_session() => return Some(session.client_id.clone()),
        (_, line) => line?.id,
    };
    match id.contains('\0') {
        true => Some(OpenSession::of(&id).client_id)
            .filter(|id| !id.is_empty())
            .or_else(|| Some(pane::hot::topic_of(app)?.1)),
        false => Some(id),
    }
}
