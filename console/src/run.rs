//! The program: arguments and settings into a state, then events into the state and the state onto the screen, keys
//! before data.

mod broker;
mod screen;
mod plain;

use crate::app::{App, Look};
use crate::args::Arguments;
use crate::settings::{self, Settings};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use vmq_admin::locate;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Left = 0,
    Failed = 1,
    /// What was asked for is not there, such as a node's name.
    WrongArguments = 2,
    NoBroker = 6,
}

/// Runs the console.
#[must_use]
pub fn run(arguments: &Arguments) -> Exit {
    let (settings, faults) = Settings::read(&settings::files());
    for fault in &faults {
        complain(fault);
    }
    let Some(socket) = socket(arguments, &settings) else {
        complain(&format!(
            "the settings file names no node '{}'",
            arguments.node.as_deref().unwrap_or_default()
        ));
        return Exit::WrongArguments;
    };
    let hello = match broker::greet(&socket) {
        Ok(hello) => hello,
        Err(text) => {
            complain(&text);
            return Exit::NoBroker;
        }
    };
    let has_screen = io::stdout().is_terminal() && io::stdin().is_terminal();
    let mut app = state(arguments, settings, &socket);
    app.link.hello = Some(hello);
    if let Some(fault) = faults.first() {
        app.say(fault.clone(), true);
    }
    match has_screen && !arguments.once && arguments.count.is_none() {
        true => screen::run(app, &socket, !arguments.no_mouse),
        false => plain::run(
            app,
            &socket,
            if arguments.once {
                1
            } else {
                arguments.count.unwrap_or(1)
            },
        ),
    }
}

/// Flag, environment, then where the package has it.
fn socket(arguments: &Arguments, settings: &Settings) -> Option<PathBuf> {
    if let Some(node) = &arguments.node {
        return settings.sockets.get(node).cloned();
    }
    let named = arguments
        .socket
        .clone()
        .or_else(|| std::env::var_os("VMQ_ADMIN_SOCKET").map(PathBuf::from));
    Some(named.unwrap_or_else(|| PathBuf::from(locate::DEFAULT_SOCKET)))
}

fn state(arguments: &Arguments, mut settings: Settings, socket: &std::path::Path) -> App {
    settings.mouse &= !arguments.no_mouse;
    let look = Look {
        colours: settings
            .colours
            .unwrap_or_else(|| std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())),
        ascii: arguments.ascii || settings.ascii,
    };
    let mut app = App::new(settings, look, (80, 24));
    app.socket = socket.display().to_string();
    app.looks_only = arguments.read_only;
    app.read_only = arguments.read_only;
    app.view = arguments.view.unwrap_or(app.view);
    app.interval_ms = arguments.interval.unwrap_or(app.interval_ms);
    if let Some(filter) = &arguments.filter {
        app.table_mut().set_filter(filter);
    }
    app
}

/// A line on standard error. Nobody is left to be told when that fails.
fn complain(text: &str) {
    writeln!(io::stderr(), "vmq-console: {text}").ok();
}
