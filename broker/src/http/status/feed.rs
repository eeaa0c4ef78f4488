//! The JSON feed (monitoring.md 5.2). The order of the keys is a promise; ours come last.

use super::super::health::missing_listeners;
use super::super::respond::Answer;
use crate::core::Core;
use crate::metrics::Snapshot;
use crate::metrics::families::{self, Family};
use crate::metrics::rates::{Rates, WINDOWS};
use crate::metrics::snapshot::{Labels, Metric, Value};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use vmq_config::{ListenerAddress, ListenerConfig};

/// A node.
#[derive(Debug, Serialize)]
struct Node {
    num_online: u64,
    num_offline: u64,
    msg_in: u64,
    msg_out: u64,
    queue_in: u64,
    queue_out: u64,
    queue_drop: u64,
    queue_unhandled: u64,
    num_subscriptions: u64,
    num_retained: u64,
    matches_local: u64,
    matches_remote: u64,
    version: &'static str,
    /// Who is ready, as this node sees it.
    mystatus: [BTreeMap<String, bool>; 1],
    listeners: Vec<Open>,
    // Ours.
    uptime_ms: u64,
    memory_bytes: u64,
    /// Of one core, all threads; the mean of the last ten seconds.
    cpu_percent: f64,
    queue_processes: u64,
    connect_received: u64,
    /// Per second, as the mean of the last second, ten seconds and minute.
    rates: BTreeMap<&'static str, [f64; WINDOWS.len()]>,
}

/// A listener.
#[derive(Debug, Serialize)]
struct Open {
    r#type: &'static str,
    status: &'static str,
    ip: String,
    port: u16,
    mountpoint: String,
    max_conns: Limit,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Limit {
    Connections(u64),
    None(&'static str),
}

/// What `rates` tells, by the name of its total.
const RATES: [(&str, Family); 6] = [
    ("connect_received", families::MQTT_CONNECT_RECEIVED),
    ("msg_in", families::MQTT_PUBLISH_RECEIVED),
    ("msg_out", families::MQTT_PUBLISH_SENT),
    ("queue_drop", families::QUEUE_MESSAGE_DROP),
    ("bytes_in", families::BYTES_RECEIVED),
    ("bytes_out", families::BYTES_SENT),
];

/// The answer. There is one node, as long as this version has no cluster.
pub(in crate::http) async fn feed(core: Arc<Core>) -> Answer {
    let Some(snapshot) = Snapshot::read(&core).await else {
        return Answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let name = core.config().node.name.clone();
    let node = node(&core, &name, &snapshot.aggregated());
    Answer::json(StatusCode::OK, &[BTreeMap::from([(name, node)])]).with_text(CACHE_CONTROL, "no-store")
}

fn node(core: &Core, name: &str, snapshot: &Snapshot) -> Node {
    let value = |family| number(snapshot, family);
    let (online, queues) = (
        value(families::TOTAL_ACTIVE_CONNECTIONS),
        value(families::QUEUE_PROCESSES),
    );
    let rates = Rates::of(&core.history).aggregated();
    let rate = |(name, family)| Some((name, rates.get(&Metric::number(family, Labels::new(), 0))?));
    Node {
        num_online: online,
        num_offline: queues.saturating_sub(online),
        msg_in: value(families::MQTT_PUBLISH_RECEIVED),
        msg_out: value(families::MQTT_PUBLISH_SENT),
        queue_in: value(families::QUEUE_MESSAGE_IN),
        queue_out: value(families::QUEUE_MESSAGE_OUT),
        queue_drop: value(families::QUEUE_MESSAGE_DROP),
        queue_unhandled: value(families::QUEUE_MESSAGE_UNHANDLED),
        num_subscriptions: value(families::ROUTER_SUBSCRIPTIONS),
        num_retained: value(families::RETAIN_MESSAGES),
        matches_local: value(families::ROUTER_MATCHES_LOCAL),
        matches_remote: value(families::ROUTER_MATCHES_REMOTE),
        version: env!("CARGO_PKG_VERSION"),
        mystatus: [BTreeMap::from([(name.to_owned(), !*core.stopping.borrow())])],
        listeners: listeners(core),
        uptime_ms: value(families::SYSTEM_WALLCLOCK),
        memory_bytes: value(families::VM_MEMORY_TOTAL),
        cpu_percent: core.process.cpu_percent(),
        queue_processes: queues,
        connect_received: value(families::MQTT_CONNECT_RECEIVED),
        rates: RATES.into_iter().filter_map(rate).collect(),
    }
}

fn number(snapshot: &Snapshot, family: Family) -> u64 {
    let metric = snapshot.find(&Metric::number(family, Labels::new(), 0));
    match metric.map(|metric| &metric.value) {
        Some(Value::Number(number)) => *number,
        _ => 0,
    }
}

/// As `listener show` orders them; and those that should be open and are not, since nobody must be told that all is well.
fn listeners(core: &Core) -> Vec<Open> {
    let all = core.listeners.all();
    let open = all.iter().map(|listener| {
        let status = match listener.is_accepting() {
            true => "running",
            false => "suspended",
        };
        // Port 0 of the file is a number by now.
        of(&listener.config, status, listener.address)
    });
    let missing = missing_listeners(core);
    let missing = missing.iter().map(|config| of(config, "failed", None));
    let mut open: Vec<Open> = open.chain(missing).collect();
    open.sort_by(|a, b| (a.r#type, &a.ip, a.port).cmp(&(b.r#type, &b.ip, b.port)));
    open
}

fn of(config: &ListenerConfig, status: &'static str, address: Option<SocketAddr>) -> Open {
    let (ip, port) = match &config.address {
        ListenerAddress::Unix(path) => (path.display().to_string(), 0),
        ListenerAddress::Ip(asked) => {
            let address = address.unwrap_or(*asked);
            (address.ip().to_string(), address.port())
        }
    };
    Open {
        r#type: config.kind.type_name(),
        status,
        ip,
        port,
        mountpoint: config.mountpoint.clone(),
        max_conns: config
            .max_connections
            .map_or(Limit::None("infinity"), |limit| Limit::Connections(limit as u64)),
    }
}
