//! The real `vmq-admin`, typed at a node as an operator types it.

use harness::control::Said;
use harness::process::program;
use harness::{ConnectBuilder, Node, Version};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// Runs `vmq-admin` with these words.
pub(crate) fn vmq_admin(node: &Node, words: &[&str]) -> Said {
    let output = Command::new(program().with_file_name("vmq-admin"))
        .args(words)
        .env("VMQ_ADMIN_SOCKET", node.socket())
        .env_remove("VMQ_ADMIN_FORMAT")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    output.into()
}

/// The same for a line without blanks in its words; it must succeed and have nothing to say beside its answer.
pub(crate) fn answer(node: &Node, line: &str) -> String {
    let said = vmq_admin(node, &line.split(' ').collect::<Vec<_>>());
    assert_eq!((said.err.as_str(), said.code), ("", 0), "{line}: {said:?}");
    said.out
}

/// Rows of a table, tab between the columns, one line each.
pub(crate) fn rows(node: &Node, line: &str) -> Vec<String> {
    let text = answer(node, &format!("{line} --format=raw"));
    text.lines().map(str::to_owned).collect()
}

/// A CONNECT to the first MQTT listener.
pub(crate) fn client(node: &Node, version: Version, client_id: &str) -> ConnectBuilder {
    ConnectBuilder::new(mqtt_address(node), version, client_id)
}

fn mqtt_address(node: &Node) -> SocketAddr {
    let listeners = rows(node, "listener show");
    let mqtt = listeners.iter().find(|row| row.starts_with("mqtt\t")).unwrap();
    let columns: Vec<&str> = mqtt.split('\t').collect();
    format!("{}:{}", columns[2], columns[3]).parse().unwrap()
}
