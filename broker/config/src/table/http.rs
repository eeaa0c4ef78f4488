//! HTTP modules, publishing over HTTP, the web user interface.

use super::dotted;
use super::listener::{Opt, opt, spread};
use super::row::*;

const KINDS: &[&str] = &["http", "https"];
const WITH_LINES: &[&str] = &["http", "https", "ws", "wss"];
const AUTH_MODE: &[Type] = &[Type::Enum(&["noauth", "apikey"])];
const PUBLISH_MODE: &[Type] = &[Type::Enum(&["on-behalf-of", "predefined"])];
const TEXT_OR_OFF: &[Type] = &[Type::Text, Type::Word("off")];

static OPTIONS: &[Opt] = &[
    opt("config_mod", KINDS, TEXT, "Erlang module; no meaning here.")
        .name_only()
        .named("vmq_http_config")
        .status(Status::Silent),
    opt("config_fun", KINDS, TEXT, "Erlang function; no meaning here.")
        .name_only()
        .named("config")
        .status(Status::Silent),
    opt(
        "http_modules",
        KINDS,
        NAMES,
        "What this listener serves; [] = what http_modules says.",
    )
    .name_only()
    .named("[]"),
    opt(
        "max_request_line_length",
        WITH_LINES,
        INTEGER,
        "Longest request line in bytes.",
    )
    .name_only()
    .named("8000")
    .range(1, SIZE_MAX),
    opt(
        "max_header_value_length",
        WITH_LINES,
        INTEGER,
        "Longest header value in bytes.",
    )
    .name_only()
    .named("4096")
    .range(1, SIZE_MAX),
    opt(
        "http_module.$module.auth.mode",
        KINDS,
        AUTH_MODE,
        "How one module authenticates on this listener.",
    )
    .name_only(),
];

static FIXED: &[Row] = &[
    row(
        "http_modules",
        NAMES,
        "What HTTP listeners serve that have no list of their own.",
    )
    .default("[vmq_metrics_http,vmq_http_mgmt_api,vmq_status_http,vmq_health_http,vmq_http_v2_api]")
    .hidden(),
    row(
        "min_apikey_length",
        INTEGER,
        "Shortest API key in bytes that may be added.",
    )
    .default("0")
    .hidden()
    .range(0, 1024),
    row(
        "max_apikey_expiry_days",
        INTEGER,
        "API keys must expire within so many days; unset = they need not.",
    )
    .hidden()
    .range(1, COUNT_MAX),
    row(
        "http_module.$name.auth.mode",
        AUTH_MODE,
        "How a module authenticates.",
    )
    .default("noauth")
    .hidden(),
    row(
        "http_module.vmq_http_mgmt_api.auth.mode",
        AUTH_MODE,
        "How /api/v1 authenticates.",
    )
    .default("apikey")
    .hidden(),
    row(
        "http_module.vmq_http_pub.auth.mode",
        AUTH_MODE,
        "How publishing over HTTP authenticates.",
    )
    .default("apikey")
    .hidden(),
    row(
        "http_module.vmq_http_v2_api.auth.mode",
        AUTH_MODE,
        "How /api/v2 authenticates.",
    )
    .default("apikey")
    .hidden(),
    row(
        "http_mgmt.get_mutations",
        FLAG,
        "Commands that change something may also be called by GET.",
    )
    .default("on")
    .live()
    .hidden(),
    row(
        "http_mgmt.allow_origin",
        TEXT,
        "Web pages of this origin, or of any (*), may read what /api/v1 and /api/v2 answer; '' = of none.",
    )
    .default("")
    .live()
    .hidden(),
];

pub(super) fn rows() -> Vec<Row> {
    OPTIONS
        .iter()
        .flat_map(spread)
        .chain(FIXED.iter().cloned())
        .collect()
}

static PUBLISH_ROWS: &[Row] = &[
    row(
        "mqtt_auth.mode",
        PUBLISH_MODE,
        "Who a publish over HTTP is: the user its headers name, or the one named here.",
    )
    .default("on-behalf-of")
    .later(Feature::RestPublish),
    row(
        "mqtt_auth.auth_plugin",
        TEXT,
        "Where the credentials are checked; mqtt = by the authentication plugins.",
    )
    .default("mqtt")
    .later(Feature::RestPublish),
    row("mqtt_auth.user", TEXT, "User name in predefined mode.")
        .hidden()
        .later(Feature::RestPublish),
    row("mqtt_auth.password", TEXT, "Password in predefined mode.")
        .hidden()
        .secret()
        .later(Feature::RestPublish),
    row("mqtt_auth.client_id", TEXT, "Client id in predefined mode.")
        .hidden()
        .later(Feature::RestPublish),
    row("mountpoint", TEXT, "Topic tree of publishes over HTTP.")
        .hidden()
        .later(Feature::RestPublish),
];

/// The settings for all listeners, then the same for one.
pub(super) fn publish_rows() -> Vec<Row> {
    let global = PUBLISH_ROWS.iter().map(|row| Row {
        key: dotted("vmq_http_pub", &row.key),
        ..row.clone()
    });
    let local = KINDS.iter().flat_map(|kind| {
        let prefix = format!("listener.{kind}.$name.http_modules.vmq_http_pub");
        PUBLISH_ROWS.iter().map(move |row| {
            let types = if row.key == "mountpoint" {
                TEXT_OR_OFF
            } else {
                row.types
            };
            let prose = format!("{} For one listener.", row.prose).into();
            Row {
                key: dotted(&prefix, &row.key),
                types,
                default: None,
                hidden: true,
                prose,
                ..row.clone()
            }
        })
    });
    global.chain(local).collect()
}

pub(super) static WEB_UI_ROWS: &[Row] = &[
    row(
        "vmq_web_ui.admin.auth",
        &[Type::Enum(&["password"])],
        "How users of the web interface log in.",
    )
    .default("password")
    .later(Feature::WebUi),
    row("vmq_web_ui.admin.user_name", TEXT, "User of the web interface.")
        .default("admin")
        .later(Feature::WebUi),
    row(
        "vmq_web_ui.admin.user_pwd",
        TEXT,
        "Password of that user; empty = the interface is not served.",
    )
    .default("")
    .secret()
    .later(Feature::WebUi),
    row(
        "vmq_web_ui.mgmt_api.key",
        TEXT,
        "API key with which the interface calls the management API.",
    )
    .default("")
    .secret()
    .later(Feature::WebUi),
    row("vmq_web_ui.mgmt_api.port", TEXT, "Port of the management API.")
        .default("")
        .later(Feature::WebUi),
    row(
        "vmq_web_ui.mgmt_api.scheme",
        &[Type::Enum(&["http", "https"]), Type::Word("")],
        "Scheme of the management API.",
    )
    .default("")
    .later(Feature::WebUi),
    row(
        "vmq_web_ui.file_access.allow_read",
        FLAG,
        "Let the interface show configuration, password and ACL files.",
    )
    .default("off")
    .later(Feature::WebUi),
    row("vmq_web_ui.file_access.allow_write", FLAG, "Reserved.")
        .default("off")
        .later(Feature::WebUi),
];
