//! What one client may do, and how much may wait for it.

use super::row::*;

pub(super) static ROWS: &[Row] = &[
    row("retry_interval", INTEGER,
        "Seconds after which an unacknowledged QoS 1 or 2 packet is sent again to an MQTT 3 client. MQTT 5 clients get \
         nothing twice on one connection.")
        .default("20").live().range(1, TIME_MAX),
    row("max_client_id_size", INTEGER, "Longest client id in bytes; a longer one is refused.")
        .default("100").live().range(0, 65_535),
    row("max_subscriptions_per_client", INTEGER,
        "Most subscriptions of one client; 0 = no limit. Subscribing again to a filter is always allowed.")
        .default("0").live().range(0, COUNT_MAX),
    row("persistent_client_expiration", &[Type::CoarseDuration, Type::Word("never")],
        "How long the session of an offline client is kept when the client did not say it itself (MQTT 5). A number and \
         s, h, d, w, m (four weeks) or y; there is no minute. never = for good.")
        .default("never").live(),
    row("max_last_will_delay", &[Type::CoarseDuration, Type::Word("client")],
        "Longest delay of a will message; client = as the client asks.")
        .default("client").live(),
    row("max_inflight_messages", INTEGER,
        "QoS 1 and 2 messages on the way to an MQTT 3 client without acknowledgement; 0 = no limit, 1 = strict order.")
        .default("20").live().range(0, COUNT_MAX),
    row("max_message_rate", INTEGER,
        "Publishes a second of one client; when they are used up the broker stops reading until the second ends. 0 = no \
         limit.")
        .default("0").live().hidden().range(0, COUNT_MAX),
    row("max_message_size", INTEGER,
        "Longest packet in bytes, by its remaining length, CONNECT included; 0 = what the protocol allows (268435455).")
        .default("0").live().range(0, COUNT_MAX),
    row("upgrade_outgoing_qos", FLAG, "Deliver with the QoS of the subscription although the message was published with less.")
        .default("off").live(),
    row("mqtt_connect_timeout", INTEGER, "Milliseconds from accept to a complete CONNECT.")
        .default("5000").live().hidden().range(1, TIME_MAX),
    row("suppress_lwt_on_session_takeover", FLAG, "No will message when the same client id connects again.")
        .default("off").live().hidden(),
    row("topic_alias_max_client", INTEGER, "Topic aliases an MQTT 5 client may use; 0 = none.")
        .default("0").live().hidden().range(0, 65_535),
    row("topic_alias_max_broker", INTEGER, "Topic aliases the broker may use towards an MQTT 5 client; 0 = none.")
        .default("0").live().hidden().range(0, 65_535),
    row("receive_max_client", INTEGER, "Upper bound for unacknowledged publishes on the way to an MQTT 5 client.")
        .default("65535").live().hidden().range(1, 65_535),
    row("receive_max_broker", INTEGER,
        "Unacknowledged publishes an MQTT 5 client may have on the way to the broker; more end its connection.")
        .default("65535").live().hidden().range(1, 65_535),
    row("disconnect_on_unauthorized_publish_v3", FLAG,
        "End the connection of an MQTT 3.1 client that publishes without the right to, as with 3.1.1.")
        .default("off").live().hidden(),
    row("max_keepalive", INTEGER, "Greatest keep-alive in seconds; MQTT 5 clients are told, others are held to it. 0 = no limit.")
        .default("0").live().range(0, 65_535),
    row("m5_max_packet_size", INTEGER, "Longest packet in bytes sent to an MQTT 5 client; 0 = what the client accepts.")
        .default("0").hidden().range(0, COUNT_MAX),
    row("m5_request_problem_information", FLAG, "Send reason texts to MQTT 5 clients that want them.")
        .default("on").hidden(),
    row("allow_multiple_sessions", FLAG,
        "Let several connections share one client id and its queue. Deprecated: shared subscriptions replace it.")
        .default("off").live().hidden().status(Status::Deprecated("shared subscriptions")),
];

pub(super) static QUEUE_ROWS: &[Row] = &[
    row("max_online_messages", INTEGER,
        "Messages that may wait for a connected client beside those in flight; -1 = no limit, 0 = nothing is delivered.")
        .default("1000").live().range(-1, COUNT_MAX),
    row("max_offline_messages", INTEGER,
        "QoS 1 and 2 messages that may wait for an offline client; -1 = no limit, 0 = none.")
        .default("1000").live().range(-1, COUNT_MAX),
    row("override_max_online_messages", FLAG,
        "Take the whole offline queue over when a client connects, even beyond max_online_messages.")
        .default("off").live(),
    row("queue_type", &[Type::Enum(&["fifo", "lifo"])],
        "When a queue is full fifo drops the new message; lifo drops the oldest and delivers the newest first.")
        .default("fifo").live().hidden(),
    row("queue_deliver_mode", &[Type::Enum(&["fanout", "balance"])],
        "With allow_multiple_sessions: every connection of a client id gets a message, or one of them.")
        .default("fanout").live().hidden(),
    row("max_drain_time", INTEGER, "Milliseconds until a failed step of moving a queue to another node is tried again.")
        .default("500").hidden().range(0, TIME_MAX).later(Feature::Cluster),
    row("max_msgs_per_drain_step", INTEGER, "Messages moved to another node in one step.")
        .default("100").hidden().range(1, COUNT_MAX).later(Feature::Cluster),
    row("queue_sup_sup_children", INTEGER, "Groups of queues; no meaning here.")
        .default("50").hidden().status(Status::Silent),
];
