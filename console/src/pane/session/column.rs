//! The columns of the table of sessions: which there can be, which are shown, and what the broker is asked for them
//! (console.md 3 and 4.2).

use crate::app::{App, Rate};
use crate::table::Column;
use vmq_admin::command::session::Field;
use vmq_admin::command::session::fields::{FIELDS, Group};

/// The columns at the start (console.md 3).
const COLUMNS: [&str; 10] = [
    "client_id",
    "user",
    PEER,
    "protocol",
    "statename",
    "in_rate",
    "out_rate",
    "queue_size",
    "waiting_acks",
    "dropped_messages",
];

const PEER: &str = "peer";

/// Cells from which all of them fit, with names of usual length.
const FITS: u16 = 96;

/// Those that are wanted next, in front of the other fields of the list to choose from.
const NEXT: [&str; 10] = [
    "bytes_in_rate",
    "bytes_out_rate",
    "subscriptions_count",
    "messages_in",
    "messages_out",
    "bytes_in",
    "bytes_out",
    "session_started_at",
    "keep_alive",
    "listener",
];

/// Columns that are made of fields and are none.
const MADE: [(&str, &[Field]); 5] = [
    ("peer", &[Field::PeerHost, Field::PeerPort]),
    ("in_rate", &[Field::MessagesIn, Field::SessionPid]),
    ("out_rate", &[Field::MessagesOut, Field::SessionPid]),
    ("bytes_in_rate", &[Field::BytesIn, Field::SessionPid]),
    ("bytes_out_rate", &[Field::BytesOut, Field::SessionPid]),
];

/// Whether the table can have such a column.
#[must_use]
pub fn is_column(name: &str) -> bool {
    let is_field = |field: Field| matches!(field.group(), Group::Queue | Group::Session);
    MADE.iter().any(|(made, _)| *made == name) || Field::parse(name).is_some_and(is_field)
}

/// What a column measures.
#[must_use]
pub fn rate(name: &str) -> Option<Rate> {
    match name {
        "in_rate" => Some(Rate::MessagesIn),
        "out_rate" => Some(Rate::MessagesOut),
        "bytes_in_rate" => Some(Rate::BytesIn),
        "bytes_out_rate" => Some(Rate::BytesOut),
        _ => None,
    }
}

/// The names of the columns that are shown.
#[must_use]
pub fn columns(app: &App) -> Vec<&str> {
    if !app.columns.is_empty() {
        return app.columns.iter().map(String::as_str).collect();
    }
    let is_halved = app.session.is_some() && app.is_wide();
    match app.size.0 / if is_halved { 2 } else { 1 } {
        FITS.. => COLUMNS.to_vec(),
        // The address goes to the right, since the numbers are what is looked for.
        _ => {
            let others = COLUMNS.into_iter().filter(|name| *name != PEER);
            others.chain([PEER]).collect()
        }
    }
}

/// Whether a rate is shown.
#[must_use]
pub fn has_rates(app: &App) -> bool {
    columns(app).into_iter().any(|name| rate(name).is_some())
}

/// Everything that can be a column, the usual ones first.
#[must_use]
pub fn choices() -> Vec<&'static str> {
    let fields = FIELDS.iter().map(|spec| spec.name);
    let usual = || COLUMNS.into_iter().chain(NEXT);
    let others = fields.filter(|name| is_column(name) && !usual().any(|usual| usual == *name));
    usual().chain(others).collect()
}

/// Shows a column, or shows it no more. The client id stays.
pub fn toggle_column(app: &mut App, name: &str) {
    let mut shown: Vec<String> = columns(app).into_iter().map(str::to_owned).collect();
    match shown.iter().position(|column| column == name) {
        Some(0) => return,
        Some(at) => {
            shown.remove(at);
        }
        None => shown.push(name.to_owned()),
    }
    app.columns = shown;
}

/// The fields that the broker is asked for.
#[must_use]
pub fn fields(app: &App) -> Vec<Field> {
    let mut fields = vec![Field::Mountpoint, Field::ClientId, Field::IsOnline, Field::User];
    for name in columns(app) {
        let made = MADE.iter().find(|(made, _)| *made == name);
        let own: Vec<Field> = match made {
            Some((_, fields)) => fields.to_vec(),
            None => Field::parse(name).into_iter().collect(),
        };
        for field in own {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    fields
}

/// Every field that one session has.
#[must_use]
pub fn all_fields() -> Vec<Field> {
    let fields = FIELDS.iter().map(|spec| spec.field);
    fields
        .filter(|field| matches!(field.group(), Group::Queue | Group::Session))
        .collect()
}

/// Title and form of a column.
pub(super) fn column(name: &str) -> Column {
    match name {
        "client_id" => Column::text("CLIENT ID", name, 12),
        "user" => Column::text("USER", name, 8),
        "peer" => Column::text("PEER", name, 15),
        "protocol" => Column::number("V", name, 2),
        "statename" => Column::text("STATE", name, 7),
        "in_rate" => Column::number("IN/s", name, 5),
        "out_rate" => Column::number("OUT/s", name, 5),
        "bytes_in_rate" => Column::number("IN B/s", name, 8),
        "bytes_out_rate" => Column::number("OUT B/s", name, 8),
        "queue_size" => Column::number("QUEUE", name, 6),
        "waiting_acks" => Column::number("INFL", name, 4),
        "dropped_messages" => Column::number("DROPS", name, 5),
        "subscriptions_count" => Column::number("SUBS", name, 4),
        "session_started_at" => Column::number("SINCE", name, 7),
        "queue_started_at" => Column::number("CREATED", name, 7),
        "bytes_in" => Column::number("BYTES IN", name, 8),
        "bytes_out" => Column::number("BYTES OUT", name, 9),
        "messages_in" => Column::number("MSGS IN", name, 7),
        "messages_out" => Column::number("MSGS OUT", name, 8),
        "keep_alive" => Column::number("KEEP", name, 5),
        "session_expiry_interval" => Column::number("EXPIRY", name, 6),
        other => Column::text(&other.to_uppercase().replace('_', " "), other, 4),
    }
}
