//! Names of older versions: renamed, mapped, or accepted without effect.
//!
//! Their defaults are what they used to be; they give no value to a file that does not set them.

use super::row::*;

const GONE: Status = Status::Ignored("removed");

pub(super) static ROWS: &[Row] = &[
    row(
        "trade_consistency",
        FLAG,
        "on = all four allow_*_during_netsplit = on.",
    )
    .default("off")
    .hidden()
    .status(Status::Deprecated("allow_*_during_netsplit")),
    row("max_queued_messages", INTEGER, "Now max_online_messages.")
        .default("1000")
        .hidden()
        .status(Status::Renamed("max_online_messages")),
    row("message_size_limit", INTEGER, "Now max_message_size.")
        .default("0")
        .hidden()
        .status(Status::Renamed("max_message_size")),
    row(
        "generic_message_store_engine",
        TEXT,
        "Engine of the store; there is one.",
    )
    .default("vmq_storage_engine_leveldb")
    .hidden()
    .status(Status::Ignored("there is one built-in store")),
    row(
        "leveldb_message_store.directory",
        DIRECTORY,
        "Now vmq_generic_msg_store.store_dir.",
    )
    .default("/var/lib/vernemq/msgstore")
    .hidden()
    .status(Status::Renamed("vmq_generic_msg_store.store_dir")),
    row("log.crash.size", BYTES, "Now log.crash.rotation.size.")
        .default("10MB")
        .hidden()
        .status(Status::Renamed("log.crash.rotation.size")),
    row("log.syslog.ident", TEXT, "Now log.syslog.app_name.")
        .hidden()
        .status(Status::Renamed("log.syslog.app_name")),
    row("log.error.redirect", FLAG, "Errors of the VM.")
        .default("on")
        .hidden()
        .status(GONE),
    row("log.error.messages_per_second", INTEGER, "Errors of the VM.")
        .default("100")
        .hidden()
        .status(GONE),
    row("vmq_pulse.api_key", TEXT, "Telemetry that no longer exists.")
        .hidden()
        .secret()
        .status(GONE),
    row("vmq_pulse.url", TEXT, "Telemetry that no longer exists.")
        .default("https://pulse.vernemq.com")
        .hidden()
        .status(GONE),
    row(
        "vmq_pulse.push_interval",
        INTEGER,
        "Telemetry that no longer exists.",
    )
    .default("60")
    .hidden()
    .status(GONE),
    row(
        "vmq_pulse.connect_timeout",
        INTEGER,
        "Telemetry that no longer exists.",
    )
    .default("10")
    .hidden()
    .status(GONE),
    row("vmq_pulse.$name", TEXT, "Telemetry that no longer exists.")
        .hidden()
        .status(GONE),
    row("plugins.vmq_pulse", FLAG, "Telemetry that no longer exists.")
        .default("off")
        .hidden()
        .status(GONE),
    row(
        "vmq_diversity.mongodb.r_mode",
        &[Type::Enum(&["master", "slave_ok"])],
        "Now vmq_diversity.mongodb.read_preference: primary or secondaryPreferred.",
    )
    .default("master")
    .hidden()
    .status(Status::Deprecated("vmq_diversity.mongodb.read_preference")),
    row("vmq_bridge.registry_mfa", TEXT, "Of the VM; no meaning here.")
        .default("{vmq_reg,direct_plugin_exports,[vmq_bridge]}")
        .hidden()
        .status(Status::Silent),
    row("acl_file", FILE, "Now vmq_acl.acl_file.")
        .default("/etc/vernemq/vmq.acl")
        .hidden()
        .status(Status::Renamed("vmq_acl.acl_file")),
    row("acl_reload_interval", INTEGER, "Now vmq_acl.acl_reload_interval.")
        .default("10")
        .hidden()
        .status(Status::Renamed("vmq_acl.acl_reload_interval")),
    row("password_file", FILE, "Now vmq_passwd.password_file.")
        .default("/etc/vernemq/vmq.passwd")
        .hidden()
        .status(Status::Renamed("vmq_passwd.password_file")),
    row(
        "password_reload_interval",
        INTEGER,
        "Now vmq_passwd.password_reload_interval.",
    )
    .default("10")
    .hidden()
    .status(Status::Renamed("vmq_passwd.password_reload_interval")),
    row("plugin_dir", DIRECTORY, "Folder of Erlang plugins.")
        .hidden()
        .status(Status::Ignored("Erlang plugins do not run here")),
    row("plugin_config", FILE, "List of Erlang plugins.")
        .hidden()
        .status(Status::Ignored("Erlang plugins do not run here")),
    row("vmq_reg_view", TEXT, "Now default_reg_view.")
        .default("vmq_reg_trie")
        .hidden()
        .status(Status::Renamed("default_reg_view")),
    row("vmq_diversity.script", DIRECTORY, "Now vmq_diversity.script_dir.")
        .default("/usr/share/vernemq/lua")
        .hidden()
        .status(Status::Renamed("vmq_diversity.script_dir")),
    row("mqtt.connect.timeout", INTEGER, "Now mqtt_connect_timeout.")
        .default("5000")
        .hidden()
        .status(Status::Renamed("mqtt_connect_timeout")),
    row("graphite.interval", INTEGER, "Now graphite_interval.")
        .default("20000")
        .hidden()
        .status(Status::Renamed("graphite_interval")),
    row("coordinated_registrations", FLAG, "Now coordinate_registrations.")
        .default("on")
        .hidden()
        .status(Status::Renamed("coordinate_registrations")),
    row(
        "accept_eula",
        &[Type::Enum(&["yes", "no"])],
        "There is nothing to accept.",
    )
    .default("no")
    .hidden()
    .status(Status::Silent),
    row(
        "listener.ssl.$name.pskfile",
        FILE,
        "File of pre-shared keys; without effect.",
    )
    .hidden()
    .status(Status::Silent),
];
