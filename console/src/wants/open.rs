//! What the parts of an open session need: the part itself, and what stands near it.

use crate::app::{App, OpenSession, Tab};
use crate::pane::detail::packets;
use crate::pane::session;
use crate::place::Source;
use vmq_admin::Command;
use vmq_admin::command::session::inspect::{Inspect, Messages};
use vmq_admin::command::session::{Field, Session};
use vmq_admin::live::{PAGE_ROWS_MAX, Sessions, Topic};

/// Messages that are listed.
const MESSAGES: u64 = 500;

/// What a part shows.
pub(super) fn part(open: &OpenSession) -> Source {
    match open.tab {
        Tab::Facts => sessions(open, session::all_fields()),
        Tab::Subscriptions => sessions(
            open,
            vec![
                Field::Mountpoint,
                Field::ClientId,
                Field::Topic,
                Field::Qos,
                Field::Rap,
                Field::NoLocal,
            ],
        ),
        Tab::History => Source::Poll(Command::Session(Session::History {
            client_id: open.client_id.clone(),
            mountpoint: open.mountpoint.clone(),
            limit: None,
        })),
        Tab::Why => Source::Poll(Command::Session(Session::Why(inspect(open)))),
        Tab::Queue => messages(open, None),
    }
}

/// What it shows beside: the session from near, the payload of the selected message, or the packets as they come.
pub(super) fn near(app: &App, open: &OpenSession) -> Option<Source> {
    match open.tab {
        Tab::Facts => Some(Source::Poll(Command::Session(Session::Inspect(inspect(open))))),
        Tab::History => packets::source(app, &open.mountpoint, &open.client_id),
        // A payload is not for who only looks.
        Tab::Queue if !app.read_only => Some(messages(open, Some(open.table.selected.clone()?))),
        _ => None,
    }
}

fn inspect(open: &OpenSession) -> Inspect {
    Inspect {
        client_id: open.client_id.clone(),
        mountpoint: open.mountpoint.clone(),
    }
}

fn sessions(open: &OpenSession, columns: Vec<Field>) -> Source {
    Source::Live(Topic::Sessions(Sessions {
        filter: open.filter(),
        columns,
        limit: PAGE_ROWS_MAX,
        ..Sessions::default()
    }))
}

/// All of them without payloads, or one with it.
fn messages(open: &OpenSession, one: Option<String>) -> Source {
    Source::Poll(Command::Session(Session::Messages(Messages {
        client_id: open.client_id.clone(),
        mountpoint: open.mountpoint.clone(),
        limit: MESSAGES,
        payload: one.is_some(),
        message: one,
    })))
}
