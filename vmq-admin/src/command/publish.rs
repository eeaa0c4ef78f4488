//! `vmq-admin topic publish`: a message in the broker's own name, to try what becomes of it (console.md 4.3).

use super::values::{mountpoint, required, text};
use super::{Access, Command, Entry, FlagSpec, Given};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};

/// A message to be published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    pub topic: String,
    pub payload: String,
    /// 0, 1 or 2.
    #[serde(default)]
    pub qos: u8,
    #[serde(default)]
    pub retain: bool,
    #[serde(default)]
    pub mountpoint: String,
}

const QOS: FlagSpec = FlagSpec {
    long: "qos",
    short: None,
    about: "0 (default), 1 or 2",
};
const RETAIN: FlagSpec = FlagSpec {
    long: "retain",
    short: None,
    about: "keep it for who subscribes later; without a payload what is kept is deleted",
};
const MOUNTPOINT: FlagSpec = FlagSpec {
    long: "mountpoint",
    short: Some('m'),
    about: "the mountpoint, default none",
};
const WORDS: &[&str] = &["topic", "publish"];

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: WORDS,
    keys: &["topic", "payload"],
    flags: &[QOS, RETAIN, MOUNTPOINT],
    syntax: "vmq-admin topic publish topic=<topic> [payload=<text>] [--qos=0|1|2] [--retain] [--mountpoint=<mp>]",
    about: "Publishes a message in the broker's own name, past authorisation: to try who gets it.",
    example: "vmq-admin topic publish topic=test/a payload=hello --qos=1",
    build: |given| {
        Ok(Command::Publish(Publish {
            topic: required(given, "topic", WORDS)?.to_owned(),
            payload: given.optional_key("payload").unwrap_or_default(),
            qos: qos(given)?,
            retain: given.flag(&RETAIN)?,
            mountpoint: mountpoint(given, &MOUNTPOINT)?,
        }))
    },
}];

fn qos(given: &Given<'_>) -> Result<u8, ArgumentFault> {
    let value = match text(given, &QOS) {
        None => return Ok(0),
        Some(value) => value.unwrap_or_default(),
    };
    let qos = value.parse().ok().filter(|qos| *qos <= 2);
    qos.ok_or_else(|| ArgumentFault::BadFlagValue {
        value: value.to_owned(),
        flag: QOS.long.to_owned(),
    })
}

impl Publish {
    pub(super) const fn access(&self) -> Access {
        Access::Full
    }

    /// What is published is not everybody's: its length will do.
    pub(super) fn line(&self) -> String {
        let mountpoint = match self.mountpoint.as_str() {
            "" => String::new(),
            named => format!(" --mountpoint={named}"),
        };
        let retain = if self.retain { " --retain" } else { "" };
        format!(
            "topic publish topic={} payload=({} bytes) --qos={}{retain}{mountpoint}",
            self.topic,
            self.payload.len(),
            self.qos
        )
    }
}
