//! `$SYS`, Prometheus and Graphite.

use super::some_time;
use crate::resolve::Resolved;
use crate::sections::{GraphiteConfig, Secret, SystreeConfig};
use std::time::Duration;

/// An interval of 0 means that nothing is published.
pub(super) fn systree(resolved: &Resolved) -> SystreeConfig {
    let interval = some_time(resolved.millis("systree_interval"));
    SystreeConfig {
        enabled: resolved.flag("systree_enabled") && interval.is_some(),
        interval: interval.unwrap_or(Duration::from_secs(20)),
        mountpoint: resolved.text("systree_mountpoint").unwrap_or_default().to_owned(),
        qos: u8::try_from(resolved.count::<u16>("systree_qos")).unwrap_or(0),
        retain: resolved.flag("systree_retain"),
        prefix: resolved.text("systree_prefix").map(str::to_owned),
    }
}

/// Two double quotes stand for nothing, since the file has no other way to say it.
pub(super) fn prometheus_namespace(resolved: &mut Resolved) -> String {
    let key = "prometheus_namespace";
    let text = resolved.text(key).unwrap_or_default();
    let namespace = if text == "\"\"" { "" } else { text }.to_owned();
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    let fits = namespace.chars().all(|c| is_start(c) || c.is_ascii_digit())
        && namespace.chars().next().is_none_or(is_start);
    if !fits {
        let text = format!("{key} must begin with a letter and have letters, digits, _ and : only");
        resolved.refuse(key, &text);
    }
    namespace
}

pub(super) fn graphite(resolved: &mut Resolved) -> GraphiteConfig {
    for key in ["graphite_prefix", "graphite_api_key"] {
        let text = resolved.text(key).unwrap_or_default();
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            resolved.refuse(key, &format!("{key} must not contain blanks"));
        }
    }
    let text = |key| resolved.text(key).unwrap_or_default().to_owned();
    GraphiteConfig {
        enabled: resolved.flag("graphite_enabled"),
        host: text("graphite_host"),
        port: resolved.count("graphite_port"),
        interval: resolved.millis("graphite_interval"),
        connect_timeout: resolved.millis("graphite_connect_timeout"),
        reconnect_timeout: resolved.millis("graphite_reconnect_timeout"),
        prefix: text("graphite_prefix"),
        api_key: Secret::new(text("graphite_api_key")),
        include_labels: resolved.flag("graphite_include_labels"),
    }
}
