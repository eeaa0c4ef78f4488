//! The `$SYS` tree, Graphite, Prometheus.

use super::row::*;

pub(super) static ROWS: &[Row] = &[
    row(
        "systree_enabled",
        FLAG,
        "Publish the metrics under $SYS/<node name>.",
    )
    .default("on")
    .live(),
    row(
        "systree_interval",
        INTEGER,
        "Milliseconds between publications; 0 = none.",
    )
    .default("20000")
    .live()
    .range(0, TIME_MAX),
    row("systree_mountpoint", TEXT, "Topic tree of these messages.")
        .default("")
        .hidden(),
    row("systree_qos", INTEGER, "QoS of these messages.")
        .default("0")
        .hidden()
        .range(0, 2),
    row("systree_retain", FLAG, "Publish them as retained messages.")
        .default("off")
        .hidden(),
    row(
        "systree_prefix",
        TEXT,
        "First levels of their topics; unset = $SYS/<node name>.",
    )
    .hidden(),
    row(
        "systree_reg_view",
        &[Type::Enum(&["vmq_reg_trie", "vmq_reg_ordered_trie"])],
        "Name of the routing index; there is one.",
    )
    .default("vmq_reg_trie")
    .hidden()
    .status(Status::Silent),
    row(
        "prometheus_namespace",
        TEXT,
        "Start of every metric name on /metrics; two double quotes = none.",
    )
    .default("vernemq_"),
    row("graphite_enabled", FLAG, "Send the metrics to Graphite.")
        .default("off")
        .live(),
    row("graphite_host", TEXT, "Name or address of the Graphite server.")
        .default("localhost")
        .live(),
    row("graphite_port", INTEGER, "Its TCP port.")
        .default("2003")
        .live()
        .range(1, 65_535),
    row("graphite_interval", INTEGER, "Milliseconds between pushes.")
        .default("20000")
        .live()
        .range(1, TIME_MAX),
    row("graphite_connect_timeout", INTEGER, "Milliseconds to connect.")
        .default("5000")
        .live()
        .hidden()
        .range(1, TIME_MAX),
    row(
        "graphite_reconnect_timeout",
        INTEGER,
        "Milliseconds to wait after a failed push.",
    )
    .default("15000")
    .live()
    .hidden()
    .range(0, TIME_MAX),
    row("graphite_prefix", TEXT, "Put before every metric name.")
        .default("")
        .live(),
    row("graphite_api_key", TEXT, "Put before the prefix.")
        .default("")
        .live()
        .secret(),
    row(
        "graphite_include_labels",
        FLAG,
        "Also send one line for each label.",
    )
    .default("off")
    .live()
    .hidden(),
];
