//! The hook chain: plugins that answer in order. Authorisation stops at the first answer; nobody answering is a
//! refusal (hooks.md 2).
//!
//! A provider answers at once when it can (`Answer::Now`), so that a publish through file rules costs no allocation;
//! one that must ask somebody else returns a future (`Answer::Later`).

pub mod acl;
pub mod chain;
pub mod file_providers;
pub mod plugins;
pub mod rule_file;
pub mod tally;

use crate::registry::SubscriberId;
use bytes::Bytes;
use bytestring::ByteString;
pub use chain::{Chain, Hooks};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use vmq_config::Plugin;
use vmq_mqtt::{Properties, QoS, ReasonCode};

/// Who asks.
#[derive(Clone, Debug)]
pub struct Identity {
    pub subscriber: SubscriberId,
    pub username: Option<Arc<str>>,
    /// `1.2.3.4:5678`, `[::1]:5678` or `local`.
    pub peer: Arc<str>,
    /// Version 5: the `_m5` hooks are asked.
    pub m5: bool,
}

/// A password: never printed.
#[derive(Clone)]
pub struct Password(pub Bytes);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// `auth_on_register`.
#[derive(Clone, Debug)]
pub struct Register {
    pub identity: Identity,
    pub password: Option<Password>,
    pub clean_start: bool,
}

/// `auth_on_publish`.
#[derive(Clone, Copy, Debug)]
pub struct Publish<'a> {
    pub identity: &'a Identity,
    pub topic: &'a str,
    pub payload: &'a [u8],
    pub qos: QoS,
    pub retain: bool,
}

/// `auth_on_subscribe`: the whole list is allowed or refused.
#[derive(Clone, Debug)]
pub struct Subscribe {
    pub identity: Identity,
    pub topics: Vec<(ByteString, QoS)>,
}

/// `on_auth_m5`.
#[derive(Clone, Debug)]
pub struct Authenticate {
    pub identity: Identity,
    pub method: ByteString,
    pub data: Option<Bytes>,
}

/// Answer of an enhanced authentication step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthStep {
    Success(Option<Bytes>),
    Continue(Option<Bytes>),
}

/// What a provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    /// Stop, accept.
    Allow(T),
    /// Stop, refuse.
    Refuse(Refusal),
    /// Go on to the next provider.
    Next,
}

/// A refusal: what the client is told, the word for the log, and who decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `None` = the packet's usual code.
    pub reason: Option<ReasonCode>,
    /// `invalid_credentials`, `not_authorized`, `plugin_chain_exhausted`, `no_matching_hook_found`, ...
    pub word: &'static str,
    pub by: DecidedBy,
}

/// Who decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecidedBy {
    /// `None` = no plugin did.
    pub plugin: Option<Plugin>,
    /// Line of the plugin's rule file.
    pub line: Option<u32>,
}

/// An answer, now or later.
pub enum Answer<T> {
    Now(Verdict<T>),
    Later(Pin<Box<dyn Future<Output = Verdict<T>> + Send>>),
}

/// A plugin's part in the chain. What a plugin does not implement is answered with `None`.
pub trait Provider: Send + Sync {
    /// The plugin's name in configuration and logs.
    fn plugin(&self) -> Plugin;

    /// `auth_on_register(_m5)`.
    fn auth_on_register(&self, _request: &Register) -> Option<Answer<DecidedBy>> {
        None
    }

    /// `auth_on_publish(_m5)`.
    fn auth_on_publish(&self, _request: &Publish<'_>) -> Option<Answer<DecidedBy>> {
        None
    }

    /// `auth_on_subscribe(_m5)`.
    fn auth_on_subscribe(&self, _request: &Subscribe) -> Option<Answer<DecidedBy>> {
        None
    }

    /// `on_topic_unsubscribed`, as `vmq-admin session unsubscribe --plugin` calls it (hooks.md 12). Must not wait.
    fn on_topic_unsubscribed(&self, _subscriber: &SubscriberId, _topic: &str) {}

    /// `on_auth_m5`.
    fn on_auth(&self, _request: &Authenticate) -> Option<Answer<AuthStep>> {
        None
    }
}

/// Properties of a refused AUTH or a challenge: method and data.
#[must_use]
pub fn auth_properties(method: &ByteString, data: Option<Bytes>) -> Properties {
    Properties {
        authentication_method: Some(method.clone()),
        authentication_data: data,
        ..Properties::default()
    }
}

impl fmt::Display for DecidedBy {
    /// `vmq_passwd line 7`, `vmq_acl`, or `nobody`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.plugin, self.line) {
            (None, _) => f.write_str("nobody"),
            (Some(plugin), None) => f.write_str(plugin.name()),
            (Some(plugin), Some(line)) => write!(f, "{} line {line}", plugin.name()),
        }
    }
}
