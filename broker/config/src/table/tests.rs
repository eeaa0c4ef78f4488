//! The table against the list of keys that it must know, and against itself.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::value;

/// key, type, default, runtime, hidden; one line for each key of the specification.
const KEYS: &str = include_str!("../../fixtures/keys.tsv");

/// Levels of logs and all of Graphite follow a reload here; the list has them fixed.
const LIVE_HERE: [&str; 5] = [
    "graphite_connect_timeout",
    "graphite_reconnect_timeout",
    "log.console.level",
    "log.level",
    "log.syslog.level",
];

/// Where the table says something else on purpose.
const OTHER_TYPES: [(&str, &str); 7] = [
    ("platform_data_dir", "directory"),
    ("listener.vmqs.tls_version", "list(tlsv1,tlsv1.1,tlsv1.2,tlsv1.3)"),
    (
        "listener.vmqs.$name.tls_version",
        "list(tlsv1,tlsv1.1,tlsv1.2,tlsv1.3)",
    ),
    ("overload.memory_high_watermark", "percent|off"),
    ("admin.socket.mode", "mode"),
    ("log.crash.rotation.keep", "integer|current"),
    ("vmq_web_ui.mgmt_api.scheme", "enum(http,https)|"),
];

/// A level that must not hide the wider ones has no default, or the one that says so; a listener opens only where its
/// address is written; these log keys work again, and say nothing when nobody sets them.
fn has_other_default(key: &str) -> bool {
    let is_level = key.starts_with("listener.") && key.ends_with(".nr_of_acceptors");
    is_level
        || (key.contains(".$name") && key.ends_with(".eccs"))
        || (key.starts_with("listener.") && key.ends_with(".$name"))
        || ["log.crash.maximum_message_size", "log.crash.rotation"].contains(&key)
}

