//! Which listeners there are: the address lines, and what is told of options and addresses that lead nowhere.

use std::collections::{BTreeSet, HashMap};

use crate::key::escape;
use crate::resolve::{Origin, Resolved};
use crate::sections::{ListenerAddress, ListenerConfig, ListenerKind};
use crate::table::LISTENER_KINDS;

/// The names that have an address, by kind in the order of the table.
pub(super) fn addresses(resolved: &Resolved) -> Vec<(ListenerKind, BTreeSet<String>)> {
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
pub(super) fn refuse_homeless_options(
    resolved: &mut Resolved,
    addresses: &[(ListenerKind, BTreeSet<String>)],
) {
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
pub(super) fn note_shared_addresses(resolved: &mut Resolved, listeners: &[ListenerConfig]) {
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
