//! The verbs that ask a running daemon: `ping`, `getpid`, `reload`.

use super::config_file::{ConfigFile, Place};
use super::process::Process;
use super::{Exit, output};
use crate::admin::pid_file;
use std::time::Duration;
use vmq_admin::client::{Client, ClientError};
use vmq_admin::command::daemon::Daemon;
use vmq_admin::{Command, Element};

/// A daemon whose loop turns answers in a fraction of this.
pub(super) const PING_PATIENCE: Duration = Duration::from_secs(5);

/// A reload reads files, which may be large or slow.
const RELOAD_PATIENCE: Duration = Duration::from_secs(60);

/// Says `pong` for the daemon.
pub(super) fn ping(file: &ConfigFile) -> Exit {
    let place = file.place();
    let answer = connect(&place).and_then(|mut client| client.ping(PING_PATIENCE));
    match answer {
        Ok(()) => {
            output::say("pong");
            Exit::Done
        }
        Err(error) => no_answer(&place, &error),
    }
}

/// The process id, from the daemon or its pid file.
pub(super) fn getpid(file: &ConfigFile) -> Exit {
    let place = file.place();
    let error = match connect(&place) {
        Ok(client) => {
            output::say(client.hello().pid);
            return Exit::Done;
        }
        Err(error) => error,
    };
    if let Some(process) = Process::of_pid_file(&pid_file::path(&place.socket)) {
        output::say(process.pid);
        return Exit::Done;
    }
    is_not_running(&place, &error)
}

/// Lets the daemon read its configuration again. Its answer tells what changed and what needs a restart.
pub(super) fn reload(file: &ConfigFile) -> Exit {
    let place = file.place();
    let command = Command::Daemon(Daemon::Reload);
    match connect(&place).and_then(|mut client| client.exec(command, Some(RELOAD_PATIENCE))) {
        Ok(outcome) if outcome.exit == 0 => {
            texts(&outcome.elements).for_each(output::say);
            output::say("ok");
            Exit::Done
        }
        Ok(outcome) => {
            texts(&outcome.elements).for_each(output::errors);
            Exit::Failed
        }
        Err(error) => no_answer(&place, &error),
    }
}

/// The daemon of this place.
pub(super) fn connect(place: &Place) -> Result<Client, ClientError> {
    Client::connect_within(&place.socket, PING_PATIENCE)
}

/// Tells why there is no answer: nobody there, or nobody for us.
pub(super) fn no_answer(place: &Place, error: &ClientError) -> Exit {
    match error {
        // Scripts look for this one on standard output.
        ClientError::Denied | ClientError::Refused(_) => output::say(error),
        ClientError::NotRunning(_) | ClientError::Timeout | ClientError::Closed => {
            output::complain(place.no_pong());
        }
        other => output::complain(format_args!("{}\n{other}", place.no_pong())),
    }
    Exit::Failed
}

/// `no_answer` for verbs that end with the daemon's state.
pub(super) fn is_not_running(place: &Place, error: &ClientError) -> Exit {
    let exit = no_answer(place, error);
    if !matches!(error, ClientError::Denied | ClientError::Refused(_)) {
        output::say("Node is not running!");
    }
    exit
}

/// The texts of an answer, those of its alerts included.
pub(super) fn texts(elements: &[Element]) -> impl Iterator<Item = &str> {
    elements
        .iter()
        .flat_map(opened)
        .filter_map(|element| match element {
            Element::Text(text) => Some(text.as_str()),
            _ => None,
        })
}

fn opened(element: &Element) -> &[Element] {
    match element {
        Element::Alert(inner) => inner,
        other => std::slice::from_ref(other),
    }
}
