//! Listeners with their options: what a name does not say is taken from its kind, then from all (config.md 5).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::key::escape;
use crate::resolve::{Origin, Resolved, Setting};
use crate::sections::{BufferSizes, ListenerAddress, ListenerConfig, ListenerKind, Plugin};
use crate::table::LISTENER_KINDS;
use crate::value::Value;

/// Protocol levels that exist: 3.1, 3.1.1, 5, and the first two with the bridge bit.
const PROTOCOL_VERSIONS: [u8; 5] = [3, 4, 5, 131, 132];

/// Options that have a field of their own; all others go to `other`.
const WITH_FIELD: [&str; 13] = [
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
}

impl ListenerConfig {
    /// A listener with the defaults of the table: the base of one that is started at run time.
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
            proxy_protocol: false,
            connect_rate: 0,
            connect_rate_per_source: 0,
            other: BTreeMap::new(),
        }
    }
}

pub(super) fn build(resolved: &mut Resolved, plugins: &[Plugin]) -> Vec<ListenerConfig> {
    let addresses = addresses(resolved);
    refuse_homeless_options(resolved, &addresses);
    let mut listeners = Vec::new();
    for (kind, name) in addresses
        .iter()
        .flat_map(|(kind, names)| names.iter().map(move |name| (*kind, name)))
    {
        let lookup = Lookup {
            kind,
            name: escape(name),
        };
        if let Some(listener) = lookup.build(name, resolved, plugins) {
            listeners.push(listener);
        }
    }
    note_shared_addresses(resolved, &listeners);
    listeners
}

/// The names that have an address, by kind in the order of the table.
fn addresses(resolved: &Resolved) -> Vec<(ListenerKind, BTreeSet<String>)> {
    let of_kind = |word: &str| {
        let pattern = format!("listener.{word}.$name");
        let settings = resolved
            .settings
            .values()
            .filter(move |setting| setting.row.key == pattern);
        settings.filter_map(|setting| setting.name.clone()).collect()
    };
    LISTENER_KINDS
        .iter()
        .map(|(word, kind)| (*kind, of_kind(word)))
        .collect()
}

/// Options of a name without address. The original would open a listener of the four kinds that have a default
/// address; here nothing opens that is not written down.
fn refuse_homeless_options(resolved: &mut Resolved, addresses: &[(ListenerKind, BTreeSet<String>)]) {
    let mut homeless = Vec::new();
    for (key, setting) in &resolved.settings {
        let (Some(name), Some(rest)) = (&setting.name, key.strip_prefix("listener.")) else {
            continue;
        };
        let word = rest.split('.').next().unwrap_or_default();
        let Some((kind, names)) = addresses.iter().find(|(kind, _)| kind.key_word() == word) else {
            continue;
        };
        // The shipped file of the original sets options of a listener called `name` that does not exist.
        if setting.origin != Origin::Default && !names.contains(name) && name != "name" {
            homeless.push((key.clone(), *kind, format!("listener.{word}.{}", escape(name))));
        }
    }
    for (key, kind, address) in homeless {
        match kind {
            ListenerKind::Tcp | ListenerKind::Ssl | ListenerKind::Ws | ListenerKind::Wss => {
                resolved.notice(
                    &key,
                    format!("config: {key} has no effect here ({address} has no address)"),
                );
            }
            _ => resolved.refuse(
                &key,
                &format!("{key} belongs to no listener: set {address} = <address>:<port>"),
            ),
        }
    }
}

/// Two listeners at one address are no fault of the file: the second one does not open.
fn note_shared_addresses(resolved: &mut Resolved, listeners: &[ListenerConfig]) {
    let mut seen: HashMap<&ListenerAddress, String> = HashMap::new();
    for listener in listeners {
        let key = format!("listener.{}.{}", listener.kind.key_word(), escape(&listener.name));
        if matches!(&listener.address, ListenerAddress::Ip(ip) if ip.port() == 0) {
            continue;
        }
        if let Some(first) = seen.get(&listener.address) {
            resolved.notice(
                &key,
                format!("{key} has the address of {first}: it will not open"),
            );
        } else {
            seen.insert(&listener.address, key);
        }
    }
}

