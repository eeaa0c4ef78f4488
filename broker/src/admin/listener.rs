//! `vmq-admin listener`: the listeners that are open (admin.md 8.1).

use super::{Admin, Answer};
use crate::listener::Listener;
use std::path::PathBuf;
use vmq_admin::command::listener::Listener as Command;
use vmq_admin::{Element, Row};
use vmq_config::{ListenerAddress, TlsConfig, TlsVersion};

/// Runs the command.
pub(super) fn run(admin: &Admin, command: Command) -> Result<Answer, Answer> {
    match command {
        Command::Show { tls, mqtt } => {
            let mut listeners = admin.broker()?.listeners().all();
            listeners.sort_by_key(|listener| {
                let (host, port) = place(listener);
                (listener.config.kind.type_name(), host, port)
            });
            let rows = listeners.iter().map(|listener| row(listener, tls, mqtt));
            Ok(Answer::of(vec![Element::Table(rows.collect())]))
        }
    }
}

fn row(listener: &Listener, tls: bool, mqtt: bool) -> Row {
    let config = &listener.config;
    let (host, port) = place(listener);
    let connections = listener.connections.active() as u64;
    let mut row = Row::default()
        .with("type", config.kind.type_name())
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
        row = tls_columns(row, config.tls.as_ref());
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

/// The columns of `--tls`; what is not set, or has no meaning for the listener, is blank.
fn tls_columns(row: Row, tls: Option<&TlsConfig>) -> Row {
    let file = |file: Option<&PathBuf>| file.map(|file| file.display().to_string()).unwrap_or_default();
    let flag = |flag: fn(&TlsConfig) -> bool| tls.map(|tls| flag(tls).to_string()).unwrap_or_default();
    let versions: Vec<&str> = tls
        .map(|tls| tls.versions.iter().copied().map(tls_version_name).collect())
        .unwrap_or_default();
    row.with("tls_version", versions.join(","))
        .with("certfile", file(tls.map(|tls| &tls.certfile)))
        .with("cafile", file(tls.and_then(|tls| tls.cafile.as_ref())))
        .with("keyfile", file(tls.map(|tls| &tls.keyfile)))
        .with("require_certificate", flag(|tls| tls.require_certificate))
        .with(
            "use_identity_as_username",
            flag(|tls| tls.use_identity_as_username),
        )
        // Pre-shared keys are refused when the configuration is read.
        .with("psk_support", flag(|_| false))
        .with("pskfile", "")
}

const fn tls_version_name(version: TlsVersion) -> &'static str {
    match version {
        TlsVersion::V1_2 => "tlsv1.2",
        TlsVersion::V1_3 => "tlsv1.3",
    }
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
