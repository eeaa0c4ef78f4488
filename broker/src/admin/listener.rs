//! `vmq-admin listener`: the listeners that are open (admin.md 8.1).

use super::{Admin, Answer};
use crate::listener::{Listener, kind_name};
use vmq_admin::command::listener::Listener as Command;
use vmq_admin::{Element, Row};
use vmq_config::ListenerAddress;

/// The columns of `--tls` and the options they show.
const TLS_COLUMNS: [&str; 8] = [
    "tls_version",
    "certfile",
    "cafile",
    "keyfile",
    "require_certificate",
    "use_identity_as_username",
    "psk_support",
    "pskfile",
];

/// Runs the command.
pub(super) fn run(admin: &Admin, command: Command) -> Result<Answer, Answer> {
    match command {
        Command::Show { tls, mqtt } => {
            let mut listeners: Vec<&Listener> = admin.broker()?.listeners().iter().collect();
            listeners.sort_by_key(|listener| {
                let (host, port) = place(listener);
                (kind_name(listener.config.kind), host, port)
            });
            let rows = listeners.into_iter().map(|listener| row(listener, tls, mqtt));
            Ok(Answer::of(vec![Element::Table(rows.collect())]))
        }
    }
}

fn row(listener: &Listener, tls: bool, mqtt: bool) -> Row {
    let config = &listener.config;
    let (host, port) = place(listener);
    let connections = listener.connections.active() as u64;
    let mut row = Row::default()
        .with("type", kind_name(config.kind))
        .with("status", "running")
        .with("address", host)
        .with("port", port.to_string())
        .with("mountpoint", config.mountpoint.as_str());
    row = match config.max_connections {
        Some(limit) => row.with("max_conns", limit as u64),
        None => row.with("max_conns", "infinity"),
    };
    row = row
        .with("active_conns", connections)
        .with("all_conns", connections);
    if tls {
        for column in TLS_COLUMNS {
            let value = config.other.get(column).map_or("", String::as_str);
            row = row.with(column, value);
        }
    }
    if mqtt {
        let versions: Vec<&str> = config
            .allowed_protocol_versions
            .iter()
            .map(|level| version_name(*level))
            .collect();
        row = row
            .with("allowed_protocol_versions", versions.join(", "))
            .with("allow_anonymous_override", config.allow_anonymous_override);
    }
    row
}

/// The address that is really open: port 0 of the file is a number by now.
fn place(listener: &Listener) -> (String, u16) {
    match &listener.config.address {
        ListenerAddress::Unix(path) => (format!("local:{}", path.display()), 0),
        ListenerAddress::Ip(asked) => {
            let address = listener.address.unwrap_or(*asked);
            (address.ip().to_string(), address.port())
        }
    }
}

const fn version_name(level: u8) -> &'static str {
    match level {
        3 => "mqtt 3.1",
        4 => "mqtt 3.1.1",
        5 => "mqtt 5",
        131 => "mqtt 3.1 (bridge)",
        132 => "mqtt 3.1.1 (bridge)",
        _ => "unknown",
    }
}
