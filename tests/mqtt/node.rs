//! What the tests of this suite ask of a real process: where its listeners are, and its certificates.

use harness::{Identity, Node, certificates};
use std::fs;
use std::net::SocketAddr;

/// Where a listener of port 0 is, as its log tells.
pub(crate) fn address_of(node: &Node, listener: &str) -> SocketAddr {
    let mark = format!("listener {listener} on ");
    node.wait_for_log(&mark);
    let log = node.log();
    let (_, rest) = log.rsplit_once(&mark).unwrap();
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'));
    rest[..end.unwrap_or(rest.len())].parse().unwrap()
}

/// Writes the files of the broker of the tests, and the lines that name them.
pub(crate) fn certificate_files(node: &Node, kind: &str) -> String {
    let home = node.home().display();
    fs::write(node.home().join("ca.pem"), certificates::authority().pem()).unwrap();
    files(node, certificates::server());
    format!(
        "listener.{kind}.cafile = {home}/ca.pem\nlistener.{kind}.certfile = {home}/server.pem\n\
         listener.{kind}.keyfile = {home}/server.key"
    )
}

/// Replaces certificate and key.
pub(crate) fn files(node: &Node, identity: &Identity) {
    fs::write(node.home().join("server.key"), identity.key_pem()).unwrap();
    fs::write(node.home().join("server.pem"), identity.pem()).unwrap();
}
