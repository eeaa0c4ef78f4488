//! `vmq-admin authz`: what the authorisation chain would say, without doing it.

use super::values::{mountpoint, required, text};
use super::{Access, Command, Entry, FlagSpec, Given};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authz {
    /// Whether a client may publish or subscribe, and who says so.
    Check(Check),
}

/// A packet that is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub client_id: String,
    /// `None` = the user of the connected client, else without a user name.
    pub username: Option<String>,
    /// A topic, or for `Subscribe` a filter.
    pub topic: String,
    pub action: Action,
    /// 0..=2.
    pub qos: u8,
    pub retain: bool,
    pub mountpoint: String,
}

/// What the client would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Publish,
    Subscribe,
}

const QOS: FlagSpec = FlagSpec {
    long: "qos",
    short: Some('q'),
    about: "the QoS of the message or the subscription, default 0",
};
const RETAIN: FlagSpec = FlagSpec {
    long: "retain",
    short: Some('r'),
    about: "the message is retained",
};
const MOUNTPOINT: FlagSpec = FlagSpec {
    long: "mountpoint",
    short: Some('m'),
    about: "the mountpoint, default none",
};

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["authz", "check"],
    keys: &["client-id", "username", "topic", "action"],
    flags: &[QOS, RETAIN, MOUNTPOINT],
    syntax: "vmq-admin authz check client-id=<id> username=<user> topic=<topic> action=publish|subscribe",
    about: "Tells whether a client may publish or subscribe, and which plugin and line decides. Nothing is sent.",
    example: "vmq-admin authz check client-id=pump-17 username=joe topic=a/b action=publish --qos=1",
    build: check,
}];

fn check(given: &Given<'_>) -> Result<Command, ArgumentFault> {
    let words = &["authz", "check"];
    let action = match required(given, "action", words)? {
        "publish" => Action::Publish,
        "subscribe" => Action::Subscribe,
        other => return Err(ArgumentFault::BadKeyValue(other.to_owned())),
    };
    let qos = match text(given, &QOS) {
        None => 0,
        Some(value) => value
            .and_then(|value| value.parse().ok())
            .filter(|qos| *qos <= 2)
            .ok_or_else(|| ArgumentFault::BadFlagValue {
                value: value.unwrap_or_default().to_owned(),
                flag: QOS.long.to_owned(),
            })?,
    };
    Ok(Command::Authz(Authz::Check(Check {
        client_id: required(given, "client-id", words)?.to_owned(),
        username: given.key("username").ok().map(str::to_owned),
        topic: required(given, "topic", words)?.to_owned(),
        action,
        qos,
        retain: given.flag(&RETAIN)?,
        mountpoint: mountpoint(given, &MOUNTPOINT)?,
    })))
}

impl Action {
    /// The word that operators type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
        }
    }
}

impl Authz {
    pub(super) const fn access(&self) -> Access {
        Access::Read
    }

    pub(super) fn line(&self) -> String {
        let Self::Check(check) = self;
        let username = check.username.as_ref().map(|name| format!(" username={name}"));
        let retain = if check.retain { " --retain" } else { "" };
        let mountpoint = match check.mountpoint.as_str() {
            "" => String::new(),
            named => format!(" --mountpoint={named}"),
        };
        format!(
            "authz check client-id={}{} topic={} action={} --qos={}{retain}{mountpoint}",
            check.client_id,
            username.unwrap_or_default(),
            check.topic,
            check.action.name(),
            check.qos
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{command, fault};

    #[test]
    fn a_packet_is_described() {
        let line =
            "authz check client-id=c username=joe topic=a/b action=publish --qos=1 --retain --mountpoint=m";
        let Command::Authz(Authz::Check(check)) = command(line) else {
            panic!("a check");
        };
        assert_eq!(
            (check.action, check.qos, check.retain),
            (Action::Publish, 1, true)
        );
        assert_eq!(check.username.as_deref(), Some("joe"));
        assert_eq!(Authz::Check(check).line(), line);
        let Command::Authz(Authz::Check(check)) = command("authz check client-id=c topic=# action=subscribe")
        else {
            panic!("a check");
        };
        assert_eq!((check.username, check.qos, check.retain), (None, 0, false));
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        assert!(fault("authz check client-id=c topic=a").starts_with("Usage: vmq-admin authz check"));
        assert_eq!(
            fault("authz check client-id=c topic=a action=read"),
            "Invalid value: \"read\""
        );
        assert_eq!(
            fault("authz check client-id=c topic=a action=publish --qos=3"),
            "Invalid value: \"3\" for flag: qos"
        );
    }
}
