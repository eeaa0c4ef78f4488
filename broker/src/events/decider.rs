//! Who decided that something was refused, dropped or ended: a plugin and the line of its file, a limit and the setting
//! that sets it, an operator, another connection, or the client itself. One text for log, history and tools.

use crate::core::Core;
use crate::hooks::DecidedBy;
use std::fmt;
use std::sync::Arc;
use vmq_config::Plugin;

/// The one whose decision it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// The client, or whoever held the other end of the socket.
    Client,
    /// The network between.
    Network,
    /// A rule of the MQTT standard that the client broke.
    Protocol,
    /// The broker stops.
    Shutdown,
    /// The Session Expiry Interval in force, the client's own or `persistent_client_expiration`.
    SessionExpiry,
    /// The Message Expiry Interval that the publisher has set.
    MessageExpiry,
    /// Something the client asked for when it connected, such as its keep-alive in seconds.
    Asked { what: &'static str, value: u64 },
    /// A plugin.
    Plugin(Box<PluginRule>),
    /// No plugin with this hook had an answer.
    Nobody { hook: &'static str },
    /// A limit.
    Setting { key: &'static str, value: SettingValue },
    /// Another connection with the same client id; `1.2.3.4:5678`, `[::1]:5678` or `local`.
    Connection { peer: Arc<str> },
    /// An operator; `None` = it is not known who.
    Admin { uid: Option<u32> },
}

/// A plugin's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRule {
    pub plugin: Plugin,
    pub hook: &'static str,
    /// Its rule file and the line in it, counted from 1.
    pub place: Option<(Arc<str>, u32)>,
}

/// The value of a setting, as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    Number(u64),
    Text(Box<str>),
}

impl Decider {
    /// Who decided in a chain.
    #[must_use]
    pub fn of_hook(core: &Core, hook: &'static str, by: DecidedBy) -> Self {
        let Some(plugin) = by.plugin else {
            return Self::Nobody { hook };
        };
        let config = core.config();
        let file = match plugin {
            Plugin::Acl => Some(&config.acl.file),
            Plugin::Passwd => Some(&config.passwd.file),
            _ => None,
        };
        let place = file.zip(by.line);
        Self::Plugin(Box::new(PluginRule {
            plugin,
            hook,
            place: place.map(|(file, line)| (Arc::from(file.display().to_string()), line)),
        }))
    }

    /// A limit that is a number.
    #[must_use]
    pub fn limit(key: &'static str, value: impl TryInto<u64>) -> Self {
        Self::Setting {
            key,
            value: SettingValue::Number(value.try_into().unwrap_or(u64::MAX)),
        }
    }

    /// A setting that is a word or a list.
    #[must_use]
    pub fn setting(key: &'static str, value: impl Into<Box<str>>) -> Self {
        Self::Setting {
            key,
            value: SettingValue::Text(value.into()),
        }
    }

    /// Bytes on the heap, roughly.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Plugin(rule) => {
                size_of::<PluginRule>() + rule.place.as_ref().map_or(0, |(file, _)| file.len() + 16)
            }
            Self::Setting {
                value: SettingValue::Text(text),
                ..
            } => text.len(),
            Self::Connection { peer } => peer.len() + 16,
            _ => 0,
        }
    }
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => f.write_str("client"),
            Self::Network => f.write_str("network"),
            Self::Protocol => f.write_str("protocol"),
            Self::Shutdown => f.write_str("shutdown"),
            Self::SessionExpiry => f.write_str("session expiry interval"),
            Self::MessageExpiry => f.write_str("message expiry interval"),
            Self::Asked { what, value } => write!(f, "client's {what}={value}"),
            Self::Plugin(rule) => {
                write!(f, "{} {}", rule.plugin.name(), rule.hook)?;
                match &rule.place {
                    Some((file, line)) => write!(f, " {file}:{line}"),
                    None => Ok(()),
                }
            }
            Self::Nobody { hook } => write!(f, "no plugin ({hook})"),
            Self::Setting { key, value } => match value {
                SettingValue::Number(number) => write!(f, "{key}={number}"),
                SettingValue::Text(text) => write!(f, "{key}={text}"),
            },
            Self::Connection { peer } => write!(f, "connection from {peer}"),
            Self::Admin { uid: Some(uid) } => write!(f, "admin uid={uid}"),
            Self::Admin { uid: None } => f.write_str("admin"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_everybody() {
        let rule = PluginRule {
            plugin: Plugin::Passwd,
            hook: "auth_on_register",
            place: Some((Arc::from("/etc/vernemq/vmq.passwd"), 7)),
        };
        for (decider, text) in [
            (
                Decider::Plugin(Box::new(rule)),
                "vmq_passwd auth_on_register /etc/vernemq/vmq.passwd:7",
            ),
            (
                Decider::Nobody {
                    hook: "auth_on_publish",
                },
                "no plugin (auth_on_publish)",
            ),
            (
                Decider::limit("max_message_size", 1000_u32),
                "max_message_size=1000",
            ),
            (
                Decider::setting("overload.memory_high_watermark", "80%"),
                "overload.memory_high_watermark=80%",
            ),
            (Decider::Admin { uid: Some(0) }, "admin uid=0"),
            (
                Decider::Asked {
                    what: "keep_alive",
                    value: 60,
                },
                "client's keep_alive=60",
            ),
        ] {
            assert_eq!(decider.to_string(), text);
        }
    }
}
