//! `vmq-admin trace`: what clients and broker say to each other, line by line (admin.md 12, monitoring.md 8).

mod events;

use super::{Access, Command, Entry, FlagSpec, Given, help};
use crate::argv::ArgumentFault;
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

/// The key that may be given several times.
pub(super) const CLIENT_ID: &str = "client-id";

/// Patterns of client ids in one trace.
pub const CLIENT_IDS_MAX: usize = 64;

const fn flag(long: &'static str, about: &'static str) -> FlagSpec {
    FlagSpec {
        long,
        short: None,
        about,
    }
}

const MOUNTPOINT: FlagSpec = flag("mountpoint", "the client's mountpoint, default \"\"");
const USERNAME: FlagSpec = flag("username", "only sessions of this user");
const PEER: FlagSpec = flag("peer", "only from this address or network, as 10.0.0.0/8");
const LISTENER: FlagSpec = flag("listener", "only by the listener of this name");
const RATE_MAX: FlagSpec = flag("rate-max", "events in one interval, default 10");
const RATE_INTERVAL: FlagSpec = flag("rate-interval", "the interval in milliseconds, default 100");
const TRUNC_PAYLOAD: FlagSpec = flag("trunc-payload", "bytes of a payload that are shown, default 200");
const JSON: FlagSpec = flag("json", "an object of JSON for each event");
const PCAPNG: FlagSpec = flag(
    "pcapng",
    "a capture file for Wireshark and tshark, on standard output",
);
const EVENTS: FlagSpec = flag(
    "events",
    "only these, separated by commas: connect, publish, subscribe, ack, ping, auth, hook",
);
const NO_PAYLOAD: FlagSpec = flag("no-payload", "only the length of payloads");
const HEX: FlagSpec = flag("hex", "payloads as two digits a byte");
const DURATION: FlagSpec = flag("duration", "end after this time: 500ms, 30s, 5m, 1h");
const MAX_EVENTS: FlagSpec = flag("max-events", "end after so many events");
const VERBOSE: FlagSpec = flag(
    "verbose",
    "also why sessions end, who they are, and what their queues drop",
);
const OUTPUT: FlagSpec = flag("output", "a file that is not there yet, for what the trace says");
const ON_LIMIT: FlagSpec = flag(
    "on-limit",
    "stop (default) ends the trace, sample leaves out what is too much",
);

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["trace", "client"],
        keys: &[CLIENT_ID],
        flags: &[
            MOUNTPOINT,
            RATE_MAX,
            RATE_INTERVAL,
            TRUNC_PAYLOAD,
            ON_LIMIT,
            JSON,
            PCAPNG,
            USERNAME,
            PEER,
            LISTENER,
            EVENTS,
            NO_PAYLOAD,
            HEX,
            DURATION,
            MAX_EVENTS,
            VERBOSE,
            OUTPUT,
        ],
        syntax: "vmq-admin trace client client-id=<id> [--mountpoint=<mp>] [--rate-max=<n>] \
                 [--rate-interval=<ms>] [--trunc-payload=<bytes>] [--on-limit=stop|sample] [--json] [--pcapng] [--username=<user>] \
                 [--peer=<ip or cidr>] [--listener=<name>]",
        about: "Shows every packet and authorisation of clients on this node, until ^C. client-id= may be given several \
                times; a * in it or in the user name stands for anything, client-id=~<regex> is a regular expression.",
        example: "vmq-admin trace client client-id=sensor-7 --rate-max=1000",
        build: |given| {
            let client = client_filter(given)?;
            let limits = limits(given)?;
            Ok(Command::Trace(Trace::Client { client, limits }))
        },
    },
    Entry {
        words: &["trace", "topic"],
        keys: &["topic"],
        flags: &[
            MOUNTPOINT,
            RATE_MAX,
            RATE_INTERVAL,
            TRUNC_PAYLOAD,
            ON_LIMIT,
            JSON,
            EVENTS,
            NO_PAYLOAD,
            HEX,
            DURATION,
            MAX_EVENTS,
            VERBOSE,
            OUTPUT,
        ],
        syntax: "vmq-admin trace topic topic=<filter> [--mountpoint=<mp>] [--rate-max=<n>] \
                 [--rate-interval=<ms>] [--trunc-payload=<bytes>] [--on-limit=stop|sample] [--json]",
        about: "Shows who publishes and who receives what a topic filter matches, and how it was routed, until ^C.",
        example: "vmq-admin trace topic topic=alarms/# --on-limit=sample",
        build: |given| {
            let topic = given.key("topic").map_err(|_| usage("topic"))?;
            Ok(Command::Trace(Trace::Topic {
                topic: topic.to_owned(),
                mountpoint: value(given, &MOUNTPOINT).unwrap_or_default().to_owned(),
                limits: limits(given)?,
            }))
        },
    },
    Entry {
        words: &["trace", "list"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin trace list",
        about: "Shows the traces that run on this node.",
        example: "vmq-admin trace list",
        build: |_| Ok(Command::Trace(Trace::List)),
    },
    Entry {
        words: &["trace", "stop"],
        keys: &["id"],
        flags: &[],
        syntax: "vmq-admin trace stop id=<id>",
        about: "Ends a trace.",
        example: "vmq-admin trace stop id=1",
        build: |given| {
            let id = given.key("id")?;
            let bad = |_| ArgumentFault::BadKeyValue(id.to_owned());
            Ok(Command::Trace(Trace::Stop {
                id: id.parse().map_err(bad)?,
            }))
        },
    },
    Entry {
        words: &["trace", "stop_all"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin trace stop_all",
        about: "Ends every trace of this node.",
        example: "vmq-admin trace stop_all",
        build: |_| Ok(Command::Trace(Trace::StopAll)),
    },
];

fn client_filter(given: &Given<'_>) -> Result<ClientFilter, ArgumentFault> {
    let mut client_ids: Vec<String> = Vec::new();
    for (_, id) in given.0.keys.iter().filter(|(key, _)| key == CLIENT_ID) {
        if !client_ids.contains(id) {
            client_ids.push(id.clone());
        }
    }
    if client_ids.is_empty() {
        return Err(usage("client"));
    }
    if let Some(one_too_many) = client_ids.get(CLIENT_IDS_MAX) {
        return Err(ArgumentFault::BadKeyValue(one_too_many.clone()));
    }
    let text = |spec| value(given, spec).map(str::to_owned);
    if let Some(peer) = text(&PEER)
        && network(&peer).is_none()
    {
        return Err(bad(&PEER, &peer));
    }
    Ok(ClientFilter {
        client_ids,
        mountpoint: text(&MOUNTPOINT).unwrap_or_default(),
        username: text(&USERNAME),
        peer: text(&PEER),
        listener: text(&LISTENER),
    })
}

/// What is traced is not said.
fn usage(command: &str) -> ArgumentFault {
    let usage = help::usage(&["trace", command]);
    ArgumentFault::Usage(usage.trim_end().to_owned())
}

fn limits(given: &Given<'_>) -> Result<TraceLimits, ArgumentFault> {
    let number = |spec: &FlagSpec, default: u32| match value(given, spec) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| bad(spec, text)),
    };
    let default = TraceLimits::default();
    Ok(TraceLimits {
        rate_max: number(&RATE_MAX, default.rate_max)?,
        rate_interval: number(&RATE_INTERVAL, default.rate_interval)?,
        trunc_payload: number(&TRUNC_PAYLOAD, default.trunc_payload)?,
        on_limit: match value(given, &ON_LIMIT) {
            None | Some("stop") => OnLimit::Stop,
            Some("sample") => OnLimit::Sample,
            Some(other) => return Err(bad(&ON_LIMIT, other)),
        },
        payload: payload(given)?,
        events: match value(given, &EVENTS) {
            None => TraceEvents::ALL,
            Some(text) => TraceEvents::parse(text).ok_or_else(|| bad(&EVENTS, text))?,
        },
        verbose: given.flag(&VERBOSE)?,
        max_events: optional(given, &MAX_EVENTS, |text| text.parse().ok())?,
        duration_ms: optional(given, &DURATION, milliseconds)?,
        form: match (given.flag(&JSON)?, given.flag(&PCAPNG)?) {
            (true, true) => return Err(bad(&PCAPNG, "true")),
            (true, false) => TraceForm::Json,
            (false, true) => TraceForm::Pcapng,
            (false, false) => TraceForm::Text,
        },
    })
}

