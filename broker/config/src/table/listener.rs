//! Listeners: the address lines, and the options that exist for a name, for a kind and for all.
//!
//! An option is written once, with the kinds and levels that have it; `spread` makes the rows.

use std::borrow::Cow;

use super::row::*;

pub(super) const ALL: &[&str] = &["tcp", "ssl", "ws", "wss", "http", "https", "vmq", "vmqs"];
pub(super) const MQTT: &[&str] = &["tcp", "ssl", "ws", "wss"];
pub(super) const SECURE: &[&str] = &["ssl", "wss", "vmqs", "https"];
const PROXIED: &[&str] = &["tcp", "ws", "http"];
const WITH_MOUNTPOINT: &[&str] = &["tcp", "ssl", "ws", "wss", "vmq", "vmqs"];
const WS: &[&str] = &["ws"];

const NO_VM: Status = Status::Silent;
const LIFETIME: &str =
    "Seconds after which the broker ends a connection; 0 = never. Authentication may shorten it.";
const BUFFERS: &str =
    "Socket send buffer, socket receive buffer and read buffer, in bytes; unset = as the system chooses.";
const VERSIONS: &str = "Accepted protocol versions: 3 (3.1), 4 (3.1.1), 5, and 131, 132 for bridges.";

/// An option before it is spread over kinds and levels.
#[derive(Clone)]
pub(super) struct Opt {
    kinds: &'static [&'static str],
    /// Default of `listener.X`; the level exists only if set.
    global: Option<&'static str>,
    has_type_level: bool,
    has_name_level: bool,
    typed: Option<&'static str>,
    row: Row,
}

pub(super) const fn opt(
    name: &'static str,
    kinds: &'static [&'static str],
    types: &'static [Type],
    prose: &'static str,
) -> Opt {
    let row = row(name, types, prose);
    Opt {
        kinds,
        global: None,
        has_type_level: true,
        has_name_level: true,
        typed: None,
        row,
    }
}

impl Opt {
    pub(super) const fn global(mut self, default: &'static str) -> Self {
        self.global = Some(default);
        self
    }

    /// Default of `listener.KIND.X`.
    pub(super) const fn typed(mut self, default: &'static str) -> Self {
        self.typed = Some(default);
        self
    }

    /// Default of `listener.KIND.NAME.X`.
    pub(super) const fn named(mut self, default: &'static str) -> Self {
        self.row.default = Some(default);
        self
    }

    pub(super) const fn name_only(mut self) -> Self {
        self.has_type_level = false;
        self
    }

    pub(super) const fn type_only(mut self) -> Self {
        self.has_name_level = false;
        self
    }

    pub(super) const fn range(mut self, min: i64, max: i64) -> Self {
        self.row.check = Check::Range(min, max);
        self
    }

    pub(super) const fn check(mut self, check: Check) -> Self {
        self.row.check = check;
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.row.secret = true;
        self
    }

    pub(super) const fn status(mut self, status: Status) -> Self {
        self.row.status = status;
        self
    }
}

