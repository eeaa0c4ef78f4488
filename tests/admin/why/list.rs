//! Which test provokes which reason. A reason of the closed lists that none provokes, and none excuses, fails here; so does a
//! test that does not name its reasons.

use std::collections::BTreeSet;
use vmq_broker::metrics::Counter;

/// A test, the family of its reasons, and the reasons.
type Provoked = (Source, &'static str, &'static str, &'static [&'static str]);

/// A file of tests.
type Source = &'static str;

const CLOSED: Source = include_str!("closed.rs");
const ENTRANCE: Source = include_str!("entrance.rs");
const LOST: Source = include_str!("lost.rs");
const PLUGINS: Source = include_str!("plugins.rs");
const REFUSED: Source = include_str!("refused.rs");
const SLOW: Source = include_str!("slow.rs");

const CONNECT: &str = "connect_refused";
const PUBLISH: &str = "publish_refused";
const SUBSCRIBE: &str = "subscribe_refused";
const DROPPED: &str = "message_dropped";
const ENDED: &str = "session_ended";
const CLOSED_BY: &str = "connection_closed";
const ENTRY: &str = "connection_refused";

/// The families whose labels are the closed lists.
const FAMILIES: [&str; 7] = [CONNECT, PUBLISH, SUBSCRIBE, DROPPED, ENDED, CLOSED_BY, ENTRY];

#[rustfmt::skip]
const PROVOKED: &[Provoked] = &[
    (REFUSED, "connects_that_the_broker_refuses", CONNECT,
        &["unsupported_protocol_version", "client_identifier_not_valid", "reserved_topic"]),
    (REFUSED, "connects_that_plugins_refuse", CONNECT, &["invalid_credentials", "plugin_chain_exhausted"]),
    (REFUSED, "nobody_has_the_hook", CONNECT, &["no_matching_hook_found"]),
    (REFUSED, "nobody_has_the_hook", PUBLISH, &["no_matching_hook_found"]),
    (REFUSED, "nobody_has_the_hook", SUBSCRIBE, &["no_matching_hook_found"]),
    (REFUSED, "publishes_and_subscribes", PUBLISH, &["plugin_chain_exhausted", "reserved_topic"]),
    (REFUSED, "publishes_and_subscribes", SUBSCRIBE, &["plugin_chain_exhausted", "max_subscriptions_per_client"]),
    (PLUGINS, "words_of_plugins", CONNECT, &["not_authorized", "other"]),
    (PLUGINS, "words_of_plugins", PUBLISH, &["not_authorized", "other"]),
    (PLUGINS, "words_of_plugins", SUBSCRIBE, &["not_authorized", "other"]),
    (PLUGINS, "a_broken_exchange", CONNECT, &["protocol_error"]),
    (PLUGINS, "a_broker_that_stops", CLOSED_BY, &["server_shutting_down"]),
    (SLOW, "hooks_that_do_not_answer", CONNECT, &["hook_timeout"]),
    (SLOW, "hooks_that_do_not_answer", PUBLISH, &["hook_timeout"]),
    (SLOW, "hooks_that_do_not_answer", SUBSCRIBE, &["hook_timeout"]),
    (SLOW, "a_session_that_does_not_leave", CONNECT, &["register_subscriber_retry_exhausted"]),
    (SLOW, "memory_that_is_short", CONNECT, &["overload"]),
    (LOST, "a_queue_that_is_full", DROPPED, &["queue_full"]),
    (LOST, "messages_that_do_not_fit_or_come_too_late", DROPPED, &["max_packet_size_exceeded", "expired"]),
    (LOST, "messages_of_a_subscription_that_was_revoked", DROPPED, &["not_authorized"]),
    (LOST, "sessions_that_end_without_a_connection", ENDED, &["session_expired", "administrative_action"]),
    (CLOSED, "ends_that_the_client_decides", CLOSED_BY,
        &["client_disconnect", "client_disconnect_with_will", "peer_closed", "keep_alive_timeout", "socket_error"]),
    (CLOSED, "ends_that_a_rule_decides", CLOSED_BY,
        &["malformed_packet", "publish_not_authorized", "transport_error"]),
    (CLOSED, "ends_that_a_limit_decides", CLOSED_BY, &["protocol_error", "max_connection_lifetime"]),
    (CLOSED, "a_reader_that_stands_still", CLOSED_BY, &["send_timeout"]),
    (CLOSED, "ends_that_somebody_else_decides", CLOSED_BY, &["session_taken_over", "administrative_action"]),
    (CLOSED, "ends_without_a_name", CLOSED_BY, &["connect_timeout", "first_packet_not_connect"]),
    (ENTRANCE, "sockets_that_do_not_get_in", ENTRY,
        &["proxy_protocol_error", "untrusted_proxy", "proxy_protocol_timeout", "websocket_upgrade",
          "websocket_upgrade_timeout", "tls_handshake_failed", "connect_rate", "connect_rate_per_source"]),
];

/// Reasons that have a metric alone, and why.
const EXCUSED: &[(&str, &str, &str)] = &[
    (
        CLOSED_BY,
        "refused",
        "the refusal of the CONNECT has been told, with its own reason; that its connection ends says nothing new",
    ),
    (
        CLOSED_BY,
        "overload",
        "the same: the refused CONNECT is told as overload, see memory_that_is_short",
    ),
];

/// The text of a test.
fn body(source: Source, test: &str) -> Source {
    let begin = source.find(&format!("fn {test}()"));
    let begin = begin.unwrap_or_else(|| panic!("no test {test}"));
    let end = source[begin..].find("\n}\n").unwrap();
    &source[begin..begin + end]
}

#[test]
fn every_reason_has_its_test() {
    let of_family = |counter: &&Counter| FAMILIES.contains(&counter.family().name);
    let reasons: BTreeSet<(&str, &str)> = Counter::ALL
        .iter()
        .filter(of_family)
        .map(|counter| {
            (
                counter.family().name,
                counter.label().strip_prefix("reason=").unwrap(),
            )
        })
        .collect();
    let provoked = PROVOKED
        .iter()
        .flat_map(|(_, _, family, reasons)| reasons.iter().map(|reason| (*family, *reason)));
    let excused = EXCUSED.iter().map(|(family, reason, _)| (*family, *reason));
    let listed: Vec<_> = provoked.chain(excused).collect();
    let known: BTreeSet<_> = listed.iter().copied().collect();
    assert_eq!(known.len(), listed.len(), "one test each");
    let untested: Vec<_> = reasons.difference(&known).collect();
    assert!(untested.is_empty(), "reasons without a test: {untested:?}");
    let unknown: Vec<_> = known.difference(&reasons).collect();
    assert!(unknown.is_empty(), "no such reasons: {unknown:?}");
}

#[test]
fn every_test_names_its_reasons() {
    for (source, test, _, reasons) in PROVOKED {
        let body = body(source, test);
        for reason in *reasons {
            assert!(
                body.contains(&format!("\"{reason}\"")),
                "{test} does not provoke {reason}"
            );
        }
    }
}
