//! `vmq-admin trace`: what clients and broker say to each other, line by line (admin.md 12, monitoring.md 8).

mod entries;
mod events;

use super::{Access, FlagSpec};
pub use entries::CLIENT_IDS_MAX;
pub(super) use entries::{CLIENT_ID, ENTRIES};
use entries::{
    DURATION, EVENTS, LISTENER, MAX_EVENTS, MOUNTPOINT, ON_LIMIT, PEER, RATE_INTERVAL, RATE_MAX,
    TRUNC_PAYLOAD, USERNAME,
};
pub use events::{TraceEvent, TraceEvents};
use serde::{Deserialize, Serialize};

/// What is asked of the traces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trace {
    /// Streams what the sessions of a client say and hear.
    Client {
        client: ClientFilter,
        limits: TraceLimits,
    },
    /// Streams the publishes of a topic, whoever sends or receives them.
    Topic {
        /// A topic filter.
        topic: String,
        #[serde(default)]
        mountpoint: String,
        limits: TraceLimits,
    },
    /// The traces that run.
    List,
    /// Ends one.
    Stop {
        /// A number of `trace list`.
        id: u64,
    },
    /// Ends all.
    StopAll,
}

/// Which sessions a trace is about: those for which everything that is given is true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientFilter {
    /// Client ids, one of which is meant: `*` stands for anything, and behind a `~` is a regular expression.
    pub client_ids: Vec<String>,
    #[serde(default)]
    pub mountpoint: String,
    /// A user name; `*` stands for anything.
    #[serde(default)]
    pub username: Option<String>,
    /// An address, or a network as `10.0.0.0/8`.
    #[serde(default)]
    pub peer: Option<String>,
    /// The name of a listener.
    #[serde(default)]
    pub listener: Option<String>,
}

/// How much a trace may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceLimits {
    /// Events in a window.
    pub rate_max: u32,
    /// Length of a window in milliseconds.
    pub rate_interval: u32,
    /// Bytes of a payload that are shown.
    pub trunc_payload: u32,
    pub on_limit: OnLimit,
    #[serde(default)]
    pub form: TraceForm,
    #[serde(default)]
    pub payload: TracePayload,
    #[serde(default)]
    pub events: TraceEvents,
    /// Also why sessions ended, what they are known by, and what their queues dropped.
    #[serde(default)]
    pub verbose: bool,
    /// Events after which it ends; `None` = never.
    #[serde(default)]
    pub max_events: Option<u64>,
    /// Milliseconds after which it ends; `None` = never.
    #[serde(default)]
    pub duration_ms: Option<u64>,
}

/// What is shown of payloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TracePayload {
    /// Text; what is none is `\xNN`.
    #[default]
    Text,
    /// Two digits a byte.
    Hex,
    /// Their length.
    Hidden,
}

/// How a trace is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceForm {
    /// The lines of the original.
    #[default]
    Text,
    /// An object of JSON for each event.
    Json,
    /// The packets as a capture file.
    Pcapng,
}

/// What becomes of a trace with more to say than it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLimit {
    /// It ends.
    #[default]
    Stop,
    /// It leaves out what is too much, and says how much that was.
    Sample,
}

impl Default for TraceLimits {
    fn default() -> Self {
        Self {
            rate_max: 10,
            rate_interval: 100,
            trunc_payload: 200,
            on_limit: OnLimit::Stop,
            form: TraceForm::Text,
            payload: TracePayload::Text,
            events: TraceEvents::ALL,
            verbose: false,
            max_events: None,
            duration_ms: None,
        }
    }
}

/// An address or network: its first address, and how many of its bits count.
#[must_use]
pub fn network(text: &str) -> Option<(std::net::IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: std::net::IpAddr = address.parse().ok()?;
    let bits_max = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(bits_max), |bits| bits.parse().ok())?;
    (bits <= bits_max).then_some((address, bits))
}

impl Trace {
    /// What passes through a trace is not everybody's, and neither is who asked for one.
    pub(super) const fn access(&self) -> Access {
        match self {
            Self::Client { .. } | Self::Topic { .. } | Self::List | Self::Stop { .. } | Self::StopAll => {
                Access::Full
            }
        }
    }

    pub(super) const fn only_shows(&self) -> bool {
        !matches!(self, Self::Stop { .. } | Self::StopAll)
    }

    pub(super) const fn streams(&self) -> bool {
        matches!(self, Self::Client { .. } | Self::Topic { .. })
    }

    pub(super) fn line(&self) -> String {
        match self {
            Self::Client { client, limits } => {
                format!("trace client {}{}", client.line(), limits.flags())
            }
            Self::Topic {
                topic,
                mountpoint,
                limits,
            } => format!("trace topic {}{}", topic_line(topic, mountpoint), limits.flags()),
            Self::List => "trace list".to_owned(),
            Self::Stop { id } => format!("trace stop id={id}"),
            Self::StopAll => "trace stop_all".to_owned(),
        }
    }
}

/// A topic trace as keys and flags.
#[must_use]
pub fn topic_line(topic: &str, mountpoint: &str) -> String {
    let mut line = format!("topic={topic}");
    push_flag(
        &mut line,
        &MOUNTPOINT,
        Some(mountpoint).filter(|mountpoint| !mountpoint.is_empty()),
    );
    line
}

impl ClientFilter {
    /// As keys and flags.
    #[must_use]
    pub fn line(&self) -> String {
        let ids: Vec<String> = self
            .client_ids
            .iter()
            .map(|id| format!("client-id={id}"))
            .collect();
        let mut line = ids.join(" ");
        let mountpoint = Some(&self.mountpoint).filter(|mountpoint| !mountpoint.is_empty());
        let flags = [
            (&MOUNTPOINT, mountpoint),
            (&USERNAME, self.username.as_ref()),
            (&PEER, self.peer.as_ref()),
            (&LISTENER, self.listener.as_ref()),
        ];
        for (spec, value) in flags {
            push_flag(&mut line, spec, value);
        }
        line
    }
}

impl TraceLimits {
    /// Those that are not as they are by default.
    fn flags(&self) -> String {
        let default = Self::default();
        let mut line = String::new();
        let numbers = [
            (&RATE_MAX, self.rate_max, default.rate_max),
            (&RATE_INTERVAL, self.rate_interval, default.rate_interval),
            (&TRUNC_PAYLOAD, self.trunc_payload, default.trunc_payload),
        ];
        for (spec, value, default) in numbers {
            push_flag(&mut line, spec, (value != default).then_some(value));
        }
        push_flag(
            &mut line,
            &ON_LIMIT,
            (self.on_limit == OnLimit::Sample).then_some("sample"),
        );
        line.push_str(match self.form {
            TraceForm::Text => "",
            TraceForm::Json => " --json",
            TraceForm::Pcapng => " --pcapng",
        });
        if self.events != TraceEvents::ALL {
            push_flag(&mut line, &EVENTS, Some(self.events));
        }
        line.push_str(match self.payload {
            TracePayload::Text => "",
            TracePayload::Hex => " --hex",
            TracePayload::Hidden => " --no-payload",
        });
        push_flag(
            &mut line,
            &DURATION,
            self.duration_ms.map(|time| format!("{time}ms")),
        );
        push_flag(&mut line, &MAX_EVENTS, self.max_events);
        line.push_str(if self.verbose { " --verbose" } else { "" });
        line
    }
}

fn push_flag(line: &mut String, spec: &FlagSpec, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        line.push_str(&format!(" --{}={value}", spec.long));
    }
}
