//! Webhooks.

use super::row::*;

const HOOKS: &[Type] = &[Type::Enum(&[
    "auth_on_register",
    "auth_on_publish",
    "auth_on_subscribe",
    "on_register",
    "on_publish",
    "on_subscribe",
    "on_unsubscribe",
    "on_deliver",
    "on_offline_message",
    "on_client_wakeup",
    "on_client_offline",
    "on_client_gone",
    "on_session_expired",
    "auth_on_register_m5",
    "auth_on_publish_m5",
    "auth_on_subscribe_m5",
    "on_register_m5",
    "on_publish_m5",
    "on_subscribe_m5",
    "on_unsubscribe_m5",
    "on_deliver_m5",
    "on_auth_m5",
])];
const LATER: Status = Status::Later(Feature::Webhooks);

pub(super) static ROWS: &[Row] = &[
    row(
        "vmq_webhooks.$name.hook",
        HOOKS,
        "The hook that is sent to an endpoint.",
    )
    .status(LATER),
    row("vmq_webhooks.$name.endpoint", TEXT, "URL of the endpoint.").status(LATER),
    row(
        "vmq_webhooks.$name.base64encode",
        FLAG,
        "Payloads are sent in base64.",
    )
    .default("on")
    .hidden()
    .status(LATER),
    row(
        "vmq_webhooks.$name.no_payload",
        FLAG,
        "auth_on_publish is sent without payload.",
    )
    .default("off")
    .hidden()
    .status(LATER),
    row(
        "vmq_webhooks.$name.response_timeout",
        INTEGER,
        "Milliseconds to wait for the answer.",
    )
    .default("5000")
    .hidden()
    .range(1, TIME_MAX)
    .status(LATER),
    row(
        "vmq_webhooks.clique_lead_line",
        TEXT,
        "Help line; no meaning here.",
    )
    .default(" webhooks Manage webhooks\\n")
    .hidden()
    .status(Status::Silent),
    row(
        "vmq_webhooks.pool_max_connections",
        INTEGER,
        "Connections to one endpoint.",
    )
    .default("100")
    .live()
    .hidden()
    .range(1, 65_535)
    .status(LATER),
    row(
        "vmq_webhooks.pool_timeout",
        INTEGER,
        "Milliseconds an idle connection is kept.",
    )
    .default("60000")
    .live()
    .hidden()
    .range(0, TIME_MAX)
    .status(LATER),
    row(
        "vmq_webhooks.cafile",
        FILE,
        "PEM file with the authorities an endpoint's certificate must come from.",
    )
    .default("")
    .live()
    .hidden()
    .check(Check::PemFile)
    .status(LATER),
    row(
        "vmq_webhooks.tls_version",
        TLS_VERSION,
        "TLS version towards endpoints.",
    )
    .default("tlsv1.2")
    .live()
    .status(LATER),
    row(
        "vmq_webhooks.verify_peer",
        FLAG,
        "Verify the endpoint's certificate.",
    )
    .default("on")
    .live()
    .hidden()
    .status(LATER),
    row(
        "vmq_webhooks.depth",
        INTEGER,
        "Intermediate certificates allowed.",
    )
    .default("100")
    .live()
    .hidden()
    .range(0, 255)
    .status(LATER),
    row(
        "vmq_webhooks.certfile",
        FILE,
        "PEM file with the broker's certificate.",
    )
    .default("")
    .live()
    .hidden()
    .check(Check::PemFile)
    .status(LATER),
    row(
        "vmq_webhooks.keyfile",
        FILE,
        "PEM file with the broker's private key.",
    )
    .default("")
    .live()
    .hidden()
    .check(Check::PemFile)
    .status(LATER),
    row("vmq_webhooks.keyfile_password", TEXT, "Password of that key.")
        .default("")
        .hidden()
        .secret()
        .status(LATER),
    row("vmq_webhooks.use_crls", FLAG, "Look at revocation lists.")
        .default("on")
        .hidden()
        .status(LATER),
];
