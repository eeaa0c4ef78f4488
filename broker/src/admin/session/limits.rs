//! The limits of one session, and where each of them comes from: the client, a line of a file, the listener, or nobody.
//! A session samples its settings at CONNECT, so that the one in force for it need not be the one of now.

use super::super::listener::family;
use super::inspect::row;
use crate::core::Core;
use crate::mailbox::Facts;
use crate::queue::Limits;
use crate::session::look::SessionLook;
use std::sync::Arc;
use vmq_admin::{Row, Value};
use vmq_config::{Loaded, Origin, SessionConfig};
use vmq_mqtt::Version;

/// What the limits are read from.
pub(super) struct Limited<'a> {
    pub loaded: &'a Loaded,
    pub core: &'a Core,
    /// `None` = it is offline.
    pub facts: Option<&'a Facts>,
    /// `None` = it is offline, or does not answer.
    pub look: Option<&'a SessionLook>,
    pub queue: Limits,
    pub subscriptions: usize,
}

/// The words for what the client asked for itself.
const CLIENT: &str = "client";

/// A row for each limit.
pub(super) fn rows(limited: &Limited<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    if let (Some(look), Some(facts)) = (limited.look, limited.facts) {
        match facts.level.version {
            Version::V5 => limited.of_five(&mut rows, look, facts),
            _ => limited.of_three(&mut rows, look, facts),
        }
        limited.of_session(&mut rows, look);
    }
    limited.of_queue(&mut rows);
    if let Some(facts) = limited.facts {
        limited.of_listener(&mut rows, facts);
    }
    rows
}

