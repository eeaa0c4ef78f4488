//! Bridges: one set of options, for `tcp` and for `ssl`.

use super::dotted;
use super::row::*;

const INET: &[Type] = &[Type::Enum(&["inet", "inet6"])];
const LATER: Status = Status::Later(Feature::Bridges);
const TOPIC: &str = "Topics that are carried over: pattern [in|out|both] [qos] [retain] [local-prefix remote-prefix]. A * that \
                     stands for a whole level is read as #.";

/// After `vmq_bridge.KIND.$name.`; hidden for `ssl`, here for `tcp`.
static BOTH: &[Row] = &[
    row("cleansession", FLAG, "Start with a clean session.").default("off"),
    row("client_id", TEXT, "Client id; auto = host name and bridge name.").default("auto"),
    row("mountpoint", TEXT, "Local topic tree.").default(""),
    row("keepalive_interval", INTEGER, "Keep-alive in seconds.")
        .default("60")
        .range(0, 65_535),
    row("persistent_queue", FLAG, "Keep what waits on disk.").default("off"),
    row("queue_dir", DIRECTORY, "Folder for it; one for each bridge."),
    row("username", TEXT, "User name at the other broker."),
    row("password", TEXT, "Password at the other broker.").secret(),
    row("segment_size", BYTES, "Size of a file in that folder.").default("4096"),
    row("outgoing_batch_size", INTEGER, "Messages sent at one go.")
        .default("100")
        .range(1, COUNT_MAX),
    row("topic.$topic_id", TEXT, TOPIC).hidden(),
    row("restart_timeout", INTEGER, "Seconds between attempts to connect.")
        .default("10")
        .range(1, TIME_MAX),
    row(
        "try_private",
        FLAG,
        "Tell the other broker that this is a bridge.",
    )
    .default("on"),
    row(
        "mqtt_version",
        &[Type::Enum(&["3", "4", "5"])],
        "Protocol version.",
    )
    .default("3"),
    row(
        "max_outgoing_buffered_messages",
        INTEGER,
        "Messages kept while disconnected; 0 = none.",
    )
    .default("0")
    .range(0, COUNT_MAX),
    row(
        "pubrel_queue_ratio",
        PERCENT,
        "Share of them reserved for releases of QoS 2.",
    )
    .default("0%"),
    row("inet_version", INET, "Address family.")
        .default("inet")
        .hidden(),
];

/// For `ssl` only; shown unless marked.
static SSL: &[Row] = &[
    row("sni", TEXT, "Server name sent in the handshake.").hidden(),
    row(
        "cafile",
        FILE,
        "PEM file with the authorities the other broker's certificate must come from.",
    )
    .default("")
    .check(Check::PemFile),
    row("capath", FILE, "Never had an effect.")
        .default("")
        .hidden()
        .status(Status::Ignored("use vmq_bridge.ssl.NAME.cafile")),
    row("certfile", FILE, "PEM file with the bridge's certificate.")
        .default("")
        .check(Check::PemFile),
    row("keyfile", FILE, "PEM file with the bridge's private key.")
        .default("")
        .check(Check::PemFile),
    row("insecure", FLAG, "Do not verify the other broker's certificate.").default("off"),
    row("tls_version", TLS_VERSION, "TLS version.").default("tlsv1.2"),
    row("identity", TEXT, "Identity for a pre-shared key.").default(""),
    row("psk", TEXT, "Pre-shared key in hexadecimal.")
        .default("")
        .secret(),
    row("depth", INTEGER, "Intermediate certificates allowed.")
        .default("1")
        .hidden()
        .range(0, 255),
    row(
        "customize_hostname_check",
        &[Type::Enum(&["https"])],
        "Accept wildcard certificates as browsers do.",
    )
    .default("https"),
];

static FIXED: &[Row] = &[
    row("vmq_bridge.tcp.br0.topic.1", TEXT, TOPIC).status(LATER),
    row("vmq_bridge.clique_lead_line", TEXT, "Help line; no meaning here.")
        .default(" bridge Manage MQTT bridges\\n")
        .hidden()
        .status(Status::Silent),
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (kind, title) in [("tcp", "TCP"), ("ssl", "TLS")] {
        let prefix = format!("vmq_bridge.{kind}.$name");
        let mut address = row("", HOST_PORT, "").status(LATER);
        address.key = prefix.clone().into();
        address.prose = format!("Opens a bridge over {title} to another broker: host and port.").into();
        address.hidden = kind == "ssl";
        rows.push(address);
        rows.extend(BOTH.iter().map(|row| Row {
            hidden: row.hidden || kind == "ssl",
            ..under(&prefix, row)
        }));
        if kind == "ssl" {
            rows.extend(SSL.iter().map(|row| under(&prefix, row)));
        }
    }
    rows.extend(FIXED.iter().cloned());
    rows
}

fn under(prefix: &str, row: &Row) -> Row {
    let status = if row.status == Status::Implemented {
        LATER
    } else {
        row.status
    };
    Row {
        key: dotted(prefix, &row.key),
        status,
        ..row.clone()
    }
}
