//! The settings of the broker: what it ships with, and the few an operator adds before a listener faces the internet.
//! The attackers know them: they go up to what is allowed, and beyond.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;

use crate::broker::settings::{merge, mosquitto_common, vernemq_common};
use crate::broker::{BrokerSpec, Kind};

/// Everything else is as shipped, queue limits of 1000 messages and 10,000 connections among it. No limit on publishes
/// a second: the floods arrive.
const VERNEMQ: &[&str] = &[
    "listener.tcp.default.connect_rate = 1000",
    "listener.tcp.default.connect_rate_per_source = 20",
    "max_message_size = 262144",
    "max_subscriptions_per_client = 1000",
    "max_keepalive = 600",
    "persistent_client_expiration = 1d",
];

/// It has no limit on connects or subscriptions. Nagle's algorithm would add steps of 40 ms to the baseline.
const MOSQUITTO: &[&str] = &[
    "max_connections 10000",
    "max_packet_size 262144",
    "max_keepalive 600",
    "persistent_client_expiration 1d",
    "set_tcp_nodelay true",
];

fn lines(kind: Kind) -> Vec<String> {
    let lines = match kind {
        Kind::Mosquitto => MOSQUITTO,
        Kind::Vernemq => VERNEMQ,
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// All lines of the file but the extra ones, which replace some.
pub(super) fn settings(kind: Kind, address: SocketAddr, dir: &Path) -> Result<Vec<String>> {
    let mut all = match kind {
        Kind::Mosquitto => mosquitto_common(address),
        Kind::Vernemq => vernemq_common(address, dir)?,
    };
    all.extend(lines(kind));
    Ok(all)
}

/// For the report: without addresses and files.
pub(super) fn described(spec: &BrokerSpec) -> Result<String> {
    let text = merge(spec.kind, &lines(spec.kind), &spec.extra_settings()?);
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_is_what_is_set() {
        let dir = tempfile::tempdir().unwrap();
        let extra = dir.path().join("extra.conf");
        std::fs::write(&extra, "max_keepalive = 60\n").unwrap();
        let spec: BrokerSpec = format!("vernemq:{}", extra.display()).parse().unwrap();
        let described = described(&spec).unwrap();
        assert!(described.contains("max_keepalive = 60"));
        assert_eq!(described.matches("max_keepalive").count(), 1, "{described}");

        let address = "127.0.0.1:4711".parse().unwrap();
        let all = settings(spec.kind, address, dir.path()).unwrap();
        for line in VERNEMQ {
            assert!(all.iter().any(|set| set == line), "{line}");
        }
    }
}
