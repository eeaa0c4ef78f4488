//! `vmq-admin listener start`: the flags of admin.md 8.2. Most of them are options of a listener as `vernemq.conf` has
//! them; whether a value fits is for the daemon to say, which has the table.

use super::super::kind::Kind as ValueKind;
use super::super::{FlagSpec, Given};
use super::Place;
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};

/// A listener to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub place: Place,
    pub kind: Kind,
    /// Names and values as in the configuration file.
    pub options: Vec<(String, String)>,
    /// Also for the next start.
    #[serde(default)]
    pub persist: bool,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Mqtt,
    Mqtts,
    Mqttws,
    Mqttwss,
    Http,
    Https,
}

const SSL: FlagSpec = flag("ssl", "with TLS");
const WEBSOCKET: FlagSpec = flag("websocket", "MQTT over WebSocket");
const HTTP: FlagSpec = flag("http", "HTTP");
const PERSIST: FlagSpec = flag(
    "persist",
    "also write it to conf.d/90-admin.conf, for the next start",
);

/// Nothing of this may be wrong in silence: TLS that was meant and not asked for is named.
const OF_TLS: &[FlagSpec] = &[
    flag(
        "tls_handshake_timeout",
        "milliseconds for the handshake, or infinity",
    ),
    flag("cafile", "PEM file of the authorities of client certificates"),
    flag("certfile", "PEM file of the certificate"),
    flag("keyfile", "PEM file of the private key"),
    flag("keypasswd", "password of that key"),
    flag("ciphers", "cipher suites, separated by colons"),
    flag("eccs", "elliptic curves, separated by colons"),
    flag("crlfile", "PEM file of revocation lists"),
    flag("tls_version", "versions, separated by commas"),
    flag("require_certificate", "clients must have a certificate"),
    flag("use_identity_as_username", "its common name is the user name"),
    flag("psk_support", "pre-shared keys; not offered"),
    flag("pskfile", "file of pre-shared keys; not offered"),
];

pub(super) const FLAGS: &[FlagSpec] = &[
    FlagSpec {
        long: "mountpoint",
        short: Some('m'),
        about: "topic tree of its clients",
    },
    flag("max_connections", "connections at a time, or infinity"),
    flag("nr_of_acceptors", "accept loops; without effect"),
    flag("allowed_protocol_versions", "a list of 3, 4, 5, 131, 132"),
    flag("auth_plugins", "plugins that authenticate, in order"),
    flag("authz_plugins", "plugins that authorise, in order"),
    PERSIST,
    WEBSOCKET,
    HTTP,
    flag("http_modules", "what is served over HTTP"),
    flag("config_mod", "vmq_health_http = serve health only"),
    flag("config_fun", "without effect"),
    flag("proxy_protocol", "connections start with a PROXY header"),
    flag(
        "proxy_protocol_use_cn_as_username",
        "the common name in it is the user name",
    ),
    flag("proxy_xff_support", "the client's address is in X-Forwarded-For"),
    flag("proxy_xff_use_cn_as_username", "the user name is in a header"),
    flag(
        "proxy_xff_trusted_intermediate",
        "proxies, separated by semicolons",
    ),
    flag("proxy_xff_cn_header", "the header of the user name"),
    flag(
        "forward_connection_opts",
        "tell hooks about the connection; not available",
    ),
    flag("allow_anonymous_override", "let every client in"),
    SSL,
    OF_TLS[0],
    OF_TLS[1],
    OF_TLS[2],
    OF_TLS[3],
    OF_TLS[4],
    OF_TLS[5],
    OF_TLS[6],
    OF_TLS[7],
    OF_TLS[8],
    OF_TLS[9],
    OF_TLS[10],
    OF_TLS[11],
    OF_TLS[12],
];

const fn flag(long: &'static str, about: &'static str) -> FlagSpec {
    FlagSpec {
        long,
        short: None,
        about,
    }
}

/// How a value is written in the configuration file.
enum Form {
    /// `on` or `off`; alone it means on.
    Switch,
    /// Absolute: the daemon lives in another folder.
    File,
    /// In brackets or not, separated by commas or colons.
    List,
    Text,
}

