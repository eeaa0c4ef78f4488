//! The labels of metrics that can be asked for, and their values, for the help. The broker's suite holds this list against
//! the metrics there are.

/// A label of metrics, as a flag.
#[derive(Debug)]
pub struct Label {
    pub name: &'static str,
    /// Values that it may have; with none, no metric of this version has the label.
    pub values: &'static [&'static str],
}

/// The labels that can be asked for. Those of plugins that do not run match nothing.
pub const LABELS: &[Label] = &[
    Label {
        name: "mqtt_version",
        values: &["4", "5"],
    },
    Label {
        name: "return_code",
        values: RETURN_CODES,
    },
    Label {
        name: "reason_code",
        values: REASON_CODES,
    },
    Label {
        name: "reason",
        values: REASONS,
    },
    Label {
        name: "group",
        values: &[],
    },
];

/// The part of the help about labels (monitoring.md 2.1).
pub(in crate::command) fn help() -> String {
    let mut text = String::from("\nLabels\n\n");
    for label in LABELS.iter().filter(|label| !label.values.is_empty()) {
        text.push_str(&format!("      --{}=[{}]\n", label.name, label.values.join("|")));
    }
    text.push_str("    Example: --mqtt_version=4\n");
    text
}

/// Of CONNACK in 3.1 and 3.1.1, by their number.
const RETURN_CODES: &[&str] = &[
    "success",
    "unsupported_protocol_version",
    "client_identifier_not_valid",
    "server_unavailable",
    "bad_username_or_password",
    "not_authorized",
];

/// Of the packets of version 5.
const REASON_CODES: &[&str] = &[
    "administrative_action",
    "bad_authentication_method",
    "bad_username_or_password",
    "banned",
    "client_identifier_not_valid",
    "connection_rate_exceeded",
    "continue_authentication",
    "disconnect_with_will_msg",
    "impl_specific_error",
    "keep_alive_timeout",
    "malformed_packet",
    "max_connect_time",
    "message_rate_too_high",
    "no_matching_subscribers",
    "normal_disconnect",
    "not_authorized",
    "packet_id_in_use",
    "packet_id_not_found",
    "packet_too_large",
    "payload_format_invalid",
    "protocol_error",
    "qos_not_supported",
    "quota_exceeded",
    "reauthenticate",
    "receive_max_exceeded",
    "retain_not_supported",
    "server_busy",
    "server_moved",
    "server_shutting_down",
    "server_unavailable",
    "session_taken_over",
    "shared_subs_not_supported",
    "subscription_ids_not_supported",
    "success",
    "topic_alias_invalid",
    "topic_filter_invalid",
    "topic_name_invalid",
    "unspecified_error",
    "unsupported_protocol_version",
    "use_another_server",
    "wildcard_subs_not_supported",
];

/// Why packets were refused, connections ended and messages were dropped.
const REASONS: &[&str] = &[
    "administrative_action",
    "certificate_expired",
    "certificate_invalid",
    "certificate_required",
    "certificate_revoked",
    "certificate_untrusted",
    "client_disconnect",
    "client_disconnect_with_will",
    "client_identifier_not_valid",
    "connect_rate",
    "connect_rate_per_source",
    "connect_timeout",
    "expired",
    "first_packet_not_connect",
    "hook_timeout",
    "invalid_credentials",
    "keep_alive_timeout",
    "malformed_packet",
    "max_connection_lifetime",
    "max_packet_size_exceeded",
    "max_subscriptions_per_client",
    "no_matching_hook_found",
    "no_shared_cipher",
    "no_shared_version",
    "not_authorized",
    "not_tls",
    "other",
    "overload",
    "peer_alert",
    "peer_closed",
    "plugin_chain_exhausted",
    "protocol_error",
    "proxy_protocol_error",
    "proxy_protocol_timeout",
    "publish_not_authorized",
    "queue_full",
    "refused",
    "register_subscriber_retry_exhausted",
    "reserved_topic",
    "send_timeout",
    "server_shutting_down",
    "session_expired",
    "session_taken_over",
    "socket_error",
    "timeout",
    "tls_handshake_failed",
    "transport_error",
    "unsupported_protocol_version",
    "untrusted_proxy",
    "websocket_upgrade",
    "websocket_upgrade_timeout",
];