impl std::hash::Hash for ListenerAddress {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match self {
            Self::Ip(address) => address.hash(state),
            Self::Unix(path) => path.hash(state),
        }
    }
}

/// Finds the options of one listener.
struct Lookup {
    kind: ListenerKind,
    /// As it stands in keys.
    name: String,
}

impl Lookup {
    fn key(&self, option: &str) -> String {
        format!("listener.{}.{}.{option}", self.kind.key_word(), self.name)
    }

    /// The first level that has a value other than "inherit".
    fn find<'a>(&self, resolved: &'a Resolved, option: &str) -> Option<(String, &'a Setting)> {
        let keys = [
            self.key(option),
            format!("listener.{}.{option}", self.kind.key_word()),
            format!("listener.{option}"),
        ];
        keys.into_iter().find_map(|key| {
            let setting = resolved.settings.get(&key)?;
            (setting.value != Value::Integer(-1)).then_some((key, setting))
        })
    }

    fn build(&self, name: &str, resolved: &mut Resolved, plugins: &[Plugin]) -> Option<ListenerConfig> {
        let address_key = format!("listener.{}.{}", self.kind.key_word(), self.name);
        let Value::Address(address) = &resolved.settings.get(&address_key)?.value else {
            return None;
        };
        let base = ListenerConfig::new(self.kind, name, address.clone());
        let max_connections = self.max_connections(resolved);
        let versions = self.versions(resolved);
        let auth_plugins = self.chain(resolved, "auth_plugins", plugins);
        let authz_plugins = self.chain(resolved, "authz_plugins", plugins);
        let integer = |option: &str| match self.find(resolved, option).map(|(_, setting)| &setting.value) {
            Some(Value::Integer(number)) => u64::try_from(*number).ok(),
            _ => None,
        };
        let flag = |option: &str| {
            self.find(resolved, option)
                .is_some_and(|(_, setting)| setting.value == Value::Flag(true))
        };
        let number = |option: &str, default: u64| integer(option).unwrap_or(default);
        Some(ListenerConfig {
            max_connections: max_connections.unwrap_or(base.max_connections),
            acceptors: usize::try_from(number("nr_of_acceptors", 10))
                .unwrap_or(10)
                .max(1),
            max_connection_lifetime: integer("max_connection_lifetime")
                .filter(|s| *s > 0)
                .map(Duration::from_secs),
            mountpoint: self.mountpoint(resolved),
            allowed_protocol_versions: versions.unwrap_or(base.allowed_protocol_versions),
            allow_anonymous_override: flag("allow_anonymous_override"),
            auth_plugins,
            authz_plugins,
            forward_connection_opts: flag("forward_connection_opts"),
            buffer_sizes: self.buffer_sizes(resolved),
            active_n: u16::try_from(number("active_n", 1)).unwrap_or(1),
            proxy_protocol: flag("proxy_protocol"),
            connect_rate: u32::try_from(number("connect_rate", 0)).unwrap_or(u32::MAX),
            connect_rate_per_source: u32::try_from(number("connect_rate_per_source", 0)).unwrap_or(u32::MAX),
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
                // One line, however many listeners inherit it.
                if !resolved.faults.iter().any(|fault| fault.text().ends_with(&text)) {
                    resolved.refuse(&key, &text);
                }
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
            if !resolved.faults.iter().any(|fault| fault.text().ends_with(&text)) {
                resolved.refuse(&key, &text);
            }
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

    /// Everything set for this listener or its kind that has no field; the name's value goes before the kind's.
    fn other(&self, resolved: &Resolved) -> BTreeMap<String, String> {
        let kind = format!("listener.{}.", self.kind.key_word());
        let own = format!("{kind}{}.", self.name);
        let mut other = BTreeMap::new();
        for (key, setting) in &resolved.settings {
            if setting.origin == Origin::Default {
                continue;
            }
            let (option, is_own) = match (key.strip_prefix(&own), key.strip_prefix(&kind)) {
                (Some(option), _) => (option, true),
                (None, Some(option)) if !setting.row.is_pattern() => (option, false),
                _ => continue,
            };
            if !WITH_FIELD.contains(&option) && (is_own || !other.contains_key(option)) {
                other.insert(option.to_owned(), setting.text.clone());
            }
        }
        other
    }
}