impl Limited<'_> {
    /// Limits that a client of version 5 has a say in.
    fn of_five(&self, rows: &mut Vec<Row>, look: &SessionLook, facts: &Facts) {
        let config = &look.config;
        let own = |is_own: bool, key: &str, value: fn(&SessionConfig) -> u64| match is_own {
            true => CLIENT.to_owned(),
            false => self.sampled(config, key, value),
        };
        let mut limit = |name: &str, value: Value, from: String| rows.push(row("limit", name, value, &from));
        let window = look.window as u64;
        let is_own = window < u64::from(config.receive_max_client);
        limit(
            "in_flight_to_client",
            window.into(),
            own(is_own, "receive_max_client", |config| {
                config.receive_max_client.into()
            }),
        );
        limit(
            "in_flight_from_client",
            u64::from(config.receive_max_broker).into(),
            own(false, "receive_max_broker", |config| {
                config.receive_max_broker.into()
            }),
        );
        let size = look.packet_size_max;
        let is_own = size != u32::MAX && size != config.m5_max_packet_size;
        limit(
            "packet_bytes_to_client",
            none_at(u64::from(size), u64::from(u32::MAX)),
            own(is_own, "m5_max_packet_size", |config| {
                config.m5_max_packet_size.into()
            }),
        );
        let aliases = look.outbound_aliases;
        limit(
            "topic_aliases_to_client",
            u64::from(aliases).into(),
            own(
                aliases < config.topic_alias_max_broker,
                "topic_alias_max_broker",
                |config| config.topic_alias_max_broker.into(),
            ),
        );
        limit(
            "topic_aliases_from_client",
            u64::from(config.topic_alias_max_client).into(),
            own(false, "topic_alias_max_client", |config| {
                config.topic_alias_max_client.into()
            }),
        );
        let is_own = facts
            .asked
            .as_ref()
            .is_none_or(|asked| asked.keep_alive_secs == facts.keep_alive_secs);
        limit(
            "keep_alive",
            none_at(facts.keep_alive_secs.into(), 0),
            own(is_own, "max_keepalive", |config| config.max_keepalive_secs.into()),
        );
        limit(
            "session_expiry",
            none_at(facts.expiry_secs.into(), u32::MAX.into()),
            CLIENT.to_owned(),
        );
    }

    /// Limits that an older client has none in.
    fn of_three(&self, rows: &mut Vec<Row>, look: &SessionLook, facts: &Facts) {
        let config = &look.config;
        let sampled = |key, value| self.sampled(config, key, value);
        let mut limit = |name: &str, value: Value, from: String| rows.push(row("limit", name, value, &from));
        limit(
            "in_flight_to_client",
            none_at(look.window as u64, u16::MAX.into()),
            sampled("max_inflight_messages", |config| {
                config.max_inflight_messages.into()
            }),
        );
        limit(
            "retry_interval",
            none_at(config.retry_interval.as_secs(), 0),
            sampled("retry_interval", |config| config.retry_interval.as_secs()),
        );
        limit(
            "keep_alive",
            none_at(facts.keep_alive_secs.into(), 0),
            CLIENT.to_owned(),
        );
        let from = match facts.expiry_secs {
            0 => CLIENT.to_owned(),
            _ => sampled("persistent_client_expiration", |config| {
                config
                    .persistent_client_expiration
                    .map_or(0, |time| time.as_secs())
            }),
        };
        limit(
            "session_expiry",
            none_at(facts.expiry_secs.into(), u32::MAX.into()),
            from,
        );
    }

    /// Limits of every session.
    fn of_session(&self, rows: &mut Vec<Row>, look: &SessionLook) {
        let config = &look.config;
        let mut limit = |name: &str, value: Value, key: &str, of: fn(&SessionConfig) -> u64| {
            rows.push(row("limit", name, value, &self.sampled(config, key, of)));
        };
        limit(
            "packet_bytes_from_client",
            none_at(config.max_message_size.into(), 0),
            "max_message_size",
            |config| config.max_message_size.into(),
        );
        limit(
            "publishes_per_second",
            none_at(config.max_message_rate.into(), 0),
            "max_message_rate",
            |config| config.max_message_rate.into(),
        );
        let subscriptions = config.max_subscriptions_per_client as u64;
        limit(
            "subscriptions",
            match subscriptions {
                0 => Value::Null,
                most => format!("{} of {most}", self.subscriptions).into(),
            },
            "max_subscriptions_per_client",
            |config| config.max_subscriptions_per_client as u64,
        );
        if look.will.is_some() {
            limit(
                "will_delay",
                config
                    .max_last_will_delay
                    .map_or(Value::Null, |delay| delay.as_secs().into()),
                "max_last_will_delay",
                |config| config.max_last_will_delay.map_or(0, |delay| delay.as_secs()),
            );
        }
    }

    /// Limits of the queue, sampled when a session attached.
    fn of_queue(&self, rows: &mut Vec<Row>) {
        let now = self.core.queue_limits();
        let mut limit = |name: &str, key: &str, own: Option<usize>, now: Option<usize>| {
            let value = own.map_or(Value::Null, |most| (most as u64).into());
            let from = self.in_force(key, own == now);
            rows.push(row("limit", name, value, &from));
        };
        let own = self.queue;
        limit("waiting_online", "max_online_messages", own.online, now.online);
        limit(
            "waiting_offline",
            "max_offline_messages",
            own.offline,
            now.offline,
        );
    }

    /// Limits of the listener that it came in by.
    fn of_listener(&self, rows: &mut Vec<Row>, facts: &Facts) {
        let context = &facts.listener;
        let all = self.core.listeners.all();
        let Some(listener) = all.iter().find(|listener| listener.id == context.id) else {
            return;
        };
        let from = |option: &str| {
            let set = self.listener_setting(&family(&listener.config), option);
            format!("listener {} ({set})", context.name)
        };
        let lifetime = context
            .max_connection_lifetime
            .map_or(Value::Null, |time| time.as_secs().into());
        rows.push(row(
            "limit",
            "connection_lifetime",
            lifetime,
            &from("max_connection_lifetime"),
        ));
        let versions: Vec<String> = context
            .allowed_protocol_versions
            .iter()
            .map(u8::to_string)
            .collect();
        rows.push(row(
            "limit",
            "protocol_versions",
            versions.join(","),
            &from("allowed_protocol_versions"),
        ));
        let anonymous = match context.allow_anonymous_override {
            true => (true, from("allow_anonymous_override")),
            false => {
                let allowed = self.core.config().auth.allow_anonymous;
                (allowed, self.in_force("allow_anonymous", true))
            }
        };
        rows.push(row("limit", "anonymous", anonymous.0, &anonymous.1));
    }

    /// Where an option of a listener was set: on its own, for its kind, or for all.
    fn listener_setting(&self, family: &str, option: &str) -> String {
        let of_kind = family.rsplit_once('.').map_or(family, |(kind, _)| kind);
        let keys = [family, of_kind, "listener"].map(|level| format!("{level}.{option}"));
        let set = keys
            .iter()
            .filter_map(|key| self.loaded.get(key))
            .find(|setting| setting.origin != Origin::Default);
        set.map_or_else(
            || Origin::Default.to_string(),
            |setting| setting.origin.to_string(),
        )
    }

    /// Where the value that a session has sampled comes from.
    fn sampled(&self, own: &Arc<SessionConfig>, key: &str, value: fn(&SessionConfig) -> u64) -> String {
        let now = self.core.session_config();
        self.in_force(key, Arc::ptr_eq(own, &now) || value(own) == value(&now))
    }

    fn in_force(&self, key: &str, is_of_now: bool) -> String {
        let setting = self.loaded.get(key);
        let origin = setting.map_or_else(|| Origin::Default.to_string(), |own| own.origin.to_string());
        match is_of_now {
            true => format!("{key} ({origin})"),
            false => {
                let value = setting.map_or("", |setting| setting.shown());
                format!("{key} at its CONNECT; {value} since ({origin})")
            }
        }
    }
}

/// No limit stands as nothing.
fn none_at(value: u64, none: u64) -> Value {
    match value == none {
        true => Value::Null,
        false => value.into(),
    }
}
