//! `vmq-admin listener`: the listeners of this node, and what an operator does with them (admin.md 8.1 to 8.3).

mod start;

use super::{Admin, Answer, settings};
use crate::Broker;
use crate::broker::persist::Forget;
use crate::broker::reload::Values;
use crate::listener::Listener;
use std::path::PathBuf;
use std::sync::Arc;
use vmq_admin::command::listener::{Listener as Command, Place};
use vmq_admin::{Element, Row};
use vmq_config::{ListenerAddress, ListenerConfig, TlsConfig, TlsVersion};

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Command, uid: u32) -> Result<Answer, Answer> {
    match command {
        Command::Show { tls, mqtt } => {
            let broker = admin.broker()?;
            Ok(show(&broker, tls, mqtt))
        }
        Command::Start(start) => start::run(admin, *start).await,
        Command::Stop { place, kill_sessions } => {
            let broker = admin.broker()?;
            let listener = find(&broker, &place).ok_or_else(|| cannot("stop", "not_found"))?;
            let stopped = listener.suspend().await;
            stopped.map_err(|fault| cannot("stop", &fault.to_string()))?;
            if kill_sessions {
                listener.evict(broker.core(), Some(uid)).await;
            }
            Ok(Answer::done())
        }
        Command::Restart { place } => {
            let broker = admin.broker()?;
            let listener = find(&broker, &place).ok_or_else(|| cannot("restart", "not_found"))?;
            let resumed = listener.resume(broker.core());
            resumed.map_err(|fault| cannot("restart", &fault.to_string()))?;
            Ok(Answer::done())
        }
        Command::Delete { place } => {
            let broker = admin.broker()?;
            let listener = find(&broker, &place).ok_or_else(|| cannot("delete", "not_found"))?;
            let deleted = broker.delete_listener(&listener, Some(uid)).await;
            deleted.map_err(|fault| cannot("delete", &fault.to_string()))?;
            let notes = forget(admin, &family(&listener.config)).await?;
            Ok(Answer::done().with_notes(notes))
        }
    }
}

/// The key that a listener has, or would have, in the file; its options are below.
pub(super) fn family(config: &ListenerConfig) -> String {
    // A dot in a name is escaped there.
    let name = config.name.replace('.', "\\.");
    format!("listener.{}.{name}", config.kind.key_word())
}

/// A listener that was saved is not there at the next start; one of the operator's own file is, and that is told.
async fn forget(admin: &Admin, family: &str) -> Result<Vec<String>, Answer> {
    let settings = admin.settings()?;
    let wanted = Values {
        forget: vec![Forget::Family(family.to_owned())],
        ..Values::default()
    };
    let report = settings::change(admin, wanted).await?;
    let report = report.map_err(|fault| cannot("delete", fault.to_string().trim_end()))?;
    let stands = settings.get(family).and_then(|setting| setting.origin.position());
    Ok(match stands {
        _ if report.forgotten > 0 => vec!["removed from conf.d/90-admin.conf".to_owned()],
        Some(at) => vec![format!(
            "{family} stands in {at} and comes back at the next start"
        )],
        None => Vec::new(),
    })
}

/// The form of every refusal.
fn cannot(verb: &str, reason: &str) -> Answer {
    Answer::alert(format!("can't {verb} listener due to '{reason}'"))
}

fn find(broker: &Broker, place: &Place) -> Option<Arc<Listener>> {
    broker.listeners().at(&wanted_place(place))
}

fn wanted_place(place: &Place) -> ListenerAddress {
    match place {
        Place::Ip(address) => ListenerAddress::Ip(*address),
        Place::Local(path) => ListenerAddress::Unix(path.clone()),
    }
}

fn show(broker: &Broker, tls: bool, mqtt: bool) -> Answer {
    Answer::of(vec![Element::Table(rows(broker, tls, mqtt))])
}

/// A row for each listener, by type, address and port.
pub(super) fn rows(broker: &Broker, tls: bool, mqtt: bool) -> Vec<Row> {
    let listeners = in_order(broker);
    let rows = listeners.iter().map(|listener| row(listener, tls, mqtt));
    rows.collect()
}

/// The listeners, by type, address and port.
pub(super) fn in_order(broker: &Broker) -> Vec<Arc<Listener>> {
    let mut listeners = broker.listeners().all();
    listeners.sort_by_key(|listener| {
        let (host, port) = place(listener);
        (listener.config.kind.type_name(), host, port)
    });
    listeners
}

/// The row of a listener.
pub(super) fn row(listener: &Listener, tls: bool, mqtt: bool) -> Row {
    let config = &listener.config;
    let (host, port) = place(listener);
    let connections = listener.connections.active() as u64;
    let mut row = Row::default()
        .with("type", config.kind.type_name())
        .with(
            "status",
            if listener.is_accepting() {
                "running"
            } else {
                "suspended"
            },
        )
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
