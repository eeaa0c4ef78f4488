//! `vmq-admin listener`: the listeners of this node (admin.md 8.1 to 8.3).

pub(super) mod start;

use super::{Access, Command, Entry, FlagSpec, Given, help};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};
pub use start::{Kind, Start};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// What is asked of the listeners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listener {
    /// All of them.
    Show {
        /// With the TLS columns.
        tls: bool,
        /// With the MQTT columns.
        mqtt: bool,
    },
    /// Opens another one, until the next restart.
    Start(Box<Start>),
    /// Nobody new comes in.
    Stop {
        place: Place,
        /// Those who are in have to go.
        kill_sessions: bool,
    },
    /// Lets clients in again.
    Restart { place: Place },
    /// Closes it for good, and its connections with it.
    Delete { place: Place },
}

/// Where a listener is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Ip(SocketAddr),
    /// A Unix socket.
    Local(PathBuf),
}

const TLS: FlagSpec = FlagSpec {
    long: "tls",
    short: Some('t'),
    about: "also the TLS settings",
};
const MQTT: FlagSpec = FlagSpec {
    long: "mqtt",
    short: Some('m'),
    about: "also the MQTT versions",
};
const KILL_SESSIONS: FlagSpec = FlagSpec {
    long: "kill_sessions",
    short: Some('k'),
    about: "also close its connections",
};

const PLACE: &[&str] = &["address", "port"];

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["listener", "show"],
        keys: &[],
        flags: &[TLS, MQTT],
        syntax: "vmq-admin listener show [--tls] [--mqtt]",
        about: "Shows the listeners of this node.",
        example: "vmq-admin listener show --mqtt",
        build: |given| {
            Ok(Command::Listener(Listener::Show {
                tls: given.flag(&TLS)?,
                mqtt: given.flag(&MQTT)?,
            }))
        },
    },
    Entry {
        words: &["listener", "start"],
        keys: PLACE,
        flags: start::FLAGS,
        syntax: "vmq-admin listener start address=<ip> port=<port> [flags]",
        about: "Opens a listener, until the next restart or, with --persist, for good.",
        example: "vmq-admin listener start address=127.0.0.1 port=1884 --mountpoint=test",
        build: |given| {
            let place = place(given, "start")?;
            Ok(Command::Listener(Listener::Start(Box::new(start::build(
                given, place,
            )?))))
        },
    },
    Entry {
        words: &["listener", "stop"],
        keys: PLACE,
        flags: &[KILL_SESSIONS],
        syntax: "vmq-admin listener stop address=<ip> port=<port> [--kill_sessions]",
        about: "Lets no new clients in; those who are connected stay.",
        example: "vmq-admin listener stop address=127.0.0.1 port=1883",
        build: |given| {
            Ok(Command::Listener(Listener::Stop {
                place: place(given, "stop")?,
                kill_sessions: given.flag(&KILL_SESSIONS)?,
            }))
        },
    },
    Entry {
        words: &["listener", "restart"],
        keys: PLACE,
        flags: &[],
        syntax: "vmq-admin listener restart address=<ip> port=<port>",
        about: "Lets clients in again after a stop.",
        example: "vmq-admin listener restart address=127.0.0.1 port=1883",
        build: |given| {
            let place = place(given, "restart")?;
            Ok(Command::Listener(Listener::Restart { place }))
        },
    },
    Entry {
        words: &["listener", "delete"],
        keys: PLACE,
        flags: &[],
        syntax: "vmq-admin listener delete address=<ip> port=<port>",
        about: "Closes a listener and all its connections; one of vernemq.conf comes back at the next start.",
        example: "vmq-admin listener delete address=127.0.0.1 port=1884",
        build: |given| {
            let place = place(given, "delete")?;
            Ok(Command::Listener(Listener::Delete { place }))
        },
    },
];

/// `address=` and `port=`; a Unix socket has no port.
fn place(given: &Given<'_>, word: &str) -> Result<Place, ArgumentFault> {
    let bad = |key: &str, value: &str| ArgumentFault::BadPlace(format!("{key}={value} "));
    let usage = |_| ArgumentFault::Usage(help::usage(&["listener", word]).trim_end().to_owned());
    let address = given.key("address").map_err(usage)?;
    if let Some(path) = address.strip_prefix("local:") {
        return match given.key("port") {
            Ok(port) if port != "0" => Err(bad("port", port)),
            _ if !path.starts_with('/') => Err(bad("address", address)),
            _ => Ok(Place::Local(PathBuf::from(path))),
        };
    }
    let port = given.key("port").map_err(usage)?;
    let ip: IpAddr = address.parse().map_err(|_| bad("address", address))?;
    let is_decimal = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(number) if is_decimal => Ok(Place::Ip(SocketAddr::new(ip, number))),
        _ => Err(bad("port", port)),
    }
}

/// As it is typed.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => write!(f, "address={} port={}", address.ip(), address.port()),
            Self::Local(path) => write!(f, "address=local:{} port=0", path.display()),
        }
    }
}

impl Listener {
    pub(super) const fn access(&self) -> Access {
        match self {
            Self::Show { .. } => Access::Read,
            Self::Start(_) | Self::Stop { .. } | Self::Restart { .. } | Self::Delete { .. } => Access::Full,
        }
    }

    pub(super) fn line(&self) -> String {
        let flag = |given: bool, text: &'static str| if given { text } else { "" };
        match self {
            Self::Show { tls, mqtt } => {
                format!("listener show{}{}", flag(*tls, " --tls"), flag(*mqtt, " --mqtt"))
            }
            Self::Start(start) => start.line(),
            Self::Stop { place, kill_sessions } => {
                let kill = flag(*kill_sessions, " --kill_sessions");
                format!("listener stop {place}{kill}")
            }
            Self::Restart { place } => format!("listener restart {place}"),
            Self::Delete { place } => format!("listener delete {place}"),
        }
    }
}

#[cfg(test)]
mod tests;
