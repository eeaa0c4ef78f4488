//! Logs: the sinks, their files and formats, syslog.

use super::row::*;

const FORMAT: &[Type] = &[Type::Enum(&["text", "json"])];
const LEVELS: &[Type] = &[Type::Enum(&[
    "debug",
    "info",
    "notice",
    "warning",
    "error",
    "critical",
    "alert",
    "emergency",
])];
const FIRST_LEVEL: &[Type] = &[Type::Enum(&["all", "debug", "info", "warning", "error"])];
const ROTATE: &str = "Rotate the file at this size; 0 or infinity = never.";
const KEEP: &str = "Rotated files that are kept.";
const COMPRESS: &str = "Compress rotated files with gzip.";
/// The names of syslog.h, with the aliases of the original.
const FACILITIES: &[Type] = &[Type::Enum(&[
    "kern", "kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "logaudit", "logalert", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
])];

pub(super) static ROWS: &[Row] = &[
    row("logging.obfuscation_secret", TEXT, "Accepted; credentials in memory are never printed.").default("random").secret(),
    row("logging.keepalive_as_warning", FLAG, "Log clients that fall silent as warnings; off = as information.").default("on"),
    row("log.console", &[Type::Enum(&["off", "file", "console", "both"])],
        "Where the general log goes: nowhere, to its file, to standard output, or both.")
        .default("file"),
    row("log.console.level", LEVELS, "Least severity of the general log.").default("info").live(),
    row("log.console.file", FILE, "File of the general log.").default("/var/log/vernemq/console.log"),
    row("log.console.console.format", FORMAT, "Format on standard output.").default("text"),
    row("log.console.file.format", FORMAT, "Format in the file.").default("text"),
    row("log.console.rotation.size", BYTES_OR_INFINITY, ROTATE).default("10MB"),
    row("log.console.rotation.keep", INTEGER, KEEP).default("5").range(0, 10_000),
    row("log.console.rotation.compress_on_rotate", FLAG, COMPRESS).default("off"),
    row("log.error", FLAG, "Write errors to a file of their own as well.").default("on"),
    row("log.error.file", FILE, "File of the error log.").default("/var/log/vernemq/error.log"),
    row("log.error.file.format", FORMAT, "Format in the file.").default("text"),
    row("log.error.rotation.size", BYTES_OR_INFINITY, ROTATE).default("10MB"),
    row("log.error.rotation.keep", INTEGER, KEEP).default("5").range(0, 10_000),
    row("log.error.rotation.compress_on_rotate", FLAG, COMPRESS).default("off"),
    row("log.crash", FLAG, "Write panics and failed tasks to a file of their own.").default("on"),
    row("log.crash.file", FILE, "File of the crash log.").default("/var/log/vernemq/crash.log"),
    row("log.crash.rotation.size", BYTES_OR_INFINITY, ROTATE).default("10MB"),
    row("log.crash.rotation.keep", &[Type::Integer, Type::Word("current")], KEEP).default("5").range(0, 10_000),
    row("log.crash.rotation.compress_on_rotate", FLAG, COMPRESS).default("off"),
    row("log.sasl", FLAG, "Write starts and stops of the broker's parts to a file of their own.").default("off"),
    row("log.sasl.file", FILE, "File of that log.").default("/var/log/vernemq/sasl.log"),
    row("log.sasl.rotation.size", BYTES_OR_INFINITY, ROTATE).default("infinity"),
    row("log.sasl.rotation.keep", INTEGER, KEEP).default("5").range(0, 10_000),
    row("log.sasl.rotation.compress_on_rotate", FLAG, COMPRESS).default("off"),
    row("log.template", &[Type::Enum(&["simple", "extended"])], "Layout of text lines; extended names the place in the program.")
        .default("extended").hidden(),
    row("log.level", FIRST_LEVEL, "Least severity before all logs.").default("all").live().hidden(),
    row("log.syslog", FLAG, "Send the log to syslog.").default("off"),
    row("log.syslog.level", FIRST_LEVEL, "Least severity sent to syslog.").default("all").live().hidden(),
    row("log.syslog.format", &[Type::Enum(&["rfc3164", "rfc5424"])], "Message format.").default("rfc3164"),
    row("log.syslog.facility", FACILITIES, "Facility.").default("daemon"),
    row("log.syslog.app_name", TEXT, "Name of the program in messages; unset = the node name up to @."),
    row("log.syslog.remote.host", TEXT, "Host of the syslog server; unset = the local socket, or else UDP to 127.0.0.1."),
    row("log.syslog.remote.port", INTEGER, "Port of the syslog server.")
        .default("514").check(Check::RangeText(1, 65_535, "must be between 1 and 65535")),
    row("log.syslog.remote.protocol", &[Type::Enum(&["udp", "tcp", "tls"])], "How to reach the syslog server.").default("udp"),
    row("log.syslog.remote.tls.cafile", FILE, "PEM file with the authorities the syslog server's certificate must come from.")
        .check(Check::PemFile),
    row("sasl", FLAG, "Error logger of the VM; no meaning here.")
        .default("off").hidden().status(Status::Ignored("the broker has its own logs")),
    row("log.crash.maximum_message_size", BYTES, "Longest message in the crash log.")
        .hidden().check(Check::RangeText(0, SIZE_MAX, "must be below 2GB")),
    row("log.crash.rotation", TEXT, "Rotate the crash log at a time: $D0 = at midnight, $W0D23 = Sundays at 23, $M1D0 = each first of a month.")
        .hidden(),
];
