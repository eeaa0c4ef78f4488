//! What changes while the broker runs, and what waits for a restart (config.md 10).

use super::*;
use crate::internal::Internal;
use crate::{table, value};

#[test]
fn differences_are_live_or_need_a_restart() {
    let old = load_text("retry_interval = 1\nlistener.tcp.a = 127.0.0.1:1\ndistributed_cookie = one");
    let new = load_text("retry_interval = 2\ndistributed_cookie = two\nerlang.W = i");
    let diff = diff(&old, &new);
    let change = |key: &str, old: Option<&str>, new: Option<&str>| Change {
        key: key.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
    };
    assert_eq!(diff.live, [change("retry_interval", Some("1"), Some("2"))]);
    assert_eq!(
        diff.restart[0],
        change("distributed_cookie", Some("********"), Some("********"))
    );
    assert!(
        diff.restart
            .contains(&change("listener.tcp.a", Some("127.0.0.1:1"), None))
    );
    assert!(!diff.restart.iter().any(|change| change.key == "erlang.W"));
    assert_eq!(super::diff(&old, &old), Diff::default());
}

#[test]
fn settings_change_while_the_broker_runs() {
    let loaded = load_text("listener.tcp.a = 127.0.0.1:1");
    let set = |key: &str, value: &str| loaded.with_changes(&[(key.to_owned(), value.to_owned())]);
    let changed = set("max_client_id_size", "45").expect("settable");
    assert_eq!(changed.config.session.max_client_id_bytes, 45);
    assert_eq!(
        changed.get("max_client_id_size").expect("a value").origin,
        Origin::Runtime
    );
    assert_eq!(changed.config.listeners.len(), 1);
    let refused = |key: &str, value: &str| set(key, value).expect_err("refused").to_string();
    assert_eq!(
        refused("listener.max_connections", "5"),
        "The following config keys are not settable: [\"listener.max_connections\"]\n"
    );
    assert_eq!(refused("foo", "5"), "Unknown variable: foo");
    assert!(refused("retry_interval", "x").starts_with("Error transforming datatype for: retry_interval\n"));
}

/// The settable keys of config.md 10, and those of later parts of the specification.
const LIVE: &str = "\
    allow_anonymous allow_register_during_netsplit allow_publish_during_netsplit allow_subscribe_during_netsplit \
    allow_unsubscribe_during_netsplit queue_type retry_interval max_client_id_size max_subscriptions_per_client \
    persistent_client_expiration max_inflight_messages max_online_messages max_offline_messages \
    override_max_online_messages max_message_rate max_message_size upgrade_outgoing_qos systree_enabled \
    systree_interval graphite_enabled graphite_host graphite_port graphite_interval graphite_include_labels \
    shared_subscription_policy remote_enqueue_timeout topic_alias_max_client topic_alias_max_broker \
    max_last_will_delay receive_max_client receive_max_broker suppress_lwt_on_session_takeover \
    coordinate_registrations mqtt_connect_timeout cluster_ready_rpc_timeout disconnect_on_unauthorized_publish_v3 \
    subscriber_retain_mode \
    vmq_acl.acl_file vmq_acl.acl_reload_interval vmq_passwd.password_file vmq_passwd.password_reload_interval \
    vmq_diversity.keep_state vmq_webhooks.pool_max_connections vmq_webhooks.pool_timeout vmq_webhooks.cafile \
    vmq_webhooks.certfile vmq_webhooks.keyfile vmq_webhooks.depth vmq_webhooks.verify_peer \
    vmq_webhooks.tls_version \
    allow_multiple_sessions queue_deliver_mode graphite_prefix graphite_api_key";

/// Ours, beyond that list.
const OURS: &str = "\
    graphite_connect_timeout graphite_reconnect_timeout \
    max_keepalive http_mgmt.allow_origin http_mgmt.get_mutations trace.max_concurrent vmq_acl.revoke_on_reload \
    overload.memory_high_watermark overload.shedding log.console.level log.level log.syslog.level";

fn live_keys() -> BTreeSet<&'static str> {
    LIVE.split_whitespace().chain(OURS.split_whitespace()).collect()
}

#[test]
fn the_live_keys_are_those_of_the_specification() {
    assert_eq!(LIVE.split_whitespace().count(), 50 + 4);
    let live = table::rows().iter().filter(|row| row.runtime);
    let live: BTreeSet<&str> = live.map(|row| row.key.as_ref()).collect();
    let expected = live_keys();
    let missing: Vec<_> = expected.difference(&live).collect();
    let extra: Vec<_> = live.difference(&expected).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "not live: {missing:?}, too live: {extra:?}"
    );
}

/// A value that the setting takes and does not have.
fn another_value(loaded: &Loaded, key: &str) -> String {
    let row = table::row(key).expect("a row");
    let words = row.types.iter().flat_map(|kind| match kind {
        table::Type::Enum(words) => words.to_vec(),
        _ => Vec::new(),
    });
    let texts = ["on", "off", "17", "3w", "80%", "", "/x"];
    let pem = listeners::part("cert.pem");
    let mut candidates = words.chain(texts).chain([pem.as_str()]);
    let now = loaded.get(key).map(|setting| &setting.value);
    let value = candidates
        .find(|text| value::parse(row, text, Path::new("")).is_ok() && now.is_none_or(|now| now != text));
    value
        .unwrap_or_else(|| panic!("{key}: no other value"))
        .to_owned()
}

