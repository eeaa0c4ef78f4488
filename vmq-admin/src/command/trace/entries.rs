//! The command lines of `vmq-admin trace`: keys, flags, help.

use super::{ClientFilter, OnLimit, Trace, TraceEvents, TraceForm, TraceLimits, TracePayload, network};
use crate::argv::ArgumentFault;
use crate::command::{Command, Entry, FlagSpec, Given, help};

/// The key that may be given several times.
pub(in crate::command) const CLIENT_ID: &str = "client-id";

/// Patterns of client ids in one trace.
pub const CLIENT_IDS_MAX: usize = 64;

const fn flag(long: &'static str, about: &'static str) -> FlagSpec {
    FlagSpec {
        long,
        short: None,
        about,
    }
}

pub(super) const MOUNTPOINT: FlagSpec = flag("mountpoint", "the client's mountpoint, default \"\"");
pub(super) const USERNAME: FlagSpec = flag("username", "only sessions of this user");
pub(super) const PEER: FlagSpec = flag("peer", "only from this address or network, as 10.0.0.0/8");
pub(super) const LISTENER: FlagSpec = flag("listener", "only by the listener of this name");
pub(super) const RATE_MAX: FlagSpec = flag("rate-max", "events in one interval, default 10");
pub(super) const RATE_INTERVAL: FlagSpec = flag("rate-interval", "the interval in milliseconds, default 100");
pub(super) const TRUNC_PAYLOAD: FlagSpec =
    flag("trunc-payload", "bytes of a payload that are shown, default 200");
pub(super) const JSON: FlagSpec = flag("json", "an object of JSON for each event");
pub(super) const PCAPNG: FlagSpec = flag(
    "pcapng",
    "a capture file for Wireshark and tshark, on standard output",
);
pub(super) const EVENTS: FlagSpec = flag(
    "events",
    "only these, separated by commas: connect, publish, subscribe, ack, ping, auth, hook",
);
pub(super) const NO_PAYLOAD: FlagSpec = flag("no-payload", "only the length of payloads");
pub(super) const HEX: FlagSpec = flag("hex", "payloads as two digits a byte");
pub(super) const DURATION: FlagSpec = flag("duration", "end after this time: 500ms, 30s, 5m, 1h");
pub(super) const MAX_EVENTS: FlagSpec = flag("max-events", "end after so many events");
pub(super) const VERBOSE: FlagSpec = flag(
    "verbose",
    "also why sessions end, who they are, and what their queues drop",
);
pub(super) const OUTPUT: FlagSpec = flag("output", "a file that is not there yet, for what the trace says");
pub(super) const ON_LIMIT: FlagSpec = flag(
    "on-limit",
    "stop (default) ends the trace, sample leaves out what is too much",
);

pub(in crate::command) const ENTRIES: &[Entry] = &[
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
