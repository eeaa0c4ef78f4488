//! TLS options of listeners.

use super::listener::{Opt, SECURE, opt, spread};
use super::row::*;

const USERS: &[&str] = &["ssl", "wss"];
const SSL: &[&str] = &["ssl"];

const NO_PSK: &str = "must be off: pre-shared keys are not offered";

static OPTIONS: &[Opt] = &[
    opt(
        "tls_handshake_timeout",
        SECURE,
        INTEGER_OR_INFINITY,
        "Milliseconds for the whole handshake; -1 = 5000, infinity = no limit.",
    )
    .typed("-1")
    .range(-1, TIME_MAX),
    opt(
        "cafile",
        SECURE,
        FILE,
        "PEM file with the authorities that client certificates must come from.",
    )
    .typed("")
    .check(Check::PemFile),
    opt(
        "depth",
        SECURE,
        INTEGER,
        "Intermediate certificates allowed between a client's certificate and its root.",
    )
    .typed("1")
    .range(0, 255),
    opt(
        "certfile",
        SECURE,
        FILE,
        "PEM file with the server's certificate and its chain.",
    )
    .typed("")
    .check(Check::PemFile),
    opt("keyfile", SECURE, FILE, "PEM file with the server's private key.")
        .typed("")
        .check(Check::PemFile),
    opt("keypasswd", SECURE, TEXT, "Password of an encrypted private key.")
        .typed("")
        .secret(),
    opt(
        "ciphers",
        SECURE,
        &[Type::ColonNames],
        "Cipher suites by their OpenSSL names, separated by colons; empty = the built-in list.",
    )
    .typed(""),
    opt(
        "eccs",
        SECURE,
        NAMES,
        "Elliptic curves, such as [x25519, secp384r1]; empty = all that are supported.",
    )
    .typed(""),
    opt(
        "crlfile",
        SECURE,
        FILE,
        "PEM file with revocation lists; a revoked client certificate is refused.",
    )
    .typed("")
    .check(Check::ReadableFile),
    opt(
        "require_certificate",
        SECURE,
        FLAG,
        "Demand a client certificate.",
    )
    .typed("off"),
    opt(
        "tls_version",
        SECURE,
        &[Type::TlsVersions],
        "Accepted versions, separated by commas: tlsv1.2, tlsv1.3.",
    )
    .typed("tlsv1.2")
    .check(Check::ServedTlsVersion),
    opt(
        "use_identity_as_username",
        USERS,
        FLAG,
        "The common name of the client certificate becomes the user name; authentication still runs.",
    )
    .typed("off"),
    opt("psk_support", SSL, FLAG, "Pre-shared keys; not offered.")
        .typed("off")
        .check(Check::MustBeOff(NO_PSK)),
    opt(
        "psk_identity_hint",
        SSL,
        TEXT,
        "Hint for pre-shared keys; without effect.",
    )
    .typed("VMQ_PSK"),
    opt("pskfile", SSL, FILE, "File of pre-shared keys; without effect.")
        .type_only()
        .typed("/etc/vernemq/vmq.psk"),
    opt(
        "pskfile_separator",
        SSL,
        TEXT,
        "Separator in the file of pre-shared keys; without effect.",
    )
    .type_only()
    .typed(":")
    .check(Check::OneChar),
];

static FIXED: &[Row] = &[row(
    "crl_refresh_interval",
    INTEGER,
    "Milliseconds between looks at the revocation lists; 0 = read once.",
)
.default("60000")
.hidden()
.range(0, TIME_MAX)];

pub(super) fn rows() -> Vec<Row> {
    OPTIONS
        .iter()
        .flat_map(spread)
        .chain(FIXED.iter().cloned())
        .collect()
}
