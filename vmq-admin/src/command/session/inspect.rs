//! `session inspect`, `session why` and `session messages`: one connected session from near, as the console shows it (console.md 4.2).

use super::{Session, in_mountpoint};
use crate::argv::ArgumentFault;
use crate::command::query::{self, LIMIT_DEFAULT};
use crate::command::values::{mountpoint, required, text};
use crate::command::{Access, Command, Entry, FlagSpec, Given};
use serde::{Deserialize, Serialize};

/// Most messages of one answer.
pub const MESSAGES_MAX: u64 = 1000;

/// Whose session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspect {
    pub client_id: String,
    pub mountpoint: String,
}

/// Whose messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    pub client_id: String,
    pub mountpoint: String,
    /// Most rows; at most [`MESSAGES_MAX`].
    pub limit: u64,
    /// With the beginning of each payload, in base64.
    pub payload: bool,
    /// Only the one that has this in the column `message`.
    pub message: Option<String>,
}

const MOUNTPOINT: FlagSpec = FlagSpec {
    long: "mountpoint",
    short: Some('m'),
    about: "the mountpoint, default none",
};
const LIMIT: FlagSpec = FlagSpec {
    long: "limit",
    short: None,
    about: "most messages, default 100, at most 1000",
};
const PAYLOAD: FlagSpec = FlagSpec {
    long: "payload",
    short: None,
    about: "also the first 16384 bytes of each payload, in base64",
};
const MESSAGE: FlagSpec = FlagSpec {
    long: "message",
    short: None,
    about: "only the message with this value in the column of that name",
};

pub(super) const INSPECT: Entry = Entry {
    words: &["session", "inspect"],
    keys: &["client-id"],
    flags: &[MOUNTPOINT],
    syntax: "vmq-admin session inspect client-id=<id>",
    about: "Shows one session from near: its CONNECT, its will, the limits in force and where each of them comes from.",
    example: "vmq-admin session inspect client-id=pump-17",
    build: |given| {
        let inspect = inspect(given, &["session", "inspect"])?;
        Ok(Command::Session(Session::Inspect(inspect)))
    },
};

pub(super) const WHY: Entry = Entry {
    words: &["session", "why"],
    keys: &["client-id"],
    flags: &[MOUNTPOINT],
    syntax: "vmq-admin session why client-id=<id>",
    about: "Shows who has let a client in or refused it something, and what its subscriptions and those topics would get now.",
    example: "vmq-admin session why client-id=pump-17",
    build: |given| {
        Ok(Command::Session(Session::Why(inspect(
            given,
            &["session", "why"],
        )?)))
    },
};

fn inspect(given: &Given<'_>, words: &[&str]) -> Result<Inspect, ArgumentFault> {
    Ok(Inspect {
        client_id: required(given, "client-id", words)?.to_owned(),
        mountpoint: mountpoint(given, &MOUNTPOINT)?,
    })
}

pub(super) const MESSAGES: Entry = Entry {
    words: &["session", "messages"],
    keys: &["client-id"],
    flags: &[MOUNTPOINT, LIMIT, PAYLOAD, MESSAGE],
    syntax: "vmq-admin session messages client-id=<id>",
    about: "Shows the messages on their way to a client: first those in flight, then those that wait, in memory or on disk. The age of one on disk is not known: no time of arrival is stored with it.",
    example: "vmq-admin session messages client-id=pump-17 --limit=20",
    build: messages,
};

fn messages(given: &Given<'_>) -> Result<Command, ArgumentFault> {
    let bad = |flag: &FlagSpec, value: Option<&str>| ArgumentFault::BadFlagValue {
        value: value.unwrap_or_default().to_owned(),
        flag: flag.long.to_owned(),
    };
    let limit = match text(given, &LIMIT) {
        None => LIMIT_DEFAULT,
        Some(value) => match query::number(LIMIT.long, value)? {
            limit if limit <= MESSAGES_MAX => limit,
            _ => return Err(bad(&LIMIT, value)),
        },
    };
    let message = match text(given, &MESSAGE) {
        Some(None) => return Err(bad(&MESSAGE, None)),
        message => message.flatten().map(str::to_owned),
    };
    Ok(Command::Session(Session::Messages(Messages {
        client_id: required(given, "client-id", &["session", "messages"])?.to_owned(),
        mountpoint: mountpoint(given, &MOUNTPOINT)?,
        limit,
        payload: given.flag(&PAYLOAD)?,
        message,
    })))
}

impl Inspect {
    pub(super) fn line(&self, verb: &str) -> String {
        let mountpoint = in_mountpoint(&self.mountpoint);
        format!("session {verb} client-id={}{mountpoint}", self.client_id)
    }
}

impl Messages {
    /// Payloads are not for who only looks (admin.md 18.2).
    pub(super) const fn access(&self) -> Access {
        match self.payload {
            true => Access::Full,
            false => Access::Read,
        }
    }

    pub(super) fn line(&self) -> String {
        let limit = match self.limit {
            LIMIT_DEFAULT => String::new(),
            limit => format!(" --limit={limit}"),
        };
        let message = self
            .message
            .as_ref()
            .map(|message| format!(" --message={message}"));
        format!(
            "session messages client-id={}{}{limit}{}{}",
            self.client_id,
            in_mountpoint(&self.mountpoint),
            if self.payload { " --payload" } else { "" },
            message.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{command, fault};

    #[test]
    fn a_line_reads_as_it_was_typed() {
        for line in [
            "session inspect client-id=c --mountpoint=m",
            "session why client-id=c",
            "session messages client-id=c",
            "session messages client-id=c --mountpoint=m --limit=1000 --payload --message=ab12",
        ] {
            let Command::Session(session) = command(line) else {
                panic!("{line}")
            };
            assert_eq!(session.line(), line);
        }
    }

    #[test]
    fn payloads_are_not_for_who_only_looks() {
        assert_eq!(command("session messages client-id=c").access(), Access::Read);
        let with_payload = command("session messages client-id=c --payload");
        assert_eq!(with_payload.access(), Access::Full);
    }

    #[test]
    fn what_is_none_is_refused() {
        assert!(fault("session inspect").starts_with("Usage: vmq-admin session inspect"));
        for (line, text) in [
            ("--limit=1001", "Invalid value: \"1001\" for flag: limit"),
            ("--message", "Invalid value: \"\" for flag: message"),
        ] {
            assert_eq!(fault(&format!("session messages client-id=c {line}")), text);
        }
    }
}
