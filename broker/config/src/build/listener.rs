//! Listeners with their options: what a name does not say is taken from its kind, then from all (config.md 5).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::resolve::{Origin, Resolved};
use crate::sections::{BufferSizes, Config, ListenerAddress, ListenerConfig, ListenerKind, Plugin};
use crate::sections::{HttpConfig, WebSocketConfig};
use crate::table::LISTENER_KINDS;
use crate::value::Value;

mod address;
mod lookup;
mod tls;
mod proxy;
mod websocket;
mod http;
mod idle;

use lookup::Lookup;

/// Protocol levels that exist: 3.1, 3.1.1, 5, and the first two with the bridge bit.
const PROTOCOL_VERSIONS: [u8; 5] = [3, 4, 5, 131, 132];

/// Options that have a field of their own; all others go to `other`.
const WITH_FIELD: [&str; 38] = [
    "max_connections",
    "nr_of_acceptors",
    "max_connection_lifetime",
    "mountpoint",
    "allowed_protocol_versions",
    "allow_anonymous_override",
    "auth_plugins",
    "authz_plugins",
    "forward_connection_opts",
    "buffer_sizes",
    "active_n",
    "connect_rate",
    "connect_rate_per_source",
    "proxy_protocol",
    "proxy_protocol_use_cn_as_username",
    "proxy_protocol_trusted",
    "proxy_xff_support",
    "proxy_xff_trusted_intermediate",
    "proxy_xff_use_cn_as_username",
    "proxy_xff_cn_header",
    "certfile",
    "keyfile",
    "keypasswd",
    "cafile",
    "depth",
    "tls_version",
    "ciphers",
    "eccs",
    "require_certificate",
    "use_identity_as_username",
    "crlfile",
    "tls_handshake_timeout",
    "http_modules",
    "max_request_line_length",
    "max_header_value_length",
    // Without meaning here; `psk_support` is off, or the file was refused.
    "config_mod",
    "config_fun",
    "psk_support",
];

impl ListenerKind {
    /// The word in listener keys: `tcp`, `ssl`, ...
    pub fn key_word(self) -> &'static str {
        // Every kind stands in the list; a test checks it.
        LISTENER_KINDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(word, _)| word)
    }

    /// The word in tables and messages: `mqtt`, `mqtts`, ...
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Tcp => "mqtt",
            Self::Ssl => "mqtts",
            Self::Ws => "mqttws",
            Self::Wss => "mqttwss",
            other => other.key_word(),
        }
    }

    /// Has TLS.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::Wss | Self::Https | Self::Vmqs)
    }

    /// MQTT in WebSocket frames.
    pub fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// Serves HTTP modules.
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }
}

impl ListenerConfig {
    /// A listener with the defaults of the table: the base of one that is started at run time. It has no TLS yet.
    pub fn new(kind: ListenerKind, name: impl Into<String>, address: ListenerAddress) -> Self {
        Self {
            kind,
            name: name.into(),
            address,
            max_connections: Some(10_000),
            acceptors: 10,
            max_connection_lifetime: None,
            mountpoint: String::new(),
            allowed_protocol_versions: PROTOCOL_VERSIONS.to_vec(),
            allow_anonymous_override: false,
            auth_plugins: None,
            authz_plugins: None,
            forward_connection_opts: false,
            buffer_sizes: None,
            active_n: 1,
            proxy_protocol: None,
            connect_rate: 0,
            connect_rate_per_source: 0,
            tls: None,
            websocket: kind.is_websocket().then(WebSocketConfig::default),
            http: kind.is_http().then(HttpConfig::default),
            other: BTreeMap::new(),
        }
    }
}

pub(super) fn build(resolved: &mut Resolved, plugins: &[Plugin]) -> Vec<ListenerConfig> {
    let addresses = address::addresses(resolved);
    address::refuse_homeless_options(resolved, &addresses);
    http::refuse_unknown_modules(resolved);
    let mut listeners = Vec::new();
    for (kind, name) in addresses
        .iter()
        .flat_map(|(kind, names)| names.iter().map(move |name| (*kind, name)))
    {
        let lookup = Lookup::new(kind, name);
        if let Some(listener) = lookup.build(name, resolved, plugins) {
            listeners.push(listener);
        }
    }
    idle::note(resolved, &listeners);
    address::note_shared_addresses(resolved, &listeners);
    listeners
}

/// What is looked into when a file is read, and not again at every change of a setting.
pub(super) fn check_files(resolved: &mut Resolved, config: &Config) {
    for listener in &config.listeners {
        let lookup = Lookup::new(listener.kind, &listener.name);
        tls::check_key_file(&lookup, listener, resolved);
    }
}

