//! `tls show` and `tls check` (admin.md 8.4).

use super::typed::typed;
use harness::certificates::{authority, server};
use harness::{Identity, Node};
use std::fs;

/// A node with one TLS listener that shows a certificate.
fn with_tls(identity: &Identity) -> Node {
    let node = Node::new("");
    let home = node.home().display().to_string();
    for (name, text) in [
        ("server.pem", identity.pem()),
        ("server.key", identity.key_pem().to_owned()),
    ] {
        fs::write(node.home().join(name), text).unwrap();
    }
    node.add_conf(&format!(
        "listener.ssl.a = 127.0.0.1:0\nlistener.ssl.certfile = {home}/server.pem\n\
         listener.ssl.keyfile = {home}/server.key"
    ));
    assert_eq!(node.verb(&["start"]).code, 0, "{}", node.log());
    node
}

#[test]
fn show_has_the_facts_of_a_certificate() {
    let node = with_tls(server());
    let shown = typed(&node, "tls show");
    let json = shown.json();
    let file = node.home().join("server.pem").display().to_string();
    assert!(
        json.starts_with(&format!("{{\"table\":[{{\"File\":\"{file}\",\"Not_Before\":\"")),
        "{json}"
    );
    let row: Vec<String> = shown.raw().trim_end().split('\t').map(str::to_owned).collect();
    assert_eq!(row.len(), 6, "{row:?}");
    assert_eq!(row[1].len(), "2026-01-01 00:00:00".len());
    let header: Vec<String> = shown
        .human()
        .lines()
        .nth(1)
        .unwrap()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        header.join(" "),
        "| File | Not_Before | Not_After | CN | Issuer | SAN |"
    );
    assert!(
        row[5].contains("127.0.0.1") || row[5].contains("localhost"),
        "{row:?}"
    );
}

#[test]
fn check_fails_for_what_is_not_valid_long_enough() {
    let node = with_tls(server());
    let fine = typed(&node, "tls check");
    assert_eq!((fine.human().as_str(), fine.exit()), ("All fine\n", 0));
    assert_eq!(fine.json(), "{\"text\":\"All fine\",\"type\":\"text\"}\n");
    for (identity, is_over) in [
        (authority().expired_client("old"), true),
        (authority().future_client("new"), false),
    ] {
        let doubtful = typed(&with_tls(&identity), "tls check --validity=60");
        assert_eq!(doubtful.exit(), 1);
        let cells: Vec<String> = doubtful.raw().trim_end().split('\t').map(str::to_owned).collect();
        let (expires, valid): (i64, i64) = (cells[3].parse().unwrap(), cells[4].parse().unwrap());
        assert_eq!((expires < 0, valid > 0), (is_over, !is_over), "{cells:?}");
        let json = doubtful.json();
        assert!(
            json.contains(&format!("\"SecExp\":{expires},\"SecToVal\":{valid}}}")),
            "{json}"
        );
    }
    let none = Node::started("");
    assert_eq!(typed(&none, "tls show").human(), "");
    assert_eq!(typed(&none, "tls check").human(), "All fine\n");
}