#[test]
fn every_live_key_changes_alone_and_at_once() {
    let loaded = load_text("");
    for key in live_keys() {
        let value = another_value(&loaded, key);
        let changed = loaded.with_changes(&[(key.to_owned(), value.clone())]);
        if let Status::Later(feature) = table::row(key).expect("a row").status {
            let expected = format!(
                "{key} can't be set, not available in this version: {}",
                feature.title()
            );
            assert_eq!(changed.expect_err("refused").to_string(), expected);
            continue;
        }
        let changed = changed.unwrap_or_else(|faults| panic!("{key} = {value}: {faults}"));
        let diff = diff(&loaded, &changed);
        let keys: Vec<&str> = diff.live.iter().map(|change| change.key.as_str()).collect();
        assert_eq!((keys, diff.restart), (vec![key], Vec::new()), "{key} = {value}");
        // The same by way of the file.
        let line = format!("{key} = '{value}'\n");
        assert_eq!(super::diff(&loaded, &load_text(&line)).live.len(), 1, "{line}");
    }
}

#[test]
fn every_other_key_waits_for_a_restart() {
    let loaded = load_text("");
    let live = live_keys();
    for row in table::rows()
        .iter()
        .filter(|row| !live.contains(row.key.as_ref()))
    {
        let key = row.key.replace('$', "x");
        let refused = loaded
            .with_changes(&[(key.clone(), "1".to_owned())])
            .expect_err("fixed");
        let text = format!("The following config keys are not settable: [\"{key}\"]\n");
        assert_eq!(refused.to_string(), text);
    }
}

#[test]
fn a_file_read_again_brings_its_live_half_and_its_lines() {
    let old = load_text("retry_interval = 1\nlistener.tcp.a = 127.0.0.1:1\nmax_message_rate = 7");
    let read = load_text("\n\nretry_interval = 2\nlistener.tcp.a = 127.0.0.1:2");
    let mixed = old.with_live_of(&read).expect("no faults");
    let value = |key: &str| mixed.get(key).expect("a value").clone();
    assert_eq!(
        (
            value("retry_interval").value,
            value("retry_interval").origin.to_string()
        ),
        ("2".to_owned(), "vernemq.conf:3".to_owned())
    );
    assert_eq!(value("listener.tcp.a").value, "127.0.0.1:1");
    assert_eq!(
        (value("max_message_rate").value, value("max_message_rate").origin),
        ("0".to_owned(), Origin::Default)
    );
    assert_eq!(mixed.config.session.retry_interval, Duration::from_secs(2));
}

#[test]
fn internal_values_are_those_of_the_original() {
    let loaded = load_text(
        "persistent_client_expiration = 1w\nmax_last_will_delay = client\nallow_anonymous = on\nlistener.tcp.a = \
         127.0.0.1:1\nleveldb.maximum_memory = 16MB",
    );
    let number = |key: &str| loaded.internal(key);
    for (key, expected) in [
        ("persistent_client_expiration", Internal::Number(604_800)),
        ("max_last_will_delay", Internal::Number(4_294_967_296)),
        ("allow_anonymous", Internal::Text("on".into())),
        ("listener.max_connections", Internal::Number(10_000)),
        (
            "listener.tcp.allowed_protocol_versions",
            Internal::Text("3,4,5,131,132".into()),
        ),
        ("listener.tcp.a", Internal::Text("127.0.0.1:1".into())),
        ("listener.mountpoint", Internal::Text(String::new())),
        ("leveldb.maximum_memory", Internal::Number(16 << 20)),
        ("admin.socket.mode", Internal::Text("0660".into())),
    ] {
        assert_eq!(number(key), Some(expected), "{key}");
    }
    assert_eq!(
        load_text("").internal("persistent_client_expiration"),
        Some(Internal::Number(0))
    );
    assert_eq!(loaded.internal("listener.tcp.b"), None);
}

#[test]
fn certificates_and_limits_of_listeners_wait_for_a_restart() {
    let old = load_text(&listeners::of_kind("wss"));
    let text = "listener.wss.a.connect_rate = 5\nlistener.max_connections = 7\ncrl_refresh_interval = 1\n\
                max_ws_frame_size = 9\nlistener.wss.a.keypasswd = hush";
    let new = load_text(&(listeners::of_kind("wss") + text));
    let diff = diff(&old, &new);
    assert_eq!(diff.live, []);
    let changes: Vec<String> = diff
        .restart
        .iter()
        .map(|change| format!("{} {:?}", change.key, change.new.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        changes,
        [
            "crl_refresh_interval \"1\"",
            "listener.max_connections \"7\"",
            "listener.wss.a.connect_rate \"5\"",
            "listener.wss.a.keypasswd \"********\"",
            "max_ws_frame_size \"9\""
        ]
    );
}
