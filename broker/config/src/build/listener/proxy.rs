//! Proxies before a listener: the PROXY protocol, and `X-Forwarded-For` (config.md 7).

use std::net::IpAddr;

use super::lookup::Lookup;
use crate::resolve::Resolved;
use crate::sections::{ForwardedForConfig, ListenerAddress, ListenerKind, ProxyConfig};
use crate::value::Value;

const PROXY: &str = "proxy_protocol";
const TRUSTED: &str = "proxy_protocol_trusted";
const XFF: &str = "proxy_xff_support";
const XFF_TRUSTED: &str = "proxy_xff_trusted_intermediate";
const XFF_CN: &str = "proxy_xff_use_cn_as_username";
const XFF_CN_HEADER: &str = "proxy_xff_cn_header";

/// `None` if it is off.
pub(super) fn build(
    lookup: &Lookup,
    resolved: &mut Resolved,
    address: &ListenerAddress,
) -> Option<ProxyConfig> {
    if !lookup.flag(resolved, PROXY) {
        return None;
    }
    if let (ListenerAddress::Unix(_), Some((key, _))) = (address, lookup.find(resolved, PROXY)) {
        let own = lookup.key(PROXY);
        let text = format!("{key} = on is not possible on a Unix socket: set {own} = off");
        resolved.refuse(&key, &text);
    }
    Some(ProxyConfig {
        cn_as_username: lookup.flag(resolved, "proxy_protocol_use_cn_as_username"),
        trusted: match lookup.find(resolved, TRUSTED).map(|(_, setting)| &setting.value) {
            Some(Value::Networks(ranges)) => ranges.clone(),
            _ => Vec::new(),
        },
    })
}

/// `None` if it is off, or the PROXY protocol says who the client is.
pub(super) fn forwarded_for(
    lookup: &Lookup,
    resolved: &mut Resolved,
    has_proxy_protocol: bool,
) -> Option<ForwardedForConfig> {
    if lookup.kind != ListenerKind::Ws {
        return None;
    }
    let is_on = lookup.flag(resolved, XFF);
    let cn_header = cn_header(lookup, resolved, is_on && !has_proxy_protocol);
    if !is_on || has_proxy_protocol {
        return None;
    }
    let (key, _) = lookup.find(resolved, XFF)?;
    let trusted = intermediates(lookup, resolved);
    if trusted.is_empty() && !lookup.was_refused(resolved, XFF_TRUSTED) {
        let text = format!(
            "{key} = on needs the addresses of the proxies: set {}",
            lookup.either_key(XFF_TRUSTED)
        );
        resolved.refuse_once(&key, &text);
    }
    Some(ForwardedForConfig { trusted, cn_header })
}

fn intermediates(lookup: &Lookup, resolved: &Resolved) -> Vec<IpAddr> {
    match lookup
        .find(resolved, XFF_TRUSTED)
        .map(|(_, setting)| &setting.value)
    {
        Some(Value::Ips(ips)) => ips.iter().map(IpAddr::to_canonical).collect(),
        _ => Vec::new(),
    }
}

/// The header whose value is the username. It was asked for in vain if nobody reads headers: then clients would name
/// themselves.
fn cn_header(lookup: &Lookup, resolved: &mut Resolved, is_read: bool) -> Option<String> {
    if !lookup.flag(resolved, XFF_CN) {
        return None;
    }
    let key = lookup.key(XFF_CN);
    if !is_read {
        if lookup.was_refused(resolved, XFF) || lookup.was_refused(resolved, PROXY) {
            return None;
        }
        let text = format!("{key} = on needs proxy_xff_support = on and proxy_protocol = off");
        resolved.refuse(&key, &text);
        return None;
    }
    let header = lookup.text(resolved, XFF_CN_HEADER).unwrap_or_default();
    if !is_header_name(&header) {
        let key = lookup.key(XFF_CN_HEADER);
        resolved.refuse(
            &key,
            &format!("{key} must be the name of a header, such as x-ssl-client-cn"),
        );
        return None;
    }
    Some(header.to_ascii_lowercase())
}

/// A token of RFC 9110, 5.6.2.
fn is_header_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