/// A capture has whole packets: what is not to be seen must not be in it.
fn payload(given: &Given<'_>) -> Result<TracePayload, ArgumentFault> {
    match (given.flag(&NO_PAYLOAD)?, given.flag(&HEX)?) {
        (false, false) => Ok(TracePayload::Text),
        (hidden, hex) if given.flag(&PCAPNG)? || (hidden && hex) => {
            let spec = if hidden { &NO_PAYLOAD } else { &HEX };
            Err(bad(spec, "true"))
        }
        (true, _) => Ok(TracePayload::Hidden),
        (false, true) => Ok(TracePayload::Hex),
    }
}

/// A value above zero; `None` = the flag is not given.
fn optional(
    given: &Given<'_>,
    spec: &FlagSpec,
    read: impl Fn(&str) -> Option<u64>,
) -> Result<Option<u64>, ArgumentFault> {
    let Some(text) = given.text(spec).map_err(|_| bad(spec, ""))? else {
        return Ok(None);
    };
    let number = read(text).filter(|number| *number > 0);
    number.map(Some).ok_or_else(|| bad(spec, text))
}

/// `500ms`, `30s`, `5m`, `1h`; a number alone is seconds.
fn milliseconds(text: &str) -> Option<u64> {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let factor = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// The value of a flag; `None` = it is not given, or without a value.
fn value<'a>(given: &Given<'a>, spec: &FlagSpec) -> Option<&'a str> {
    let found = given.0.flags.iter().find(|(flag, _)| spec.is(flag));
    found.and_then(|(_, value)| value.as_deref())
}

/// Names with a dash are quoted (admin.md 2.4).
fn bad(spec: &FlagSpec, value: &str) -> ArgumentFault {
    let quote = if spec.long.contains('-') { "'" } else { "" };
    ArgumentFault::BadFlagValue {
        value: value.to_owned(),
        flag: format!("{quote}{}{quote}", spec.long),
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