static OPTIONS: &[Opt] = &[
    opt("buffer_sizes", &["tcp", "ssl"], &[Type::IntegerTriple], BUFFERS),
    opt("buffer_sizes", &["vmq"], &[Type::IntegerTriple], BUFFERS).name_only(),
    opt("active_n", &["tcp", "ssl"], INTEGER, "Socket reads handled at one go before others get their turn.")
        .check(Check::RangeText(1, 32_767, "value must be an integer between 1 and 32767")),
    opt("high_watermark", &["vmq"], INTEGER, "Send queue of the VM; no meaning here.").name_only().named("8192").status(NO_VM),
    opt("low_watermark", &["vmq"], INTEGER, "Send queue of the VM; no meaning here.").name_only().named("4096").status(NO_VM),
    opt("high_msgq_watermark", &["vmq"], INTEGER, "Message queue of the VM; no meaning here.")
        .name_only().named("8192").status(NO_VM),
    opt("low_msgq_watermark", &["vmq"], INTEGER, "Message queue of the VM; no meaning here.")
        .name_only().named("4096").status(NO_VM),
    opt("max_connection_lifetime", MQTT, INTEGER, LIFETIME).global("0").range(-1, TIME_MAX),
    opt("max_connections", ALL, INTEGER_OR_INFINITY,
        "Connections at the same time; further ones wait in the system's queue. -1 = inherit, infinity = no limit.")
        .global("10000").typed("-1").named("-1").range(-1, COUNT_MAX),
    opt("nr_of_acceptors", ALL, INTEGER, "Tasks that accept connections; -1 = inherit.")
        .global("10").typed("-1").named("-1").range(-1, 1024),
    opt("proxy_protocol", PROXIED, FLAG, "Every connection starts with a PROXY header, version 1 or 2.").typed("off"),
    opt("proxy_protocol_use_cn_as_username", PROXIED, FLAG,
        "The common name of a verified client certificate in that header becomes the user name.")
        .typed("on"),
    opt("proxy_protocol_trusted", PROXIED, &[Type::Networks],
        "Addresses and networks whose PROXY headers are believed, separated by semicolons; empty = whoever reaches the listener.")
        .typed(""),
    opt("proxy_xff_support", WS, FLAG, "The client's address is the first one in X-Forwarded-For.").typed("off"),
    opt("proxy_xff_trusted_intermediate", WS, &[Type::Ips],
        "Addresses of the proxies that may send X-Forwarded-For, separated by semicolons.")
        .typed(""),
    opt("proxy_xff_use_cn_as_username", WS, FLAG, "The user name comes from a header of the proxy.").name_only().named("off"),
    opt("proxy_xff_cn_header", WS, TEXT, "The header that holds the common name of the client certificate.")
        .name_only().named("x-ssl-client-cn"),
    opt("allow_anonymous_override", MQTT, FLAG, "Let every client in here, whatever allow_anonymous says.")
        .name_only().named("off"),
    opt("auth_plugins", MQTT, NAMES, "Plugins that authenticate here, in this order; unset = all in their usual order.")
        .name_only(),
    opt("authz_plugins", MQTT, NAMES,
        "Plugins that judge publishes and subscriptions here, in this order; unset = all in their usual order.")
        .name_only(),
    opt("allowed_protocol_versions", MQTT, &[Type::Integers], VERSIONS).typed("3,4,5,131,132"),
    opt("mountpoint", WITH_MOUNTPOINT, &[Type::Text, Type::Word("off")],
        "Name of the topic tree that the clients of the listener live in; off = the common tree.")
        .global("off"),
    opt("forward_connection_opts", MQTT, FLAG,
        "Tell authentication plugins the listener's address and kind, and the client certificate.")
        .typed("off"),
    opt("connect_rate", ALL, INTEGER, "New connections a second, counted before TLS; 0 = no limit.")
        .global("0").range(0, COUNT_MAX),
    opt("connect_rate_per_source", ALL, INTEGER,
        "New connections a second from one address, counted before TLS; 0 = no limit.")
        .global("0").range(0, COUNT_MAX),
];

/// Keys of listeners that stand in the shipped file; all others are hidden.
const SHOWN: &[&str] = &[
    "tcp.buffer_sizes",
    "tcp.active_n",
    "max_connection_lifetime",
    "max_connections",
    "nr_of_acceptors",
    "connect_rate",
    "connect_rate_per_source",
    "tcp.$name",
    "ssl.$name",
    "tcp.$name.allow_anonymous_override",
    "ssl.$name.allow_anonymous_override",
    "ws.$name.allow_anonymous_override",
    "wss.$name.allow_anonymous_override",
    "tcp.allowed_protocol_versions",
    "vmq.$name",
    "http.$name",
    "ssl.cafile",
    "https.cafile",
    "ssl.certfile",
    "https.certfile",
    "ssl.keyfile",
    "vmqs.keyfile",
    "https.keyfile",
    "ssl.ciphers",
    "vmqs.ciphers",
    "https.ciphers",
    "ssl.eccs",
    "vmqs.eccs",
    "https.eccs",
    "ssl.crlfile",
    "ssl.require_certificate",
    "vmqs.require_certificate",
    "https.require_certificate",
    "ssl.tls_version",
    "vmqs.tls_version",
    "https.tls_version",
    "ssl.use_identity_as_username",
    "tcp.forward_connection_opts",
    "ssl.forward_connection_opts",
    "ws.forward_connection_opts",
    "wss.forward_connection_opts",
    "ssl.psk_support",
    "ssl.psk_identity_hint",
    "ssl.pskfile",
    "ssl.pskfile_separator",
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = ALL.iter().map(|kind| address(kind)).collect();
    rows.extend(OPTIONS.iter().flat_map(spread));
    rows.extend(fixed().iter().cloned());
    rows
}