fn form(option: &str) -> Form {
    match option {
        "proxy_protocol"
        | "proxy_protocol_use_cn_as_username"
        | "proxy_xff_support"
        | "proxy_xff_use_cn_as_username"
        | "require_certificate"
        | "use_identity_as_username"
        | "psk_support"
        | "forward_connection_opts"
        | "allow_anonymous_override" => Form::Switch,
        "cafile" | "certfile" | "keyfile" | "pskfile" | "crlfile" => Form::File,
        "eccs" => Form::List,
        _ => Form::Text,
    }
}

/// What the value of a flag is; `None` = any text.
pub(in crate::command) fn kind(flag: &str) -> Option<ValueKind> {
    Some(match flag {
        "ssl" | "websocket" | "http" => ValueKind::Switch,
        "mountpoint" => ValueKind::Mountpoint,
        "nr_of_acceptors" => ValueKind::Number,
        option => match form(option) {
            Form::Switch => ValueKind::Switch,
            Form::File => ValueKind::File,
            Form::List | Form::Text => return None,
        },
    })
}

pub(super) fn build(given: &Given<'_>, place: Place) -> Result<Start, ArgumentFault> {
    let (ssl, websocket, http) = (given.flag(&SSL)?, given.flag(&WEBSOCKET)?, given.flag(&HTTP)?);
    let kind = match (ssl, websocket, http) {
        (_, true, true) => {
            return Err(ArgumentFault::BadFlagValue {
                value: "websocket".to_owned(),
                flag: HTTP.long.to_owned(),
            });
        }
        (false, false, false) => Kind::Mqtt,
        (true, false, false) => Kind::Mqtts,
        (false, true, false) => Kind::Mqttws,
        (true, true, false) => Kind::Mqttwss,
        (false, false, true) => Kind::Http,
        (true, false, true) => Kind::Https,
    };
    let mut options = Vec::new();
    for spec in FLAGS {
        let is_no_option = [SSL, WEBSOCKET, HTTP, PERSIST]
            .iter()
            .any(|own| own.long == spec.long);
        if !is_no_option && let Some(value) = value(given, spec)? {
            options.push((spec.long.to_owned(), value));
        }
    }
    Ok(Start {
        place,
        kind,
        options,
        persist: given.flag(&PERSIST)?,
    })
}

/// `None` = the flag is not given.
fn value(given: &Given<'_>, spec: &FlagSpec) -> Result<Option<String>, ArgumentFault> {
    if !given.0.flags.iter().any(|(flag, _)| spec.is(flag)) {
        return Ok(None);
    }
    Ok(match form(spec.long) {
        Form::Switch => Some(if given.flag(spec)? { "on" } else { "off" }.to_owned()),
        Form::Text => given.text(spec)?.map(str::to_owned),
        Form::List => given.text(spec)?.map(|text| text.replace(':', ",")),
        Form::File => match given.text(spec)? {
            None => None,
            Some(path) => {
                let absolute = std::path::absolute(path).map_err(|_| ArgumentFault::BadFlagValue {
                    value: path.to_owned(),
                    flag: spec.long.to_owned(),
                })?;
                Some(absolute.display().to_string())
            }
        },
    })
}

impl Start {
    /// Whether an option is about TLS.
    #[must_use]
    pub fn is_of_tls(option: &str) -> bool {
        OF_TLS.iter().any(|spec| spec.long == option)
    }

    /// The command line; the password of a key stays out of it.
    pub(super) fn line(&self) -> String {
        let kind = match self.kind {
            Kind::Mqtt => "",
            Kind::Mqtts => " --ssl",
            Kind::Mqttws => " --websocket",
            Kind::Mqttwss => " --ssl --websocket",
            Kind::Http => " --http",
            Kind::Https => " --ssl --http",
        };
        let option = |(name, value): &(String, String)| match name.as_str() {
            "keypasswd" => " --keypasswd=******".to_owned(),
            _ => format!(" --{name}={value}"),
        };
        let options: String = self.options.iter().map(option).collect();
        let persist = if self.persist { " --persist" } else { "" };
        format!("listener start {}{kind}{options}{persist}", self.place)
    }
}
