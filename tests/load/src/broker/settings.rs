//! Writes the settings file of a broker under test: loopback, nobody asked for a password, and no limit at which it
//! would drop a message that the generator waits for.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;

use super::Kind;
use crate::scenario::{Plan, Scenario};
use crate::transport::TransportKind;

/// What decides the settings of a broker.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    transport: TransportKind,
    /// Messages in flight for each subscriber.
    inflight_max: u16,
    /// Queues without limit.
    unlimited: bool,
}

/// The lines a plan wants; `dir` takes what else is needed.
pub(super) fn for_plan(kind: Kind, address: SocketAddr, dir: &Path, plan: &Plan) -> Result<Vec<String>> {
    let wanted = Wanted {
        transport: plan.transport,
        inflight_max: plan.inflight_max,
        // For slow consumers the limits a broker ships with are what protects it.
        unlimited: plan.scenario != Scenario::Slow,
    };
    lines(kind, address, dir, wanted)
}

/// The lines for a scenario file, which says no more about the broker than how its clients come.
pub(super) fn for_file(
    kind: Kind,
    address: SocketAddr,
    dir: &Path,
    transport: TransportKind,
) -> Result<Vec<String>> {
    let wanted = Wanted {
        transport,
        inflight_max: 100,
        unlimited: true,
    };
    lines(kind, address, dir, wanted)
}

fn lines(kind: Kind, address: SocketAddr, dir: &Path, wanted: Wanted) -> Result<Vec<String>> {
    if wanted.transport.is_encrypted() {
        certificate(dir)?;
    }
    match kind {
        Kind::Mosquitto => Ok(mosquitto(address, dir, wanted)),
        Kind::Vernemq => vernemq(address, dir, wanted),
    }
}

/// A P-256 key and a certificate of its own, as `cert.pem` and `key.pem`.
fn certificate(dir: &Path) -> Result<()> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()])?;
    fs::write(dir.join("cert.pem"), made.cert.pem())?;
    fs::write(dir.join("key.pem"), made.signing_key.serialize_pem())?;
    Ok(())
}

/// The text of the file. Lines of `extra` replace generated ones of the same key.
pub(crate) fn merge(kind: Kind, generated: &[String], extra: &str) -> String {
    let separator = if kind == Kind::Mosquitto { ' ' } else { '=' };
    let key = |line: &str| {
        line.trim()
            .split(separator)
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let replaced: Vec<String> = extra.lines().map(key).filter(|key| !key.is_empty()).collect();
    let mut text = String::new();
    for line in generated.iter().filter(|line| !replaced.contains(&key(line))) {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str(extra);
    text.push('\n');
    text
}

/// 0 means "no limit" for both queue limits. A listener's own lines follow the listener.
fn mosquitto(address: SocketAddr, dir: &Path, wanted: Wanted) -> Vec<String> {
    let mut lines = mosquitto_common(address);
    let at = |name: &str| dir.join(name).display().to_string();
    if matches!(wanted.transport, TransportKind::Ws | TransportKind::Wss) {
        lines.push("protocol websockets".into());
    }
    if wanted.transport.is_encrypted() {
        // It gives up its rights before it reads the key, unless told not to.
        lines.extend([
            format!("certfile {}", at("cert.pem")),
            format!("keyfile {}", at("key.pem")),
            "user root".into(),
        ]);
    }
    if wanted.unlimited {
        lines.extend(["max_queued_messages 0".into(), "max_queued_bytes 0".into()]);
    }
    lines.push(format!("max_inflight_messages {}", wanted.inflight_max));
    lines
}

/// What every mosquitto under test has.
pub(crate) fn mosquitto_common(address: SocketAddr) -> Vec<String> {
    vec![
        "allow_anonymous true".into(),
        "persistence false".into(),
        "log_type error".into(),
        format!("listener {} {}", address.port(), address.ip()),
    ]
}

/// Access control stays on, with a file that allows everything: what a user runs is measured.
fn vernemq(address: SocketAddr, dir: &Path, wanted: Wanted) -> Result<Vec<String>> {
    let mut lines = vernemq_common(address, dir)?;
    let family = match wanted.transport {
        TransportKind::Tcp => "tcp",
        TransportKind::Tls => "ssl",
        TransportKind::Ws => "ws",
        TransportKind::Wss => "wss",
    };
    if family != "tcp" {
        lines.retain(|line| !line.starts_with("listener.tcp."));
        lines.push(format!("listener.{family}.default = {address}"));
    }
    if wanted.transport.is_encrypted() {
        for (key, file) in [("certfile", "cert.pem"), ("keyfile", "key.pem")] {
            lines.push(format!("listener.{family}.{key} = {}", dir.join(file).display()));
        }
        lines.push(format!("listener.{family}.tls_version = tlsv1.2,tlsv1.3"));
    }
    if wanted.unlimited {
        lines.extend([
            "max_online_messages = -1".into(),
            "max_offline_messages = -1".into(),
        ]);
    }
    lines.extend([
        "listener.max_connections = infinity".into(),
        format!("max_inflight_messages = {}", wanted.inflight_max),
    ]);
    Ok(lines)
}

/// What every broker of ours under test has: an address, everybody may do everything, files in `dir` only.
pub(crate) fn vernemq_common(address: SocketAddr, dir: &Path) -> Result<Vec<String>> {
    let at = |name: &str| dir.join(name).display().to_string();
    fs::write(dir.join("vmq.acl"), "topic #\n")?;
    fs::write(dir.join("vmq.passwd"), "")?;
    fs::create_dir(dir.join("data"))?;
    Ok(vec![
        "allow_anonymous = on".into(),
        format!("listener.tcp.default = {address}"),
        format!("vmq_acl.acl_file = {}", at("vmq.acl")),
        format!("vmq_passwd.password_file = {}", at("vmq.passwd")),
        format!("platform_data_dir = {}", at("data")),
        format!("admin.socket.path = {}", at("admin.sock")),
        "log.console = console".into(),
        "log.console.level = warning".into(),
        "log.error = off".into(),
        "log.crash = off".into(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::tests::plan;

    #[test]
    fn extra_lines_replace_generated_ones() {
        let address = "127.0.0.1:4711".parse().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let extra = "set_tcp_nodelay true\nmax_inflight_messages 7\n";
        let lines = for_plan(Kind::Mosquitto, address, dir.path(), &plan(Scenario::Pairs)).unwrap();
        let text = merge(Kind::Mosquitto, &lines, extra);
        assert!(text.contains("listener 4711 127.0.0.1\n"));
        assert_eq!(text.matches("max_inflight_messages").count(), 1);

        let extra = "max_online_messages=5\n";
        let lines = for_plan(Kind::Vernemq, address, dir.path(), &plan(Scenario::Pairs)).unwrap();
        let text = merge(Kind::Vernemq, &lines, extra);
        assert!(text.contains("listener.tcp.default = 127.0.0.1:4711\n"));
        assert_eq!(text.matches("max_online_messages").count(), 1);
        assert_eq!(
            fs::read_to_string(dir.path().join("vmq.acl")).unwrap(),
            "topic #\n"
        );
    }
}