/// The keys of the list; one with `$type` stands for one of every kind of listener.
fn lines() -> impl Iterator<Item = (String, [&'static str; 4])> {
    KEYS.lines().skip(1).flat_map(|line| {
        let (key, rest) = line.split_once('\t').expect("columns");
        let fields: Vec<&str> = rest.split('\t').collect();
        let fields: [&str; 4] = fields.try_into().expect("five columns");
        let kinds = LISTENER_KINDS.iter().map(|(kind, _)| *kind);
        let keys: BTreeSet<String> = kinds.map(|kind| key.replace("$type", kind)).collect();
        keys.into_iter().map(move |key| (key, fields))
    })
}

#[test]
fn every_key_of_the_specification_has_its_row() {
    let mut wrong = Vec::new();
    for (key, [kind, default, runtime, hidden]) in lines() {
        let key = key.as_str();
        let Some(row) = row(key) else {
            wrong.push(format!("{key}: no row"));
            continue;
        };
        let expected = OTHER_TYPES
            .iter()
            .find(|(other, _)| *other == key)
            .map_or(kind, |(_, kind)| kind);
        if without_bounds(expected) != type_text(row) {
            wrong.push(format!("{key}: type {} is not {expected}", type_text(row)));
        }
        let default = (default != "-").then(|| default.trim_matches('\''));
        let own = row
            .default
            .map(|text| text.replace("$(platform_data_dir)", "/var/lib/vernemq"));
        let default = default.map(|text| text.replace("$(platform_data_dir)", "/var/lib/vernemq"));
        if own != default && !has_other_default(key) {
            wrong.push(format!("{key}: default {own:?} is not {default:?}"));
        }
        if row.runtime != (runtime == "yes" || LIVE_HERE.contains(&key)) {
            wrong.push(format!("{key}: runtime is not {runtime}"));
        }
        if row.hidden != (hidden == "yes") {
            wrong.push(format!("{key}: hidden is not {hidden}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn keys_are_unique_and_found() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert(row.key.to_string()), "{} stands twice", row.key);
        let key = row.key.replace('$', "x");
        let found = find(&Key::parse(&key).expect("a key")).expect("a row");
        assert_eq!(found.row.key, row.key, "{key} finds another row");
    }
}

#[test]
fn every_row_has_prose_and_a_default_it_accepts() {
    for row in rows() {
        assert!(
            row.prose.ends_with('.') && row.prose.len() > 4,
            "{}: prose",
            row.key
        );
        assert!(!row.types.is_empty(), "{}: types", row.key);
        if let Some(text) = row.default {
            let parsed = value::parse(row, text, std::path::Path::new(""));
            assert!(parsed.is_ok(), "{}: default {text:?}: {parsed:?}", row.key);
        }
    }
}

#[test]
fn renamed_keys_lead_to_keys_of_today() {
    for row in rows() {
        if let Status::Renamed(new) = row.status {
            let target = super::row(new).expect("the new key");
            assert!(
                !matches!(target.status, Status::Renamed(_)),
                "{} leads on",
                row.key
            );
        }
    }
}

#[test]
fn exact_keys_go_before_patterns() {
    for (key, row, name) in [
        (
            "listener.tcp.max_connections",
            "listener.tcp.max_connections",
            None,
        ),
        ("listener.tcp.x", "listener.tcp.$name", Some("x")),
        (
            "listener.tcp.my\\.x.mountpoint",
            "listener.tcp.$name.mountpoint",
            Some("my.x"),
        ),
        (
            "listener.ws.a.connect_rate",
            "listener.ws.$name.connect_rate",
            Some("a"),
        ),
        ("listener.ws.connect_rate", "listener.ws.connect_rate", None),
        ("plugins.vmq_acl", "plugins.vmq_acl", None),
        ("vmq_diversity.postgres.host", "vmq_diversity.postgres.host", None),
        ("vmq_diversity.a.file", "vmq_diversity.$script.file", Some("a")),
    ] {
        let found = find(&Key::parse(key).expect("a key")).expect("a row");
        assert_eq!(
            (found.row.key.as_ref(), found.name.as_deref()),
            (row, name),
            "{key}"
        );
    }
    for key in [
        "listener.x.a.connect_rate",
        "listener.tcp.a.keyfile",
        // An option of other kinds is no name of a listener.
        "listener.tcp.keyfile",
        "listener.ssl.proxy_protocol",
        "plugins",
        "foo",
    ] {
        assert!(find(&Key::parse(key).expect("a key")).is_none(), "{key}");
    }
}

#[test]
fn areas_are_in_the_order_of_the_manual() {
    let mut sizes: BTreeMap<Area, usize> = BTreeMap::new();
    for row in rows() {
        *sizes.entry(row.area).or_default() += 1;
    }
    assert_eq!(sizes.len(), 18, "{sizes:?}");
    assert!(rows().is_sorted_by_key(|row| row.area));
}

/// The notation of the list.
fn type_text(row: &Row) -> String {
    let texts: Vec<String> = row.types.iter().map(|kind| one_type_text(*kind)).collect();
    texts.join("|")
}

fn one_type_text(kind: Type) -> String {
    let text = match kind {
        Type::Flag => "flag",
        Type::Integer => "integer",
        Type::Text => "string",
        Type::Enum(words) => return format!("enum({})", words.join(",")),
        Type::Word(word) => word,
        Type::File => "file",
        Type::Directory => "directory",
        Type::Ip => "ip",
        Type::IpPort => "ip:port",
        Type::UnixSocket => "local:PATH:0",
        Type::HostPort => "host:port",
        Type::ByteSize => "bytesize",
        Type::Percent => "percent",
        Type::Duration | Type::CoarseDuration => "duration",
        Type::Integers => "list(integer)",
        Type::IntegerTriple => "list(integer*3)",
        Type::Names => "list(atom)",
        Type::ColonNames => "list(string,colon-separated)",
        Type::Ips => "list(ip,semicolon-separated)",
        Type::Networks => "list(network,semicolon-separated)",
        Type::TlsVersions => "list(tlsv1,tlsv1.1,tlsv1.2,tlsv1.3)",
        Type::SocketOptions => "list(erlang-proplist)",
        Type::NodeName => "string(name@host)",
        Type::FileMode => "mode",
    };
    text.to_owned()
}

/// Bounds are in the checks, and an atom is a string.
fn without_bounds(kind: &str) -> String {
    let kind = kind
        .replace("duration(ms)", "duration")
        .replace("duration(m)", "duration");
    let kind = if kind == "atom" { "string".to_owned() } else { kind };
    match kind.split_once('(') {
        Some((name @ ("integer" | "bytesize"), _)) => name.to_owned(),
        _ => kind,
    }
}