impl Lookup {
    fn build(&self, name: &str, resolved: &mut Resolved, plugins: &[Plugin]) -> Option<ListenerConfig> {
        let Value::Address(address) = resolved.settings.get(&self.address_key())?.value.clone() else {
            return None;
        };
        let base = ListenerConfig::new(self.kind, name, address);
        let proxy_protocol = proxy::build(self, resolved, &base.address);
        let lifetime_secs = self.number(resolved, "max_connection_lifetime", 0);
        Some(ListenerConfig {
            max_connections: self.max_connections(resolved).unwrap_or(base.max_connections),
            acceptors: self.number(resolved, "nr_of_acceptors", base.acceptors).max(1),
            max_connection_lifetime: (lifetime_secs > 0).then(|| Duration::from_secs(lifetime_secs)),
            mountpoint: self.mountpoint(resolved),
            allowed_protocol_versions: self.versions(resolved).unwrap_or(base.allowed_protocol_versions),
            allow_anonymous_override: self.flag(resolved, "allow_anonymous_override"),
            auth_plugins: self.chain(resolved, "auth_plugins", plugins),
            authz_plugins: self.chain(resolved, "authz_plugins", plugins),
            forward_connection_opts: self.flag(resolved, "forward_connection_opts"),
            buffer_sizes: self.buffer_sizes(resolved),
            active_n: self.number(resolved, "active_n", base.active_n),
            connect_rate: self.number(resolved, "connect_rate", 0),
            connect_rate_per_source: self.number(resolved, "connect_rate_per_source", 0),
            tls: tls::build(self, resolved),
            websocket: websocket::build(self, resolved, proxy_protocol.is_some()),
            http: http::build(self, resolved, plugins),
            proxy_protocol,
            other: self.other(resolved),
            ..base
        })
    }

    /// The outer `None`: no level says anything.
    fn max_connections(&self, resolved: &mut Resolved) -> Option<Option<usize>> {
        let (key, setting) = self.find(resolved, "max_connections")?;
        match setting.value {
            Value::Integer(0) => {
                let text = format!("{key} must be 1 or more, -1 or infinity");
                resolved.refuse_once(&key, &text);
                None
            }
            Value::Integer(number) => Some(usize::try_from(number).ok()),
            _ => Some(None),
        }
    }

    fn mountpoint(&self, resolved: &Resolved) -> String {
        match self
            .find(resolved, "mountpoint")
            .map(|(_, setting)| &setting.value)
        {
            Some(Value::Text(text)) => text.trim_end_matches('/').to_owned(),
            _ => String::new(),
        }
    }

    fn versions(&self, resolved: &mut Resolved) -> Option<Vec<u8>> {
        let (key, setting) = self.find(resolved, "allowed_protocol_versions")?;
        let Value::Integers(numbers) = &setting.value else {
            return None;
        };
        let known = |number: &i64| {
            u8::try_from(*number)
                .ok()
                .filter(|v| PROTOCOL_VERSIONS.contains(v))
        };
        let versions: Option<Vec<u8>> = numbers.iter().map(known).collect();
        let versions = versions.filter(|versions| !versions.is_empty());
        if versions.is_none() {
            let text = format!("{key} must be a list of 3, 4, 5, 131 and 132");
            resolved.refuse_once(&key, &text);
        }
        versions
    }

    fn buffer_sizes(&self, resolved: &Resolved) -> Option<BufferSizes> {
        let (_, setting) = self.find(resolved, "buffer_sizes")?;
        let Value::Integers(sizes) = &setting.value else {
            return None;
        };
        let size = |index: usize| usize::try_from(*sizes.get(index)?).ok();
        Some(BufferSizes {
            send: size(0)?,
            receive: size(1)?,
            read_buffer: size(2)?,
        })
    }

    /// The plugins of a chain, which must be known, on, and named once.
    fn chain(&self, resolved: &mut Resolved, option: &str, enabled: &[Plugin]) -> Option<Vec<Plugin>> {
        let key = self.key(option);
        let Value::Names(names) = resolved.settings.get(&key)?.value.clone() else {
            return None;
        };
        let listener = format!("listener {}", self.kind.type_name());
        let mut chain = Vec::new();
        for name in names {
            let known = Plugin::from_name(&name).filter(|plugin| enabled.contains(plugin));
            match known {
                None => {
                    let text =
                        format!("{listener} references unknown or disabled plugin {name} in {option} chain");
                    resolved.refuse(&key, &text);
                }
                Some(plugin) if chain.contains(&plugin) => {
                    resolved.refuse(
                        &key,
                        &format!("{listener} has duplicate plugin in {option} chain: {name}"),
                    );
                }
                Some(plugin) => chain.push(plugin),
            }
        }
        Some(chain)
    }

    /// Everything set for this listener or its kind that has no field and is no secret; the name's value goes before
    /// the kind's.
    fn other(&self, resolved: &Resolved) -> BTreeMap<String, String> {
        let kind = format!("listener.{}.", self.kind.key_word());
        let own = format!("{}.", self.address_key());
        let mut other = BTreeMap::new();
        for (key, setting) in &resolved.settings {
            if setting.origin == Origin::Default || setting.row.secret {
                continue;
            }
            let (option, is_own) = match (key.strip_prefix(&own), key.strip_prefix(&kind)) {
                (Some(option), _) => (option, true),
                (None, Some(option)) if !setting.row.is_pattern() => (option, false),
                _ => continue,
            };
            let has_field = WITH_FIELD.contains(&option) || option.starts_with("http_module.");
            if !has_field && (is_own || !other.contains_key(option)) {
                other.insert(option.to_owned(), setting.text.clone());
            }
        }
        other
    }
}
