//! The kinds of events that a trace can be about (monitoring.md 8.6, `--events`).

use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TraceEvent {
    /// CONNECT, CONNACK, DISCONNECT.
    Connect = 1,
    /// PUBLISH, and how it was routed.
    Publish = 1 << 1,
    /// SUBSCRIBE, UNSUBSCRIBE and their answers.
    Subscribe = 1 << 2,
    /// PUBACK, PUBREC, PUBREL, PUBCOMP.
    Ack = 1 << 3,
    Ping = 1 << 4,
    Auth = 1 << 5,
    /// Questions to hooks and their answers.
    Hook = 1 << 6,
}

/// Some kinds; a bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TraceEvents(u8);

const NAMES: [(&str, TraceEvent); 7] = [
    ("connect", TraceEvent::Connect),
    ("publish", TraceEvent::Publish),
    ("subscribe", TraceEvent::Subscribe),
    ("ack", TraceEvent::Ack),
    ("ping", TraceEvent::Ping),
    ("auth", TraceEvent::Auth),
    ("hook", TraceEvent::Hook),
];

impl TraceEvents {
    /// Every kind.
    pub const ALL: Self = Self(u8::MAX);

    /// Whether a kind is among them.
    #[must_use]
    pub const fn has(self, event: TraceEvent) -> bool {
        self.0 & event as u8 != 0
    }

    /// Names with commas between them; `None` = one is none, or there is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bits = 0;
        for word in text.split(',') {
            let (_, event) = NAMES.iter().find(|(name, _)| *name == word)?;
            bits |= *event as u8;
        }
        Some(Self(bits))
    }
}

impl Default for TraceEvents {
    fn default() -> Self {
        Self::ALL
    }
}

impl Display for TraceEvents {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let among = NAMES.iter().filter(|(_, event)| self.has(*event));
        let names: Vec<&str> = among.map(|(name, _)| *name).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_kinds_and_back() {
        let some = TraceEvents::parse("hook,connect").unwrap();
        assert!(some.has(TraceEvent::Hook) && some.has(TraceEvent::Connect));
        assert!(!some.has(TraceEvent::Ping));
        assert_eq!(some.to_string(), "connect,hook");
        for text in ["", "connect,", "hooks", "connect ,hook"] {
            assert_eq!(TraceEvents::parse(text), None, "{text}");
        }
        assert!(NAMES.iter().all(|(_, event)| TraceEvents::ALL.has(*event)));
    }
}
