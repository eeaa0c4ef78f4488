//! Which plugins run, and the two that read files.

use super::row::*;

pub(super) static ROWS: &[Row] = &[
    row("plugins.$name", FLAG, "Start a plugin."),
    row(
        "plugins.$name.path",
        DIRECTORY,
        "Folder of an Erlang plugin; such plugins do not run here.",
    ),
    row(
        "plugins.$name.priority",
        INTEGER,
        "Place in the chain: lower numbers are asked first, then the plugins without a number by name.",
    ),
    row("plugins.vmq_passwd", FLAG, "Authentication by a password file.").default("on"),
    row("plugins.vmq_acl", FLAG, "Authorisation by a file of rules.").default("on"),
    row(
        "plugins.vmq_diversity",
        FLAG,
        "Lua scripts and authentication by databases.",
    )
    .default("off"),
    row("plugins.vmq_webhooks", FLAG, "Webhooks.").default("off"),
    row("plugins.vmq_bridge", FLAG, "Bridges to other brokers.").default("off"),
    row(
        "vmq_acl.acl_file",
        FILE,
        "The file of rules. Missing or faulty at start = nobody may do anything.",
    )
    .default("/etc/vernemq/vmq.acl")
    .live(),
    row(
        "vmq_acl.acl_reload_interval",
        INTEGER,
        "Seconds between looks at that file; 0 = only on command.",
    )
    .default("10")
    .live()
    .range(-TIME_MAX, TIME_MAX),
    row(
        "vmq_acl.revoke_on_reload",
        FLAG,
        "End subscriptions that a reloaded file no longer allows.",
    )
    .default("off")
    .live(),
    row(
        "vmq_passwd.password_file",
        FILE,
        "The password file, written by vmq-passwd.",
    )
    .default("/etc/vernemq/vmq.passwd")
    .live(),
    row(
        "vmq_passwd.password_reload_interval",
        INTEGER,
        "Seconds between looks at that file; 0 = only on command.",
    )
    .default("10")
    .live()
    .range(-TIME_MAX, TIME_MAX),
];
