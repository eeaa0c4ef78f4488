//! Options that are set and that no listener uses, because another option keeps them from it: told, once.

use std::collections::BTreeMap;

use super::lookup::Lookup;
use crate::resolve::{Origin, Resolved};
use crate::sections::{ListenerConfig, TlsConfig};

/// An option, what keeps it from having an effect, and whether a listener that has it uses it.
struct Conditional {
    name: &'static str,
    why: &'static str,
    is_used: fn(&ListenerConfig) -> bool,
}

const OPTIONS: [Conditional; 3] = [
    Conditional {
        name: "proxy_protocol_trusted",
        why: "proxy_protocol is off",
        is_used: |listener| listener.proxy_protocol.is_some(),
    },
    Conditional {
        name: "proxy_xff_support",
        why: "proxy_protocol is on",
        is_used: |listener| listener.proxy_protocol.is_none(),
    },
    Conditional {
        name: "crlfile",
        why: "no client certificate is asked for",
        is_used: |listener| listener.tls.as_ref().is_none_or(TlsConfig::asks_for_certificate),
    },
];

/// One notice for each key whose value reaches listeners and serves none of them.
pub(super) fn note(resolved: &mut Resolved, listeners: &[ListenerConfig]) {
    for option in &OPTIONS {
        let mut used: BTreeMap<String, bool> = BTreeMap::new();
        for listener in listeners {
            let lookup = Lookup::new(listener.kind, &listener.name);
            let Some((key, setting)) = lookup.find(resolved, option.name) else {
                continue;
            };
            if setting.origin != Origin::Default && !matches!(setting.text.as_str(), "" | "off") {
                *used.entry(key).or_default() |= (option.is_used)(listener);
            }
        }
        for (key, _) in used.iter().filter(|(_, is_used)| !**is_used) {
            resolved.notice(key, format!("config: {key} has no effect here ({})", option.why));
        }
    }
}