/// `listener.KIND.$name`
fn address(kind: &str) -> Row {
    let (types, text): (&'static [Type], _) = match kind {
        "tcp" => (
            &[Type::IpPort, Type::UnixSocket],
            "Address and port, or a Unix socket as local:<path>:0",
        ),
        _ => (IP_PORT, "Address and port"),
    };
    let mut row = row("", types, "");
    row.key = Cow::Owned(format!("listener.{kind}.$name"));
    row.prose = Cow::Owned(format!(
        "Opens {} listener under a name of your choice. {text}.",
        title(kind)
    ));
    row.hidden = is_hidden(&row.key);
    row.status = status(kind);
    row
}

/// The rows of an option, widest level first.
pub(super) fn spread(option: &Opt) -> Vec<Row> {
    let mut rows = Vec::new();
    let name = &option.row.key;
    if let Some(default) = option.global {
        let prose = format!(
            "{} For all listeners that do not say otherwise.",
            option.row.prose
        );
        rows.push(level(
            option,
            format!("listener.{name}"),
            Some(default),
            prose,
            Status::Implemented,
        ));
    }
    for kind in option.kinds {
        let status = if option.row.status == Status::Implemented {
            status(kind)
        } else {
            option.row.status
        };
        if option.has_type_level {
            let prose = format!("{} For every listener of kind {kind}.", option.row.prose);
            rows.push(level(
                option,
                format!("listener.{kind}.{name}"),
                option.typed,
                prose,
                status,
            ));
        }
        if option.has_name_level {
            let prose = format!("{} For one listener of kind {kind}.", option.row.prose);
            rows.push(level(
                option,
                format!("listener.{kind}.$name.{name}"),
                option.row.default,
                prose,
                status,
            ));
        }
    }
    rows
}

fn level(option: &Opt, key: String, default: Option<&'static str>, prose: String, status: Status) -> Row {
    let hidden = is_hidden(&key);
    Row {
        key: Cow::Owned(key),
        default,
        hidden,
        prose: Cow::Owned(prose),
        status,
        ..option.row.clone()
    }
}

fn is_hidden(key: &str) -> bool {
    !key.strip_prefix("listener.")
        .is_some_and(|rest| SHOWN.contains(&rest))
}

/// What of a kind is not there yet.
fn status(kind: &str) -> Status {
    match kind {
        "vmq" | "vmqs" => Status::Later(Feature::Cluster),
        _ => Status::Implemented,
    }
}

fn title(kind: &str) -> &'static str {
    match kind {
        "tcp" => "an MQTT",
        "ssl" => "an MQTT over TLS",
        "ws" => "an MQTT over WebSocket",
        "wss" => "an MQTT over secure WebSocket",
        "http" => "an HTTP",
        "https" => "an HTTPS",
        "vmq" => "a cluster",
        _ => "a cluster over TLS",
    }
}

fn fixed() -> &'static [Row] {
    static ROWS: &[Row] = &[
        row(
            "max_ws_frame_size",
            INTEGER_OR_INFINITY,
            "Longest WebSocket frame in bytes; a longer one closes the connection. infinity = no limit.",
        )
        .default("268435456")
        .range(1, COUNT_MAX),
        row(
            "tcp_listen_options",
            &[Type::SocketOptions],
            "Socket options of all listeners, in Erlang's notation.",
        )
        .default("[{nodelay, true}, {linger, {true, 0}}, {send_timeout, 30000}, {send_timeout_close, true}]")
        .hidden(),
    ];
    ROWS
}
